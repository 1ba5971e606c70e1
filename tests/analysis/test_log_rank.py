"""The log-rank test by hand and by property. R: test_survival_against_r."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import chdtrc

from leadin.analysis.log_rank import OVERALL, REFERENCES, log_rank
from leadin.protocols.planned_analysis import PlannedAnalysis

PLAN = PlannedAnalysis(method="log_rank")


def trial_of(build, rows, names="xyz"):
    arms = {f"p{i:02d}": names[arm] for i, (arm, _, _) in enumerate(rows)}
    kinds = {True: "death", False: "end_of_follow_up"}
    return build(arms, events=[(who, float(t), kinds[e]) for who, (_, t, e) in zip(arms, rows, strict=True)])


FIVE = [(0, 2, True), (0, 5, False), (1, 1, True), (1, 3, True), (1, 4, False)]


def test_five_participants_by_hand(build):
    (row,) = log_rank(trial_of(build, FIVE), PLAN, "x")
    # At months 1, 2, 3: at risk 5, 4, 3, of them of y 3, 2, 2. Expected of y 3/5 + 1/2 + 2/3, observed 2.
    observed_minus_expected = 2 - (3 / 5 + 1 / 2 + 2 / 3)
    variance = 3 / 5 * 2 / 5 + 1 / 2 * 1 / 2 + 2 / 3 * 1 / 3
    assert row.statistic == pytest.approx(observed_minus_expected**2 / variance)
    assert (row.arm, row.contrast, row.df, row.n, row.not_evaluable) == ("y", "y - x", 1.0, 5, 0)
    assert row.p == pytest.approx(chdtrc(1, row.statistic))
    assert (row.method, row.endpoint, row.estimate, row.references) == ("log_rank", "survival", None, REFERENCES)
    assert row.estimand == (
        "Whether the hazard of a fatal event from time zero on is the same at every time in x and y, in all "
        "participants at risk, as allocated, whatever was given (treatment policy); leaving the trial is taken to say "
        "nothing about survival (independent censoring)."
    )


rows = st.lists(st.tuples(st.integers(0, 1), st.integers(1, 12), st.booleans()), min_size=4, max_size=25)


@given(rows)
@settings(max_examples=20)
def test_relabelling_the_arms_and_reordering_rows_change_nothing(build, rows):
    (one,) = log_rank(trial_of(build, [(0, 13, False), (1, 13, False), *rows]), PLAN, "x")
    (other,) = log_rank(trial_of(build, [(0, 13, False), (1, 13, False), *rows][::-1]), PLAN, "y")
    assert one.converged == other.converged == any(event for _, _, event in rows)
    if one.converged:
        assert other.statistic == pytest.approx(one.statistic, abs=1e-9)
        assert 0 <= one.p <= 1


def test_three_arms_are_held_against_the_reference_and_all_at_once(build):
    draw = np.random.Generator(np.random.PCG64(5))
    rows = [(i % 3, round(float(t), 1), True) for i, t in enumerate(draw.exponential(6, 30))]
    trial = trial_of(build, rows)
    found = log_rank(trial, PLAN, "y")
    assert [(row.contrast, row.df, row.n) for row in found] == [
        ("x - y", 1.0, 20),
        ("z - y", 1.0, 20),
        (OVERALL, 2.0, 30),
    ]
    assert found[-1].arm is None
    assert "is the same at every time in x, y and z, in all" in found[-1].estimand
    pair = log_rank(trial_of(build, [row for row in rows if row[0] != 2]), PLAN, "y")
    assert pair[0].statistic == pytest.approx(found[0].statistic)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(0, 2, False), (1, 3, False)], "nobody died in x or y, so that there is nothing to compare"),
        ([(0, 2, True), (1, 1, False)], "nobody of arm y was at risk when the first death happened"),
        ([(0, 1, False), (1, 2, True)], "nobody of arm x was at risk when the first death happened"),
    ],
)
def test_what_cannot_be_compared_is_said(build, rows, said):
    (row,) = log_rank(trial_of(build, rows), PLAN, "x")
    assert (row.converged, row.warnings, row.statistic, row.p) == (False, (said,), None, None)
    assert (row.contrast, row.n) == ("y - x", 2)


def test_an_arm_at_risk_on_the_day_of_the_first_death_is_compared(build):
    (row,) = log_rank(trial_of(build, [(0, 2, True), (1, 2, False)]), PLAN, "x")
    assert row.converged


@pytest.mark.parametrize("name", ["x", None])
def test_one_arm_has_nothing_to_be_compared_with(build, name):
    (row,) = log_rank(build({"a": name}, events=[("a", 2.0, "death")]), PLAN, name)
    assert (row.converged, row.warnings) == (False, ("expected at least two arms to compare; got 1",))


def test_participants_of_whom_nothing_is_known_are_counted(build):
    trial = build({"a": "x", "b": "y", "c": "y"}, events=[("a", 2.0, "death"), ("b", 3.0, "death")])
    (row,) = log_rank(trial, PLAN, "x")
    assert (row.n, row.not_evaluable) == (2, 1)
