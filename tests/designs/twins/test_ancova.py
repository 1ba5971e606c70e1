"""The batch of analyses of covariance gives what the plain method gives, trial by trial."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadin.analysis.ancova import ADJUSTED, ONE_SAMPLE, UNADJUSTED, ancova
from leadin.analysis.intercurrent_events import handled
from leadin.engine.batches.ancova import Standing, change_at
from leadin.engine.batches.completion import completed
from leadin.engine.fits import NO_VARIATION, RANK_DEFICIENT, TOO_FEW
from leadin.errors import DataError
from leadin.protocols.estimand import IntercurrentEvent
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.strategies import STRATEGIES

from ...engine.batches.series import Series, collapsed, drawn
from .tables import ARMS, trial_of

SHAPES = {
    "two groups": {"sizes": (20, 20)},
    "unequal": {"sizes": (7, 30)},
    "three groups": {"sizes": (12, 9, 14)},
    "one group": {"sizes": (15,)},
    "six units": {"sizes": (3, 3), "missing": 0.0, "dying": 0.0},
    "half missing": {"sizes": (40, 40), "missing": 0.5},
    "most missing": {"sizes": (6, 6), "missing": 0.7},
    "most die": {"sizes": (30, 30), "dying": 0.9},
    "days off": {"sizes": (15, 15), "late": 0.15, "decimals": 3},
    "one visit": {"sizes": (15, 15), "planned": (0, 6)},
}
REASONS = {
    "expected more than": TOO_FEW,
    "expected at least 2": TOO_FEW,
    "expected participants": TOO_FEW,
    "baseline: expected a column": RANK_DEFICIENT,
    "arm ": RANK_DEFICIENT,
    "the values are fitted exactly": NO_VARIATION,
    "the changes are all equal": NO_VARIATION,
    "all ": NO_VARIATION,
}


def plan(month, alpha=0.05, death=None):
    events = () if death is None else (IntercurrentEvent(event="death", strategy=death),)
    return PlannedAnalysis(method="ancova", month=month, alpha=alpha, intercurrent_events=events)


def agree(row, made, statistics, trial, contrast):
    if row.converged:
        assert made.codes[trial, contrast] == 0
        told = [made.estimate, made.standard_error, made.p, made.low, made.high]
        wanted = [row.estimate, row.standard_error, row.p, row.ci_low, row.ci_high]
        assert [each[trial, contrast] for each in told] == pytest.approx(wanted, rel=1e-8, abs=1e-8)
        assert statistics[trial, contrast] == pytest.approx([row.df, row.statistic], rel=1e-8, abs=1e-8)
    else:
        assert np.isnan(made.estimate[trial, contrast])
        assert np.isnan(made.p[trial, contrast])
        reason = row.warnings[0]
        assert made.codes[trial, contrast] == next(code for start, code in REASONS.items() if reason.startswith(start))


def same(trials, *, at=-1, reference=0, alpha=0.05, death=None, worst=None):
    """Holds a batch to the plain method; gives how many rows converged."""
    batch = collapsed(trials)
    month = [time for time in trials[0].planned if time > 0][at]
    standing = None if death is None else Standing(by=month + 1e-6 / 30.4375, worst=worst)
    groups = len(trials[0].sizes)
    others = [group for group in range(groups) if group != reference] or [0]
    planned = plan(month, alpha, death)
    converged = 0
    for adjusted in (True, False):
        found = change_at(
            batch.sums,
            batch.seen,
            batch.survival,
            batch.sizes,
            reference,
            at=at,
            standing=standing,
            adjusted=adjusted,
        )
        made, statistics = completed(found.fits, alpha), found.fits.figures[..., 2:4]
        for number, series in enumerate(trials):
            trial = handled(trial_of(series), planned, STRATEGIES["ancova"]).trial
            rows = ancova(trial, planned, None if groups == 1 else ARMS[reference])
            rule = ONE_SAMPLE if groups == 1 else ADJUSTED if adjusted else UNADJUSTED
            mine = {row.arm: row for row in rows if row.rule == rule}
            for contrast, group in enumerate(others):
                row = mine[ARMS[group]]
                agree(row, made, statistics, number, contrast)
                used = found.counted[number, [group] if groups == 1 else [group, reference]].sum()
                assert used == row.n or (not row.converged and row.n == 0)
                converged += row.converged
    return converged


@pytest.mark.parametrize("name", SHAPES)
def test_random_trials(name):
    trials = [drawn(seed, **SHAPES[name]) for seed in range(3)]
    assert same(trials, reference=len(trials[0].sizes) - 1, alpha=0.1) > 0


def test_an_earlier_time():
    assert same([drawn(seed, (15, 15)) for seed in range(3)], at=2) == 6


@pytest.mark.parametrize(("death", "worst"), [("while_alive", None), ("composite", 0.0)])
@pytest.mark.parametrize("at", [-1, 1])
def test_a_value_stands_for_those_who_died(death, worst, at):
    trials = [drawn(seed, (15, 20), dying=0.5, missing=0.3) for seed in range(3)]
    assert same(trials, at=at, death=death, worst=worst) > 0


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10**6),
    sizes=st.lists(st.integers(1, 6), min_size=1, max_size=3),
    missing=st.sampled_from([0.0, 0.2]),
    dying=st.sampled_from([0.0, 0.3]),
    data=st.data(),
)
def test_small_trials(seed, sizes, missing, dying, data):
    reference = data.draw(st.integers(0, len(sizes) - 1))
    series = drawn(seed, sizes, missing=missing, dying=dying, planned=(-1, 0, 3))
    if np.isnan(series.values[:, :, 2]).all():
        with pytest.raises(DataError):  # the plain method has no visit to speak of
            same([series], reference=reference)
    else:
        same([series], reference=reference)


def told(baselines, values, sizes):
    """Units with a baseline and a value at month 3; None: missing."""
    columns = np.array([[np.nan if x is None else float(x) for x in each] for each in (baselines, values)]).T
    n = len(baselines)
    return Series(
        tuple(sizes),
        (0.0, 3.0),
        np.tile([0.0, 3.0], (n, 1)),
        columns[None],
        np.full(n, 3.5),
        np.zeros(n, dtype=np.bool_),
    )


@pytest.mark.parametrize(
    ("baselines", "values", "sizes", "code"),
    [
        ((40, 40, 38, 38), (38, 37, 36, 34), (2, 2), RANK_DEFICIENT),  # one baseline in each group
        ((40, 39, 38, 37), (38, 37, 36, 35), (2, 2), NO_VARIATION),  # all changes equal
        ((40, 39, 38, 37), (40, 39, 38, 37), (2, 2), NO_VARIATION),  # no change at all
        ((40, 38, 36, 34), (39, 36, 33, 30), (2, 2), NO_VARIATION),  # a line in the baseline
        ((40, 38, 36), (39, 36, 34), (1, 2), TOO_FEW),  # as many coefficients as units
        ((40, 38, 36, 35), (39, 36, 34, 30), (1, 3), 0),  # a group of one is enough here
        ((40, 38, None, 36, 34, 33), (39, 37, 30, 34, 31, 29), (2, 4), 0),
        ((40, 38, 37, 36, 34, 33), (None, None, 37, 34, 31, 29), (2, 4), TOO_FEW),  # nobody of the reference
        ((40, 38, 37, 36, 34, 33), (39, 36, 37, None, None, None), (3, 3), TOO_FEW),  # nobody of the other
        ((40, 38, 39, 40, 38), (39, 36, 36, 38, 35), (5,), 0),
        ((40, 38), (39, 37), (2,), NO_VARIATION),
        ((40, 38), (39, None), (2,), TOO_FEW),
    ],
)
def test_trials_at_the_edge(baselines, values, sizes, code):
    series = told(baselines, values, sizes)
    same([series])
    batch = collapsed([series])
    fits = change_at(batch.sums, batch.seen, batch.survival, batch.sizes).fits
    assert fits.codes.tolist() == [[code]]
    assert np.isfinite(fits.figures[0, 0, :4]).all() == (code == 0)


def test_the_event_counts_up_to_its_time_and_not_beyond():
    series = told((40, 39, 38, 37, 36, 30), (38, 37, 36, 33, 35, None), (3, 3))
    batch = collapsed([replace(series, event=np.arange(6) == 5, ends=np.full(6, 2.0))])

    def counted(by):
        standing = Standing(by=by, worst=0.0)
        return change_at(batch.sums, batch.seen, batch.survival, batch.sizes, standing=standing).counted.tolist()

    assert counted(2.0) == [[3, 3]]
    assert counted(math.nextafter(2.0, 0.0)) == [[3, 2]]
