"""A population that is like another but for what it says itself: `based_on: pro-act`.

Groups of values are laid over those of the other, field by field; `entry` is the new file's own. A source of one id,
and grounds of one path, are those of the new file where both have them; grounds of the other file that speak of a value
that the new one states are left out. The survival scale is inherited, never solved again: it is a property of the
disease and of the clock, and who is enrolled changes survival by his score and his rate. Every value that the new file
states needs grounds in the new file: those of the other speak of the other's value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from leadin.disease.grounds import GROUNDS, unsourced, values_of
from leadin.errors import ProtocolError, UsageError
from leadin.protocols.field_paths import found, values
from leadin.protocols.problems import Problem, shown, told_at_once
from leadin.protocols.yaml_with_lines import Document, Node

FIELD = "based_on"
OWN = (FIELD, "name", "title", "description", "entry")
"""What is never taken from the other file."""
KEYS = {"sources": "id", "provenance": "field", "assumed": "field"}

Find = Callable[[str, str], tuple[str, Document]]


def resolved(document: Document, key: str, find: Find, behind: tuple[tuple[str, str], ...] = ()) -> Document:
    """The document with what it is based on laid under it; as it is when it is based on nothing.

    key: tells the document from any other. find: gives the key and the document of a name or a file, as named in the
    document of the second key, raising UsageError when there is none. behind: keys and file names of what led here.
    Raises ProtocolError for a name that is unknown, or that leads back here, and for values without grounds.
    """
    root = document.root.value
    if not isinstance(root, dict) or FIELD not in root:
        return document
    node = root[FIELD]
    chain = (*behind, (key, document.file))
    if not isinstance(node.value, str):
        raise _refused(document, node, "the name of a population or a YAML file", shown(node.value), "Write pro-act.")
    try:
        base, below = find(node.value, key)
    except UsageError as error:
        raise _refused(document, node, "a population or a YAML file", shown(node.value), str(error)) from None
    keys = [each for each, _ in chain]
    if base in keys:
        way = " on ".join((*(file for _, file in chain[keys.index(base) :]), below.file))
        raise _refused(document, node, "a population not based on this one", f"{way} again", "Break the circle.")
    _own_grounds(document)
    under = _moved(resolved(below, base, find, chain).root, node.line)
    return replace(document, root=_over(document.root, _without_grounds(under, values_of(document.plain()))))


def _without_grounds(lower: Node, stated: Mapping[str, Any]) -> Node:
    """The mapping `lower` less its grounds of single values that are stated above it."""
    if not isinstance(lower.value, dict):
        return lower
    single = set(values(stated))

    def speaks_of_stated(member: Node) -> bool:
        places = found(stated, str(_text(member, "field")))
        return bool(places) and single.issuperset(places)

    kept = dict(lower.value)
    for group in GROUNDS:
        node = kept.get(group)
        if node is not None and isinstance(node.value, list):
            kept[group] = replace(node, value=[member for member in node.value if not speaks_of_stated(member)])
    return replace(lower, value=kept)


def _over(upper: Node, lower: Node) -> Node:
    """The mapping `upper` laid over the mapping `lower`."""
    if not (isinstance(upper.value, dict) and isinstance(lower.value, dict)):
        return upper
    under = {key: child for key, child in lower.value.items() if key not in OWN or key in upper.value}
    merged = dict(under)
    for key, child in upper.value.items():
        if key in KEYS and key in under:
            merged[key] = _joined(child, under[key], KEYS[key])
        else:
            merged[key] = _over(child, under[key]) if key in under and key not in OWN else child
    lines = {key: upper.key_lines.get(key, lower.key_lines.get(key, upper.line)) for key in merged}
    return Node(upper.line, merged, upper.size + lower.size, lines)


def _joined(upper: Node, lower: Node, key: str) -> Node:
    """Members of `upper`, then those of `lower` whose key is not among theirs."""
    if not (isinstance(upper.value, list) and isinstance(lower.value, list)):
        return upper
    mine = {_text(member, key) for member in upper.value}
    return Node(
        upper.line,
        [*upper.value, *(member for member in lower.value if _text(member, key) not in mine)],
        upper.size + lower.size,
    )


def _text(member: Node, key: str) -> object:
    found = member.value.get(key) if isinstance(member.value, dict) else None
    return None if found is None else found.value


def _moved(node: Node, line: int) -> Node:
    """The node as if all of it stood on one line: its own lines are another file's."""
    if isinstance(node.value, dict):
        value = {key: _moved(child, line) for key, child in node.value.items()}
        return Node(line, value, node.size, dict.fromkeys(value, line))
    if isinstance(node.value, list):
        return Node(line, [_moved(child, line) for child in node.value], node.size)
    return Node(line, node.value, node.size)


def _own_grounds(document: Document) -> None:
    said = document.plain()
    if not all(_well_formed(said.setdefault(group, [])) for group in GROUNDS):
        return  # told by the model, field by field
    problems = [replace(problem, line=document.line(problem.path)) for problem in unsourced(said)]
    if problems:
        raise ProtocolError(told_at_once(problems, document.file))


def _well_formed(group: object) -> bool:
    return isinstance(group, list) and all(
        isinstance(item, Mapping) and isinstance(item.get("field"), str) and item["field"] for item in group
    )


def _refused(document: Document, node: Node, expected: str, got: str, advice: str) -> ProtocolError:
    return ProtocolError(Problem((FIELD,), expected, got, advice, node.line).told(document.file))
