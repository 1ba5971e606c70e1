"""Batches of slope changes: by hand, by property, and what they say of arrays that do not fit."""

from __future__ import annotations

from threading import Thread

import numpy as np
import pytest

from leadin.engine.batches.slope_change import slope_change, slope_change_within, slope_changes
from leadin.engine.fits import DF, ESTIMATE, NOT_FILLED, STANDARD_ERROR, STATISTIC, P

from .series import Series, collapsed, drawn


@pytest.fixture(scope="module")
def batch():
    return collapsed([drawn(seed, (9, 11, 7), measures=2) for seed in range(12)])


def lines(changes, sizes):
    t = np.arange(-3.0, 4.0)
    values = 40.0 - t + np.array(changes)[:, None] * np.maximum(t, 0.0)
    n = len(changes)
    return Series(sizes, tuple(t), np.tile(t, (n, 1)), values[None], np.full(n, 4.0), np.zeros(n, dtype=np.bool_))


def test_by_hand():
    """Changes 1, 2, 3 against 0, 1, 2, 5: means 2 and 2, variances 1 and 14/3."""
    arrays = collapsed([lines([0, 1, 2, 5, 1, 2, 3], (4, 3))])
    found = slope_changes(arrays.sums, (4, 3))
    error = np.sqrt(14 / 12 + 1 / 3)
    df = 1.5**2 / ((14 / 12) ** 2 / 3 + (1 / 3) ** 2 / 2)
    assert found.between.figures[0, 0, :4] == pytest.approx([0.0, error, df, 0.0], abs=1e-12)
    assert found.within.figures[0, 1, :4] == pytest.approx([2.0, np.sqrt(1 / 3), 2.0, 2 / np.sqrt(1 / 3)], abs=1e-12)
    assert np.isnan(found.within.figures[..., P]).all()
    assert found.counted.tolist() == [[4, 3]]
    assert found.answer is found.between


def test_one_group_stands_for_itself():
    arrays = collapsed([lines([0, 1, 2, 5], (4,))])
    alone = slope_change(arrays.sums, (4,))
    assert alone.figures.tobytes() == slope_change_within(arrays.sums, (4,)).figures.tobytes()
    assert alone.figures[0, 0, :3] == pytest.approx([2.0, np.sqrt(14 / 12), 3.0], abs=1e-12)
    assert slope_changes(arrays.sums, (4,)).between.codes.shape == (1, 0)


def test_a_batch_is_its_trials_one_by_one(batch):
    whole = slope_changes(batch.sums, batch.sizes, 1, measure=1)
    for trial in range(12):
        one = slope_changes(batch.sums[trial : trial + 1], batch.sizes, 1, measure=1)
        assert one.between.figures.tobytes() == whole.between.figures[trial].tobytes()
        assert one.within.figures.tobytes() == whole.within.figures[trial].tobytes()
        assert one.counted.tolist() == [whole.counted[trial].tolist()]
    assert slope_change(batch.sums, batch.sizes, 1).figures.tobytes() != whole.between.figures.tobytes()
    assert slope_change_within(batch.sums, batch.sizes, measure=1).figures.tobytes() == whole.within.figures.tobytes()


def test_trials_that_were_not_filled(batch):
    filled = np.arange(12) != 3
    whole = slope_changes(batch.sums, batch.sizes)
    told = slope_changes(batch.sums, batch.sizes, filled=filled)
    for before, after in ((whole.within, told.within), (whole.between, told.between)):
        assert (after.codes[3] == NOT_FILLED).all()
        assert np.isnan(after.figures[3]).all()
        assert after.figures[filled].tobytes() == before.figures[filled].tobytes()
    assert slope_change(batch.sums, batch.sizes, filled=filled).codes.tolist() == told.between.codes.tolist()
    assert slope_change_within(batch.sums, batch.sizes, filled=filled).codes.tolist() == told.within.codes.tolist()


def test_any_layout_of_arrays(batch):
    turned = np.asfortranarray(batch.sums)
    found, told = slope_change(turned, batch.sizes), slope_change(batch.sums, batch.sizes)
    assert found.figures.tobytes() == told.figures.tobytes()


def test_threads_change_nothing(batch):
    whole = slope_change(batch.sums, batch.sizes)
    halves = {}

    def half(name, trials):
        for _ in range(20):
            halves[name] = slope_change(batch.sums[trials], batch.sizes)

    threads = [Thread(target=half, args=(0, slice(0, 6))), Thread(target=half, args=(1, slice(6, 12)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert np.concatenate([halves[0].figures, halves[1].figures]).tobytes() == whole.figures.tobytes()


def test_other_order_of_units_scale_and_labels():
    series = drawn(4, (10, 12), decimals=3)
    found = slope_change(collapsed([series]).sums, (10, 12)).figures[0, 0]
    order = np.concatenate([np.random.default_rng(1).permutation(10), 10 + np.random.default_rng(2).permutation(12)])
    mixed = Series(
        series.sizes,
        series.planned,
        series.times[order],
        series.values[:, order],
        series.ends[order],
        series.event[order],
    )
    assert slope_change(collapsed([mixed]).sums, (10, 12)).figures[0, 0, :4] == pytest.approx(found[:4], abs=1e-10)
    other = slope_change(collapsed([series]).sums, (10, 12), 1).figures[0, 0]
    assert other[[ESTIMATE, STATISTIC]] == pytest.approx(-found[[ESTIMATE, STATISTIC]], abs=1e-12)
    assert other[[STANDARD_ERROR, DF]] == pytest.approx(found[[STANDARD_ERROR, DF]], abs=1e-12)
    larger = Series(
        series.sizes, series.planned, 2.0 * series.times, 7.0 + 3.0 * series.values, series.ends, series.event
    )
    scaled = slope_change(collapsed([larger]).sums, (10, 12)).figures[0, 0]
    assert scaled[:2] == pytest.approx(1.5 * found[:2], abs=1e-10)
    assert scaled[2:4] == pytest.approx(found[2:4], abs=1e-9)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"sizes": (9, 11)}, r"sizes: expected groups of 27 units in all; got [9, 11]"),
        ({"sizes": (30, -10, 7)}, r"sizes: expected groups of 27 units in all; got [30, -10, 7]"),
        ({"sizes": ()}, r"sizes: expected groups of 27 units in all; got []"),
        ({"reference": 3}, "reference: expected a group from 0 to 2; got 3"),
        ({"reference": -1}, "reference: expected a group from 0 to 2; got -1"),
        ({"measure": 2}, "measure: expected numbers from 0 to 1; got (2,)"),
        ({"measure": -1}, "measure: expected numbers from 0 to 1; got (-1,)"),
    ],
)
def test_arrays_that_do_not_fit(batch, told, message):
    with pytest.raises(ValueError) as error:
        slope_change(batch.sums, **{"sizes": batch.sizes, **told})
    assert str(error.value) == message


def test_sums_of_another_shape(batch):
    for sums in (batch.sums[0], np.ascontiguousarray(batch.sums[:, :, :15])):
        with pytest.raises(ValueError) as error:
            slope_change(sums, batch.sizes)
        assert str(error.value) == f"sums: expected (trials, measures, 16, units); got {sums.shape}"
