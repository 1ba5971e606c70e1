"""A collapsed trial holds what the analyses would see in the tables of the very same trial."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from leadin.analysis.arms import allocated
from leadin.analysis.assessment_matrix import assessment_matrix
from leadin.analysis.function_and_survival import function_and_survival
from leadin.analysis.slopes import paired_slopes
from leadin.analysis.visit_grid import visit_grid
from leadin.designs.collapse import clock_start, visits_after
from leadin.designs.plain_generator import PlainGenerator, pooled, stacked
from leadin.disease.load import load_population
from leadin.engine.collapsed import AFTER, BASE, BEFORE, COUNT, EVENT, MONTHS, TT, TY, YY, ZERO, T, Y
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.load import load_protocol
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.simulation.simulate import planned_numbers, simulate_trial
from leadin.simulation.timetable import timetable
from leadin.trials.survival_times import survival_times
from leadin.trials.usable import usable_trial

CASES = [
    ("hanyang-phase2", {}, ("alsfrs_r", "fvc_percent")),
    ("nurown-us-phase3", {"cells": 40, "placebo": 20}, ("alsfrs_r", "svc_percent")),
    ("alsummit-phase3", {"single-cycle": 6, "boosters": 12, "sham": 12}, ("svc_percent", "alsfrs_r")),
    ("hadassah-repeated", {}, ("alsfrs_r", "fvc_percent")),
    ("nabavi-2018", {}, ("fvc_percent", "alsfrs_r")),
    ("barczewska-2020", {"cells": 20, "external": 25}, ("alsfrs_r",)),
]


@pytest.fixture(scope="module", params=CASES, ids=[case[0] for case in CASES])
def both(request):
    """The collapsed trial, and the trial of the same seed and replicate with people in the order of the units."""
    name, n, measures = request.param
    protocol = load_protocol(name)
    sizes = planned_numbers(protocol, n)
    made = PlainGenerator(protocol, load_population("pro-act"), sizes, measures, seed=3, slowing=0.3)
    trial = allocated(usable_trial(simulate_trial(protocol, seed=3, replicate=7, slowing=0.3, n=n)))
    arms = {arm.name: number for number, arm in enumerate(protocol.arms)}
    people = trial.participants.sort(pl.col("arm").replace_strict(arms), maintain_order=True)
    return protocol, made, made.generate(7, 1), trial.with_tables({"participants": people})


def test_sums_are_those_of_the_assessments(both):
    _, made, trials, trial = both
    for number, measure in enumerate(made.measures):
        matrix = assessment_matrix(trial, measure)
        here = np.isfinite(matrix.values)
        for side, mine in ((BEFORE, here & (matrix.months < 0)), (AFTER, here & (matrix.months > 0))):
            t, y = np.where(mine, matrix.months, 0.0), np.where(mine, matrix.values, 0.0)
            told = {COUNT: mine, T: t, TT: t * t, Y: y, TY: t * y, YY: y * y}
            for place, terms in told.items():
                assert trials.sums[0, number, side + place] == pytest.approx(terms.sum(axis=1), rel=1e-13, abs=1e-13)
        zero = here & (matrix.months == 0)
        np.testing.assert_array_equal(trials.sums[0, number, ZERO], zero.sum(axis=1))
        np.testing.assert_array_equal(trials.sums[0, number, ZERO + 1], np.where(zero, matrix.values, 0).sum(axis=1))


def test_slopes_follow_from_the_sums(both):
    _, made, trials, trial = both
    matrix = assessment_matrix(trial, made.measures[0])
    slopes = paired_slopes(matrix.months, matrix.values)
    n, t, tt, y, ty = (trials.sums[0, 0, AFTER + place] for place in (COUNT, T, TT, Y, TY))
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = (ty - t * y / n) / (tt - t * t / n)
    known = np.isfinite(slopes.follow_up)
    assert known.any()
    assert slope[known] == pytest.approx(slopes.follow_up[known], rel=1e-9, abs=1e-10)


def test_values_at_visits_and_baselines_are_those_of_the_grid(both):
    protocol, made, trials, trial = both
    visits = visits_after(protocol, made.measures)
    np.testing.assert_array_equal(made.months, np.array([visit.day for visit in visits]) / DAYS_PER_MONTH)
    for number, measure in enumerate(made.measures):
        grid = visit_grid(trial, measure)
        listed = [place for place, visit in enumerate(visits) if measure in visit.measures]
        np.testing.assert_array_equal(trials.seen[0, number][listed], grid.values.T)
        assert np.isnan(np.delete(trials.seen[0, number], listed, axis=0)).all()
        np.testing.assert_array_equal(trials.sums[0, number, BASE + 1], grid.baseline)
        matrix = assessment_matrix(trial, measure)
        by_then = np.where(np.isfinite(matrix.values) & (matrix.months <= 0), matrix.months, -np.inf)
        last = by_then.max(axis=1, initial=-np.inf)
        np.testing.assert_array_equal(trials.sums[0, number, BASE], np.where(np.isfinite(last), last, np.nan))


def test_survival_is_that_of_the_events(both):
    protocol, _, trials, trial = both
    times = survival_times(trial)
    at_risk = trial.participants["participant_id"].is_in(times["participant_id"].implode()).to_numpy()
    months, event = trials.survival[0, MONTHS], trials.survival[0, EVENT]
    np.testing.assert_array_equal(months[at_risk], times["months"].to_numpy())
    np.testing.assert_array_equal(event[at_risk], times["event"].to_numpy())
    assert (months[~at_risk] < 0).all()
    assert (event[~at_risk] == 0).all()
    np.testing.assert_array_equal(
        trials.sizes, [(trial.participants["arm"] == arm.name).sum() for arm in protocol.arms]
    )
    assert trials.filled.tolist() == [True]


def test_the_clock_of_everybody_starts_where_the_joint_rank_has_it(both):
    """Up to a month after time zero survival counts as `function_and_survival` counts it."""
    protocol, made, trials, trial = both
    start = clock_start(protocol, timetable(protocol))
    if start is None or len(protocol.arms) == 1:
        pytest.skip("the clock starts at another time for each, or there is nothing to compare")
    month = float(np.round(made.months[-2], 2))
    given = function_and_survival(trial, PlannedAnalysis(method="joint_rank", measure=made.measures[0], month=month))
    visits = visits_after(protocol, made.measures[:1])
    kept = np.array([visit.day for visit in visits]) / DAYS_PER_MONTH
    end = max(month, kept[kept <= month + 0.05].max()) - start
    months, event = trials.survival[0]
    np.testing.assert_array_equal(np.round(np.minimum(months, end), 9), given.courses.time)
    np.testing.assert_array_equal((event == 1) & (months <= end), given.courses.event)


def test_replicates_stand_alone_or_among_others(both):
    _, made, trials, _ = both
    many = made.generate(5, 4)
    for name in ("sums", "seen", "survival", "filled"):
        np.testing.assert_array_equal(getattr(many, name)[2], getattr(trials, name)[0])
    parts = stacked([made.generate(5, 1), made.generate(6, 3)])
    np.testing.assert_array_equal(parts.sums, many.sums)


def test_pools_hold_the_same_people_arm_by_arm(both):
    _, made, _, _ = both
    many = made.generate(1, 4)
    joined = pooled(many, 2)
    np.testing.assert_array_equal(joined.sizes, 2 * many.sizes)
    starts = np.cumsum(many.sizes) - many.sizes
    for large in range(2):
        for arm, start in enumerate(starts):
            size = int(many.sizes[arm])
            for one in range(2):
                mine = slice(start, start + size)
                there = slice(2 * start + one * size, 2 * start + (one + 1) * size)
                for name in ("sums", "seen", "survival"):
                    small, big = getattr(many, name), getattr(joined, name)
                    np.testing.assert_array_equal(big[large, ..., there], small[2 * large + one, ..., mine])


def test_a_pool_is_filled_when_all_of_it_is(both):
    _, made, _, _ = both
    many = made.generate(1, 4)
    many.filled[3] = False
    assert pooled(many, 2).filled.tolist() == [True, False]


def test_when_the_clock_starts():
    for name, expected in (
        ("hanyang-phase2", -30 / DAYS_PER_MONTH),
        ("hadassah-repeated", 0.0),
        ("nabavi-2018", None),
    ):
        protocol = load_protocol(name)
        assert clock_start(protocol, timetable(protocol)) == expected
    protocol = load_protocol("hanyang-phase2")
    for at, expected in (("baseline", 0.0), ("screening", None)):
        how = protocol.randomisation.model_copy(update={"day": None, "at": at})
        changed = protocol.model_copy(update={"randomisation": how})
        assert clock_start(changed, timetable(changed)) == expected


def test_a_measure_that_no_visit_lists_is_never_seen():
    protocol = load_protocol("hanyang-phase1")
    made = PlainGenerator(protocol, load_population("pro-act"), (4,), ("alsfrs_r", "svc_percent"))
    trials = made.generate(1, 1)
    assert np.isnan(trials.seen[0, 1]).all()
    assert (trials.sums[0, 1, :BASE] == 0).all()
    assert np.isnan(trials.sums[0, 1, BASE:]).all()
