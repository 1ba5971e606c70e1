"""Batches of analyses of covariance: by hand, by property, and what they say of arrays that do not fit."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.engine.batches.ancova import Standing, ancova, change_at
from leadin.engine.fits import DF, ESTIMATE, NOT_FILLED, STANDARD_ERROR, STATISTIC, P
from leadin.engine.least_squares import least_squares

from .series import Series, collapsed, drawn


@pytest.fixture(scope="module")
def batch():
    return collapsed([drawn(seed, (9, 11, 7), measures=2) for seed in range(12)])


def test_by_least_squares(batch):
    """Against the plain least squares with a column for each group, baseline as a column."""
    found = ancova(batch.sums, batch.seen, batch.survival, batch.sizes, 1, measure=1, at=2)
    group = np.repeat(np.arange(3), batch.sizes)
    for trial in range(12):
        base, y = batch.sums[trial, 1, 15], batch.seen[trial, 1, 2]
        known = np.isfinite(base) & np.isfinite(y)
        x = np.column_stack([(group == g) for g in range(3)] + [base]).astype(float)[known]
        fit = least_squares((y - base)[known], x, list("abcd"))
        for contrast, other in enumerate((0, 2)):
            c = np.zeros(4)
            c[other], c[1] = 1.0, -1.0
            estimate, error = c @ fit.coefficients, np.sqrt(c @ fit.covariance @ c)
            told = found.figures[trial, contrast]
            assert told[:4] == pytest.approx([estimate, error, fit.df, estimate / error], rel=1e-10, abs=1e-10)
            assert np.isnan(told[P])


def test_a_batch_is_its_trials_one_by_one(batch):
    whole = change_at(batch.sums, batch.seen, batch.survival, batch.sizes)
    for trial in range(12):
        mine = [each[trial : trial + 1] for each in (batch.sums, batch.seen, batch.survival)]
        one = change_at(*mine, batch.sizes)
        assert one.fits.figures.tobytes() == whole.fits.figures[trial].tobytes()
        assert one.counted.tolist() == [whole.counted[trial].tolist()]


def test_trials_that_were_not_filled(batch):
    filled = np.arange(12) != 3
    turned = [np.asfortranarray(each) for each in (batch.sums, batch.seen, batch.survival)]
    told = ancova(*turned, batch.sizes, filled=filled)
    whole = ancova(batch.sums, batch.seen, batch.survival, batch.sizes)
    assert (told.codes[3] == NOT_FILLED).all()
    assert np.isnan(told.figures[3]).all()
    assert told.figures[filled].tobytes() == whole.figures[filled].tobytes()


def test_other_order_of_units_scale_and_labels():
    series = drawn(4, (10, 12), decimals=3)

    def fitted(of, reference=0):
        arrays = collapsed([of])
        return ancova(arrays.sums, arrays.seen, arrays.survival, of.sizes, reference).figures[0, 0]

    found = fitted(series)
    order = np.concatenate([np.random.default_rng(1).permutation(10), 10 + np.random.default_rng(2).permutation(12)])
    mixed = Series(
        series.sizes,
        series.planned,
        series.times[order],
        series.values[:, order],
        series.ends[order],
        series.event[order],
    )
    assert fitted(mixed)[:4] == pytest.approx(found[:4], abs=1e-10)
    other = fitted(series, 1)
    assert other[[ESTIMATE, STATISTIC]] == pytest.approx(-found[[ESTIMATE, STATISTIC]], abs=1e-12)
    assert other[[STANDARD_ERROR, DF]] == pytest.approx(found[[STANDARD_ERROR, DF]], abs=1e-12)
    larger = Series(series.sizes, series.planned, series.times, 7.0 + 3.0 * series.values, series.ends, series.event)
    assert fitted(larger)[:2] == pytest.approx(3.0 * found[:2], abs=1e-9)
    assert fitted(larger)[2:4] == pytest.approx(found[2:4], abs=1e-8)


@pytest.mark.parametrize("size", [1e-7, 1.0, 1e6])
def test_changes_of_any_size(size):
    """Rounding to nine decimals leaves values of every size as they are, up to nine decimals and sixteen digits."""
    times = np.tile([0.0, 1.0], (4, 1))
    values = size * np.array([[[1.0, 2.0], [2.0, 4.0], [3.0, 5.0], [5.0, 1.0]]])
    arrays = collapsed([Series((4,), (0.0, 1.0), times, values, np.full(4, 2.0), np.zeros(4, dtype=np.bool_))])
    found = ancova(arrays.sums, arrays.seen, arrays.survival, (4,)).figures[0, 0]
    assert found[[0, 2]] == pytest.approx([0.25 * size, 3.0], rel=1e-6)
    changes = np.array([1.0, 2.0, 2.0, -4.0]) * size
    assert found[1] == pytest.approx(changes.std(ddof=1) / 2.0, rel=1e-6)


def test_what_stands_after_the_event():
    """The unit without a value at month 3 had one at month 1, and the event at month 2."""
    times = np.tile([0.0, 1.0, 3.0], (3, 1))
    values = np.array([[[40.0, 39.0, 36.0], [38.0, 37.0, 33.0], [39.0, 35.0, np.nan]]])
    ends, event = np.array([4.0, 4.0, 2.0]), np.array([False, False, True])
    arrays = collapsed([Series((3,), (0.0, 1.0, 3.0), times, values, ends, event)])

    def mean(standing, at=-1):
        return ancova(arrays.sums, arrays.seen, arrays.survival, (3,), standing=standing, at=at).figures[0, 0, 0]

    assert mean(None) == pytest.approx(-4.5)
    assert mean(Standing(by=3.0, worst=None)) == pytest.approx((-4 - 5 - 4) / 3)
    assert mean(Standing(by=3.0, worst=0.0)) == pytest.approx((-4 - 5 - 39) / 3)
    assert mean(Standing(by=3.0, worst=9.0)) == pytest.approx((-4 - 5 - 30) / 3)
    assert mean(Standing(by=1.9, worst=0.0)) == pytest.approx(-4.5)
    assert mean(Standing(by=3.0, worst=0.0), at=0) == pytest.approx((-1 - 1 - 4) / 3)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"sizes": (9, 11)}, "sizes: expected groups of 27 units in all; got [9, 11]"),
        ({"at": 6}, "at: expected a number from 0 to 5, or -1 for the last; got 6"),
        ({"at": -7}, "at: expected a number from 0 to 5, or -1 for the last; got -7"),
        (
            {"survival": np.zeros((12, 2, 26))},
            "seen, survival: expected as many trials and units as sums; got ((12, 2, 6, 27), (12, 2, 26))",
        ),
        (
            {"seen": np.zeros((12, 1, 6, 27))},
            "seen, survival: expected as many trials and units as sums; got ((12, 1, 6, 27), (12, 2, 27))",
        ),
    ],
)
def test_arrays_that_do_not_fit(batch, told, message):
    given = {"sums": batch.sums, "seen": batch.seen, "survival": batch.survival, "sizes": batch.sizes, **told}
    with pytest.raises(ValueError) as error:
        ancova(**given)
    assert str(error.value) == message
