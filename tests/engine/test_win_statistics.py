"""Win statistics by hand and by property. R, double loops and DeLong's error: tests/analysis/test_win_ratio.py."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.engine.win_statistics import WinShares, log_win_odds, log_win_ratio, net_benefit, win_shares
from leadin.errors import DataError

SIGNS = np.array([[1, 1, -1], [0, 1, -1]], dtype=np.int8)


def test_shares_and_their_covariance_by_hand():
    shares = win_shares([SIGNS])
    assert (shares.won, shares.lost) == (3 / 6, 2 / 6)
    # Own shares won: rows 2/3, 1/3; columns 1/2, 1, 0. Lost: rows 1/3, 1/3; columns 0, 0, 1.
    won = (1 / 18) / 2 + (1 / 4) / 3
    lost = 0 / 2 + (1 / 3) / 3
    both = 0 / 2 + ((0 - 1 / 3) * (0.5 - 0.5) + (0 - 1 / 3) * 0.5 + (1 - 1 / 3) * -0.5) / 2 / 3
    np.testing.assert_allclose(shares.covariance, [[won, both], [both, lost]], rtol=1e-12)
    ratio, odds, benefit = log_win_ratio(shares), log_win_odds(shares), net_benefit(shares)
    assert ratio.value == pytest.approx(np.log(1.5))
    assert ratio.standard_error**2 == pytest.approx(won * 4 + lost * 9 - 2 * both * 6)
    assert benefit.value == pytest.approx(1 / 6)
    assert benefit.standard_error**2 == pytest.approx(won + lost - 2 * both)
    # Half of the one tie of six goes to each side: 7/12 against 5/12.
    assert odds.value == pytest.approx(np.log(7 / 5))
    assert odds.standard_error == pytest.approx(benefit.standard_error / 2 / (7 / 12 * 5 / 12))


def test_strata_count_by_their_harmonic_size():
    other = np.array([[1, 0], [-1, -1], [1, 1], [0, 1]], dtype=np.int8)
    first, second, both = win_shares([SIGNS]), win_shares([other]), win_shares([SIGNS, other])
    w = np.array([2 * 3 / 5, 4 * 2 / 6])
    assert both.won == pytest.approx((w @ [first.won, second.won]) / w.sum())
    assert both.lost == pytest.approx((w @ [first.lost, second.lost]) / w.sum())
    np.testing.assert_allclose(
        both.covariance, (w[0] ** 2 * first.covariance + w[1] ** 2 * second.covariance) / w.sum() ** 2, rtol=1e-12
    )


matrices = st.integers(2, 6).flatmap(
    lambda n: st.integers(2, 6).flatmap(
        lambda m: st.lists(st.sampled_from([-1, 0, 1]), min_size=n * m, max_size=n * m).map(
            lambda cells: np.array(cells, dtype=np.int8).reshape(n, m)
        )
    )
)


@pytest.mark.evidence("win_ratio", "property")
@given(matrices, matrices)
def test_exchanging_the_groups_turns_the_signs(one, two):
    there, back = win_shares([one, two]), win_shares([-one.T, -two.T])
    for estimate in (log_win_ratio, log_win_odds, net_benefit):
        try:
            first = estimate(there)
        except DataError:
            with pytest.raises(DataError):
                estimate(back)
            continue
        second = estimate(back)
        assert second.value == pytest.approx(-first.value, abs=1e-12)
        assert second.standard_error == pytest.approx(first.standard_error, rel=1e-9)


@given(matrices)
def test_win_odds_and_net_benefit_are_one_statistic(signs):
    shares = win_shares([signs])
    try:
        odds, benefit = log_win_odds(shares), net_benefit(shares)
    except DataError:
        return
    assert np.tanh(odds.value / 2) == pytest.approx(benefit.value, abs=1e-12)


@pytest.mark.parametrize(
    ("strata"), [[], [np.ones((1, 5), dtype=np.int8)], [SIGNS, np.ones((5, 1), dtype=np.int8)], [SIGNS[:, :0]]]
)
def test_groups_of_one_are_refused(strata):
    with pytest.raises(DataError, match="expected at least one, each with at least 2 members of either group"):
        win_shares(strata)


def test_all_won_or_all_lost_has_no_ratio():
    none = np.zeros((2, 2))
    for won, lost in ((0.0, 0.4), (0.4, 0.0)):
        with pytest.raises(DataError, match="expected pairs won and pairs lost; got only one of them"):
            log_win_ratio(WinShares(won, lost, none))
    for won, lost in ((1.0, 0.0), (0.0, 1.0)):
        with pytest.raises(DataError, match="expected pairs that were not all won, nor all lost"):
            log_win_odds(WinShares(won, lost, none))


@pytest.mark.parametrize("signs", [np.zeros((3, 3)), np.array([[1, -1], [-1, 1]])])
def test_where_all_fare_alike_there_is_no_error(signs):
    shares = win_shares([signs.astype(np.int8)])
    for estimate in (log_win_odds, net_benefit):
        with pytest.raises(DataError, match="all won and lost alike, so that no error can be estimated"):
            estimate(shares)
