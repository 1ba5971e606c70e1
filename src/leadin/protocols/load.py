"""Protocols by library name or from a YAML file, and analysis plans from a file."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from leadin.errors import UsageError
from leadin.protocols.consistency import inconsistencies
from leadin.protocols.library import library_names, library_yaml
from leadin.protocols.nearest import nearest
from leadin.protocols.plan import Plan
from leadin.protocols.plan_problems import plan_problems
from leadin.protocols.problems import shown
from leadin.protocols.protocol import Protocol
from leadin.protocols.statement_file import parse_statement, read_statement
from leadin.protocols.text_file import read_text


def load_protocol(source: str | Path | Protocol) -> Protocol:
    """The protocol of a library name or YAML file; a `Protocol` is given back as it is.

    A library name wins over a file of that name in the current folder, which `./NAME` reaches. Raises UsageError for
    a name that is neither, ProtocolError with every problem of a file at once.
    """
    if isinstance(source, Protocol):
        return source
    if isinstance(source, str) and source in library_names():
        # A copy of its own, since a protocol holds dictionaries.
        return _of_library(source).model_copy(deep=True)
    return read_statement(protocol_file(source), Protocol, "a protocol", inconsistencies)


@cache
def _of_library(name: str) -> Protocol:
    return parse_statement(library_yaml(name), f"{name}.yaml", Protocol, "a protocol", inconsistencies)


def protocol_file(source: str | Path) -> Path:
    """The path that `source` means; UsageError with the nearest library name when it looks like a name of neither."""
    path = Path(source)
    if isinstance(source, Path):
        return source
    looks_like_a_file = path.suffix in (".yaml", ".yml") or any(sign in source for sign in ("/", os.sep))
    if looks_like_a_file or _exists(path):
        return path
    near = nearest(source, library_names())
    advice = f"Did you mean {near}? " if near else ""
    raise UsageError(
        f"protocol: expected a library protocol (one of {len(library_names())}) or a YAML file; got {shown(source)}. "
        f"{advice}`leadin protocols` lists the library; a file is named with its ending, .yaml."
    )


def _exists(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name too long or with a null byte is no file
        return False


def load_plan(source: str | Path | Plan) -> Plan:
    """The analysis plan in a YAML file, whose top holds `analyses:`; a `Plan` is given back as it is.

    Raises ProtocolError with every problem at once.
    """
    return source if isinstance(source, Plan) else read_statement(Path(source), Plan, "an analysis plan", plan_problems)


def protocol_yaml(source: str | Path) -> str:
    """The YAML text of a library protocol or of a file that holds a valid one. Raises as `load_protocol`."""
    load_protocol(source)
    if isinstance(source, str) and source in library_names():
        return library_yaml(source)
    return read_text(protocol_file(source), "a protocol")
