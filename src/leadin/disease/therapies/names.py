"""The therapies that come with leadin."""

from __future__ import annotations

from importlib import resources


def therapy_names() -> tuple[str, ...]:
    """Names of the therapies, sorted."""
    folder = resources.files("leadin.disease.therapies")
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")))


def therapy_yaml(name: str) -> str:
    """The YAML text of a therapy; KeyError when there is none of that name."""
    if name not in therapy_names():
        raise KeyError(name)
    return resources.files("leadin.disease.therapies").joinpath(f"{name}.yaml").read_text(encoding="utf-8")
