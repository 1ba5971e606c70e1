"""YAML as plain data that remembers its lines, read so that no file can hurt: its depth and number of values are
bounded, and only mappings, lists, text, numbers, true, false and nothing come out.

The events of the round-trip parser (ruamel.yaml) are composed here, because each node must keep its line, every
repeated field must be told, and aliases must be counted before they are expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from leadin.errors import ProtocolError
from leadin.protocols.problems import FieldPath, Problem, shown
from leadin.protocols.text_file import CONTROL, read_text
from leadin.protocols.yaml_syntax import first_line, syntax_complaint

MAX_DEPTH = 32
MAX_VALUES = 20_000

Scalar: TypeAlias = str | int | float | bool | None

_INTEGER = re.compile(r"[-+]?[0-9][0-9_]*")
_NUMBER = re.compile(r"[-+]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN)")
_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_LONGEST_INTEGER = 300


@dataclass
class Node:
    """One value of the file: text, number, list of nodes, or nodes by field name. size: values at and under it."""

    line: int
    value: Scalar | list[Node] | dict[str, Node]
    size: int = 1
    key_lines: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """What a file says: its root node, and the problems that did not keep it from being read.

    repeated: fields that stand twice; the first one counts. unusable: values that no statement can hold (infinite,
    not printable); something harmless stands in their place.
    """

    file: str
    root: Node
    repeated: tuple[Problem, ...] = ()
    unusable: tuple[Problem, ...] = ()

    def plain(self) -> Any:
        """The file as mappings, lists and scalars."""
        return _plain(self.root)

    def line(self, path: FieldPath) -> int:
        """The line of the value at `path`, or of the nearest value around it."""
        node, line = self.root, self.root.line
        for part in path:
            if isinstance(part, str) and isinstance(node.value, dict) and part in node.value:
                node, line = node.value[part], node.key_lines[part]
            elif isinstance(part, int) and isinstance(node.value, list) and 0 <= part < len(node.value):
                node = node.value[part]
                line = node.line
            else:
                break
        return line


def read_yaml(path: Path, kind: str) -> Document:
    """The YAML file at `path`; `kind` says in messages what it should hold, such as `a protocol`.

    Raises ProtocolError when it cannot be read at all: missing, too large, not UTF-8, empty, not YAML, more than one
    document, too deep, too many values once aliases are expanded.
    """
    return parse_yaml(read_text(path, kind), path.name, kind)


def parse_yaml(text: str, file: str, kind: str) -> Document:
    """The YAML text; `file` names it in messages. Raises as `read_yaml`."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    repeated: list[Problem] = []
    unusable: list[Problem] = []
    try:
        root = _compose(YAML(typ="safe", pure=True).parse(text), repeated, unusable)
    except _RefusedError as refused:
        raise ProtocolError(refused.problem.told(file)) from None
    except MarkedYAMLError as error:
        raise ProtocolError(syntax_complaint(error, text, file)) from None
    except YAMLError as error:
        raise ProtocolError(f"{file}: expected YAML; got text that is not ({first_line(error)}).") from None
    if root is None or root.value is None:
        raise ProtocolError(
            f"{file}: expected {kind}; got an empty file. "
            "Start from one that works: leadin show hanyang-phase2 --yaml FILE"
        )
    return Document(file, root, tuple(repeated), tuple(unusable))


class _RefusedError(Exception):
    """Something that ends the reading."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.expected)
        self.problem = problem


@dataclass
class _Open:
    """A list or mapping whose end has not come yet. key None: the next scalar of a mapping is a field name."""

    node: Node
    anchor: str | None
    path: FieldPath
    key: str | None = None
    repeated: bool = False

    def next_path(self) -> FieldPath:
        if isinstance(self.node.value, list):
            return (*self.path, len(self.node.value))
        return self.path if self.key is None else (*self.path, self.key)


def _compose(events: Iterable[Any], repeated: list[Problem], unusable: list[Problem]) -> Node | None:
    """The root node of the one document in `events`."""
    anchors: dict[str, Node] = {}
    stack: list[_Open] = []
    root: Node | None = None
    for event in events:
        kind = type(event).__name__
        line = event.start_mark.line + 1 if event.start_mark is not None else 1
        if kind == "DocumentStartEvent" and root is not None:
            raise _RefusedError(
                Problem((), "one document in the file", "a second one", "Remove it, or split the file.", line)
            )
        if kind in ("MappingStartEvent", "SequenceStartEvent"):
            path = stack[-1].next_path() if stack else ()
            _refuse_tag(event, path, line)
            _refuse_as_key(stack, line)
            if len(stack) >= MAX_DEPTH:
                raise _RefusedError(
                    Problem((), f"at most {MAX_DEPTH} levels of nesting", "more", "Check for stray brackets.", line)
                )
            stack.append(_Open(Node(line, {} if kind.startswith("Mapping") else []), event.anchor, path))
            continue
        if kind in ("MappingEndEvent", "SequenceEndEvent"):
            done = stack.pop()
            node, anchor = done.node, done.anchor
        elif kind == "ScalarEvent":
            if stack and isinstance(stack[-1].node.value, dict) and stack[-1].key is None:
                _take_key(stack[-1], event, line, repeated)
                continue
            path = stack[-1].next_path() if stack else ()
            _refuse_tag(event, path, line)
            node, anchor = Node(line, _scalar(event, path, line, unusable)), event.anchor
        elif kind == "AliasEvent":
            _refuse_as_key(stack, line)
            node, anchor = _aliased(event.anchor, anchors, stack, line), None
        else:
            continue
        if anchor is not None:
            anchors[anchor] = node
        if stack:
            _attach(stack[-1], node, line)
        else:
            root = node
    return root


def _attach(parent: _Open, node: Node, line: int) -> None:
    """Puts a finished node into the list or mapping around it."""
    parent.node.size += node.size
    if parent.node.size > MAX_VALUES:
        raise _RefusedError(
            Problem(
                (),
                f"at most {MAX_VALUES:,} values, those repeated by an alias (*) counted",
                "more",
                "Write out what you mean instead of repeating it by aliases.",
                line,
            )
        )
    if isinstance(parent.node.value, list):
        parent.node.value.append(node)
    elif isinstance(parent.node.value, dict) and parent.key is not None:
        if not parent.repeated:
            parent.node.value[parent.key] = node
        parent.key, parent.repeated = None, False


def _take_key(parent: _Open, event: Any, line: int, repeated: list[Problem]) -> None:
    key = str(event.value)
    if key == "<<" and event.implicit[0]:
        raise _RefusedError(
            Problem(
                (*parent.path, key),
                "fields written out",
                "a merge key (<<)",
                "Copy the fields here; an alias (*) may stand for one whole value.",
                line,
            )
        )
    if isinstance(parent.node.value, dict) and key in parent.node.value:
        first = parent.node.key_lines[key]
        repeated.append(
            Problem(
                (*parent.path, key),
                "every field once",
                f"{shown(key)} again after line {first}",
                "Remove one of the two.",
                line,
            )
        )
        parent.repeated = True
    else:
        parent.node.key_lines[key] = line
    parent.key = key


def _refuse_as_key(stack: list[_Open], line: int) -> None:
    if stack and isinstance(stack[-1].node.value, dict) and stack[-1].key is None:
        raise _RefusedError(
            Problem(
                stack[-1].path,
                "a field name before the colon",
                "a list, a mapping or an alias",
                "Write a name; text that starts with [, {, ? or * needs quotes.",
                line,
            )
        )


def _refuse_tag(event: Any, path: FieldPath, line: int) -> None:
    if event.tag is not None:
        raise _RefusedError(
            Problem(
                path,
                "a plain value",
                f"the YAML tag {shown(str(event.tag))}",
                "Remove the tag; text that starts with ! needs quotes.",
                line,
            )
        )


def _aliased(anchor: str, anchors: dict[str, Node], stack: list[_Open], line: int) -> Node:
    if anchor in anchors:
        return anchors[anchor]
    inside = any(level.anchor == anchor for level in stack)
    got = "one that contains itself" if inside else f"*{anchor}, which stands nowhere"
    raise _RefusedError(
        Problem(
            stack[-1].next_path() if stack else (),
            "an alias (*) of an anchor (&) further up",
            got,
            "Write the value out; text that starts with * needs quotes.",
            line,
        )
    )


def _scalar(event: Any, path: FieldPath, line: int, unusable: list[Problem]) -> Scalar:
    """The value of a scalar by the core schema of YAML 1.2; a quoted one is always text."""
    text = str(event.value)
    control = CONTROL.search(text)
    if control is not None:
        unusable.append(
            Problem(path, "printable text", f"the character {control.group()!a}", "Remove the escape.", line)
        )
        return CONTROL.sub(" ", text)
    if not event.implicit[0]:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _NOT_FINITE.fullmatch(text):
        unusable.append(Problem(path, "a finite number", text, "Write a number, or remove the line.", line))
        return 0
    if _INTEGER.fullmatch(text) and len(text) <= _LONGEST_INTEGER:
        return int(text.replace("_", ""))
    if _NUMBER.fullmatch(text):
        number = float(text.replace("_", ""))
        if abs(number) == float("inf"):
            unusable.append(Problem(path, "a finite number", shown(text), "Write a smaller number.", line))
            return 0
        return number
    return text


def _plain(node: Node) -> Any:
    if isinstance(node.value, dict):
        return {key: _plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [_plain(child) for child in node.value]
    return node.value
