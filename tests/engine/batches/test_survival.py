"""Kaplan-Meier, log-rank and Cox of many trials: against R, by property, and every code."""

from __future__ import annotations

import csv
import json
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from leadin.engine.batches.survival import cox, kaplan_meier, log_rank, survival_analyses
from leadin.engine.fits import (
    CONVERGED,
    MONOTONE,
    NO_EVENTS,
    NO_VARIATION,
    NOT_CONVERGED,
    SINGULAR,
    TOO_FEW,
)
from leadin.engine.kernels.cox import fit_cox, highest_likelihood
from leadin.engine.kernels.event_table import event_table, times_until

HERE = Path(__file__).resolve().parents[3] / "validation" / "survival"
EXPECTED = {entry["dataset"]: entry for entry in json.loads((HERE / "expected.json").read_text())}
PEERS = {entry["dataset"]: entry for entry in json.loads((HERE / "peers_surv_R.json").read_text())}


def data_of(name):
    """Survival (1, 2, n) group by group, and sizes."""
    with (HERE / "data" / f"{name}_surv.csv").open() as file:
        rows = list(csv.DictReader(file))
    group = np.array([int(row["arm"]) for row in rows])
    values = np.array([[float(row["time"]), float(row["event"])] for row in rows])
    return values[np.argsort(group, kind="stable")].T[None], np.bincount(group)


def trial(*groups):
    """Survival (1, 2, n) and sizes from groups of (time, event)."""
    pairs = np.array([pair for group in groups for pair in group], dtype=np.float64).reshape(-1, 2)
    return pairs.T[None].copy(), np.array([len(group) for group in groups])


def many(trials=40, n=30, groups=3, seed=1):
    rng = np.random.default_rng(seed)
    time = np.ceil(rng.exponential(30.0, (trials, n)))
    event = (rng.random((trials, n)) < 0.6).astype(float)
    return np.stack([time, event], axis=1), np.full(groups, n // groups)


def same(a, b):
    for one, other in ((a.kaplan_meier, b.kaplan_meier), (a.log_rank, b.log_rank), (a.cox, b.cox)):
        np.testing.assert_array_equal(one.figures, other.figures)
        np.testing.assert_array_equal(one.codes, other.codes)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_r_finds_the_same(name):
    survival, sizes = data_of(name)
    fits = survival_analyses(survival, sizes, 0, 6.0)
    for contrast, pair in enumerate(EXPECTED[name]["pairs"]):
        test, ratio = fits.log_rank.figures[0, contrast], fits.cox.figures[0, contrast]
        assert fits.log_rank.codes[0, contrast] == CONVERGED
        assert test[3] ** 2 == pytest.approx(pair["log_rank"]["chi_square"], rel=1e-8, abs=1e-14)
        assert test[4] == pytest.approx(pair["log_rank"]["p"], rel=1e-8)
        assert test[0] / test[1] == pytest.approx(test[3], rel=1e-14)
        if pair["cox"]["warning"] is not None:
            assert fits.cox.codes[0, contrast] == MONOTONE
            assert np.isnan(ratio).all()
            continue
        assert fits.cox.codes[0, contrast] == CONVERGED
        told = [pair["cox"][key] for key in ("estimate", "standard_error", "z", "p")]
        assert ratio[[0, 1, 3, 4]] == pytest.approx(told, rel=1e-8, abs=1e-14)
        assert ratio[2] == test[2] == math.inf


@pytest.mark.parametrize("name", sorted(PEERS))
def test_the_stored_peers(name):
    survival, sizes = data_of(name)
    fits, told = survival_analyses(survival, sizes, 0, 6.0), PEERS[name]
    assert fits.cox.figures[0, 0, :2] == pytest.approx([told["cox_beta"], told["cox_se"]], rel=1e-8, abs=1e-13)
    assert fits.log_rank.figures[0, 0, 3] ** 2 == pytest.approx(told["logrank_chisq"], rel=1e-8)
    assert fits.kaplan_meier.figures[0, :, 0] == pytest.approx(told["km6"], rel=1e-8)


def test_by_hand():
    # Times 0 to 4; at 1 two of one group and one of the other have the event, at 3 one of the other.
    survival, sizes = trial([(1, 1), (1, 0), (3, 1), (4, 0)], [(0, 0), (1, 1), (1, 1), (4, 0)])
    fits = survival_analyses(survival, sizes, 0, 3.0)
    assert fits.kaplan_meier.figures[0, :, 0] == pytest.approx([3 / 4 * 1 / 2, 1 / 3])
    greenwood = [3 / 8 * math.sqrt(1 / 12 + 1 / 2), 1 / 3 * math.sqrt(2 / 3)]
    assert fits.kaplan_meier.figures[0, :, 1] == pytest.approx(greenwood)
    assert np.isnan(fits.kaplan_meier.figures[0, :, 3:]).all()
    assert (fits.kaplan_meier.figures[0, :, 2] == math.inf).all()
    assert fits.log_rank.figures[0, 0, 0] == pytest.approx(2 - 3 * 3 / 7 - 1 / 3)
    variance = 3 * 4 / 6 * 3 / 7 * 4 / 7 + 1 / 3 * 2 / 3
    assert fits.log_rank.figures[0, 0, 1] == pytest.approx(math.sqrt(variance))
    w = math.exp(fits.cox.figures[0, 0, 0])
    shares = [(3 - 2 * j / 3) * w / ((3 - 2 * j / 3) * w + 4 - j / 3) for j in range(3)] + [w / (w + 2)]
    assert sum(shares) == pytest.approx(2.0)
    assert fits.cox.figures[0, 0, 1] == pytest.approx(sum(p * (1 - p) for p in shares) ** -0.5)


def test_survival_holds_from_the_time_of_an_event_on():
    survival, sizes = trial([(2.0, 1), (5.0, 0)])
    for until, told in ((2.0 - 1e-8, 1.0), (2.0 - 1e-10, 0.5), (2.0, 0.5), (5.0 + 1e-10, 0.5)):
        assert kaplan_meier(survival, sizes, until).figures[0, 0, 0] == told
    assert kaplan_meier(survival, sizes, 5.0 + 1e-8).codes[0, 0] == TOO_FEW


@pytest.mark.parametrize(
    ("groups", "curves", "test", "ratio"),
    [
        ([[(6, 0), (6, 0)], [(6, 0), (6, 0)]], [SINGULAR, SINGULAR], NO_EVENTS, NO_EVENTS),
        ([[(1, 1), (2, 1)], [(3, 1), (4, 1)]], [SINGULAR, SINGULAR], CONVERGED, MONOTONE),
        ([[(3, 1), (4, 1)], [(1, 1), (2, 1)]], [SINGULAR, SINGULAR], CONVERGED, MONOTONE),
        ([[(1, 1), (3, 1)], [(2, 1), (4, 1)]], [SINGULAR, SINGULAR], CONVERGED, CONVERGED),
        ([[(0, 1), (6, 0)], [(0, 1), (6, 0)]], [CONVERGED, CONVERGED], CONVERGED, CONVERGED),
        ([[(0, 1), (6, 0)], [(6, 0), (6, 0)]], [CONVERGED, SINGULAR], CONVERGED, MONOTONE),
        ([[(1, 1), (1, 1)], [(1, 1), (1, 1)]], [SINGULAR, SINGULAR], NO_VARIATION, CONVERGED),
        ([[(1, 0), (1, 0)], [(2, 1), (6, 0)]], [TOO_FEW, CONVERGED], NO_VARIATION, MONOTONE),
        ([[], [(2, 1), (6, 0)]], [TOO_FEW, CONVERGED], TOO_FEW, TOO_FEW),
        ([[(2, 1), (6, 0)], []], [CONVERGED, TOO_FEW], TOO_FEW, TOO_FEW),
        ([[(2, 1), (6, 0)]], [CONVERGED], TOO_FEW, TOO_FEW),
        ([[(2, 0), (6, 0)]], [SINGULAR], TOO_FEW, TOO_FEW),
    ],
)
def test_every_code(groups, curves, test, ratio):
    fits = survival_analyses(*trial(*groups), 0, 6.0)
    assert fits.kaplan_meier.codes[0].tolist() == curves
    assert (fits.log_rank.codes[0].tolist(), fits.cox.codes[0].tolist()) == ([test], [ratio])
    for one in (fits.log_rank, fits.cox):
        assert np.isnan(one.figures).all() == (not one.evaluable.any())
    assert np.isnan(fits.kaplan_meier.figures[~fits.kaplan_meier.evaluable]).all()
    assert np.isfinite(fits.kaplan_meier.figures[fits.kaplan_meier.evaluable][:, :2]).all()


def test_nobody_or_everybody_has_no_error():
    survival, sizes = trial([(6, 0), (7, 0)], [(1, 1), (2, 1)])
    figures = kaplan_meier(survival, sizes, 6.0).figures[0]
    assert figures[:, :2].tolist() == [[1.0, 0.0], [0.0, 0.0]]


def test_no_optimum_within_the_steps_given():
    risk, events, other = np.array([9.0, 8.0]), np.array([1.0, 0.0]), np.array([9.0, 9.0])
    figures = np.zeros(5)
    other_events = np.array([0.0, 1.0])
    call = (risk, events, other, other_events, 2, True, figures, np.empty((2, 9)))
    assert fit_cox(*call, 1) == NOT_CONVERGED
    assert np.isnan(figures).all()
    assert fit_cox(*call, 20) == CONVERGED


@pytest.mark.parametrize("far", [1.0, 1e3, 1e6])
def test_the_optimum_is_found_far_away(far):
    # Two terms, one won: c1 c2 = a1 a2 w^2.
    a, c = np.array([1.0, 2.0]), np.array([3.0 * far, 5.0 * far])
    beta, information, arrived = highest_likelihood(a, c, 1, 100)
    assert arrived
    assert beta == pytest.approx(0.5 * math.log(15.0 * far * far / 2.0), rel=1e-9)
    shares = a * math.exp(beta) / (c + a * math.exp(beta))
    assert information == pytest.approx(float((shares * (1 - shares)).sum()), rel=1e-8)
    turned, _, _ = highest_likelihood(c, a, 1, 100)
    assert turned == pytest.approx(-beta, rel=1e-9)


def test_the_table_of_events():
    survival, _ = trial([(1, 1), (3, 0), (2, 0), (3, 1)], [(0, 0), (1, 1), (5, 0), (1, 0), (3, 1)])
    n, at, last = 9, np.empty(10), np.empty(2)
    risk, events = np.empty((2, 10)), np.empty((2, 10))
    starts = np.array([0, 4, 9])
    m = event_table(survival[0, 0], survival[0, 1], starts, at, risk, events, last, np.empty((3, n), dtype=np.int64))
    assert (m, at[:m].tolist(), last.tolist()) == (2, [1.0, 3.0], [3.0, 5.0])
    assert risk[:, :m].tolist() == [[4.0, 2.0], [4.0, 2.0]]
    assert events[:, :m].tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert [times_until(at, 2, t) for t in (0.5, 1.0, 2.9, 3.0, 9.0)] == [0, 1, 1, 2, 2]


def test_groups_exchanged_turn_the_sign():
    survival, sizes = many(groups=2)
    turned = np.concatenate([survival[:, :, 15:], survival[:, :, :15]], axis=2)
    one, other = survival_analyses(survival, sizes, 0, 20.0), survival_analyses(turned, sizes, 0, 20.0)
    for a, b in ((one.log_rank, other.log_rank), (one.cox, other.cox)):
        np.testing.assert_allclose(a.figures[..., [0, 3]], -b.figures[..., [0, 3]], atol=1e-9)
        np.testing.assert_allclose(a.figures[..., [1, 4]], b.figures[..., [1, 4]], atol=1e-9)
    np.testing.assert_allclose(one.kaplan_meier.figures, other.kaplan_meier.figures[:, ::-1], rtol=1e-13)


def test_the_reference_may_be_any_group():
    survival, sizes = many(groups=3)
    fits = survival_analyses(survival, sizes, 1, 20.0)
    for contrast, group in enumerate((0, 2)):
        parts = [survival[:, :, 10 * g : 10 * g + 10] for g in (1, group)]
        pair = survival_analyses(np.concatenate(parts, axis=2), np.array([10, 10]), 0, 20.0)
        # Times at which only a third group has events tell a pair nothing.
        np.testing.assert_allclose(fits.log_rank.figures[:, contrast], pair.log_rank.figures[:, 0], rtol=1e-12)
        np.testing.assert_allclose(fits.cox.figures[:, contrast], pair.cox.figures[:, 0], rtol=1e-7, atol=1e-12)
        assert fits.cox.codes[:, contrast].tolist() == pair.cox.codes[:, 0].tolist()


def test_units_in_another_order_and_time_on_another_scale_change_nothing():
    survival, sizes = many()
    fits = survival_analyses(survival, sizes, 0, 16.0)
    mixed = survival.reshape(40, 2, 3, 10)[..., np.random.default_rng(2).permutation(10)].reshape(40, 2, 30)
    same(fits, survival_analyses(mixed, sizes, 0, 16.0))
    same(fits, survival_analyses(mixed * np.array([4.0, 1.0])[:, None], sizes, 0, 64.0))


def test_batches_and_threads_change_nothing():
    survival, sizes = many(trials=60)
    whole = survival_analyses(survival, sizes, 0, 16.0)
    with ThreadPoolExecutor(2) as pool:
        single = list(pool.map(lambda r: survival_analyses(survival[r : r + 1], sizes, 0, 16.0), range(60)))
    for name in ("kaplan_meier", "log_rank", "cox"):
        joined = np.concatenate([getattr(one, name).figures for one in single])
        np.testing.assert_array_equal(getattr(whole, name).figures, joined)


def test_one_at_a_time_is_the_same():
    survival, sizes = many()
    fits = survival_analyses(survival, sizes, 2, 16.0)
    for one, all_three in (
        (kaplan_meier(survival, sizes, 16.0), fits.kaplan_meier),
        (log_rank(survival, sizes, 2), fits.log_rank),
        (cox(survival, sizes, 2), fits.cox),
    ):
        np.testing.assert_array_equal(one.figures, all_three.figures)
        np.testing.assert_array_equal(one.codes, all_three.codes)


@pytest.mark.parametrize(
    ("shape", "reference", "until", "told"),
    [
        ((5, 2, 29), 0, 6.0, r"survival: expected (R, 2, 30); got (5, 2, 29)"),
        ((2, 30), 0, 6.0, r"survival: expected (R, 2, 30); got (2, 30)"),
        ((5, 2, 30), 3, 6.0, "reference: expected a group from 0 to 2; got 3"),
        ((5, 2, 30), -1, 6.0, "reference: expected a group from 0 to 2; got -1"),
        ((5, 2, 30), 0, math.inf, "until: expected a time; got inf"),
    ],
)
def test_what_does_not_fit_is_refused(shape, reference, until, told):
    with pytest.raises(ValueError) as refused:
        survival_analyses(np.zeros(shape), np.array([10, 10, 10]), reference, until)
    assert str(refused.value) == told


def test_no_trials_give_no_fits():
    fits = survival_analyses(np.empty((0, 2, 4)), np.array([2, 2]), 0, 1.0)
    assert fits.cox.figures.shape == (0, 1, 5)
    assert fits.kaplan_meier.codes.shape == (0, 2)
