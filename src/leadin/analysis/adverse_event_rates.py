"""Rates of adverse events by exposure, of one arm and between two: all events per time followed, and first events per
time until the first.

The first takes events as independent of each other, those of one participant too; where some have many, its interval is
too narrow. The second counts each participant once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from leadin.analysis.adverse_event_shares import COUNTED, impossible
from leadin.analysis.arms import of_arm
from leadin.analysis.result import Result
from leadin.engine.rate_ratio import rate_difference, rate_ratio

RATE = "events per 100 person-months"
INCIDENCE = "first events per 100 person-months at risk"
RATE_RATIO, INCIDENCE_RATIO = "rate ratio", "incidence rate ratio"


@dataclass(frozen=True)
class Exposure:
    """Events of one arm and the months in which they could happen. everybody: participants in the table; n:
    followed."""

    arm: str | None
    everybody: int
    n: int
    events: int
    months: float


@dataclass(frozen=True)
class RateKind:
    """How a rate is called: its unit, that of the ratio, and the words of its estimand."""

    unit: str
    ratio: str
    words: str


EVERY = RateKind(RATE, RATE_RATIO, "Adverse events ({rule}) per 100 months of following participants")
FIRST = RateKind(
    INCIDENCE, INCIDENCE_RATIO, "First adverse events ({rule}) per 100 months until the first, in participants"
)


def rate_row(known: Result, kind: RateKind, told: dict[str, Any], everybody: int) -> Result:
    """The rate of one arm with its exact interval. told: arm, n, events, rate, rate_low, rate_high."""
    arm = told["arm"]
    known = replace(
        known,
        arm=arm,
        n=told["n"],
        not_evaluable=everybody - told["n"],
        unit=kind.unit,
        estimand=f"{kind.words.format(rule=known.rule)} {of_arm(arm)}, {COUNTED}.",
    )
    if told["rate"] is None:
        return impossible(known, arm)
    zero = f"none seen in {told['person_months']:.4g} person-months; the interval reaches up to {told['rate_high']:.2g}"
    return replace(
        known,
        estimate=told["rate"],
        statistic=float(told["events"]),
        ci_low=told["rate_low"],
        ci_high=told["rate_high"],
        warnings=known.warnings if told["events"] else (f"{zero} {kind.unit}", *known.warnings),
    )


def rate_contrasts(
    known: Result, kind: RateKind, own: Exposure, other: Exposure, level: float, per: float
) -> tuple[Result, Result]:
    """One arm against another: the exact ratio with its p, and the difference."""
    known = replace(
        known,
        arm=own.arm,
        contrast=f"{own.arm} - {other.arm}",
        n=own.n + other.n,
        not_evaluable=own.everybody - own.n + other.everybody - other.n,
    )
    words = kind.words.format(rule=known.rule)
    ratio = replace(known, unit=kind.ratio, estimand=f"{words}, arm {own.arm} over arm {other.arm}, {COUNTED}.")
    difference = replace(known, unit=kind.unit, estimand=f"{words}, arm {own.arm} minus arm {other.arm}, {COUNTED}.")
    for each in (own, other):
        if each.months <= 0.0:
            return impossible(ratio, each.arm), impossible(difference, each.arm)
    counts = (own.events, own.months / per, other.events, other.months / per)
    low, high = rate_difference(*counts, level)
    rate = own.events / own.months * per - other.events / other.months * per
    return _ratio_row(ratio, counts, level), replace(difference, estimate=rate, ci_low=low, ci_high=high)


def _ratio_row(known: Result, counts: tuple[int, float, int, float], level: float) -> Result:
    found = rate_ratio(*counts, level)
    if found.ratio is None:
        reason = "expected at least one event in one of the two arms; got none, so that any ratio is possible"
        return replace(known, converged=False, warnings=(reason, *known.warnings))
    if math.isinf(found.ratio):
        reference = (known.contrast or "").removeprefix(f"{known.arm} - ")
        said = f"no event in arm {reference}: the ratio has no estimate and no upper bound, only a lower one"
        return replace(known, ci_low=found.low, p=found.p, warnings=(said, *known.warnings))
    return replace(known, estimate=found.ratio, ci_low=found.low, ci_high=found.high, p=found.p)
