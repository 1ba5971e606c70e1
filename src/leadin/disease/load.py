"""Populations by name or from a YAML file."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from leadin.disease.based_on import resolved
from leadin.disease.population import Population
from leadin.disease.populations import population_names, population_yaml
from leadin.errors import UsageError
from leadin.protocols.nearest import nearest
from leadin.protocols.problems import shown
from leadin.protocols.statement_file import said_in
from leadin.protocols.yaml_with_lines import Document, parse_yaml, read_yaml

KIND = "a population"


def load_population(source: str | Path | Population) -> Population:
    """The population of that name or YAML file; a `Population` is given back as it is.

    Raises UsageError for a name that is neither, ProtocolError with every problem of a file at once.
    """
    if isinstance(source, Population):
        return source
    if isinstance(source, str) and source in population_names():
        return _by_name(source)
    return said_in(resolved(_document(source), str(Path(source).resolve()), _base), Population, KIND)


@cache
def _by_name(name: str) -> Population:
    return said_in(resolved(_document(name), name, _base), Population, KIND)


def _base(name: str, beside: str) -> tuple[str, Document]:
    """Key and document of a population named in the document of the key `beside`; files are looked for beside it."""
    if Path(name).suffix not in (".yaml", ".yml"):
        return name, _document(name)
    path = (Path(beside).parent / name).resolve()
    return str(path), _document(path)


def _document(source: str | Path) -> Document:
    """What a named population, or a file, says."""
    if isinstance(source, str) and source in population_names():
        return parse_yaml(population_yaml(source), f"{source}.yaml", KIND)
    path = Path(source)
    if isinstance(source, str) and path.suffix not in (".yaml", ".yml") and len(path.parts) < 2:
        near = nearest(source, population_names())
        advice = f"Did you mean {near}? " if near else ""
        raise UsageError(
            f"population: expected one of {', '.join(population_names())} or a YAML file; got {shown(source)}. {advice}"
            "A file is named with its ending, .yaml."
        )
    return read_yaml(path, KIND)
