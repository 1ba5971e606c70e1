"""The joint rank of many trials: against all pairs compared plainly, by property, and every code."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.engine.batches.joint_rank import joint_rank, joint_scores
from leadin.engine.collapsed import BASE, SUMS
from leadin.engine.composite_pairs import compare_all, courses
from leadin.engine.fits import CONVERGED, NO_VARIATION, RANK_DEFICIENT, TOO_FEW
from leadin.engine.rank_sum import exact_p_values, mid_ranks, rank_sum_test

DECIMALS = 9


def sums_of(baseline):
    """(R, n) baselines as the sums of one measure."""
    sums = np.zeros((baseline.shape[0], 1, SUMS, baseline.shape[1]))
    sums[:, 0, BASE + 1] = baseline
    return sums


def many(trials=30, n=30, k=4, *, unseen=0.1, lost=0.1, dies=0.2, decimals=0, seed=1):
    """sums, seen and survival of trials in which times are whole and so tie."""
    rng = np.random.default_rng(seed)
    baseline = np.round(rng.normal(37.0, 5.0, (trials, n)), decimals)
    months = np.arange(1.0, k + 1.0)
    values = np.round(baseline[:, None] - months[:, None] + rng.normal(0.0, 2.0, (trials, k, n)), decimals)
    died, left = rng.random((trials, n)) < dies, rng.random((trials, n)) < lost
    time = np.where(died | left, np.floor(rng.uniform(0.0, k + 1.0, (trials, n))), k + 0.5)
    gone = (months[:, None] > time[:, None]) | (rng.random(values.shape) < unseen)
    baseline = np.where(rng.random((trials, n)) < unseen / 3.0, np.nan, baseline)
    survival = np.stack([time, died.astype(float)], axis=1)
    return sums_of(baseline), np.where(gone, np.nan, values)[:, None].copy(), survival


def plain_scores(sums, seen, survival, *, times=None, end=math.inf):
    """Scores (n,) of one trial by all pairs."""
    change = np.round(seen[0, :times] - sums[0, BASE + 1], DECIMALS)
    event = (survival[1] == 1.0) & (survival[0] <= end)
    mine = courses(np.round(np.minimum(survival[0], end), DECIMALS), event, change.T)
    return compare_all(mine, mine).sign.sum(axis=1, dtype=np.int64)


KINDS = {
    "usual": {},
    "total": {"unseen": 0.0, "lost": 0.0},
    "all live": {"unseen": 0.0, "lost": 0.0, "dies": 0.0},
    "all die": {"dies": 1.0},
    "not whole": {"decimals": 3},
    "hardly seen": {"unseen": 0.6},
    "most leave": {"lost": 0.8, "dies": 0.5},
    "nobody stays": {"lost": 1.0, "dies": 0.0},
    "one time": {"k": 1},
    "no time": {"k": 0},
    "many": {"n": 300, "trials": 4},
    "six": {"n": 6, "trials": 200, "k": 3},
}


@pytest.mark.parametrize("kind", KINDS)
def test_sorting_and_pairs_give_the_scores_of_all_pairs(kind):
    data = many(**KINDS[kind])
    k, n = data[1].shape[2:]
    for end, times in ((math.inf, None), (2.0, min(k, 2)), (2.5, min(k, 1)), (0.0, 0)):
        made = joint_scores(*data, np.array([n]), times=times, end=end)
        for r in range(len(made.singly)):
            told = plain_scores(data[0][r], data[1][r], data[2][r], times=times, end=end)
            assert made.scores[r].tolist() == told.tolist()
            assert made.ranks[r].tolist() == mid_ranks(told).tolist()


@given(st.data())
def test_any_small_trial(data):
    n, k = data.draw(st.integers(1, 7)), data.draw(st.integers(0, 3))
    value = st.sampled_from([math.nan, 0.0, 1.0, 2.0, 2.0 + 4e-10, 1e7])
    seen = np.array(data.draw(st.lists(value, min_size=n * k, max_size=n * k))).reshape(1, 1, k, n)
    time = data.draw(st.lists(st.sampled_from([0.0, 1.0, 1.0 + 4e-10, 2.0, 3.0]), min_size=n, max_size=n))
    event = data.draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=n, max_size=n))
    survival = np.array([[time, event]])
    end = data.draw(st.sampled_from([0.0, 1.0, 2.5, math.inf]))
    sums = sums_of(np.zeros((1, n)))
    made = joint_scores(sums, seen, survival, np.array([n]), end=end)
    assert made.scores[0].tolist() == plain_scores(sums[0], seen[0], survival[0], end=end).tolist()


def test_which_trials_sorting_decides():
    data = many(trials=8, unseen=0.0, lost=0.0)
    n = 30
    sizes = np.array([15, 15])
    assert joint_rank(*data, sizes, 0).by_sorting == 1.0
    living = [int(np.flatnonzero(data[2][r, 1] == 0.0)[0]) for r in range(8)]
    # One without event not seen at the last time, in two trials: he and every other without event.
    for r in (0, 1):
        data[1][r, 0, -1, living[r]] = np.nan
    # One censored before the events of others, in a third trial.
    data[2][2, 0, living[2]] = 0.5
    made = joint_rank(*data, sizes, 0)
    lives = n - data[2][:, 1].sum(axis=1).astype(int)
    later = int(((data[2][2, 0] > 0.5) & (data[2][2, 1] == 1.0)).sum())
    assert made.singly.tolist() == [lives[0] - 1, lives[1] - 1, later, 0, 0, 0, 0, 0]
    assert made.by_sorting == 5 / 8


def wilcoxon_of(score, rank, mine, other):
    test = rank_sum_test(score[mine], score[other])
    both = np.concatenate([rank[mine], rank[other]])
    error = math.sqrt(both.var(ddof=1) * (1.0 / mine.size + 1.0 / other.size))
    return [rank[mine].mean() - rank[other].mean(), error, math.inf, test.statistic, test.p]


@pytest.mark.parametrize("sizes", [(12, 18), (10, 8, 12), (1, 29), (5, 5, 5, 15)])
def test_wilcoxon_as_it_is_plainly(sizes):
    data, reference = many(), len(sizes) - 1
    fits = joint_rank(*data, np.array(sizes), reference)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    groups = [np.arange(starts[g], starts[g + 1]) for g in range(len(sizes))]
    for r in range(30):
        score = plain_scores(data[0][r], data[1][r], data[2][r])
        rank = mid_ranks(score)
        for contrast in range(len(sizes) - 1):
            told = wilcoxon_of(score, rank, groups[contrast], groups[-1])
            assert fits.wilcoxon.figures[r, contrast] == pytest.approx(told, rel=1e-12, abs=1e-12)
            assert fits.wilcoxon.codes[r, contrast] == CONVERGED


@pytest.mark.parametrize(("sizes", "exact"), [((49, 49), True), ((50, 20), False), ((3, 49), True), ((20, 50), False)])
def test_the_exact_p_below_fifty_without_ties(sizes, exact):
    n = sum(sizes)
    change = np.random.default_rng(3).permutation(n).astype(float)
    sums, seen = sums_of(np.zeros((1, n))), change.reshape(1, 1, 1, n)
    survival = np.stack([np.full((1, n), 6.0), np.zeros((1, n))], axis=1)
    figures = joint_rank(sums, seen, survival, np.array(sizes), 1).wilcoxon.figures[0, 0]
    test = rank_sum_test(change[: sizes[0]], change[sizes[0] :])
    assert test.exact == exact
    assert figures[3:] == pytest.approx([test.statistic, test.p], rel=1e-13)
    # One tie, and the normal approximation serves.
    change[0] = change[1]
    tied = joint_rank(sums, change.reshape(1, 1, 1, n), survival, np.array(sizes), 1).wilcoxon.figures[0, 0]
    assert tied[4] == pytest.approx(rank_sum_test(change[: sizes[0]], change[sizes[0] :]).p, rel=1e-13)


def test_every_exact_p():
    for n, m in ((1, 1), (3, 4), (6, 2)):
        p = exact_p_values(n, m)
        assert p.shape == (n * m + 1,)
        assert p[0] == p[-1] == pytest.approx(2.0 / math.comb(n + m, n))
        assert p.tolist() == p[::-1].tolist()
    assert exact_p_values(1, 1).tolist() == [1.0, 1.0]


def code_of(change, baseline, sizes, *, event=None):
    n = len(change)
    survival = np.stack([np.arange(1.0, n + 1)[None], np.zeros((1, n)) if event is None else np.array([event])], axis=1)
    fits = joint_rank(
        sums_of(np.array([baseline], dtype=float)),
        np.reshape(np.array(change, dtype=float) + np.array(baseline, dtype=float), (1, 1, 1, n)),
        survival,
        np.array(sizes),
        0,
        ancova=True,
    )
    for one in (fits.wilcoxon, fits.ancova):
        for code, figures in zip(one.codes[0], one.figures[0], strict=True):
            assert np.isfinite(figures[[0, 1, 3]]).all() == (code == CONVERGED)
            assert np.isnan(figures).all() == (code != CONVERGED)
    return fits.wilcoxon.codes[0].tolist(), fits.ancova.codes[0].tolist()


def test_every_code():
    nan = math.nan
    assert code_of([1, 2, 3, 5], [9, 8, 8, 9], [2, 2]) == ([CONVERGED], [CONVERGED])
    assert code_of([1, 1, 1, 1, 1], [9, 8, 8, 9, 7], [2, 3]) == ([NO_VARIATION], [NO_VARIATION])
    assert code_of([1, 2, 3], [9, 8, 8], [2, 1]) == ([CONVERGED], [TOO_FEW])
    assert code_of([1, 2, 3, 4], [9, 9, 8, 8], [2, 2]) == ([CONVERGED], [RANK_DEFICIENT])
    assert code_of([1, 2, 2, 3], [1, 2, 1, 2], [2, 2]) == ([CONVERGED], [NO_VARIATION])
    assert code_of([1, 2, 3, 5, 4], [9, 8, 8, 9, 7], [5]) == ([TOO_FEW], [TOO_FEW])
    assert code_of([1, 2, 3, 5, 4], [9, 8, 8, 9, 7], [5, 0]) == ([TOO_FEW], [TOO_FEW])
    assert code_of([1, 2, 3, 5, 4], [9, 8, 8, 9, 7], [0, 5]) == ([TOO_FEW], [TOO_FEW])
    assert code_of([1, 2, 4, 3, 5, 6], [9, 8, 7, nan, 8, nan], [3, 1, 2], event=[1, 0, 1, 1, 0, 1]) == (
        [CONVERGED, CONVERGED],
        [TOO_FEW, CONVERGED],
    )
    assert code_of([1, 2, 3], [nan, nan, nan], [1, 2], event=[1, 1, 1]) == ([CONVERGED], [TOO_FEW])


def test_two_compared_groups_may_be_level_while_a_third_is_not():
    assert code_of([1, 1, 1, 1, 4, 5], [9, 8, 8, 9, 8, 9], [2, 2, 2]) == (
        [NO_VARIATION, CONVERGED],
        [CONVERGED, CONVERGED],
    )


def test_groups_exchanged_turn_the_sign():
    sums, seen, survival = many()
    turned = [np.concatenate([array[..., 15:], array[..., :15]], axis=-1) for array in (sums, seen, survival)]
    sizes = np.array([15, 15])
    one = joint_rank(sums, seen, survival, sizes, 0, ancova=True)
    other = joint_rank(*turned, sizes, 0, ancova=True)
    np.testing.assert_allclose(one.wilcoxon.figures[..., 0], -other.wilcoxon.figures[..., 0], atol=1e-12)
    np.testing.assert_allclose(one.wilcoxon.figures[..., [1, 4]], other.wilcoxon.figures[..., [1, 4]], rtol=1e-12)
    np.testing.assert_allclose(one.wilcoxon.figures[..., 3], 225.0 - other.wilcoxon.figures[..., 3])
    np.testing.assert_allclose(one.ancova.figures[..., [0, 3]], -other.ancova.figures[..., [0, 3]], atol=1e-12)
    np.testing.assert_allclose(one.ancova.figures[..., [1, 2]], other.ancova.figures[..., [1, 2]], rtol=1e-12)
    assert one.singly.tolist() == other.singly.tolist()


def test_order_of_units_shift_and_scale_change_no_score():
    sums, seen, survival = many()
    scores = joint_scores(sums, seen, survival, np.array([30])).scores
    mixed = np.random.default_rng(5).permutation(30)
    again = joint_scores(sums[..., mixed], seen[..., mixed], survival[..., mixed], np.array([30])).scores
    assert again.tolist() == scores[:, mixed].tolist()
    stretched = survival * np.array([8.0, 1.0])[:, None]
    assert joint_scores(sums * 4.0 + 64.0, seen * 4.0 + 64.0, stretched, np.array([30])).scores.tolist() == (
        scores.tolist()
    )
    assert (scores.sum(axis=1) == 0).all()


def test_batches_and_threads_change_nothing():
    sums, seen, survival = many(trials=60)
    sizes = np.array([10, 8, 12])
    whole = joint_rank(sums, seen, survival, sizes, 1, ancova=True)

    def one(r):
        return joint_rank(sums[r : r + 1], seen[r : r + 1], survival[r : r + 1], sizes, 1, ancova=True)

    with ThreadPoolExecutor(2) as pool:
        single = list(pool.map(one, range(60)))
    for name in ("wilcoxon", "ancova"):
        np.testing.assert_array_equal(
            getattr(whole, name).figures, np.concatenate([getattr(fit, name).figures for fit in single])
        )
    assert whole.singly.tolist() == [int(fit.singly[0]) for fit in single]


def test_the_measure_asked_for_is_taken():
    first, second = many(seed=1), many(seed=2)
    sums, seen = (np.concatenate([a, b], axis=1) for a, b in zip(first[:2], second[:2], strict=True))
    for measure, (one, other, _) in enumerate((first, second)):
        told = joint_scores(one, other, first[2], np.array([30]))
        assert joint_scores(sums, seen, first[2], np.array([30]), measure=measure).scores.tolist() == (
            told.scores.tolist()
        )


def test_what_was_not_asked_for_is_not_there():
    fits = joint_rank(*many(), np.array([15, 15]), 0)
    assert fits.ancova.figures.shape == (30, 0, 5)
    assert fits.wilcoxon.figures.shape == (30, 1, 5)


SHAPES = {"sums": (3, 1, 16, 30), "seen": (3, 1, 4, 30), "survival": (3, 2, 30)}


@pytest.mark.parametrize(
    ("changed", "named", "told"),
    [
        ({"survival": (3, 3, 30)}, {}, "survival: expected (R, 2, 30); got (3, 3, 30)"),
        ({"sums": (3, 1, 15, 30)}, {}, "sums: expected (3, M, 16, 30); got (3, 1, 15, 30)"),
        ({"sums": (3, 16, 30)}, {}, "sums: expected (3, M, 16, 30); got (3, 16, 30)"),
        ({"seen": (3, 2, 4, 30)}, {}, "seen: expected (3, 1, k, 30); got (3, 2, 4, 30)"),
        ({"seen": (3, 4, 30)}, {}, "seen: expected (3, 1, k, 30); got (3, 4, 30)"),
        ({}, {"reference": 2}, "reference: expected a group from 0 to 1; got 2"),
        ({}, {"reference": -1}, "reference: expected a group from 0 to 1; got -1"),
        ({}, {"measure": 1}, "measure: expected one from 0 to 0; got 1"),
        (
            {"sums": (3, 2, 16, 30), "seen": (3, 2, 4, 30)},
            {"measure": 2},
            "measure: expected one from 0 to 1; got 2",
        ),
        ({}, {"measure": -1}, "measure: expected one from 0 to 0; got -1"),
        ({}, {"times": 5}, "times: expected 0 to 4; got 5"),
        ({}, {"times": -1}, "times: expected 0 to 4; got -1"),
        ({}, {"end": math.nan}, "end: expected a time; got NaN"),
    ],
)
def test_what_does_not_fit_is_refused(changed, named, told):
    arrays = [np.zeros(shape) for shape in (SHAPES | changed).values()]
    with pytest.raises(ValueError) as refused:
        joint_rank(*arrays, np.array([15, 15]), **({"reference": 0} | named))
    assert str(refused.value) == told


def test_no_numbers_whatever_lead_out_of_bounds():
    """A trial that could not be filled holds anything: its scores mean nothing, and are scores all the same."""
    rng = np.random.default_rng(7)
    strange = [math.nan, math.inf, -math.inf, 0.0, -1.0, 1e300, -1e300, 5e15, 1e-320, 6.0, 0.5, 1.0]
    for share in (0.1, 0.5, 1.0):
        data = [np.where(rng.random(a.shape) < share, rng.choice(strange, a.shape), a) for a in many(n=30, lost=0.3)]
        for end in (math.inf, 3.0, -1.0):
            made = joint_scores(*data, np.array([30]), end=end)
            assert (np.abs(made.scores) < 30).all()
