"""A therapy: how strongly given cells slow decline, how soon, for how long, and in whom.

A therapy file is data, like a population: every value has a source or a stated reason. How the values act stands in
`exposure.py` (what is in a patient) and `effect.py` (what that does).
"""

from __future__ import annotations

import hashlib
import json
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from leadin.disease.grounds import broken_grounds, unsourced
from leadin.protocols.provenance import Assumption, Provenance, Source
from leadin.protocols.statement import Slug, Statement


class Therapy(Statement):
    """What given cells do to decline.

    maximum_effect: share of decline taken away by cells without number, from 0 to 1. half_effect_cells: cells that,
    all at work at once, reach half of it; a dose whose number of cells nobody says counts as so many. onset_days: days
    from an administration until it works in full, rising along a line. lifetime_days: days in which what is at work
    falls to 1/e. responder_share: share of participants on whom it acts at all. breathing_share: share of the effect
    that acts on the loss of vital capacity.
    """

    schema_version: Literal[1] = 1
    name: Slug
    title: str = Field(min_length=1)
    description: str = Field(min_length=1)
    maximum_effect: float = Field(ge=0, le=1)
    half_effect_cells: float = Field(gt=0, le=1e12, json_schema_extra={"unit": "cells"})
    onset_days: float = Field(ge=0, le=365, json_schema_extra={"unit": "days"})
    lifetime_days: float = Field(ge=1, le=36_525, json_schema_extra={"unit": "days"})
    responder_share: float = Field(default=1.0, ge=0, le=1)
    breathing_share: float = Field(default=0.0, ge=0, le=1)
    sources: tuple[Source, ...] = ()
    provenance: tuple[Provenance, ...] = ()
    assumed: tuple[Assumption, ...] = ()

    @model_validator(mode="after")
    def _grounded(self) -> Self:
        said = self.model_dump()
        problems = (*broken_grounds(said, "therapy", "maximum_effect"), *unsourced(said))
        if problems:
            text = "\n".join(problem.told() for problem in problems)
            raise PydanticCustomError("inconsistent", "{text}", {"text": text, "problems": problems})
        return self


def therapy_sha256(therapy: Therapy) -> str:
    """SHA-256 of what the therapy says, 64 hexadecimal digits: every value, with its grounds, in canonical JSON."""
    text = json.dumps(
        therapy.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(text.encode()).hexdigest()
