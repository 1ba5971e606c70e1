"""Responders: the share of participants whose decline slowed by a rule, per arm and between arms.

A share of responders looks like an effect even where there is none: with no treatment at all a third or more respond by
the weaker rules, because slopes of a few visits are uncertain and regress to their mean. Read it beside what chance
alone shows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadin.analysis.arms import arms_of, has_control, of_arm
from leadin.analysis.measures import measure_name, measure_unit
from leadin.analysis.responder_rules import Judgement, Rule, SpecialCases, either, judge, rules_of
from leadin.analysis.result import Result
from leadin.analysis.slope_change import EVALUABLE, SHARED, UNCONTROLLED, participant_slopes
from leadin.engine.fisher_exact import fisher_exact
from leadin.engine.intervals import clopper_pearson, newcombe, wilson
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.survival_times import survival_times
from leadin.trials.trial import Trial

REFERENCES = (
    "Clopper & Pearson (1934), The use of confidence or fiducial limits illustrated in the case of the binomial, "
    "Biometrika 26:404-413, doi:10.1093/biomet/26.4.404",
    "Wilson (1927), Probable inference, the law of succession, and statistical inference, J Am Stat Assoc 22:209-212, "
    "doi:10.1080/01621459.1927.10502953",
    "Newcombe (1998), Interval estimation for the difference between independent proportions, method 10, Stat Med "
    "17:873-890, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I",
    "Fisher (1922), On the interpretation of chi-square from contingency tables, J R Stat Soc 85:87-94, "
    "doi:10.2307/2340521",
)
WILSON = " (Wilson interval)"
"""What the rule of a row ends with whose interval is Wilson's; all others of one arm are Clopper and Pearson's."""


@dataclass(frozen=True)
class _ArmCount:
    """Of one arm: participants, those who stand in the denominator, responders, and the special cases in words."""

    arm: str | None
    participants: int
    counted: int
    responders: int
    remarks: tuple[str, ...]


def responders(trial: Trial, planned: PlannedAnalysis, reference: str | None) -> tuple[Result, ...]:
    """Per rule: each arm's share with Clopper-Pearson and Wilson intervals, and each arm minus `reference` (Newcombe's
    interval, Fisher's p).

    Give it a trial that `usable_trial` has been through. Per arm, `estimate` is the share, `statistic` the number of
    responders and `n` the denominator. With `either_of`, the relative rules are also judged on any of the measures
    (endpoint `alsfrs_r or svc_percent`), first. Absolute rules are in units of `measure` per month.
    """
    measures = tuple(dict.fromkeys((planned.measure, *planned.either_of)))
    tables = {measure: participant_slopes(trial, measure, planned.share_baseline) for measure in measures}
    cases = _special_cases(planned, any(bool(table["evaluable"].any()) for table in tables.values()))
    died = _died(trial)
    rules = rules_of(planned.relative, planned.absolute, measure_unit(planned.measure))
    rows: list[Result] = []
    if len(measures) > 1:
        for rule in rules_of(planned.relative, ()):
            judged = [_judged(tables[measure], died, rule, cases) for measure in measures]
            rows += _rows(trial, planned, reference, measures, rule, reduce(either, judged), cases)
    for rule in rules:
        judgement = _judged(tables[planned.measure], died, rule, cases)
        rows += _rows(trial, planned, reference, measures[:1], rule, judgement, cases)
    return tuple(rows)


def _special_cases(planned: PlannedAnalysis, anyone_evaluable: bool) -> SpecialCases:
    if anyone_evaluable:
        return SpecialCases(planned.non_declining, planned.died, planned.missing)
    # Where nobody was watched on both sides of time zero, the dead did not fail to respond: nobody was ever asked.
    return SpecialCases(planned.non_declining, died="excluded", missing="excluded")


def _died(trial: Trial) -> NDArray[np.bool_]:
    """Who has a fatal event, in the order of the participants table."""
    dead = survival_times(trial).filter("event")["participant_id"]
    return trial.participants["participant_id"].is_in(dead.implode()).to_numpy()


def _judged(slopes: pl.DataFrame, died: NDArray[np.bool_], rule: Rule, cases: SpecialCases) -> Judgement:
    lead_in = slopes["lead_in"].fill_null(np.nan).to_numpy()
    follow_up = slopes["follow_up"].fill_null(np.nan).to_numpy()
    return judge(lead_in, follow_up, slopes["evaluable"].to_numpy(), died, rule, cases)


def _rows(
    trial: Trial,
    planned: PlannedAnalysis,
    reference: str | None,
    measures: tuple[str, ...],
    rule: Rule,
    judgement: Judgement,
    cases: SpecialCases,
) -> list[Result]:
    arms = arms_of(trial)
    counts = {arm: _count(trial, arm, judgement, cases) for arm in arms}
    blank = Result(
        method="responders",
        endpoint=" or ".join(measures),
        rule=rule.name,
        unit="proportion of participants",
        references=REFERENCES,
        warnings=(SHARED,) if planned.share_baseline else (),
    )
    what = " or the ".join(measure_name(measure) for measure in measures)
    rows: list[Result] = []
    for arm in arms:
        known = replace(
            blank,
            arm=arm,
            estimand=f"The share of participants {of_arm(arm)} {_responding(what, rule, planned)}.",
            warnings=(*blank.warnings, *(() if has_control(trial) else (UNCONTROLLED,))),
        )
        rows += _share_rows(known, counts[arm], planned.alpha)
    for arm in arms:
        if arm is not None and reference is not None and arm != reference:
            responding = f"The share of participants {_responding(what, rule, planned)}"
            known = replace(
                blank,
                arm=arm,
                contrast=f"{arm} - {reference}",
                estimand=f"{responding}: arm {arm} minus arm {reference}.",
            )
            rows.append(_difference_row(known, counts[arm], counts[reference], planned.alpha))
    return rows


def _count(trial: Trial, arm: str | None, judgement: Judgement, cases: SpecialCases) -> _ArmCount:
    mine = np.ones(trial.participants.height, dtype=np.bool_)
    if arm is not None:
        mine = trial.participants["arm"].eq_missing(arm).to_numpy()
    remarks = []
    for who, words, handling in (
        (judgement.non_declining, "did not decline in the lead-in", cases.non_declining),
        (judgement.died, "died without a lead-in and a follow-up slope", cases.died),
        (judgement.missing, "have no lead-in or no follow-up slope", cases.missing),
    ):
        number = int((who & mine).sum())
        if number:
            handled = "left out" if handling == "excluded" else "counted as not responding"
            remarks.append(f"{number} of {int(mine.sum())} participants {of_arm(arm)} {words}: {handled}")
    counted = judgement.counted & mine
    return _ArmCount(
        arm, int(mine.sum()), int(counted.sum()), int((judgement.responder & counted).sum()), tuple(remarks)
    )


def _share_rows(known: Result, count: _ArmCount, alpha: float) -> list[Result]:
    known = replace(
        known,
        n=count.counted,
        not_evaluable=count.participants - count.counted,
        warnings=(*known.warnings, *count.remarks),
    )
    if count.counted == 0:
        return [_impossible(known, count.arm)]
    share = count.responders / count.counted
    known = replace(
        known,
        estimate=share,
        standard_error=float(np.sqrt(share * (1.0 - share) / count.counted)),
        statistic=float(count.responders),
    )
    exact = clopper_pearson(count.responders, count.counted, 1.0 - alpha)
    score = wilson(count.responders, count.counted, 1.0 - alpha)
    return [
        replace(known, ci_low=float(exact.low), ci_high=float(exact.high)),
        replace(known, ci_low=float(score.low), ci_high=float(score.high), rule=f"{known.rule}{WILSON}"),
    ]


def _difference_row(known: Result, count: _ArmCount, other: _ArmCount, alpha: float) -> Result:
    known = replace(
        known,
        n=count.counted + other.counted,
        not_evaluable=count.participants + other.participants - count.counted - other.counted,
        warnings=(*known.warnings, *count.remarks, *other.remarks),
    )
    for each in (count, other):
        if each.counted == 0:
            return _impossible(known, each.arm)
    p, q = count.responders / count.counted, other.responders / other.counted
    interval = newcombe(count.responders, count.counted, other.responders, other.counted, 1.0 - alpha)
    return replace(
        known,
        estimate=p - q,
        standard_error=float(np.sqrt(p * (1.0 - p) / count.counted + q * (1.0 - q) / other.counted)),
        ci_low=float(interval.low),
        ci_high=float(interval.high),
        p=fisher_exact(count.responders, count.counted, other.responders, other.counted),
    )


def _impossible(known: Result, arm: str | None) -> Result:
    reason = f"expected at least one participant {of_arm(arm)} who can be judged; got none"
    return replace(known, converged=False, warnings=(reason, *known.warnings))


def _responding(what: str, rule: Rule, planned: PlannedAnalysis) -> str:
    words = {"not_responder": "not responding", "excluded": "left out"}
    return (
        f"whose {what} declined {rule.name.removesuffix(' slower')} slower after time zero than before it, judged in "
        f"those with {EVALUABLE}, whatever was given (treatment policy); no decline before time zero: "
        f"{words[planned.non_declining]}; death without both slopes: {words[planned.died]} "
        f"({'composite' if planned.died == 'not_responder' else 'while alive'}); slopes missing otherwise: "
        f"{words[planned.missing]}"
    )
