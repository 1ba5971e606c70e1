"""The batch of responder counts gives what the plain method gives, trial by trial."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadin.analysis.responders import WILSON, responders
from leadin.engine.batches.responders import Kept, absolute, differences, relative, shares
from leadin.engine.batches.responders import responders as counted
from leadin.engine.fits import CONVERGED, TOO_FEW
from leadin.protocols.planned_analysis import PlannedAnalysis

from ...engine.batches.series import Series, collapsed, drawn
from .tables import ARMS, MEASURES, trial_of

RELATIVE, ABSOLUTE = (25.0, 50.0, 75.0, 100.0), (1.25, 1.5)
SHAPES = {
    "two groups": {"sizes": (20, 20)},
    "unequal": {"sizes": (7, 30)},
    "three groups": {"sizes": (12, 9, 14)},
    "one group": {"sizes": (15,)},
    "half missing": {"sizes": (20, 20), "missing": 0.5},
    "all die": {"sizes": (20, 20), "dying": 1.0},
    "days off": {"sizes": (15, 15), "late": 0.15, "decimals": 3},
    "nobody judged": {"sizes": (10, 10), "planned": (-3, -2, -1, 0, 1), "dying": 0.5},
    "rising": {"sizes": (10, 10), "effect": 1.0, "missing": 0.0},
}


def same(trials: list[Series], *, reference=0, either=False, share=False, alpha=0.05, words=None) -> set[int]:
    """Holds a batch to the plain method; gives the codes that occurred."""
    words = words or ("not_responder", "not_responder", "excluded")
    planned = PlannedAnalysis(
        method="responders",
        share_baseline=share,
        either_of=MEASURES[1:] if either else (),
        relative=RELATIVE,
        absolute=ABSOLUTE,
        alpha=alpha,
        non_declining=words[0],
        died=words[1],
        missing=words[2],
    )
    thresholds = [relative(x) for x in RELATIVE] + [absolute(x) for x in ABSOLUTE]
    if either:
        thresholds = [relative(x, either=True) for x in RELATIVE] + thresholds
    batch = collapsed(trials)
    counts = counted(
        batch.sums,
        batch.survival,
        batch.sizes,
        thresholds,
        measures=(0, 1) if either else (0,),
        kept=Kept(*(word == "not_responder" for word in words)),
        share_baseline=share,
    )
    alone, between = shares(counts, alpha), differences(counts, reference, alpha)
    groups = len(trials[0].sizes)
    others = [group for group in range(groups) if group != reference]
    for number, series in enumerate(trials):
        rows = [row for row in responders(trial_of(series), planned, ARMS[reference]) if WILSON not in (row.rule or "")]
        assert len(rows) == len(thresholds) * (groups + len(others))
        for rule in range(len(thresholds)):
            mine, rows = rows[: groups + len(others)], rows[groups + len(others) :]
            for group in range(groups):
                agree(mine[group], alone, (number, group, rule))
                reached, n = counts[number, group, rule].tolist()
                assert (n, reached) == (mine[group].n, mine[group].statistic or 0)
            for contrast in range(len(others)):
                agree(mine[groups + contrast], between, (number, contrast, rule))
    return set(np.unique(np.concatenate((alone.codes.ravel(), between.codes.ravel()))).tolist())


def agree(row, made, place):
    values = [made.estimate, made.standard_error, made.low, made.high, made.p]
    if row.converged:
        assert made.codes[place] == CONVERGED
        p = np.nan if row.p is None else row.p
        wanted = [row.estimate, row.standard_error, row.ci_low, row.ci_high, p]
        assert [each[place] for each in values] == pytest.approx(wanted, rel=1e-10, abs=1e-10, nan_ok=True)
    else:
        assert made.codes[place] == TOO_FEW
        assert np.isnan([each[place] for each in values if each is not made.standard_error]).all()
        assert np.isnan(made.standard_error[place])


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("either", [False, True])
def test_random_trials(name, either):
    trials = [drawn(seed, **SHAPES[name], measures=2) for seed in range(2)]
    codes = same(trials, either=either, reference=len(trials[0].sizes) - 1, alpha=0.1 if either else 0.05)
    assert codes == ({TOO_FEW} if name == "nobody judged" else {CONVERGED})


@pytest.mark.parametrize("words", list(product(("not_responder", "excluded"), repeat=3)))
@pytest.mark.parametrize("either", [False, True])
def test_special_cases_as_planned(words, either):
    series = drawn(5, (12, 12), missing=0.35, dying=0.4, measures=2, effect=0.9)
    same([series], words=words, either=either, share=True)


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), sizes=st.lists(st.integers(1, 5), min_size=1, max_size=3), either=st.booleans())
def test_small_trials(seed, sizes, either):
    same([drawn(seed, sizes, missing=0.3, dying=0.3, measures=2)], either=either)


def exact(slopes) -> Series:
    """Units on exact lines, with slopes before and after time 0."""
    t = np.arange(-3.0, 4.0)
    values = np.array([40.0 + np.where(t <= 0, before, after) * t for before, after in slopes])
    n = len(slopes)
    return Series((n,), tuple(t), np.tile(t, (n, 1)), values[None], np.full(n, 4.0), np.zeros(n, dtype=np.bool_))


def test_on_the_threshold_is_a_responder_and_just_below_is_none():
    slopes = [(-1.0, -0.75), (-1.0, -0.75 - 2e-9), (-1.1, -0.825), (-2.0, -0.75), (-2.0, -0.75 - 2e-9), (-2.9, -1.65)]
    batch = collapsed([exact(slopes)])
    counts = counted(batch.sums, batch.survival, batch.sizes, [relative(25.0), absolute(1.25)])
    assert counts[0, 0].tolist() == [[5, 6], [2, 6]]
    same([exact(slopes)])


def test_who_does_not_fall_is_judged_as_planned():
    slopes = [(0.0, 1.0), (-5e-10, 1.0), (-2e-9, 1.0), (0.5, 0.6)]
    batch = collapsed([exact(slopes)])
    for kept, n in ((Kept(), 4), (Kept(rising=False), 1)):
        assert counted(batch.sums, batch.survival, batch.sizes, [relative(50.0)], kept=kept)[0, 0].tolist() == [[1, n]]
    same([exact(slopes)])
    same([exact(slopes)], words=("excluded",) * 3)
