"""How often harm occurs: after an administration, after tissue was taken, and in the background."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from leadin.protocols.product import Route
from leadin.protocols.statement import Statement


class HarmTerm(Statement):
    """One kind of adverse event.

    name (the preferred term) and system_organ_class: as MedDRA words them. grades: shares of CTCAE grades 1, 2, 3, 4,
    adding up to 1; deaths come from the survival model alone, so that none is counted twice. serious_share: share that
    is serious. duration_days: mean duration (exponential, in whole days, at least 1).
    """

    name: str
    system_organ_class: str
    grades: tuple[float, float, float, float]
    serious_share: float = Field(ge=0, le=1)
    duration_days: float = Field(gt=0, le=1000)

    @model_validator(mode="after")
    def _grades(self) -> Self:
        if min(self.grades) < 0 or abs(sum(self.grades) - 1) > 1e-9:
            raise ValueError(
                f"grades: expected shares of grades 1 to 4 that add up to 1; got {list(self.grades)}. Correct them."
            )
        return self


class ProcedureHarm(HarmTerm):
    """An adverse event after an administration or a tissue sample: its probability each time. last_onset_day: it starts
    on a day from 0 to this one after its cause."""

    probability: float = Field(ge=0, le=1)
    last_onset_day: int = Field(ge=0, le=90)
    relatedness: Literal["related", "not related"] = "related"


class BackgroundHarm(HarmTerm):
    """An adverse event of the disease and of life: its rate per participant and month."""

    per_month: float = Field(ge=0, le=10)


class RouteHarm(Statement):
    """What follows an administration by these routes."""

    name: str
    routes: tuple[Route, ...] = Field(min_length=1)
    events: tuple[ProcedureHarm, ...]


class Harm(Statement):
    """All harm of a population. An administration by a route that no entry names is followed by nothing."""

    after_administration: tuple[RouteHarm, ...]
    after_isolation: tuple[ProcedureHarm, ...]
    background: tuple[BackgroundHarm, ...]
