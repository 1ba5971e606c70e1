"""The analysis plan: which methods, on which endpoint, in which order, under which estimand."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from leadin.protocols.statement import Percent, PointsPerMonth, Slug, Statement
from leadin.protocols.visits import Measure

Method = Literal[
    "slope_change",
    "responders",
    "random_slope",
    "broken_stick",
    "kaplan_meier",
    "log_rank",
    "cox",
    "safety",
]
Strategy = Literal["treatment_policy", "hypothetical", "composite", "while_alive", "principal_stratum"]
IntercurrentEventKind = Literal["death", "ventilation", "other_therapy", "not_dosed"]


class IntercurrentEvent(Statement):
    """An intercurrent event of ICH E9(R1) and the strategy that handles it."""

    event: IntercurrentEventKind = Field(description="What happens after enrolment and touches the outcome.")
    strategy: Strategy = Field(description="How ICH E9(R1) calls the way it is handled.")


class PlannedAnalysis(Statement):
    """One analysis of the plan.

    share_baseline: slope methods only; the baseline visit counts in both slopes, as some protocols did (its
    measurement error then fakes improvement). non_declining and missing: how `responders` counts participants who did
    not decline in the lead-in, and those without a follow-up slope.
    """

    method: Method = Field(description="Name of the method.")
    measure: Measure = Field(
        default="alsfrs_r", description="What it is about; survival methods and safety do not use it."
    )
    role: Literal["primary", "secondary", "exploratory", "safety"] = Field(
        default="secondary", description="Its place in the plan."
    )
    alpha: float = Field(default=0.05, gt=0, lt=1, description="Two-sided significance level; intervals are 1 - alpha.")
    share_baseline: bool = Field(
        default=False, description="Slopes only: the baseline visit counts in the lead-in and in the follow-up."
    )
    either_of: tuple[Measure, ...] = Field(
        default=(), description="Responders only: improvement in any of these measures counts."
    )
    relative: tuple[Percent, ...] = Field(
        default=(25.0, 50.0, 75.0, 100.0), description="Responders only: at least this many % slower."
    )
    absolute: tuple[PointsPerMonth, ...] = Field(
        default=(1.25, 1.5), description="Responders only: at least this many points per month slower."
    )
    non_declining: Literal["not_responder", "excluded"] = Field(
        default="not_responder", description="Responders only: participants who did not decline in the lead-in."
    )
    missing: Literal["not_responder", "excluded"] = Field(
        default="excluded", description="Responders only: participants without a follow-up slope."
    )
    died: Literal["not_responder", "excluded"] = Field(
        default="not_responder", description="Responders only: participants who died before a follow-up slope."
    )
    intercurrent_events: tuple[IntercurrentEvent, ...] = Field(
        default=(), description="Intercurrent events and the strategy for each."
    )


class Plan(Statement):
    """The analyses in the order they are run, and the arm each other arm is held against (None: the protocol's
    control)."""

    reference_arm: Slug | None = Field(
        default=None, description="Arm that the others are held against; empty: the protocol's control."
    )
    analyses: tuple[PlannedAnalysis, ...] = Field(
        min_length=1, max_length=200, description="The analyses, in the order they are run."
    )
