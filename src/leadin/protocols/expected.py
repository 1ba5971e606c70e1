"""What a field of a statement expects, in words: `a whole number of days from baseline`."""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from leadin.protocols.problems import FieldPath


@dataclass(frozen=True)
class Expected:
    """The type a field was declared with, what it may be bounded by, and the unit it is in."""

    annotation: Any
    unit: str | None = None
    bounds: tuple[Any, ...] = ()

    @property
    def model(self) -> type[BaseModel] | None:
        """The group of fields that stands here; None for a value or a list."""
        return self.annotation if isinstance(self.annotation, type) and issubclass(self.annotation, BaseModel) else None

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that may stand here, of a field that has a fixed set of them."""
        return tuple(map(str, get_args(self.annotation))) if get_origin(self.annotation) is Literal else ()

    @property
    def is_list(self) -> bool:
        """True when several values stand here."""
        return get_origin(self.annotation) is tuple

    def words(self) -> str:
        """The type in words, with the unit: `a number of months`."""
        if self.unit == "percent":
            return "a percentage"
        unit = f" of {self.unit}" if self.unit else ""
        if self.choices:
            return f"one of {', '.join(self.choices)}" if len(self.choices) > 1 else self.choices[0]
        if self.model is not None:
            return f"the fields {', '.join(self.model.model_fields)}"
        if self.is_list:
            return "a list"
        if get_origin(self.annotation) is dict:
            return "names, each with a whole number"
        plain = {int: "a whole number", float: "a number", bool: "true or false"}.get(self.annotation)
        return "text" if plain is None else plain + unit

    def range_words(self) -> str:
        """The bounds in words: `at least 0 and at most 60`; empty without bounds."""
        words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
        told = [
            f"{word} {getattr(bound, name):g}"
            for name, word in words.items()
            for bound in self.bounds
            if isinstance(getattr(bound, name, None), int | float)
        ]
        return " and ".join(told)


def expected_at(model: type[BaseModel], path: FieldPath) -> Expected | None:
    """What `model` expects at `path`; None when it has no such field."""
    here = Expected(model)
    for part in path:
        group = here.model
        if group is not None and isinstance(part, str):
            if part not in group.model_fields:
                return None
            here = _of_field(group.model_fields[part])
        elif here.is_list and isinstance(part, int):
            here = _of(get_args(here.annotation)[0])
        elif get_origin(here.annotation) is dict and isinstance(part, str):
            here = _of(get_args(here.annotation)[1])
        else:
            return None
    return here


def _of_field(field: FieldInfo) -> Expected:
    inner = _of(field.annotation)
    return Expected(inner.annotation, _unit(field) or inner.unit, (*field.metadata, *inner.bounds))


def _of(annotation: Any) -> Expected:
    """Looks through `Annotated` and `... | None`."""
    if get_origin(annotation) is Annotated:
        outer, *extras = get_args(annotation)
        inner = _of(outer)
        fields = [extra for extra in extras if isinstance(extra, FieldInfo)]
        unit = next((unit for unit in map(_unit, fields) if unit), None)
        bounds = (*extras, *(bound for field in fields for bound in field.metadata))
        return Expected(inner.annotation, unit or inner.unit, (*bounds, *inner.bounds))
    if get_origin(annotation) in (Union, types.UnionType):
        return _of(next(member for member in get_args(annotation) if member is not type(None)))
    return Expected(annotation)


def _unit(field: FieldInfo) -> str | None:
    extra = field.json_schema_extra
    return str(extra["unit"]) if isinstance(extra, dict) and "unit" in extra else None
