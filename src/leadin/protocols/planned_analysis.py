"""One analysis of a plan: which method, on which endpoint, with which settings, under which estimand.

A field that only some methods use names them in its schema (`methods`); said for another method it is refused, since
whoever wrote it expects something that would not happen.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from leadin.protocols.estimand import Estimand, IntercurrentEvent
from leadin.protocols.imputation import Imputation
from leadin.protocols.statement import Months, Percent, PointsPerMonth, Slug, Statement
from leadin.protocols.stopping_rule import StoppingRule
from leadin.protocols.visits import Measure

Method = Literal[
    "slope_change",
    "responders",
    "random_slope",
    "broken_stick",
    "mmrm",
    "ancova",
    "joint_rank",
    "win_ratio",
    "kaplan_meier",
    "log_rank",
    "cox",
    "restricted_mean",
    "paired_side",
    "potency",
    "safety",
]
CovarianceStructure = Literal[
    "unstructured",
    "heterogeneous_toeplitz",
    "toeplitz",
    "heterogeneous_ante_dependence",
    "ante_dependence",
    "heterogeneous_autoregressive",
    "autoregressive",
    "heterogeneous_compound_symmetry",
    "compound_symmetry",
]
DegreesOfFreedom = Literal["satterthwaite", "kenward_roger", "kenward_roger_linear"]
FatalEvent = Literal["death", "tracheostomy", "permanent_ventilation"]
Column = Annotated[str, Field(min_length=1, max_length=80)]
"""A column of the table of participants; any column that the table has."""


def _of(*methods: Method) -> dict[str, Any]:
    """Marks a field as used by these methods only."""
    return {"methods": list(methods)}


class PlannedAnalysis(Statement):
    """One analysis of the plan.

    share_baseline: slope methods only; the baseline visit counts in both slopes, as some protocols did (its
    measurement error then fakes improvement). non_declining and missing: how `responders` counts participants who did
    not decline in the lead-in, and those without a follow-up slope.
    """

    name: Slug | None = Field(
        default=None, description="Short name, by which the plan's other parts call this analysis; no two the same."
    )
    method: Method = Field(description="Name of the method.")
    measure: Measure = Field(
        default="alsfrs_r", description="What it is about; survival methods, paired_side and safety do not use it."
    )
    role: Literal["primary", "secondary", "exploratory", "safety"] = Field(
        default="secondary", description="Its place in the plan."
    )
    arm: Slug | None = Field(
        default=None,
        description="Of more than two arms the one whose comparison with the reference answers for this analysis where "
        "there is room for one answer: on the first screen, and in a family of tests; empty: the first. All are run.",
    )
    alpha: float = Field(default=0.05, gt=0, lt=1, description="Two-sided significance level; intervals are 1 - alpha.")
    share_baseline: bool = Field(
        default=False,
        description="The baseline visit counts in the lead-in and in the follow-up.",
        json_schema_extra=_of("slope_change", "responders"),
    )
    either_of: tuple[Measure, ...] = Field(
        default=(),
        description="Improvement in any of these measures counts.",
        json_schema_extra=_of("responders"),
    )
    relative: tuple[Percent, ...] = Field(
        default=(25.0, 50.0, 75.0, 100.0),
        description="At least this many % slower.",
        json_schema_extra=_of("responders"),
    )
    absolute: tuple[PointsPerMonth, ...] = Field(
        default=(1.25, 1.5),
        description="At least this many points per month slower.",
        json_schema_extra=_of("responders"),
    )
    non_declining: Literal["not_responder", "excluded"] = Field(
        default="not_responder",
        description="Participants who did not decline in the lead-in.",
        json_schema_extra=_of("responders"),
    )
    missing: Literal["not_responder", "excluded"] = Field(
        default="excluded",
        description="Participants without a follow-up slope.",
        json_schema_extra=_of("responders"),
    )
    died: Literal["not_responder", "excluded"] = Field(
        default="not_responder",
        description="Participants who died before a follow-up slope.",
        json_schema_extra=_of("responders"),
    )
    month: Months | None = Field(
        default=None,
        gt=0,
        le=240,
        description="Months from time zero at which arms are compared: the visit whose window holds it (mmrm, ancova, "
        "paired_side, potency), the end of what counts (joint_rank, win_ratio), or the time up to which survival is "
        "averaged (restricted_mean); empty: the last one.",
        json_schema_extra=_of("mmrm", "ancova", "joint_rank", "win_ratio", "restricted_mean", "paired_side", "potency"),
    )
    covariates: tuple[Column, ...] = Field(
        default=(),
        max_length=20,
        description="Columns of the table of participants that are adjusted for, besides baseline where the method "
        "has it.",
        json_schema_extra=_of("random_slope", "broken_stick", "mmrm", "ancova", "joint_rank", "cox"),
    )
    strata: tuple[Column, ...] = Field(
        default=(),
        max_length=5,
        description="Columns of the table of participants within whose values arms are compared.",
        json_schema_extra=_of("joint_rank", "win_ratio", "log_rank", "cox"),
    )
    covariance: CovarianceStructure = Field(
        default="unstructured",
        description="How the visits of one participant vary together.",
        json_schema_extra=_of("mmrm"),
    )
    covariance_fallbacks: tuple[CovarianceStructure, ...] = Field(
        default=("heterogeneous_toeplitz", "heterogeneous_autoregressive", "heterogeneous_compound_symmetry"),
        max_length=8,
        description="Structures tried in this order where `covariance` cannot be fitted; each try is reported.",
        json_schema_extra=_of("mmrm"),
    )
    degrees_of_freedom: DegreesOfFreedom = Field(
        default="satterthwaite",
        description="How degrees of freedom are approximated; Kenward-Roger adjusts the standard error too.",
        json_schema_extra=_of("mmrm"),
    )
    fatal_events: tuple[FatalEvent, ...] = Field(
        default=(),
        description="Fatal events that count; the protocol's other fatal events compete with them. Empty: all count.",
        json_schema_extra=_of("kaplan_meier", "log_rank", "cox", "restricted_mean"),
    )
    rerandomisations: int | None = Field(
        default=None,
        ge=99,
        le=1_000_000,
        description="How often participants are allocated anew, by the protocol's own randomisation, for a p value "
        "that needs no model (all allocations where there are no more than that); empty: not done.",
        json_schema_extra=_of(
            "slope_change",
            "responders",
            "random_slope",
            "broken_stick",
            "mmrm",
            "ancova",
            "joint_rank",
            "win_ratio",
            "log_rank",
            "cox",
            "restricted_mean",
        ),
    )
    terms_compared_from: int = Field(
        default=2,
        ge=1,
        le=1_000_000,
        description="Preferred terms that at least so many participants had, over all arms, are compared between arms.",
        json_schema_extra=_of("safety"),
    )
    stopping: tuple[StoppingRule, ...] = Field(
        default=(),
        max_length=20,
        description="Rules by which harm stops the treatment.",
        json_schema_extra=_of("safety"),
    )
    intercurrent_events: tuple[IntercurrentEvent, ...] = Field(
        default=(), description="Intercurrent events and the strategy for each."
    )
    estimand: Estimand | None = Field(
        default=None, description="The other attributes of the estimand in the plan's own words; empty: generated."
    )
    imputation: Imputation | None = Field(
        default=None,
        description="Multiple imputation of missing visits; empty: participants without a value at the month are left "
        "out.",
        json_schema_extra=_of("ancova"),
    )

    @property
    def called(self) -> str:
        """Its name, or its method where it has none."""
        return self.name or self.method


def methods_using(field: str) -> tuple[str, ...]:
    """The methods that use a field of `PlannedAnalysis`."""
    extra = PlannedAnalysis.model_fields[field].json_schema_extra
    users = extra.get("methods") if isinstance(extra, dict) else None
    return tuple(str(user) for user in users) if isinstance(users, list) else tuple(get_args(Method))
