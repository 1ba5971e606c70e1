"""Populations by name or from a YAML file."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from leadin.disease.population import Population
from leadin.disease.populations import population_names, population_yaml
from leadin.errors import UsageError
from leadin.protocols.nearest import nearest
from leadin.protocols.problems import shown
from leadin.protocols.statement_file import parse_statement, read_statement

KIND = "a population"


def load_population(source: str | Path | Population) -> Population:
    """The population of that name or YAML file; a `Population` is given back as it is.

    Raises UsageError for a name that is neither, ProtocolError with every problem of a file at once.
    """
    if isinstance(source, Population):
        return source
    if isinstance(source, str) and source in population_names():
        return _by_name(source)
    path = Path(source)
    if isinstance(source, str) and path.suffix not in (".yaml", ".yml") and len(path.parts) < 2:
        near = nearest(source, population_names())
        advice = f"Did you mean {near}? " if near else ""
        raise UsageError(
            f"population: expected one of {', '.join(population_names())} or a YAML file; got {shown(source)}. {advice}"
            "A file is named with its ending, .yaml."
        )
    return read_statement(path, Population, KIND)


@cache
def _by_name(name: str) -> Population:
    return parse_statement(population_yaml(name), f"{name}.yaml", Population, KIND)
