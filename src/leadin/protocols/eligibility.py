"""Who may enter: criteria that act on measured values, and those that only a person can judge."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from leadin.protocols.statement import Slug, Statement

Variable = Literal[
    "alsfrs_r",
    "alsfrs_r_lost_in_lead_in",
    "svc_percent",
    "fvc_percent",
    "age_years",
    "months_since_onset",
    "weight_kg",
]


class Criterion(Statement):
    """A bound on a measured value, inclusive on both sides.

    at: `screening` (the first visit), `allocation` (the last visit at or before the day of allocation,
    `randomisation.day`) or `baseline` (the last visit at or before time zero). `alsfrs_r_lost_in_lead_in` is the score
    at screening minus the score when it is judged, in points, so it cannot be judged at screening.

    arms: the arms it is asked of, where nobody is randomised; then each goes to the first arm, in the protocol's order,
    that has a place left and whose criteria he meets. Randomised participants have no arm yet when they are judged.
    """

    variable: Variable = Field(
        description="What is bounded: points (alsfrs_r...), % predicted (svc_percent, fvc_percent), years, months, kg."
    )
    at: Literal["screening", "allocation", "baseline"] = Field(
        default="screening",
        description="Judged at the first visit, at the last before allocation, or at the last before time zero.",
    )
    minimum: float | None = Field(default=None, description="Lowest value that may enter, in the variable's unit.")
    maximum: float | None = Field(default=None, description="Highest value that may enter, in the variable's unit.")
    arms: tuple[Slug, ...] = Field(
        default=(),
        description="Names of the arms it is asked of, in a trial that is not randomised; none: every arm.",
    )

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if self.minimum is None and self.maximum is None:
            raise ValueError("expected a minimum, a maximum or both; got neither. Give one of them.")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(
                f"expected a minimum at or below the maximum; got {self.minimum:g} above {self.maximum:g}. Swap them."
            )
        if self.variable == "alsfrs_r_lost_in_lead_in" and self.at == "screening":
            raise ValueError(
                "expected a loss during the lead-in to be judged at its end; got 'at: screening'. Write 'at: baseline'."
            )
        return self


class Eligibility(Statement):
    """Entry criteria. `criteria` act on simulated and captured participants; `other` is text for people."""

    criteria: tuple[Criterion, ...] = Field(default=(), max_length=100, description="Bounds on measured values.")
    other: tuple[str, ...] = Field(default=(), description="Criteria that only a person can judge, one sentence each.")
