"""The base of everything a protocol says: a frozen value that refuses unknown fields, and the units it is said in."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=80)]
"""A name that people type and files carry: lower case letters, digits, dot, dash, underscore."""

DaysFromBaseline = Annotated[int, Field(json_schema_extra={"unit": "days from baseline"})]
Days = Annotated[int, Field(json_schema_extra={"unit": "days"})]
Hours = Annotated[float, Field(json_schema_extra={"unit": "hours"})]
Months = Annotated[float, Field(json_schema_extra={"unit": "months"})]
Percent = Annotated[float, Field(json_schema_extra={"unit": "percent"})]
PointsPerMonth = Annotated[float, Field(json_schema_extra={"unit": "points per month"})]
"""Numbers with their unit; the unit stands in the JSON Schema and in error messages. Baseline is day 0, time zero."""


class Statement(BaseModel):
    """A frozen value read from a protocol file; a field nobody defined is an error, not a comment, and no number is
    infinite or not a number."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)
