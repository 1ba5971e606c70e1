"""Arms are filled with the chances of permuted blocks: every order as often as the plain rule says."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy import stats

from leadin.designs.kernels.allocation import arm_by_turn, drawn, stratum_of
from leadin.designs.kernels.plan import (
    BY_ONSET,
    BY_RILUZOLE,
    BY_SEX,
    BY_SITE,
    IN_BLOCKS,
    IN_ONE_BLOCK,
    NONE,
    ONE_AFTER_THE_OTHER,
    PLAN,
    SCRATCH,
)
from leadin.disease.kernels.people import BULBAR, MALE, RILUZOLE, U_SITE
from leadin.engine.permuted_blocks import every_allocation


@pytest.fixture
def plan():
    return np.zeros(1, dtype=PLAN).view(np.recarray)[0]


@pytest.fixture
def scratch():
    return np.zeros(1, dtype=SCRATCH).view(np.recarray)[0]


def allocated(plan, scratch, sharing, planned, block, strata, uniforms):
    """The arms of those who come, each with the stratum (by sex) given."""
    plan.sharing, plan.arms, plan.strata, plan.stratum[0] = sharing, len(planned), 1, BY_SEX
    plan.ratio[: len(planned)] = block
    scratch.left[: len(planned)] = planned
    blocks = np.zeros((2, len(planned)), dtype=np.int64)
    arms = []
    for stratum, uniform in zip(strata, uniforms, strict=True):
        scratch.traits[MALE] = stratum
        arms.append(arm := arm_by_turn(plan, scratch, blocks, uniform))
        scratch.left[arm] -= 1
    return tuple(arms)


@pytest.mark.parametrize(
    ("planned", "ratio", "block_size", "strata"),
    [
        ((4, 2), (2, 1), 3, (0, 0, 0, 0, 0, 0)),
        ((4, 2), (2, 1), 3, (0, 1, 0, 1, 1, 0)),
        ((3, 3), (1, 1), 4, (0, 1, 1, 1, 0, 1)),
        ((1, 4), (1, 1), 2, (0, 0, 1, 0, 1)),
        ((2, 2, 2), (1, 1, 0), 2, (0, 0, 0, 1, 1, 1)),
        ((3, 2), (1, 1), None, (0, 1, 0, 1, 0)),
        ((1, 1, 2), (1, 1, 1), None, (0, 0, 0, 0)),
    ],
)
def test_every_order_is_as_likely_as_the_plain_rule_says(plan, scratch, planned, ratio, block_size, strata):
    times = 1 if block_size is None else max(1, block_size // sum(ratio))
    sharing = IN_ONE_BLOCK if block_size is None else IN_BLOCKS
    orders, chances = every_allocation(strata, planned, ratio, block_size, 10_000)
    random, trials = np.random.default_rng(2), 2_000
    found = Counter(
        allocated(plan, scratch, sharing, planned, [times * share for share in ratio], strata, uniforms)
        for uniforms in random.random((trials, len(strata)))
    )
    known = [tuple(order) for order in orders.tolist()]
    assert set(found) <= set(known)
    assert stats.chisquare([found[order] for order in known], trials * chances).pvalue > 0.001


def test_arms_one_after_the_other_and_none_where_all_are_full(plan, scratch):
    order = allocated(plan, scratch, ONE_AFTER_THE_OTHER, (2, 0, 1), (0, 0, 0), (0, 0, 0), (0.9, 0.1, 0.5))
    assert order == (0, 0, 2)
    assert drawn(np.array([1, 2]), np.array([0, 0]), 2, 0.5) == NONE
    assert drawn(np.array([0, 0]), np.array([3, 3]), 2, 0.5) == NONE


def test_a_draw_falls_within_the_chances_of_the_open_arms():
    chances, left = np.array([1, 5, 2, 1]), np.array([1, 0, 1, 1])
    arms = [drawn(chances, left, 4, u) for u in (0.0, 0.2499, 0.25, 0.7499, 0.75, 1.0 - 2.0**-53)]
    assert arms == [0, 0, 2, 2, 3, 3]


def test_strata_are_told_apart_by_every_variable(plan, scratch):
    plan.strata, plan.sites = 4, 3
    plan.stratum[:] = (BY_SITE, BY_ONSET, BY_SEX, BY_RILUZOLE)
    found = []
    for site in (0.0, 0.34, 0.99):
        for onset in (0.0, 1.0):
            for sex in (0.0, 1.0):
                for riluzole in (0.0, 1.0):
                    scratch.uniforms[U_SITE] = site
                    scratch.traits[[BULBAR, MALE, RILUZOLE]] = onset, sex, riluzole
                    found.append(int(stratum_of(plan, scratch)))
    assert found == list(range(24))
    plan.strata = 0
    assert stratum_of(plan, scratch) == 0
