"""The populations that come with leadin."""

from __future__ import annotations

from importlib import resources


def population_names() -> tuple[str, ...]:
    """Names of the populations, sorted."""
    folder = resources.files("leadin.disease.populations")
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")))


def population_yaml(name: str) -> str:
    """The YAML text of a population; KeyError when there is none of that name."""
    if name not in population_names():
        raise KeyError(name)
    return resources.files("leadin.disease.populations").joinpath(f"{name}.yaml").read_text(encoding="utf-8")
