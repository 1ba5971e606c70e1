"""Boundaries for a number of events: against plain recursion in R and the R packages stoppingrule and clinfun, against
all paths one by one, and against simulation."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadin.engine.event_boundary import (
    bayesian_boundary,
    crossing,
    exact_boundary,
    likelihood_ratio_boundary,
    posterior_above,
    share_of_orders,
    tail_probability,
)
from leadin.errors import DataError

VALIDATION = Path(__file__).resolve().parents[2] / "validation" / "safety"
RULES = json.loads((VALIDATION / "stopping.json").read_text())
PACKAGES = json.loads((VALIDATION / "packages.json").read_text())


def made(rule):
    most, first = rule["participants"], rule.get("first_look", 1)
    if rule["kind"] == "bayesian":
        mean, weight = rule["prior_mean"], rule["prior_weight"]
        prior = (mean * weight, (1 - mean) * weight)
        return bayesian_boundary(most, prior, rule["tolerated"], rule["certainty"], first)
    if rule["kind"] == "exact":
        return exact_boundary(most, rule["tolerated"], rule["alpha"], first)
    return likelihood_ratio_boundary(most, rule["tolerated"], rule["unacceptable"], rule["alpha"], first)


@pytest.mark.evidence("safety", "reference")
@pytest.mark.parametrize("rule", RULES, ids=lambda r: f"{r['kind']}-{r['participants']}")
def test_boundaries_and_what_they_do_equal_r(rule):
    boundary = made(rule)
    assert list(boundary) == rule["boundary"]
    for told in rule["does"]:
        done = crossing(boundary, told["share"])
        assert (done.ever, done.expected) == pytest.approx((told["ever"], told["expected"]), rel=1e-9)
    for told in rule["orders"]:
        assert share_of_orders(boundary, told["events"], told["n"]) == pytest.approx(told["share"], rel=1e-9, abs=1e-12)


@pytest.mark.evidence("safety", "reference")
@pytest.mark.parametrize("told", PACKAGES, ids=lambda r: f"{r['kind']}-{r['participants']}")
def test_boundaries_equal_those_of_r_packages(told):
    boundary = made(told)
    assert list(boundary) == told["boundary"]
    assert crossing(boundary, told["tolerated"]).ever == pytest.approx(told["ever"], rel=1e-9)
    assert crossing(boundary, 2 * told["tolerated"]).ever == pytest.approx(told["ever_at_twice"], rel=1e-9)
    if "clinfun" in told:
        assert list(boundary) == told["clinfun"]
        assert told["clinfun_ever"] == pytest.approx(told["ever"], rel=1e-9)


def every_path(boundary, share):
    """Probability of stopping at each n, over all 2^N paths one by one."""
    stops = [0.0] * len(boundary)
    for path in itertools.product((0, 1), repeat=len(boundary)):
        weight = math.prod(share if hit else 1 - share for hit in path)
        for n in range(1, len(boundary) + 1):
            if boundary[n - 1] is not None and sum(path[:n]) >= boundary[n - 1]:
                stops[n - 1] += weight
                break
    return stops


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_crossing_equals_all_paths_one_by_one(share):
    boundary = (None, 2, 2, None, 3, 3, 4, 4)
    done, plain = crossing(boundary, share), every_path(boundary, share)
    assert done.stops_at == pytest.approx(plain, abs=1e-15)
    assert done.ever == pytest.approx(sum(plain))
    expected = sum(n * p for n, p in enumerate(plain, 1)) + 8 * (1 - sum(plain))
    assert done.expected == pytest.approx(expected)


def test_orders_equal_all_of_them_one_by_one():
    boundary = (None, 2, 2, 3, 3, None, 4)
    for n, events in ((7, 3), (6, 2), (4, 0), (5, 5), (1, 1), (0, 0)):
        orders = list(itertools.combinations(range(n), events))
        hits = sum(
            any(boundary[k - 1] is not None and sum(i < k for i in order) >= boundary[k - 1] for k in range(1, n + 1))
            for order in orders
        )
        assert share_of_orders(boundary, events, n) == pytest.approx(hits / len(orders))


def test_a_boundary_that_nothing_reaches_never_stops():
    done = crossing((None, None, None), 0.5)
    assert (done.ever, done.expected, done.stops_at.tolist()) == (0.0, 3.0, [0.0, 0.0, 0.0])


def test_the_first_look_is_waited_for():
    assert exact_boundary(20, 0.2, 0.05, 5)[:5] == (None, None, None, None, 4)
    assert bayesian_boundary(6, (0.1, 0.9), 0.1, 0.9, 3)[:3] == (None, None, 2)
    assert likelihood_ratio_boundary(20, 0.1, 0.3, 0.05, 20)[:19] == (None,) * 19


def test_the_posterior_by_hand():
    # Beta(1, 1) after 2 of 2 is Beta(3, 1): above t with probability 1 - t^3.
    assert posterior_above(2, 2, (1.0, 1.0), 0.3) == pytest.approx(1 - 0.3**3)
    assert posterior_above(0, 0, (1.0, 1.0), 0.3) == pytest.approx(0.7)
    # Uniform prior, above 0.5 with certainty 0.8: 1 of 1 has 0.75, 2 of 2 has 0.875.
    assert bayesian_boundary(2, (1.0, 1.0), 0.5, 0.8) == (None, 2)
    # Above, not at, the certainty: 1 of 1 has 0.75 to the last bit.
    assert bayesian_boundary(1, (1.0, 1.0), 0.5, 0.75) == (None,)


def test_a_tail_by_hand():
    assert tail_probability(0, 3, 0.2) == 1.0
    assert tail_probability(1, 3, 0.2) == pytest.approx(1 - 0.8**3)
    assert tail_probability(3, 3, 0.2) == pytest.approx(0.008)


def test_one_look_is_a_one_sided_test():
    # 2 or more of 5 have probability 0.0815 at 0.1, 3 or more 0.00856.
    assert exact_boundary(5, 0.1, 0.05, 5)[4] == 3
    assert exact_boundary(5, 0.1, 0.0815, 5)[4] == 2


@settings(max_examples=40, deadline=None)
@given(st.integers(5, 40), st.floats(0.02, 0.5), st.floats(0.02, 0.2))
@pytest.mark.evidence("safety", "property")
def test_the_error_is_kept_and_the_next_lower_boundary_would_not(most, tolerated, alpha):
    try:
        boundary = exact_boundary(most, tolerated, alpha)
    except DataError:
        assert tolerated**most > alpha
        return
    assert crossing(boundary, tolerated).ever <= alpha
    tails = {(n, x): tail_probability(x, n, tolerated) for n in range(1, most + 1) for x in range(1, n + 1)}
    level = max(tails[n, x] for n, x in enumerate(boundary, 1) if x is not None)
    higher = min(tail for tail in tails.values() if tail > level)
    lower = [min((x for x in range(1, n + 1) if tails[n, x] <= higher), default=None) for n in range(1, most + 1)]
    assert crossing(tuple(lower), tolerated).ever > alpha
    entries = [entry for entry in boundary if entry is not None]
    assert all(later - one in (0, 1) for one, later in itertools.pairwise(entries))
    stops = [crossing(boundary, share).ever for share in (0.0, tolerated / 2, tolerated, min(2 * tolerated, 1.0), 1.0)]
    assert stops == sorted(stops)


def test_what_no_boundary_can_keep_is_refused():
    with pytest.raises(DataError, match=r"alpha: expected an error that some boundary for 4 can keep; got 0\.05, and"):
        exact_boundary(4, 0.5, 0.05)
    with pytest.raises(DataError, match=r"and even 4 events of 4 are likelier than that under a share of 0\.5"):
        likelihood_ratio_boundary(4, 0.5, 0.7, 0.05)


@pytest.mark.parametrize("unacceptable", [0.1, 0.05, 1.0])
def test_unacceptable_is_above_tolerated(unacceptable):
    with pytest.raises(DataError, match=r"unacceptable: expected a share between 0\.1 and 1"):
        likelihood_ratio_boundary(20, 0.1, unacceptable, 0.05)


def test_a_prior_that_stops_before_anything_happened_is_refused():
    with pytest.raises(DataError, match=r"prior: expected one that does not stop when nothing has happened") as caught:
        bayesian_boundary(10, (9.0, 1.0), 0.1, 0.9)
    assert str(caught.value).endswith(
        "surer than 0.9 that the share exceeds 0.1 after 0 of 1. Lower its mean or its weight."
    )


@pytest.mark.parametrize(("first", "tolerated"), [(0, 0.1), (21, 0.1), (1, 0.0), (1, 1.0)])
def test_settings_out_of_range_are_refused(first, tolerated):
    with pytest.raises(DataError, match=r"first_look|tolerated"):
        exact_boundary(20, tolerated, 0.05, first)
    with pytest.raises(DataError, match=r"first_look|tolerated"):
        bayesian_boundary(20, (1.0, 9.0), tolerated, 0.9, first)


@pytest.mark.parametrize(("events", "n"), [(-1, 3), (4, 3), (1, 4)])
def test_orders_refuse_what_is_no_count(events, n):
    with pytest.raises(DataError, match=r"events, n: expected 0 <= events <= n <= 3"):
        share_of_orders((None, 2, 2), events, n)


def test_a_path_drawn_at_random_reaches_it_as_often_as_the_recursion_says():
    draw = np.random.default_rng(5)
    boundary = exact_boundary(30, 0.1, 0.05)
    bounds = np.array([99 if entry is None else entry for entry in boundary])
    for share in (0.1, 0.25):
        paths = np.cumsum(draw.random((20_000, 30)) < share, axis=1)
        crossed = (paths >= bounds).any(axis=1)
        treated = np.where(crossed, (paths >= bounds).argmax(axis=1) + 1, 30)
        done = crossing(boundary, share)
        assert abs(crossed.mean() - done.ever) < 4 * (done.ever * (1 - done.ever) / 20_000) ** 0.5
        assert abs(treated.mean() - done.expected) < 4 * treated.std() / 20_000**0.5
