"""Therapies by name or from a YAML file."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from leadin.disease.therapies import therapy_names, therapy_yaml
from leadin.disease.therapy import Therapy
from leadin.errors import UsageError
from leadin.protocols.nearest import nearest
from leadin.protocols.problems import shown
from leadin.protocols.statement_file import parse_statement, read_statement

KIND = "a therapy"


def load_therapy(source: str | Path | Therapy) -> Therapy:
    """The therapy of that name or YAML file; a `Therapy` is given back as it is.

    Raises UsageError for a name that is neither, ProtocolError with every problem of a file at once.
    """
    if isinstance(source, Therapy):
        return source
    if not isinstance(source, str | Path):
        raise UsageError(f"therapy: expected a name, a YAML file or a Therapy; got {shown(source)}.")
    if isinstance(source, str) and source in therapy_names():
        return _by_name(source)
    path = Path(source)
    if isinstance(source, str) and path.suffix not in (".yaml", ".yml") and len(path.parts) < 2:
        near = nearest(source, therapy_names())
        advice = f"Did you mean {near}? " if near else ""
        raise UsageError(
            f"therapy: expected one of {', '.join(therapy_names())} or a YAML file; got {shown(source)}. {advice}"
            "A file is named with its ending, .yaml."
        )
    return read_statement(path, Therapy, KIND)


@cache
def _by_name(name: str) -> Therapy:
    return parse_statement(therapy_yaml(name), f"{name}.yaml", Therapy, KIND)
