"""When participants are seen and what is measured."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from leadin.protocols.product import Route
from leadin.protocols.statement import Days, DaysFromBaseline, Slug, Statement

Measure = Literal["alsfrs_r", "svc_percent", "fvc_percent", "weight_kg", "strength.left", "strength.right"]


class Visit(Statement):
    """A scheduled visit.

    day: whole days from time zero; lead-in visits are negative. The visit's window runs from `days_early` before to
    `days_late` after. measures: what is assessed.
    """

    name: str = Field(min_length=1, max_length=60, description="How the visit is called in tables, e.g. 'month 3'.")
    day: DaysFromBaseline = Field(
        ge=-3650, le=7300, description="Scheduled day, counted from time zero (day 0); lead-in visits are negative."
    )
    days_early: Days = Field(default=7, ge=0, le=90, description="The window opens this many days before `day`.")
    days_late: Days = Field(default=7, ge=0, le=90, description="The window closes this many days after `day`.")
    measures: tuple[Measure, ...] = Field(min_length=1, max_length=50, description="What is assessed at this visit.")


class CoIntervention(Statement):
    """What participants also receive: riluzole, infusions, rehabilitation, sham injections. `arms` empty: every arm.

    procedures: what a sham or placebo does to the body on its days; harm follows it as it follows the real thing.
    """

    name: str = Field(min_length=1, description="What is given, e.g. 'riluzole'.")
    kind: Literal["drug", "infusion", "rehabilitation", "device", "other"] = Field(description="What sort of thing.")
    dose: str | None = Field(default=None, description="Amount with its unit, in words.")
    frequency: str | None = Field(default=None, description="How often, in words.")
    days: tuple[DaysFromBaseline, ...] = Field(
        default=(), max_length=1000, description="Scheduled days from time zero; none: throughout the trial."
    )
    arms: tuple[Slug, ...] = Field(default=(), description="Names of the arms that receive it; none: every arm.")
    procedures: tuple[Route | Literal["isolation"], ...] = Field(
        default=(), max_length=7, description="Ways into the body of a sham; `isolation`: tissue is taken."
    )
