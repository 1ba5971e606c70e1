"""Stopping rules for harm: the boundary, what it does under true shares, and where a trial stands against it.

A rule counts participants with at least one event of its kind among those treated, in the order of treatment. The order
is known only where the table of participants says so: days in the other tables count from each one's own time zero, and
their order of rows is no order in time. A column `time_zero_on` (the calendar date of day 0) gives the path as the
committee saw it, event by event; a column `accrual_order` or `enrolled_on` gives the order of treatment, and each is
judged with all of his events before the next one. With neither the final count alone is judged. It decides by itself
where it stands on the boundary, or where no order of so few events could have reached it; otherwise the share of orders
that would have reached it is told, and nothing is decided.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import polars as pl

from leadin.analysis.adverse_event_kinds import ANY, SERIOUS_RELATED, Kind, kind_named, unsaid
from leadin.analysis.adverse_event_table import AdverseEvents, adverse_events_of, affected_by
from leadin.analysis.arms import arms_of, in_arm, of_arm
from leadin.analysis.result import Result
from leadin.analysis.treatment_order import Order, treatment_order
from leadin.engine.event_boundary import (
    Boundary,
    bayesian_boundary,
    crossing,
    exact_boundary,
    likelihood_ratio_boundary,
    posterior_above,
    share_of_orders,
    tail_probability,
)
from leadin.errors import DataError
from leadin.protocols.stopping_rule import StoppingRule
from leadin.trials.trial import Trial

WATCHED = {
    "serious_related": SERIOUS_RELATED,
    "serious": "serious",
    "grade_3_or_more": "grade >= 3",
    "related": "related",
    "any": ANY,
}
"""The kinds of `adverse_event_kinds` by their names in a plan."""
KIND_WORDS = {"bayesian": "Bayesian", "exact": "exact", "likelihood_ratio": "likelihood ratio"}
REFERENCES = {
    "bayesian": (
        "Geller, Follman, Leifer & Carter (2003), Design of early trials in stem cell transplantation: a hybrid "
        "frequentist-Bayesian approach, in: Advances in Clinical Trial Biostatistics, doi:10.1201/9780203912645",
    ),
    "exact": (
        "Ivanova, Qaqish & Schell (2005), Continuous toxicity monitoring in phase II trials in oncology, Biometrics "
        "61:540-545, doi:10.1111/j.1541-0420.2005.00311.x",
    ),
    "likelihood_ratio": (
        "Goldman (1987), Issues in designing sequential stopping rules for monitoring side effects in clinical trials, "
        "Control Clin Trials 8:327-337, doi:10.1016/0197-2456(87)90155-3",
    ),
}
TIMES_TOLERATED = (0.5, 1.0, 1.5, 2.0, 3.0)
"""Operating characteristics are told at these multiples of the share tolerated."""
STOPPING = "stopping boundary"
State = Literal["reached", "not reached", "order unknown"]


@dataclass(frozen=True)
class OperatingCharacteristics:
    """Of a rule under one true share: the probability of ever stopping, the expected number treated (the most that may
    be, where it never stops), and the expected number with the event among them."""

    share: float
    stops: float
    treated: float
    affected: float


@dataclass(frozen=True)
class Standing:
    """Where one arm stands. treated: participants; affected: of them with the event; path: (treated, affected) at each
    step, in the order known, empty where none is. at: the step at which the boundary was reached. by_chance: the share
    of orders that reach it, where the order is unknown. order: what the order was taken from."""

    arm: str | None
    treated: int
    affected: int
    state: State
    path: tuple[tuple[int, int], ...]
    at: tuple[int, int] | None
    by_chance: float | None
    order: Order


@lru_cache(maxsize=64)
def boundary_of(rule: StoppingRule) -> Boundary:
    """For each number treated the smallest number of participants with the event that stops; None where none does.

    Raises DataError where the settings give no usable boundary.
    """
    most, first = rule.participants, rule.first_look
    if rule.kind == "bayesian":
        return bayesian_boundary(most, prior_of(rule), rule.tolerated, _said(rule.certainty), first)
    if rule.kind == "exact":
        return exact_boundary(most, rule.tolerated, _said(rule.alpha), first)
    return likelihood_ratio_boundary(most, rule.tolerated, _said(rule.unacceptable), _said(rule.alpha), first)


def prior_of(rule: StoppingRule) -> tuple[float, float]:
    """a and b of the Beta prior of a Bayesian rule."""
    mean, weight = _said(rule.prior_mean), _said(rule.prior_weight)
    return mean * weight, (1.0 - mean) * weight


def operating_characteristics(
    rule: StoppingRule, shares: tuple[float, ...] | None = None
) -> tuple[OperatingCharacteristics, ...]:
    """What the rule does under true shares, exactly; None: at TIMES_TOLERATED times the share tolerated, below 1.

    Takes participants as alike and independent, each with the event or without before the next is treated.
    """
    boundary = boundary_of(rule)
    wanted = shares if shares is not None else tuple(t * rule.tolerated for t in TIMES_TOLERATED)
    rows = []
    for share in wanted:
        if 0.0 <= share < 1.0:
            done = crossing(boundary, share)
            # Wald: the expected number of events is that of trials made times the share of each.
            rows.append(OperatingCharacteristics(share, done.ever, done.expected, share * done.expected))
    return tuple(rows)


def standings(trial: Trial, harm: AdverseEvents, rule: StoppingRule) -> tuple[Standing, ...]:
    """Where each arm that is given cells stands. Raises DataError as `boundary_of` does, and where more were treated in
    an arm than the rule is planned for."""
    boundary = boundary_of(rule)
    treated = harm.people.filter(pl.col("first_dose").is_not_null())
    events = harm.events.filter(pl.col("emergent") & kind_named(WATCHED[rule.events]).which)
    return tuple(
        _standing(trial, in_arm(treated, arm), in_arm(events, arm), arm, boundary)
        for arm in arms_of(trial)
        if in_arm(treated, arm).height
    )


def _standing(
    trial: Trial, people: pl.DataFrame, events: pl.DataFrame, arm: str | None, boundary: Boundary
) -> Standing:
    n, affected = people.height, events["participant_id"].n_unique()
    if n > len(boundary):
        raise DataError(
            f"participants: expected at most {len(boundary)} treated {of_arm(arm)}, as the rule plans for; got {n}. "
            "Raise participants in the rule."
        )
    order = treatment_order(trial, people, events)
    if order.path:
        crossed = [(k, x) for k, x in order.path if reaches(boundary, k, x)]
        state: State = "reached" if crossed else "not reached"
        return Standing(arm, n, affected, state, order.path, crossed[0] if crossed else None, None, order)
    by_chance = share_of_orders(boundary, affected, n)
    if reaches(boundary, n, affected):
        return Standing(arm, n, affected, "reached", (), (n, affected), None, order)
    state = "not reached" if by_chance == 0.0 else "order unknown"
    return Standing(arm, n, affected, state, (), None, by_chance, order)


def reaches(boundary: Boundary, n: int, events: int) -> bool:
    """Whether so many events among n stop."""
    entry = boundary[n - 1] if n else None
    return entry is not None and events >= entry


def rule_name(rule: StoppingRule) -> str:
    """`stopping boundary (Bayesian): serious related, more than 10 %`."""
    return f"{STOPPING} ({KIND_WORDS[rule.kind]}): {WATCHED[rule.events]}, more than {100 * rule.tolerated:.4g} %"


def is_stopping_row(row: Result) -> bool:
    """Whether a row tells of a stopping rule."""
    return row.method == "safety" and (row.rule or "").startswith(STOPPING)


def stopping_rows(trial: Trial, harm: AdverseEvents, rules: tuple[StoppingRule, ...]) -> list[Result]:
    """A row per rule and arm given cells: `statistic` participants with the event of `n` treated; the first warning
    says whether the boundary was reached."""
    return [row for rule in rules for row in _rule_rows(trial, harm, rule)]


def _rule_rows(trial: Trial, harm: AdverseEvents, rule: StoppingRule) -> list[Result]:
    kind = kind_named(WATCHED[rule.events])
    known = Result("safety", "adverse_events", rule=rule_name(rule), references=REFERENCES[rule.kind])
    try:
        found = standings(trial, harm, rule)
    except DataError as error:
        return [replace(known, converged=False, warnings=(str(error),))]
    if not found:
        reason = "expected at least one participant who was given cells; got none, so that the rule has nobody to watch"
        return [replace(known, converged=False, warnings=(reason,))]
    boundary = boundary_of(rule)
    return [_row(trial, harm, replace(known, arm=each.arm), rule, kind, each, boundary) for each in found]


def _row(
    trial: Trial,
    harm: AdverseEvents,
    known: Result,
    rule: StoppingRule,
    kind: Kind,
    found: Standing,
    boundary: Boundary,
) -> Result:
    given = trial.administrations["participant_id"]
    dosed = in_arm(trial.participants, found.arm).filter(pl.col("participant_id").is_in(given.implode())).height
    mine = in_arm(harm.events, found.arm).filter("emergent")
    estimate, unit = _estimate(rule, found)
    return replace(
        known,
        estimate=estimate,
        unit=unit,
        statistic=float(found.affected),
        n=found.treated,
        not_evaluable=dosed - found.treated,
        warnings=(*state_words(found, boundary), *_silent(mine, kind, found, boundary)),
        estimand=_estimand(rule, kind, found.arm, boundary),
    )


def _estimate(rule: StoppingRule, found: Standing) -> tuple[float, str]:
    """What the boundary is made of, at the final count."""
    x, n, share = found.affected, found.treated, f"{100 * rule.tolerated:.4g} %"
    if rule.kind == "bayesian":
        above = posterior_above(x, n, prior_of(rule), rule.tolerated)
        return above, f"posterior probability of a share above {share}"
    if rule.kind == "exact":
        return tail_probability(x, n, rule.tolerated), f"probability of so many or more at a share of {share}"
    worse = _said(rule.unacceptable)
    log_ratio = x * math.log(worse / rule.tolerated) + (n - x) * math.log((1 - worse) / (1 - rule.tolerated))
    return math.exp(log_ratio), f"likelihood ratio of a share of {100 * worse:.4g} % to {share}"


def state_words(found: Standing, boundary: Boundary) -> tuple[str, ...]:
    """Whether the boundary was reached, when, and what the order was taken from."""
    n, x = found.treated, found.affected
    entry = boundary[n - 1]
    here = f"{x} of {n}; the boundary at {n} is {'out of reach' if entry is None else entry}"
    if found.at is not None and found.path:
        k, seen = found.at
        return (f"boundary reached at participant {k}: {seen} of {k} (in all {here})", found.order.words)
    if found.state == "reached":
        return (f"boundary reached at participant {n} or before: {here}", found.order.words)
    if found.state == "not reached":
        return (f"boundary not reached: {here}", found.order.words)
    orders = f"{100 * (found.by_chance or 0.0):.3g} % of the orders in which they can have come"
    return (
        f"boundary not reached by the final count, {here}; whether it was on the way is unknown: {orders} reach it",
        found.order.words,
    )


def _silent(events: pl.DataFrame, kind: Kind, found: Standing, boundary: Boundary) -> tuple[str, ...]:
    said = unsaid(events, kind, found.treated)
    if said and reaches(boundary, found.treated, affected_by(events, kind.which.fill_null(True))):
        return (f"{said[0]}, which reaches the boundary",)
    return said


def _estimand(rule: StoppingRule, kind: Kind, arm: str | None, boundary: Boundary) -> str:
    false_alarm = crossing(boundary, rule.tolerated).ever
    return (
        f"Whether the number of participants {of_arm(arm)} with {kind.words}, from the first administration to death "
        f"or the last known day, among those treated, in the order of treatment, reaches a boundary planned for up to "
        f"{rule.participants} of them; it stops with probability {false_alarm:.3g} when the true share is "
        f"{100 * rule.tolerated:.4g} %."
    )


def _said(setting: float | None) -> float:
    """A setting that `StoppingRule` has made sure of."""
    if setting is None:
        raise DataError("stopping: expected a rule with all the settings of its kind; got one without.")
    return setting


def standings_of(trial: Trial, rule: StoppingRule) -> tuple[Standing, ...]:
    """`standings` of a usable trial."""
    return standings(trial, adverse_events_of(trial), rule)
