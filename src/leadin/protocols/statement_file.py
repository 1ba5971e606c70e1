"""A file that says one statement (a protocol, a plan, a profile): every problem in it told at once, with its line."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from leadin.errors import ProtocolError
from leadin.protocols.nearest import nearest
from leadin.protocols.problems import Problem, told_at_once
from leadin.protocols.refusals import problems_of
from leadin.protocols.statement import Statement
from leadin.protocols.yaml_with_lines import Document, parse_yaml, read_yaml

S = TypeVar("S", bound=Statement)
FEWEST_FOREIGN = 3
"""So many fields that a statement does not have, while most that it needs are missing, make a file another thing."""
Rules = Callable[[Mapping[str, Any]], tuple[Problem, ...]]


def read_statement(path: Path, model: type[S], kind: str, rules: Rules | None = None) -> S:
    """The statement in the YAML file at `path`.

    kind: how messages call it (`a protocol`). rules: find contradictions in plain data, so that they are told beside
    fields that are wrong in themselves. Raises ProtocolError with every problem at once: field, expected, got, file,
    line, what to do.
    """
    return said_in(read_yaml(path, kind), model, kind, rules)


def parse_statement(text: str, file: str, model: type[S], kind: str, rules: Rules | None = None) -> S:
    """The statement in YAML text; `file` names it in messages. As `read_statement`."""
    return said_in(parse_yaml(text, file, kind), model, kind, rules)


def said_in(document: Document, model: type[S], kind: str, rules: Rules | None = None) -> S:
    """The statement that a YAML document makes. As `read_statement`."""
    said = document.plain()
    if not isinstance(said, dict):
        got = "a list" if isinstance(said, list) else "a single value"
        fields = ", ".join([name for name, field in model.model_fields.items() if field.is_required()][:4])
        raise ProtocolError(
            f"{document.file}, line {document.root.line}: expected {kind}, fields such as {fields}; got {got}. "
            "Start each line with the name of a field and a colon."
        )
    _refuse_another_kind(said, document, model, kind)
    problems = [*document.repeated, *document.unusable]
    # Strict JSON: a quoted number, `true` for 1 or 28.5 days are mistakes in a file, not things to convert in silence.
    text = json.dumps(said, allow_nan=False)
    try:
        statement = model.model_validate_json(text, strict=True)
    except ValidationError as error:
        found = problems_of(error.errors(), model)
        if rules is not None and not any(item["type"] == "inconsistent" and not item["loc"] for item in error.errors()):
            # A part that refused itself is told by the rules of the whole too, as the file says it.
            found = tuple({(problem.path, problem.expected): problem for problem in (*found, *rules(said))}.values())
        told = {problem.path for problem in document.unusable}
        problems.extend(problem for problem in found if problem.path not in told)
    if problems:
        located = (_located(problem, document) for problem in problems)
        raise ProtocolError(told_at_once(located, document.file))
    return statement


def _refuse_another_kind(said: Mapping[str, Any], document: Document, model: type[S], kind: str) -> None:
    """A file in the wrong place, a protocol where a population is meant, is told as that and not field by field."""
    needed = [name for name, field in model.model_fields.items() if field.is_required()]
    missing = [name for name in needed if name not in said]
    foreign = [name for name in said if name not in model.model_fields and nearest(name, missing) is None]
    if len(foreign) >= FEWEST_FOREIGN and 2 * len(missing) > len(needed):
        raise ProtocolError(
            f"{document.file}, line {document.root.line}: expected {kind}, fields such as {', '.join(missing[:4])}; "
            f"got a file of another kind, with the fields {', '.join(foreign[:4])}. Name the file of {kind}."
        )


def _located(problem: Problem, document: Document) -> Problem:
    if problem.line is not None:
        return problem
    return dataclasses.replace(problem, line=document.line(problem.path))
