"""The log-rank test by hand and by property. R: test_survival_against_r."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import chdtrc

from leadin.analysis.log_rank import OVERALL, REFERENCES, log_rank, log_rank_test
from leadin.errors import ConvergenceError, DataError
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


@pytest.mark.evidence("log_rank", "property")
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


labelled = st.lists(
    st.tuples(st.sampled_from("xyz"), st.integers(1, 12), st.booleans(), st.sampled_from("ab")), min_size=6, max_size=30
)


@pytest.mark.evidence("log_rank", "property")
@given(labelled)
@settings(max_examples=20)
def test_equals_lifelines_without_strata(rows):
    from lifelines.statistics import multivariate_logrank_test

    group, months, event, _ = (np.array(column) for column in zip(*rows, strict=True))
    try:
        ours = log_rank_test(months, event, group)
    except (ConvergenceError, DataError):
        # Then theirs has no variance to divide by.
        return
    theirs = multivariate_logrank_test(months, group, event)
    assert ours.chi_square == pytest.approx(theirs.test_statistic, rel=1e-9, abs=1e-9)
    assert ours.p == pytest.approx(theirs.p_value, rel=1e-9)
    assert ours.df == theirs.degrees_of_freedom


@pytest.mark.evidence("log_rank", "property")
@given(labelled, st.permutations(range(6)))
@settings(max_examples=40)
def test_strata_add_up_and_their_names_and_times_do_not_matter(rows, order):
    group, months, event, stratum = (np.array(column) for column in zip(*rows, strict=True))
    try:
        whole = log_rank_test(months, event, group, stratum)
    except (ConvergenceError, DataError):
        return
    # Within a stratum only the order of times counts; across strata not even that.
    moved = np.where(stratum == "a", 100.0 + months**2, months)
    renamed = np.where(stratum == "a", "z", "q")
    rest = np.arange(6, len(rows))
    turned = np.concatenate([np.array(order), rest]).astype(int)
    other = log_rank_test(moved[turned], event[turned], group[turned], renamed[turned])
    assert other.chi_square == pytest.approx(whole.chi_square, rel=1e-9, abs=1e-9)


def test_two_strata_by_hand():
    # Stratum a: deaths of y at 1 (of 2 and 1 at risk); b: of x at 2 (of 1 and 1).
    test = log_rank_test([1, 2, 3, 2, 5], [1, 0, 0, 1, 0], list("yxyxy"), list("aaabb"))
    excess, variance = (1 - 2 / 3) + (0 - 1 / 2), 2 / 3 * 1 / 3 + 1 / 4
    assert test.chi_square == pytest.approx(excess**2 / variance)
    assert test.df == 1


@pytest.mark.evidence("log_rank", "bad_input")
@pytest.mark.parametrize(
    ("months", "event", "group", "said"),
    [
        ([1, 2], [1], ["x", "y"], "months: expected one event, group and stratum for each time; got (2,), (1,), (2,) "
         "and (2,)."),
        ([1, np.nan], [1, 1], ["x", "y"], "months: expected times that are numbers, in at least two groups; got 2 "
         "groups."),
        ([1, np.inf], [1, 1], ["x", "y"], "months: expected times that are numbers, in at least two groups; got 2 "
         "groups."),
        ([1, 2], [1, 1], ["x", "x"], "months: expected times that are numbers, in at least two groups; got 1 groups."),
    ],
)  # fmt: skip
def test_impossible_input_is_refused(months, event, group, said):
    with pytest.raises(DataError) as caught:
        log_rank_test(months, event, group)
    assert str(caught.value) == said


def sited(build, rows, sites):
    trial = trial_of(build, rows)
    people = trial.participants.drop("site").with_columns(pl.Series("site", list(sites)))
    return trial.with_tables({"participants": people})


@pytest.mark.evidence("log_rank", "bad_input")
def test_nothing_to_tell_arms_apart_is_said(build):
    at_once = trial_of(build, [(0, 2, True), (1, 2, True)])
    (row,) = log_rank(at_once, PLAN, "x")
    assert (row.converged, row.statistic) == (False, None)
    assert row.warnings == (
        "nothing tells the arms apart: no event happened while all groups could be told apart: whenever one did, only "
        "one group was at risk or everybody at risk had it",
    )
    (row,) = log_rank(sited(build, FIVE, "aabbb"), PlannedAnalysis(method="log_rank", strata=("site",)), "x")
    assert (row.converged, len(row.warnings)) == (False, 2)
    assert row.warnings[0].startswith("nothing tells the arms of a stratum apart: no event happened")


def test_strata_that_say_nothing_are_told(build):
    six = [*FIVE, (0, 2, True), (1, 6, True)]
    (row,) = log_rank(sited(build, six, ["a", "a", "a", "a", "a", "b", None]), STRATIFIED, "x")
    assert row.warnings == (
        "strata with participants of one arm only: 2 of 3, with 2 participants, who say nothing about the difference "
        "between arms",
        "participants without a value of site: 1; not known counts as a stratum",
    )
    (alone,) = log_rank(trial_of(build, FIVE), PLAN, "x")
    assert row.statistic == pytest.approx(alone.statistic)
    assert (row.rule, row.n) == ("stratified by site", 7)
    assert row.estimand.startswith(
        "Whether the hazard of a fatal event from time zero on is the same at every time in x and y, compared within "
        "strata of site, in all participants"
    )


STRATIFIED = PlannedAnalysis(method="log_rank", strata=("site",))


def test_competing_events_end_the_time_at_risk(build):
    arms = {f"p{i}": "xy"[i % 2] for i in range(6)}
    kinds = ["tracheostomy", "death", "death", "tracheostomy", "death", "end_of_follow_up"]
    events = [(who, 1.0 + i, kind) for i, (who, kind) in enumerate(zip(arms, kinds, strict=True))]
    trial = build(arms, events=events)
    planned = PlannedAnalysis(method="log_rank", fatal_events=("tracheostomy",))
    (row,) = log_rank(trial, planned, "x")
    by_hand = log_rank_test(range(1, 7), [k == "tracheostomy" for k in kinds], list(arms.values()))
    assert row.statistic == by_hand.chi_square
    assert row.rule == "cause-specific: tracheostomy"
    assert row.estimand.endswith("Death competes: it ends the time at risk (cause-specific hazard), which says how "
        "fast the event comes to those still at risk, not how many have it.")  # fmt: skip
    (row,) = log_rank(build({"a": "x", "b": "y"}, events=[("a", 2.0, "death"), ("b", 3.0, "death")]), planned, "x")
    assert row.warnings == ("nobody had tracheostomy in x or y, so that there is nothing to compare",)
    gone = build({"a": "x", "b": "y"}, events=[("a", 2.0, "death"), ("b", 3.0, "tracheostomy")])
    (row,) = log_rank(gone, planned, "x")
    assert row.warnings == ("nobody of arm x was at risk when the first tracheostomy happened",)
