"""Shares of participants who had an adverse event: of one arm with its exact interval, and between two arms."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leadin.analysis.arms import of_arm
from leadin.analysis.result import Result
from leadin.engine.fisher_exact import fisher_exact
from leadin.engine.intervals import clopper_pearson, newcombe

SHARE = "proportion of participants"
COUNTED = "from time zero to death or the last known day, in those given cells where an arm was given any"


@dataclass(frozen=True)
class Count:
    """Of one arm: participants in the table, those at risk, those affected."""

    arm: str | None
    everybody: int
    n: int
    affected: int


def share_row(known: Result, words: str, count: Count, level: float, counted: str = COUNTED) -> Result:
    """The share of an arm's participants with `words` (an event of a kind). Where nobody had one, the first warning
    says what the interval still allows; where nobody could have had one, the row says so and holds no number."""
    known = replace(
        known,
        arm=count.arm,
        n=count.n,
        not_evaluable=count.everybody - count.n,
        unit=SHARE,
        estimand=f"The share of participants {of_arm(count.arm)} with {words}, {counted}.",
    )
    if count.n == 0:
        return impossible(known, count.arm)
    share = count.affected / count.n
    interval = clopper_pearson(count.affected, count.n, level)
    zero = f"none seen in {count.n} participants; the interval reaches up to {100 * float(interval.high):.2g} %"
    return replace(
        known,
        estimate=share,
        standard_error=float(np.sqrt(share * (1.0 - share) / count.n)),
        statistic=float(count.affected),
        ci_low=float(interval.low),
        ci_high=float(interval.high),
        warnings=known.warnings if count.affected else (zero, *known.warnings),
    )


def difference_row(known: Result, words: str, count: Count, other: Count, level: float) -> Result:
    """The share of one arm minus that of another: Newcombe's interval, Fisher's p."""
    known = replace(
        known,
        arm=count.arm,
        contrast=f"{count.arm} - {other.arm}",
        n=count.n + other.n,
        not_evaluable=count.everybody - count.n + other.everybody - other.n,
        unit=SHARE,
        estimand=f"The share of participants with {words}, arm {count.arm} minus arm {other.arm}, {COUNTED}.",
    )
    for each in (count, other):
        if each.n == 0:
            return impossible(known, each.arm)
    p, q = count.affected / count.n, other.affected / other.n
    interval = newcombe(count.affected, count.n, other.affected, other.n, level)
    return replace(
        known,
        estimate=p - q,
        standard_error=float(np.sqrt(p * (1.0 - p) / count.n + q * (1.0 - q) / other.n)),
        ci_low=float(interval.low),
        ci_high=float(interval.high),
        p=fisher_exact(count.affected, count.n, other.affected, other.n),
    )


def impossible(known: Result, arm: str | None) -> Result:
    """A row without numbers: nobody of the arm is known of after time zero."""
    reason = f"expected at least one participant {of_arm(arm)} known of after time zero; got none"
    return replace(known, converged=False, warnings=(reason, *known.warnings))
