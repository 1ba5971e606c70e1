"""Safety: how many participants had an adverse event, how often, and how many could have had one that nobody saw."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from leadin.analysis.adverse_event_table import AdverseEvents, adverse_events_of, safety_table
from leadin.analysis.arms import arms_of, in_arm, of_arm
from leadin.analysis.injection_windows import injection_windows
from leadin.analysis.result import Result
from leadin.engine.fisher_exact import fisher_exact
from leadin.engine.intervals import clopper_pearson, newcombe
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.trial import Trial

REFERENCES = (
    "Clopper & Pearson (1934), The use of confidence or fiducial limits illustrated in the case of the binomial, "
    "Biometrika 26:404-413, doi:10.1093/biomet/26.4.404",
    "Garwood (1936), Fiducial limits for the Poisson distribution, Biometrika 28:437-442, "
    "doi:10.1093/biomet/28.3-4.437",
    "Newcombe (1998), Interval estimation for the difference between independent proportions, method 10, Stat Med "
    "17:873-890, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I",
)
SHARE, RATE = "proportion of participants", "events per 100 person-months"
ANY = "any"
COUNTED = "from time zero to death or the last known day, in those given cells where an arm was given any"


@dataclass(frozen=True)
class _Kind:
    """A kind of event: the rule of its rows, how it stands in a sentence, which events it counts."""

    rule: str
    words: str
    which: pl.Expr


KINDS = (
    _Kind(ANY, "an adverse event", pl.lit(True)),
    _Kind("serious", "a serious adverse event", pl.col("serious")),
    _Kind("related", "an adverse event related to treatment", pl.col("related")),
    _Kind("grade >= 3", "an adverse event of grade 3 or higher", (pl.col("grade") >= 3).fill_null(False)),
)
"""What the first rows count."""
KIND_RULES = tuple(kind.rule for kind in KINDS)


@dataclass(frozen=True)
class _Count:
    """Of one arm: participants in the table, those at risk, those affected."""

    arm: str | None
    everybody: int
    n: int
    affected: int


def safety(trial: Trial, planned: PlannedAnalysis, reference: str | None) -> tuple[Result, ...]:
    """Shares of participants with any, a serious, a related and a severe event, per arm and between arms; then shares
    and rates by system organ class and preferred term, and rates by time since the latest injection.

    Give it a trial that `usable_trial` has been through. Intervals are exact (Clopper-Pearson, Garwood), between arms
    Newcombe's with Fisher's p. Where nobody had an event, the first warning says what the interval still allows.
    Relatedness counts by the words of `adverse_event_table.RELATED`.
    """
    harm = adverse_events_of(trial)
    arms = arms_of(trial)
    level = 1.0 - planned.alpha
    rows: list[Result] = []
    for kind in KINDS:
        counts = {arm: _count(trial, harm, kind, arm) for arm in arms}
        warnings = _ungraded(harm) if kind.rule == "grade >= 3" else ()
        blank = Result(
            method="safety",
            endpoint="adverse_events",
            rule=kind.rule,
            unit=SHARE,
            warnings=warnings,
            references=REFERENCES,
        )
        rows += [_share_row(blank, kind.words, counts[arm], level) for arm in arms]
        for arm in arms:
            if arm is not None and reference is not None and arm != reference:
                rows.append(_difference_row(blank, kind.words, counts[arm], counts[reference], level))
    everybody = {arm: in_arm(trial.participants, arm).height for arm in arms}
    return (*rows, *_table_rows(trial, everybody, level))


def _count(trial: Trial, harm: AdverseEvents, kind: _Kind, arm: str | None) -> _Count:
    affected = in_arm(harm.events.filter(kind.which), arm)["participant_id"].n_unique()
    return _Count(arm, in_arm(trial.participants, arm).height, in_arm(harm.people, arm).height, affected)


def _ungraded(harm: AdverseEvents) -> tuple[str, ...]:
    number = harm.events["grade"].null_count()
    return (f"{number} of {harm.events.height} events have no grade and are not counted here",) if number else ()


def _share_row(known: Result, words: str, count: _Count, level: float) -> Result:
    known = replace(
        known,
        arm=count.arm,
        n=count.n,
        not_evaluable=count.everybody - count.n,
        estimand=f"The share of participants {of_arm(count.arm)} with {words}, {COUNTED}.",
    )
    if count.n == 0:
        return _impossible(known, count.arm)
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


def _difference_row(known: Result, words: str, count: _Count, other: _Count, level: float) -> Result:
    known = replace(
        known,
        arm=count.arm,
        contrast=f"{count.arm} - {other.arm}",
        n=count.n + other.n,
        not_evaluable=count.everybody - count.n + other.everybody - other.n,
        estimand=f"The share of participants with {words}, arm {count.arm} minus arm {other.arm}, {COUNTED}.",
    )
    for each in (count, other):
        if each.n == 0:
            return _impossible(known, each.arm)
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


def _table_rows(trial: Trial, everybody: dict[str | None, int], level: float) -> list[Result]:
    """Shares and rates by class and term, and rates by time since the latest injection."""
    blank = Result(method="safety", endpoint="adverse_events", references=REFERENCES)
    rows: list[Result] = []
    for told in safety_table(trial, level).iter_rows(named=True):
        rule = ": ".join(part for part in (told["system_organ_class"], told["term"]) if part is not None)
        words = f"an adverse event of {rule}" if rule else "an adverse event"
        count = _Count(told["arm"], everybody[told["arm"]], told["n"], told["participants"])
        if rule:
            rows.append(_share_row(replace(blank, rule=rule, unit=SHARE), words, count, level))
        rows.append(_rate_row(replace(blank, rule=rule or ANY), told, everybody[told["arm"]]))
    for told in injection_windows(trial, level).iter_rows(named=True):
        rule = f"{ANY}, {told['window']} after an injection"
        rows.append(_rate_row(replace(blank, rule=rule), told, everybody[told["arm"]]))
    return rows


def _rate_row(known: Result, told: dict[str, Any], everybody: int) -> Result:
    arm = told["arm"]
    known = replace(
        known,
        arm=arm,
        n=told["n"],
        not_evaluable=everybody - told["n"],
        unit=RATE,
        estimand=f"Adverse events ({known.rule}) per 100 months of following participants {of_arm(arm)}, {COUNTED}.",
    )
    if told["rate"] is None:
        return _impossible(known, arm)
    return replace(
        known,
        estimate=told["rate"],
        statistic=float(told["events"]),
        ci_low=told["rate_low"],
        ci_high=told["rate_high"],
    )


def _impossible(known: Result, arm: str | None) -> Result:
    reason = f"expected at least one participant {of_arm(arm)} known of after time zero; got none"
    return replace(known, converged=False, warnings=(reason, *known.warnings))
