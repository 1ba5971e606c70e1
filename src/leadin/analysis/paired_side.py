"""Treated side against untreated side of the same patient: strength of the two limbs where cells went into one side.

The other limb declines by the same disease, at the same visits, measured by the same hands: what both share falls out.
What does not: the side where the disease began declines otherwise, and cells may reach the other side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadin.als.slope import ols_slopes
from leadin.analysis.arms import allocated, arms_of, of_arm
from leadin.analysis.assessment_matrix import assessment_matrix
from leadin.analysis.mean_rows import REFERENCES as REFERENCES
from leadin.analysis.mean_rows import Worded, impossible, t_row, welch_row, wilcoxon_row
from leadin.analysis.result import Result
from leadin.analysis.slopes import FEWEST_VISITS
from leadin.analysis.visit_grid import VisitGrid, visit_grid
from leadin.errors import DataError
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.treated_side import treated_sides
from leadin.trials.trial import Trial

Floats = NDArray[np.float64]

MEASURES = ("strength.left", "strength.right")
CONTRAST = "treated side - untreated side"
UNIT = "units of strength"
NO_DIFFERENCE = "differences between the limbs is other than zero"
POLICY = "over the visits made while alive, whatever else was given (treatment policy)"
BRAIN = r"cortex|cortical|brain|cerebr"
CROSSED = (
    "the site of injection names the brain, each half of which moves the other side of the body; the side that is "
    "named is taken as the side treated"
)


@dataclass(frozen=True)
class SideDifferences:
    """Of n participants, in the order of their table: participants (participant_id, arm), treated (n,), `left`, `right`
    or None where no single side is known, dosed (n,), and what the treated limb has beyond the other (n,), NaN where
    that is not known.

    what: the rule, as `change at month 6` or `slope`. needs: what a participant must have of both limbs.
    """

    what: str
    needs: str
    month: float | None
    unit: str
    participants: pl.DataFrame
    treated: tuple[str | None, ...]
    dosed: NDArray[np.bool_]
    difference: Floats


def change_differences(trial: Trial, month: float | None) -> SideDifferences:
    """Change from baseline at the visit of that month (None: the last one of both limbs), treated minus untreated.

    Give it a trial that `usable_trial` has been through. Raises DataError where there is no such visit.
    """
    left, right = (visit_grid(trial, measure) for measure in MEASURES)
    if month is None:
        month = float(min(left.months[-1], right.months[-1]))
    columns = [grid.visit_at(month) for grid in (left, right)]
    changes = [_change(grid, column) for grid, column in zip((left, right), columns, strict=True)]
    at = float(left.months[columns[0]])
    what = f"change at month {at:.3g}"
    needs = f"a baseline and a visit at month {at:.3g} of both limbs"
    return _differences(trial, what, needs, at, UNIT, changes)


def slope_differences(trial: Trial) -> SideDifferences:
    """Slope after time zero, treated minus untreated limb, per month; of limbs with at least 3 visits after it."""
    slopes = []
    for measure in MEASURES:
        matrix = assessment_matrix(allocated(trial), measure)
        slope, visits = ols_slopes(matrix.months, np.where(matrix.months > 0.0, matrix.values, np.nan))
        slopes.append(np.where(visits >= FEWEST_VISITS, slope, np.nan))
    needs = f"{FEWEST_VISITS} visits after time zero of both limbs"
    return _differences(trial, "slope", needs, None, f"{UNIT} per month", slopes)


def paired_side(trial: Trial, planned: PlannedAnalysis, reference: str | None) -> tuple[Result, ...]:
    """Per arm with anybody dosed on one side alone: the mean over participants of treated minus untreated limb, of the
    change from baseline at `planned.month` (empty: the last visit) and of the slope after time zero, each with a t and
    a Wilcoxon test. Where more than one arm was dosed so, all of them together come first, and each arm minus
    `reference` by Welch's test last.

    Give it a trial that `usable_trial` has been through. Participants who were not dosed, dosed on both sides or at a
    place without a side, and those who lack a visit, are not evaluable and counted; a warning says how many of each.
    """
    level = 1.0 - planned.alpha
    slopes = slope_differences(trial)
    change: SideDifferences | str
    try:
        change = change_differences(trial, planned.month)
    except DataError as error:
        change = str(error)
    blank = Result(method="paired_side", endpoint="strength", warnings=_crossed(trial), references=REFERENCES)
    dosed = _dosed_arms(slopes)
    groups = [dosed] if len(dosed) > 1 else []
    groups += [(arm,) for arm in arms_of(trial)]
    rows = [row for arms in groups for row in _limb_rows(blank, arms, change, slopes, level)]
    if len(dosed) > 1 and reference is not None:
        told = [each for each in (change, slopes) if isinstance(each, SideDifferences)]
        rows += _between(blank, told, dosed, reference, level)
    return tuple(rows)


def _limb_rows(
    blank: Result, arms: tuple[str | None, ...], change: SideDifferences | str, slopes: SideDifferences, level: float
) -> list[Result]:
    """Rows of one arm, or of several together."""
    known = replace(blank, arm=arms[0] if len(arms) == 1 else None, contrast=CONTRAST)
    mine = _of_arms(slopes, arms)
    if not set(arms) & set(_dosed_arms(slopes)):
        whose = of_arm(known.arm)
        reason = f"no participant {whose} was dosed on one side alone, so that no limb is held against another"
        return [impossible(replace(known, n=0, not_evaluable=int(mine.sum())), reason)]
    rows = []
    for each in (change, slopes):
        if isinstance(each, str):
            rows.append(impossible(replace(known, rule="change", n=0, not_evaluable=int(mine.sum())), each))
            continue
        told, values = _within(known, each, arms), _values(each, arms)
        rows += [t_row(told, values, level, _words(each)), wilcoxon_row(told, values, _words(each))]
    return rows


def _change(grid: VisitGrid, column: int) -> Floats:
    changes: Floats = grid.values[:, column] - grid.baseline
    return changes


def _differences(
    trial: Trial, what: str, needs: str, month: float | None, unit: str, limbs: list[Floats]
) -> SideDifferences:
    people = allocated(trial).participants.select("participant_id", "arm")
    known = treated_sides(trial)
    names = people["participant_id"].to_list()
    treated = tuple(known.get(name) for name in names)
    sign = np.array([{"left": 1.0, "right": -1.0, None: np.nan}[side] for side in treated])
    given = people["participant_id"].is_in(trial.administrations["participant_id"].unique().implode()).to_numpy()
    return SideDifferences(what, needs, month, unit, people, treated, given, sign * (limbs[0] - limbs[1]))


def _of_arms(sides: SideDifferences, arms: tuple[str | None, ...]) -> NDArray[np.bool_]:
    return np.array([arm in arms for arm in sides.participants["arm"].to_list()], dtype=np.bool_)


def _dosed_arms(sides: SideDifferences) -> tuple[str | None, ...]:
    """Arms with anybody whose treated side is known, in the order of the table."""
    arms = sides.participants["arm"].to_list()
    return tuple(dict.fromkeys(arm for arm, side in zip(arms, sides.treated, strict=True) if side is not None))


def _values(sides: SideDifferences, arms: tuple[str | None, ...]) -> Floats:
    mine = sides.difference[_of_arms(sides, arms)]
    return mine[np.isfinite(mine)]


def _within(known: Result, sides: SideDifferences, arms: tuple[str | None, ...]) -> Result:
    mine, n = _of_arms(sides, arms), _values(sides, arms).size
    one_side = np.array([side is not None for side in sides.treated])
    reasons: Mapping[str, int] = {
        "not dosed": int((mine & ~sides.dosed).sum()),
        "dosed on both sides or at a place without a side": int((mine & sides.dosed & ~one_side).sum()),
        f"without {sides.needs}": int((mine & one_side).sum()) - n,
    }
    told = "; ".join(f"{reason}: {count}" for reason, count in reasons.items() if count)
    left_out = (f"participants who are not evaluable, {told}",) if told else ()
    return replace(
        known,
        rule=sides.what,
        time_months=sides.month,
        unit=sides.unit,
        n=n,
        not_evaluable=int(mine.sum()) - n,
        warnings=(*known.warnings, *left_out),
        estimand=f"{_population(sides, f' {of_arm(known.arm)}')}: {_variable(sides)}, {POLICY}.",
    )


def _between(
    blank: Result, sides: list[SideDifferences], dosed: tuple[str | None, ...], reference: str, level: float
) -> list[Result]:
    rows = []
    for arm in dosed:
        if arm is None or arm == reference:
            continue
        for each in sides:
            mine, theirs = _values(each, (arm,)), _values(each, (reference,))
            n = mine.size + theirs.size
            known = replace(
                blank,
                arm=arm,
                contrast=f"{arm} - {reference}",
                rule=each.what,
                time_months=each.month,
                unit=each.unit,
                n=n,
                not_evaluable=int(_of_arms(each, (arm, reference)).sum()) - n,
                estimand=f"{_population(each)}: {_variable(each)}, arm {arm} minus arm {reference}, {POLICY}.",
            )
            if reference not in dosed:
                reason = f"nobody of the reference arm {reference} was dosed on one side alone"
                rows.append(impossible(replace(known, rule=f"{each.what}, Welch t test"), reason))
                continue
            rows.append(welch_row(known, mine, theirs, reference, level, _words(each)))
    return rows


def _population(sides: SideDifferences, whose: str = "") -> str:
    return f"Among participants{whose} who were dosed on one side alone and have {sides.needs}"


def _variable(sides: SideDifferences) -> str:
    what = "slope after time zero" if sides.month is None else f"change from baseline at month {sides.month:.3g}"
    return f"the mean, over participants, of the {what} of the strength of the treated limb minus that of the other"


def _words(sides: SideDifferences) -> Worded:
    return Worded(f"one treated side and {sides.needs}", "differences between the limbs", NO_DIFFERENCE)


def _crossed(trial: Trial) -> tuple[str, ...]:
    sites = trial.administrations["site_of_injection"].drop_nulls().str.to_lowercase()
    return (CROSSED,) if sites.str.contains(BRAIN).any() else ()
