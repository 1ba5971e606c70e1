"""Batches of responders: Fisher's p of every small table, thresholds, and what they say of arrays that do not fit."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.engine.batches.responders import Kept, absolute, differences, fisher, relative, responders, shares
from leadin.engine.fisher_exact import fisher_exact
from leadin.engine.fits import CONVERGED, NOT_FILLED, TOO_FEW

from .series import collapsed, drawn


def test_fisher_of_every_table_up_to_seven_and_some_large_ones():
    tables = [(x, n, y, m) for n in range(1, 8) for m in range(1, 8) for x in range(n + 1) for y in range(m + 1)]
    draw = np.random.default_rng(1)
    for n, m in ((100, 100), (31, 400), (2000, 1500)):
        tables += [(int(draw.integers(0, n + 1)), n, int(draw.integers(0, m + 1)), m) for _ in range(15)]
        tables += [(0, n, m, m), (n, n, 0, m), (n, n, m, m), (0, n, 0, m)]
    p = fisher(np.array(tables))
    assert p == pytest.approx([fisher_exact(*table) for table in tables], rel=1e-9, abs=1e-14)
    assert p.max() == 1.0
    assert np.isfinite(p).all()


def test_fisher_of_empty_groups_and_in_any_shape():
    tables = np.array([[[0, 0, 1, 2], [1, 2, 0, 0]], [[1, 2, 0, 2], [2, 2, 0, 2]]])
    p = fisher(tables)
    assert np.isnan(p[0]).all()
    assert p[1] == pytest.approx([1.0, 1.0 / 3.0])
    assert fisher(np.zeros((0, 4), dtype=np.int64)).shape == (0,)


def test_shares_and_differences_by_hand():
    counts = np.array([[[[0, 7]], [[5, 10]], [[0, 0]]]])
    alone, between = shares(counts), differences(counts, 1)
    assert alone.estimate[0, :, 0] == pytest.approx([0.0, 0.5, np.nan], nan_ok=True)
    assert alone.high[0, 0, 0] == pytest.approx(1.0 - 0.025 ** (1 / 7), rel=1e-12)
    assert alone.low[0, 0, 0] == 0.0
    assert alone.codes[0, :, 0].tolist() == [CONVERGED, CONVERGED, TOO_FEW]
    assert between.codes[0, :, 0].tolist() == [CONVERGED, TOO_FEW]
    assert between.estimate[0, 0, 0] == -0.5
    assert between.standard_error[0, 0, 0] == pytest.approx(np.sqrt(0.025))
    assert between.p[0, 0, 0] == pytest.approx(fisher_exact(0, 7, 5, 10))
    for made in (alone, between):
        for each in (made.estimate, made.standard_error, made.p, made.low, made.high):
            assert np.isnan(each[0, -1, 0])
    assert differences(counts, 1, 0.5).low[0, 0, 0] > between.low[0, 0, 0]


def test_trials_that_were_not_filled():
    counts = np.array([[[[3, 7]], [[5, 10]]]] * 2)
    for made in (shares, differences):
        told, whole = made(counts, filled=np.array([True, False])), made(counts)
        assert (told.codes[0] == CONVERGED).all()
        assert (told.codes[1] == NOT_FILLED).all()
        for name in ("estimate", "standard_error", "p", "low", "high"):
            assert getattr(told, name)[0].tobytes() == getattr(whole, name)[0].tobytes()
            assert np.isnan(getattr(told, name)[1]).all()


def test_a_batch_is_its_trials_one_by_one():
    arrays = collapsed([drawn(seed, (9, 11), measures=2) for seed in range(6)])
    thresholds = [relative(50.0), relative(50.0, either=True), absolute(0.5)]
    whole = responders(arrays.sums, arrays.survival, arrays.sizes, thresholds, measures=(1, 0))
    one = [
        responders(arrays.sums[t : t + 1], arrays.survival[t : t + 1], arrays.sizes, thresholds, measures=(1, 0))
        for t in range(6)
    ]
    assert np.concatenate(one).tolist() == whole.tolist()
    assert (whole[:, :, 1, 0] >= whole[:, :, 0, 0]).all()
    assert (whole[:, :, 1, 1] >= whole[:, :, 0, 1]).all()
    single = responders(arrays.sums, arrays.survival, arrays.sizes, thresholds[:1], measures=(1,))
    assert single[:, :, 0].tolist() == whole[:, :, 0].tolist()
    assert responders(arrays.sums, arrays.survival, arrays.sizes, []).shape == (6, 2, 0, 2)


def test_who_counts():
    """Of those without slopes, the ones with the event and the others are counted or not, each by its own word."""
    arrays = collapsed([drawn(7, (40,), missing=0.3, dying=0.4)])
    counted = {
        (eventful, unseen): responders(
            arrays.sums, arrays.survival, (40,), [relative(50.0)], kept=Kept(True, eventful, unseen)
        )[0, 0, 0, 1]
        for eventful in (False, True)
        for unseen in (False, True)
    }
    assert counted[True, True] == 40
    assert counted[False, False] < counted[True, False] < 40
    assert counted[False, False] < counted[False, True] < 40
    assert counted[True, False] + counted[False, True] == counted[False, False] + 40
    assert responders(arrays.sums, arrays.survival, (40,), [relative(50.0)])[0, 0, 0, 1] == counted[True, False]


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"sizes": (9, 12)}, "sizes: expected groups of 20 units in all; got [9, 12]"),
        ({"measures": (0, 2)}, "measure: expected numbers from 0 to 0; got (0, 2)"),
        (
            {"survival": np.zeros((1, 2, 3))},
            "survival: expected (1, 2, 20) and at least one measure; got (1, 2, 3)",
        ),
        ({"measures": ()}, "survival: expected (1, 2, 20) and at least one measure; got (1, 2, 20)"),
    ],
)
def test_arrays_that_do_not_fit(told, message):
    arrays = collapsed([drawn(1, (9, 11))])
    given = {
        "sums": arrays.sums,
        "survival": arrays.survival,
        "sizes": arrays.sizes,
        "thresholds": [relative(50.0)],
        **told,
    }
    with pytest.raises(ValueError) as error:
        responders(**given)
    assert str(error.value) == message
