"""Kaplan-Meier, log-rank and Cox of the engine against the plain ones of the analyses."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.analysis.cox import cox, hazard_ratio
from leadin.analysis.kaplan_meier import SAME_TIME, kaplan_meier, survival_curve
from leadin.analysis.log_rank import log_rank, log_rank_test
from leadin.engine.batches.survival import survival_analyses
from leadin.engine.fits import CONVERGED, MONOTONE, NO_EVENTS, NO_VARIATION, SINGULAR, TOO_FEW
from leadin.errors import ConvergenceError
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.schema import SCHEMAS, empty_table
from leadin.trials.trial import Manifest, Trial

DATA = Path(__file__).resolve().parents[3] / "validation" / "survival" / "data"
NAMES = sorted(path.name.removesuffix("_surv.csv") for path in DATA.glob("*_surv.csv"))


def close(ours, theirs):
    assert abs(ours - theirs) <= 1e-8 * max(1.0, abs(theirs)), (ours, theirs)


def held_to_the_plain_one(time, event, sizes, until):
    """One trial through the engine and, pair by pair, through the plain functions; says the codes."""
    fits = survival_analyses(np.array([[time, event]], dtype=float), np.array(sizes), 0, until)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    time, died = np.array(time, dtype=float), np.array(event) == 1
    groups = [np.arange(starts[g], starts[g + 1]) for g in range(len(sizes))]
    for g, mine in enumerate(groups):
        curve = survival_curve(time[mine], died[mine])
        step = curve.step_at(until)
        figures, code = fits.kaplan_meier.figures[0, g], fits.kaplan_meier.codes[0, g]
        if until > curve.last + SAME_TIME and curve.survival[step] > 0.0:
            assert code == TOO_FEW
            continue
        assert code == (SINGULAR if curve.survival[step] in (0.0, 1.0) else CONVERGED)
        close(figures[0], curve.survival[step])
        close(figures[1], np.nan_to_num(curve.standard_error[step]))
    for contrast, mine in enumerate(groups[1:]):
        pair = np.concatenate([mine, groups[0]])
        compared = np.arange(pair.size) < mine.size
        _held(fits.log_rank, contrast, _plain_test(time[pair], died[pair], compared))
        _held(fits.cox, contrast, _plain_ratio(time[pair], died[pair], compared))
    return fits


def _plain_test(time, died, mine):
    if not died.any():
        return NO_EVENTS
    if min(time[mine].max(), time[~mine].max()) < time[died].min():
        return NO_VARIATION
    try:
        test = log_rank_test(time, died, ~mine)
    except ConvergenceError:
        return NO_VARIATION
    return {3: test.chi_square, 4: test.p}


def _plain_ratio(time, died, mine):
    try:
        ratio = hazard_ratio(time, died, mine)
    except ConvergenceError as error:
        return NO_EVENTS if "nobody died, so" in str(error) else MONOTONE
    return {0: ratio.log_ratio, 1: ratio.standard_error, 3: ratio.z, 4: ratio.p}


def _held(fits, contrast, told):
    code, figures = fits.codes[0, contrast], fits.figures[0, contrast]
    if isinstance(told, int):
        assert code == told
        assert np.isnan(figures).all()
        return
    assert code == CONVERGED
    assert figures[2] == math.inf
    chi_square = 0 not in told
    for column, value in told.items():
        close(figures[column] ** 2 if chi_square and column == 3 else figures[column], value)


@pytest.mark.parametrize("seed", range(40))
def test_random_trials(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(3, 40, rng.integers(2, 5))
    n = int(sizes.sum())
    time = rng.exponential(20.0, n)
    if seed % 2:
        time = np.floor(time / 5.0)
    event = (rng.random(n) < rng.choice([0.05, 0.3, 0.9, 1.0])).astype(int)
    time = np.minimum(time, rng.choice([15.0, 1e9]))
    held_to_the_plain_one(time, event, sizes, float(rng.choice([0.0, 2.0, 10.0, 30.0])))


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1)), min_size=2, max_size=8),
    st.integers(1, 7),
    st.sampled_from([0.0, 1.0, 2.5, 3.0]),
)
def test_any_small_trial(pairs, first, until):
    time, event = zip(*pairs, strict=True)
    first = min(first, len(pairs) - 1)
    held_to_the_plain_one(time, event, [first, len(pairs) - first], until)


def test_one_group_far_worse():
    # Newton's first step overshoots by far.
    time = np.concatenate([np.arange(1.0, 2001.0), np.arange(1.0, 11.0) / 10.0])
    event = np.concatenate([(np.arange(2000) == 0).astype(int), np.ones(10, dtype=int)])
    event[1000:1010] = 1
    time[0] = 0.35
    fits = held_to_the_plain_one(time, event, [2000, 10], 1000.0)
    assert fits.cox.figures[0, 0, 0] == pytest.approx(8.556189, abs=1e-6)


def trial_of(name):
    """The data set as a trial, and its arrays group by group."""
    with (DATA / f"{name}_surv.csv").open() as file:
        rows = sorted(csv.DictReader(file), key=lambda row: int(row["arm"]))
    kinds = {"1": "death", "0": "end_of_follow_up"}
    people = [{**dict.fromkeys(SCHEMAS["participants"]), "participant_id": r["id"], "arm": r["arm"]} for r in rows]
    events = {
        "participant_id": [row["id"] for row in rows],
        "day": [float(row["time"]) * DAYS_PER_MONTH for row in rows],
        "kind": [kinds[row["event"]] for row in rows],
        "detail": [None for _ in rows],
    }
    trial = Trial(
        manifest=Manifest(origin="imported"),
        participants=pl.DataFrame(people, schema=SCHEMAS["participants"]),
        assessments=empty_table("assessments"),
        lots=empty_table("lots"),
        administrations=empty_table("administrations"),
        events=pl.DataFrame(events, schema=SCHEMAS["events"]),
        adverse_events=empty_table("adverse_events"),
        protocol=None,
    )
    # Months as the analysis has them: from days.
    survival = np.array([[[day / DAYS_PER_MONTH for day in events["day"]], [float(row["event"]) for row in rows]]])
    return trial, survival, np.unique([int(row["arm"]) for row in rows], return_counts=True)[1]


@pytest.mark.parametrize("name", NAMES)
def test_the_rows_of_a_trial(name):
    trial, survival, sizes = trial_of(name)
    fits = survival_analyses(survival, sizes, 0, 6.0)
    contrasts = len(sizes) - 1
    for rows, made in ((log_rank, fits.log_rank), (cox, fits.cox)):
        plain = rows(trial, PlannedAnalysis(method=rows.__name__), "0")
        for contrast, row in enumerate(plain[:contrasts]):
            assert row.converged == (made.codes[0, contrast] == CONVERGED)
            if row.converged:
                figures = made.figures[0, contrast]
                close(figures[4], row.p)
                close(figures[3] ** 2 if rows is log_rank else figures[3], row.statistic)
                if rows is cox:
                    close(figures[0], row.estimate)
                    close(figures[1], row.standard_error)
    at_six = [r for r in kaplan_meier(trial, PlannedAnalysis(method="kaplan_meier"), "0") if r.time_months == 6.0]
    for group, row in enumerate(at_six):
        code = fits.kaplan_meier.codes[0, group]
        assert row.converged == (code != TOO_FEW)
        if row.converged:
            assert (row.ci_low is None) == (code == SINGULAR)
            close(fits.kaplan_meier.figures[0, group, 0], row.estimate)
            close(fits.kaplan_meier.figures[0, group, 1], row.standard_error or 0.0)
