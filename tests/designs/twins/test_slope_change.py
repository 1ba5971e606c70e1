"""The batch of slope changes gives what the plain method gives, trial by trial."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadin.analysis.slope_change import slope_change
from leadin.engine.batches.completion import completed
from leadin.engine.batches.slope_change import slope_changes
from leadin.engine.fits import CONVERGED, NO_VARIATION, TOO_FEW
from leadin.protocols.planned_analysis import PlannedAnalysis

from ...engine.batches.series import Series, collapsed, drawn
from .tables import ARMS, trial_of

SHAPES = {
    "two groups": {"sizes": (20, 20)},
    "unequal": {"sizes": (7, 30)},
    "three groups": {"sizes": (12, 9, 14)},
    "one group": {"sizes": (15,)},
    "six units": {"sizes": (3, 3), "missing": 0.0, "dying": 0.0},
    "half missing": {"sizes": (40, 40), "missing": 0.5},
    "no deaths": {"sizes": (10, 10), "dying": 0.0},
    "all die": {"sizes": (30, 30), "dying": 1.0},
    "days off": {"sizes": (15, 15), "late": 0.15, "decimals": 3},
    "far times": {"sizes": (15, 15), "planned": (-24, -21, -18.5, -15, 0, 18, 21, 22.5, 24)},
    "no baseline visit": {"sizes": (15, 15), "planned": (-4, -3, -2, -1, 1, 2, 3)},
    "one follow-up visit": {"sizes": (10, 10), "planned": (-3, -2, -1, 0, 1)},
    "two follow-up visits": {"sizes": (10, 10), "planned": (-3, -2, -1, 0, 1, 2)},
    "no lead-in": {"sizes": (10, 10), "planned": (0, 1, 2, 3)},
}


def figures(row):
    return [row.estimate, row.standard_error, row.df, row.statistic]


def agree(row, fits, made, trial, contrast):
    """A row of the plain method and one fit; below what converged, the reason."""
    code = int(fits.codes[trial, contrast])
    if row.converged:
        assert code == 0
        assert fits.figures[trial, contrast, :4] == pytest.approx(figures(row), rel=1e-8, abs=1e-8)
        told = [made.p, made.low, made.high]
        assert [each[trial, contrast] for each in told] == pytest.approx([row.p, row.ci_low, row.ci_high], rel=1e-8)
    else:
        assert np.isnan(fits.figures[trial, contrast]).all()
        few = "expected at least 2" in row.warnings[0]
        assert code == (TOO_FEW if few else NO_VARIATION), row.warnings[0]


def same(trials: list[Series], *, reference: int = 0, share: bool = False, alpha: float = 0.05) -> int:
    """Holds a batch to the plain method; gives the number of rows that converged."""
    batch = collapsed(trials)
    planned = PlannedAnalysis(method="slope_change", share_baseline=share, alpha=alpha)
    found = slope_changes(batch.sums, batch.sizes, reference, share_baseline=share)
    within, between = completed(found.within, alpha), completed(found.between, alpha)
    groups = len(trials[0].sizes)
    others = [group for group in range(groups) if group != reference]
    converged = 0
    for number, series in enumerate(trials):
        rows = slope_change(trial_of(series), planned, ARMS[reference])
        means = {row.arm: row for row in rows if row.rule == "t test"}
        pairs = {row.contrast: row for row in rows if row.rule == "Welch t test"}
        for group in range(groups):
            row = means[ARMS[group]]
            assert row.n == found.counted[number, group]
            agree(row, found.within, within, number, group)
            converged += row.converged
        for contrast, group in enumerate(others):
            row = pairs[f"{ARMS[group]} - {ARMS[reference]}"]
            agree(row, found.between, between, number, contrast)
            converged += row.converged
    return converged


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("share", [False, True])
def test_random_trials(name, share):
    trials = [drawn(seed, **SHAPES[name]) for seed in range(2)]
    converged = same(trials, share=share, reference=len(trials[0].sizes) - 1, alpha=0.1 if share else 0.05)
    nothing = {"one follow-up visit", "no lead-in"} | (set() if share else {"two follow-up visits"})
    assert (converged == 0) == (name in nothing)


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10**6),
    sizes=st.lists(st.integers(1, 8), min_size=1, max_size=3),
    missing=st.sampled_from([0.0, 0.2, 0.6]),
    share=st.booleans(),
    data=st.data(),
)
def test_small_trials(seed, sizes, missing, share, data):
    reference = data.draw(st.integers(0, len(sizes) - 1))
    same([drawn(seed, sizes, missing=missing, dying=0.2)], reference=reference, share=share)


def lines(changes, sizes, times=tuple(range(-3, 4))) -> Series:
    """Units that fall by 1 before time 0 and by 1 minus their change after it, exactly."""
    t = np.array(times, dtype=float)
    values = 40.0 - t + np.array(changes)[:, None] * np.maximum(t, 0.0)
    n = len(changes)
    return Series(
        tuple(sizes), tuple(t), np.tile(t, (n, 1)), values[None], np.full(n, 4.0), np.zeros(n, dtype=np.bool_)
    )


@pytest.mark.parametrize(
    ("changes", "sizes"),
    [
        ((0.0, 0.0, 0.0, 0.0), (2, 2)),  # no change at all
        ((0.5, 0.5, 0.5, 0.25, 0.25, 0.25), (3, 3)),  # equal within each group
        ((0.5, 0.5, 0.5, 0.25, 0.5, 0.25), (3, 3)),  # equal within one of them
        ((0.3, 0.3 + 4e-10, 0.1, 0.1), (2, 2)),  # equal but for rounding
        ((0.3, 0.1, 0.2, 0.4), (1, 3)),  # one of a group
    ],
)
def test_changes_without_variation(changes, sizes):
    same([lines(changes, sizes)])


def test_changes_just_apart_are_not_equal():
    """Their standard error is all rounding; that there is one is what both say."""
    series = lines((0.3, 0.3 + 4e-9, 0.1, 0.1), (2, 2))
    found = slope_changes(collapsed([series]).sums, (2, 2))
    assert found.within.codes.tolist() == [[CONVERGED, NO_VARIATION]]
    assert found.between.codes.tolist() == [[CONVERGED]]
    rows = slope_change(trial_of(series), PlannedAnalysis(method="slope_change"), ARMS[0])
    assert [row.converged for row in rows if row.rule in ("t test", "Welch t test")] == [True, False, True]


def test_three_values_at_one_time_make_no_slope():
    series = lines((0.1, 0.2, 0.3, 0.5), (2, 2))
    times = series.times.copy()
    times[0, 4:] = 2.0 + 1.0 / 3.0
    assert same([replace(series, times=times)]) < same([series])


def test_the_last_value_before_zero_is_shared_where_none_is_at_zero():
    series = drawn(3, (20, 20), missing=0.3)
    same([series], share=True)
    apart = [slope_changes(collapsed([series]).sums, (20, 20), share_baseline=share).counted.sum() for share in (0, 1)]
    assert apart[0] < apart[1]
