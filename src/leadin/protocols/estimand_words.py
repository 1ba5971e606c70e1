"""The attributes of an analysis's estimand in words: the plan's own, else generated from method and settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from leadin.protocols.estimand import Estimand, IntercurrentEventKind, Strategy
from leadin.protocols.planned_analysis import Method, PlannedAnalysis

EVENTS: Mapping[IntercurrentEventKind, str] = {
    "death": "death",
    "ventilation": "permanent ventilation",
    "non_invasive_ventilation": "non-invasive ventilation",
    "other_therapy": "other therapy",
    "not_dosed": "not being dosed",
}
MEASURES = {
    "alsfrs_r": "ALSFRS-R total",
    "svc_percent": "slow vital capacity",
    "fvc_percent": "forced vital capacity",
    "weight_kg": "body weight",
    "strength.left": "strength of the left limb",
    "strength.right": "strength of the right limb",
}
_MEANS = "difference between arms in means"
_FATAL = "months from the origin of the clock to the first fatal event"
_WORDS: Mapping[Method, tuple[str, str, str]] = {
    "slope_change": (
        "everybody in an arm with enough visits before and after time zero",
        "slope of the {measure} after time zero minus the slope before it",
        f"mean within each arm; {_MEANS}",
    ),
    "responders": (
        "everybody in an arm with enough visits before and after time zero, and others by the stated rule",
        "whether the {measure} declined slower after time zero than before it, by the stated rule",
        "share of participants; difference between arms in shares",
    ),
    "random_slope": (
        "everybody in an arm with a visit at or after time zero",
        "{measure} at each visit from time zero on",
        "difference between arms in mean slopes",
    ),
    "broken_stick": (
        "everybody in an arm with a visit",
        "{measure} at each visit",
        "difference between arms in the mean change of slope at time zero",
    ),
    "mmrm": (
        "everybody in an arm with a baseline and a visit after it",
        "change of the {measure} from baseline{month}",
        _MEANS,
    ),
    "ancova": (
        "everybody in an arm with a baseline and a value{month}",
        "change of the {measure} from baseline{month}",
        f"{_MEANS}, adjusted for baseline",
    ),
    "joint_rank": (
        "everybody in an arm",
        "rank by death first and by change of the {measure} among those not told apart by it",
        "difference between arms in mean ranks",
    ),
    "win_ratio": (
        "everybody in an arm",
        "who of each pair did better: by death first, then by change of the {measure}",
        "ratio, odds and difference of wins and losses",
    ),
    "kaplan_meier": ("everybody in an arm who came under risk", _FATAL, "survival at each landmark"),
    "log_rank": ("everybody in an arm who came under risk", _FATAL, "equality of the hazards of all arms"),
    "cox": ("everybody in an arm who came under risk", _FATAL, "ratio of hazards between arms"),
    "restricted_mean": (
        "everybody in an arm who came under risk",
        f"{_FATAL}, cut off at a fixed time",
        f"{_MEANS}, and their ratio",
    ),
    "paired_side": (
        "everybody treated on one side",
        "strength of the treated side minus that of the untreated side",
        "mean over participants",
    ),
    "potency": (
        "everybody with a lot whose secretion was measured before and after differentiation",
        "secretion of the cells after differentiation over secretion before it",
        "geometric mean over participants",
    ),
    "safety": (
        "everybody in an arm who could have had an adverse event",
        "adverse events from the first administration on",
        "share of participants, and events per time at risk; differences between arms",
    ),
}


@dataclass(frozen=True)
class EstimandWords:
    """The attributes but for the intercurrent events, each a phrase without full stop."""

    treatment: str
    population: str
    variable: str
    summary: str


def estimand_words(planned: PlannedAnalysis, compared: str | None = None) -> EstimandWords:
    """The attributes of an analysis. compared: the arms that are compared, `arm cells against arm control`."""
    said = planned.estimand or Estimand()
    population, variable, summary = _WORDS[planned.method]
    measures = dict.fromkeys((planned.measure, *planned.either_of))
    measure = " or the ".join(MEASURES[each] for each in measures)
    month = ("" if planned.method == "mmrm" else " at the last visit") if planned.month is None else _at(planned.month)
    if planned.imputation is not None:
        population = "everybody in an arm with a value at baseline or after it"
    return EstimandWords(
        said.treatment or f"{compared or 'each arm against the reference'}, as allocated",
        said.population or population.format(month=month),
        said.variable or variable.format(measure=measure, month=month),
        said.summary or summary,
    )


def _at(month: float) -> str:
    return f" at month {month:g}"


def strategy_words(event: IntercurrentEventKind, strategy: Strategy) -> str:
    """The strategy as people call it: `while alive`; of an event that is not death `while free of other therapy`."""
    if strategy == "while_alive" and event not in ("death", "not_dosed"):
        return f"while free of {EVENTS[event]}"
    return strategy.replace("_", " ")


def event_words(event: IntercurrentEventKind, strategy: Strategy, assumption: str | None = None) -> str:
    """`death: hypothetical (as if ...)`."""
    assumed = f" ({assumption.rstrip('.')})" if assumption else ""
    return f"{EVENTS[event]}: {strategy_words(event, strategy)}{assumed}"
