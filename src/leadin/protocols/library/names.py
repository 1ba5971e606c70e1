"""The library of published protocols, as YAML files beside this module."""

from __future__ import annotations

from importlib import resources


def library_names() -> tuple[str, ...]:
    """Names of the protocols in the library, sorted."""
    folder = resources.files("leadin.protocols.library")
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")))


def library_yaml(name: str) -> str:
    """The YAML text of a library protocol; KeyError when there is none of that name."""
    if name not in library_names():
        raise KeyError(name)
    return resources.files("leadin.protocols.library").joinpath(f"{name}.yaml").read_text(encoding="utf-8")
