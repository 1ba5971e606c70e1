"""Stopping rules on a trial: who counts, in which order, where it stands, and what is said of it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from leadin.analysis.adverse_event_table import adverse_events_of
from leadin.analysis.safety import safety
from leadin.analysis.stopping import (
    boundary_of,
    is_stopping_row,
    operating_characteristics,
    prior_of,
    reaches,
    standings,
    standings_of,
    stopping_rows,
)
from leadin.engine.event_boundary import crossing, share_of_orders
from leadin.errors import DataError
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.load import load_plan
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.stopping_rule import StoppingRule

EXACT = StoppingRule(kind="exact", tolerated=0.2, participants=20, alpha=0.05)
BAYESIAN = StoppingRule(
    kind="bayesian", tolerated=0.1, participants=10, prior_mean=0.5, prior_weight=2, certainty=0.9, events="serious"
)
RATIO = StoppingRule(
    kind="likelihood_ratio", tolerated=0.1, unacceptable=0.3, participants=30, alpha=0.05, events="any"
)
ORDER = "the order of treatment is unknown: days count from each participant's own time zero. Give a column "
UNKNOWN = f"{ORDER}time_zero_on, accrual_order or enrolled_on in participants"


def harm(who, day=1.0, serious=True, related="related", grade=3):
    return {
        "participant_id": who, "start_month": day / DAYS_PER_MONTH, "term": "Meningitis", "serious": serious,
        "relatedness": related, "ctcae_grade": grade,
    }  # fmt: skip


@pytest.fixture
def treated(build):
    """A trial of n treated participants p0, p1, ..., those named with a serious related event."""

    def make(n, affected=(), events=(), columns=None, arm="cells", **more):
        people = [f"p{k}" for k in range(n)]
        trial = build(
            dict.fromkeys(people, arm),
            events=[(who, 6.0, "end_of_follow_up") for who in people],
            doses=[(who, 0.0) for who in people],
            adverse_events=[*(harm(f"p{k}") for k in affected), *events],
            **more,
        )
        if columns:
            trial = replace(trial, participants=trial.participants.with_columns(**columns))
        return trial

    return make


def test_boundaries_by_hand():
    assert boundary_of(EXACT)[:6] == (None, None, 3, 4, 4, 4)
    assert prior_of(BAYESIAN) == (1.0, 1.0)
    # Uniform prior: after 0 of 1 above 0.1 with probability 0.81, after 1 of 1 with 0.99.
    assert boundary_of(BAYESIAN)[0] == 1
    assert boundary_of(RATIO)[2] == 3


def test_operating_characteristics_are_those_of_the_recursion():
    rows = operating_characteristics(EXACT)
    assert [row.share for row in rows] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.6])
    done = crossing(boundary_of(EXACT), 0.4)
    assert (rows[3].stops, rows[3].treated, rows[3].affected) == (done.ever, done.expected, 0.4 * done.expected)
    assert rows[1].stops <= 0.05
    assert [row.share for row in operating_characteristics(EXACT, (0.0, 0.5, 1.0))] == [0.0, 0.5]
    assert operating_characteristics(EXACT, (0.0,))[0].treated == 20
    half = replace_rule(EXACT, tolerated=0.5, alpha=0.1)
    assert [row.share for row in operating_characteristics(half)] == [0.25, 0.5, 0.75]


def replace_rule(rule, **changes):
    return StoppingRule(**{**rule.model_dump(), **changes})


def test_an_unknown_order_is_judged_by_the_final_count(treated):
    boundary = boundary_of(EXACT)
    (found,) = standings_of(treated(6, (0, 4)), EXACT)
    assert (found.arm, found.treated, found.affected, found.state, found.path) == ("cells", 6, 2, "not reached", ())
    assert found.by_chance == 0.0
    (found,) = standings_of(treated(6, (0, 3, 4)), EXACT)
    assert (found.state, found.at) == ("order unknown", None)
    # Three events among six stop only as the first three: 1 of 20 orders.
    assert found.by_chance == pytest.approx(1 / 20) == pytest.approx(share_of_orders(boundary, 3, 6))
    (found,) = standings_of(treated(6, (0, 1, 2, 5)), EXACT)
    assert (found.state, found.at, found.by_chance) == ("reached", (6, 4), None)


def test_the_rows_say_where_it_stands(treated):
    (row,) = stopping_rows(*with_harm(treated(6, (0, 4))), (EXACT,))
    assert row.rule == "stopping boundary (exact): serious related, more than 20 %"
    assert (row.method, row.endpoint, row.arm, row.statistic, row.n, row.not_evaluable) == (
        "safety", "adverse_events", "cells", 2.0, 6, 0,
    )  # fmt: skip
    assert row.warnings == ("boundary not reached: 2 of 6; the boundary at 6 is 4", UNKNOWN)
    assert row.estimate == pytest.approx(1 - 0.8**6 - 6 * 0.2 * 0.8**5)
    assert row.unit == "probability of so many or more at a share of 20 %"
    assert row.estimand == (
        "Whether the number of participants of arm cells with a serious adverse event related to treatment, from the "
        "first administration to death or the last known day, among those treated, in the order of treatment, reaches "
        "a boundary planned for up to 20 of them; it stops with probability 0.0484 when the true share is 20 %."
    )
    assert "Ivanova" in row.references[0]
    (row,) = stopping_rows(*with_harm(treated(6, (0, 3, 4))), (EXACT,))
    assert row.warnings[0] == (
        "boundary not reached by the final count, 3 of 6; the boundary at 6 is 4; whether it was on the way is "
        "unknown: 5 % of the orders in which they can have come reach it"
    )
    (row,) = stopping_rows(*with_harm(treated(6, (0, 1, 2, 5))), (EXACT,))
    assert row.warnings[0] == "boundary reached at participant 6 or before: 4 of 6; the boundary at 6 is 4"
    (row,) = stopping_rows(*with_harm(treated(2, (0, 1))), (EXACT,))
    assert row.warnings[0] == "boundary not reached: 2 of 2; the boundary at 2 is out of reach"


def with_harm(trial):
    return trial, adverse_events_of(trial)


def test_each_kind_has_its_own_number(treated):
    trial = treated(3, (0, 1))
    bayesian, ratio = stopping_rows(*with_harm(trial), (BAYESIAN, RATIO))
    # Beta(3, 2) above 0.1.
    assert bayesian.estimate == pytest.approx(1 - (4 * 0.1**3 - 3 * 0.1**4))
    assert bayesian.unit == "posterior probability of a share above 10 %"
    assert bayesian.rule == "stopping boundary (Bayesian): serious, more than 10 %"
    assert ratio.estimate == pytest.approx(3 * 3 * 0.7 / 0.9)
    assert ratio.unit == "likelihood ratio of a share of 30 % to 10 %"
    assert ("Geller" in bayesian.references[0], "Goldman" in ratio.references[0]) == (True, True)


@pytest.mark.parametrize(
    ("events", "counted"),
    [("serious_related", 1), ("serious", 2), ("related", 3), ("grade_3_or_more", 1), ("any", 4)],
)
def test_which_events_count(treated, events, counted):
    told = [
        harm("p0", grade=1), harm("p0", 2.0, grade=None), harm("p1", related="no", grade=2),
        harm("p2", serious=False, grade=3), harm("p3", serious=None, grade=None), harm("p4", -3.0),
    ]  # fmt: skip
    (found,) = standings_of(treated(6, events=told), replace_rule(EXACT, events=events))
    assert (found.affected, found.treated) == (counted, 6)


def test_events_that_do_not_say_are_told_and_so_is_what_they_would_do(treated):
    silent = [harm(f"p{k}", serious=None) for k in range(3)]
    (row,) = stopping_rows(*with_harm(treated(6, (4,), events=silent[:1])), (EXACT,))
    assert row.warnings[2] == (
        "1 of 2 events does not say whether it is both serious and related to treatment and is not counted; counted as "
        "such, 2 of 6 participants would be affected"
    )
    (row,) = stopping_rows(*with_harm(treated(6, (4,), events=silent)), (EXACT,))
    assert row.warnings[2].endswith("4 of 6 participants would be affected, which reaches the boundary")


def test_only_events_from_the_first_administration_on_count(build):
    trial = build(
        {"a": "cells", "b": "cells"},
        events=[("a", 6.0, "end_of_follow_up"), ("b", 6.0, "end_of_follow_up")],
        doses=[("a", 10 / DAYS_PER_MONTH), ("b", 0.0)],
        adverse_events=[harm("a", 9.0), harm("b", 0.0)],
    )
    (found,) = standings_of(trial, EXACT)
    assert (found.treated, found.affected) == (2, 1)


def test_the_calendar_gives_the_path(treated):
    days = [date(2025, 1, 1), date(2025, 3, 1), date(2025, 2, 1), date(2025, 4, 1)]
    late = [harm("p0", 1.0), harm("p2", 70.0), harm("p1", 1.0), harm("p1", 5.0)]
    (found,) = standings_of(treated(4, events=late, columns={"time_zero_on": pl.Series(days)}), EXACT)
    # p0 treated, p0 harmed, p2 treated, p1 treated, p1 harmed, p3 treated, p2 harmed on 12 April.
    assert found.path == ((1, 0), (1, 1), (2, 1), (3, 1), (3, 2), (4, 2), (4, 3))
    assert (found.state, found.at, found.by_chance) == ("not reached", None, None)
    assert found.order.words == "the order is that of the calendar (time_zero_on)"


def test_in_the_calendar_a_late_first_dose_is_late(build):
    trial = build(
        {"a": "cells", "b": "cells"},
        events=[("a", 6.0, "end_of_follow_up"), ("b", 6.0, "end_of_follow_up")],
        doses=[("a", 20 / DAYS_PER_MONTH), ("a", 40 / DAYS_PER_MONTH), ("b", 0.0)],
        adverse_events=[harm("b", 3.0), harm("a", 21.0)],
    )
    days = pl.Series([date(2025, 1, 1), date(2025, 1, 11)])
    (found,) = standings_of(replace(trial, participants=trial.participants.with_columns(time_zero_on=days)), EXACT)
    # b on the 11th, harmed on the 14th; a on the 21st, harmed on the 22nd.
    assert found.path == ((1, 0), (1, 1), (2, 1), (2, 2))


@pytest.mark.parametrize(
    "values",
    [
        ["2025-01-01", "2025-02-01", "2025-03-01", "2025-04-01"],
        [" 2025-01-01", "2025-02-01T10:00", "2025-03-01 ", "2025-04-01"],
        [date(2025, k, 1) for k in (1, 2, 3, 4)],
        [datetime(2025, k, 1, 12) for k in (1, 2, 3, 4)],
    ],
)
def test_a_boundary_reached_on_the_way_stays_reached(treated, values):
    trial = treated(4, (0, 1, 2), columns={"time_zero_on": pl.Series(values)})
    (found,) = standings_of(trial, EXACT)
    assert (found.state, found.at) == ("reached", (3, 3))
    (row,) = stopping_rows(*with_harm(trial), (EXACT,))
    assert row.warnings == (
        "boundary reached at participant 3: 3 of 3 (in all 3 of 4; the boundary at 4 is 4)",
        "the order is that of the calendar (time_zero_on)",
    )


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("accrual_order", [4, 3, 2, 1]),
        ("accrual_order", ["10", "9", "2", " 1"]),
        ("enrolled_on", ["2025-04-01", "2025-03-01", "2025-02-01", "2025-01-01"]),
    ],
)
def test_an_order_alone_gives_the_path_one_by_one(treated, column, values):
    (found,) = standings_of(treated(4, (3, 1), columns={column: pl.Series(values)}), EXACT)
    assert found.path == ((1, 1), (2, 1), (3, 2), (4, 2))
    assert found.state == "not reached"
    assert found.order.words == (
        f"the order of treatment is taken from {column}; each counts with all events before the next one"
    )


@pytest.mark.parametrize(
    "columns",
    [
        {"time_zero_on": pl.Series(["2025-01-01", None, "2025-03-01"])},
        {"time_zero_on": pl.Series(["2025-01-01", "soon", "2025-03-01"])},
        {"accrual_order": pl.Series([1, 2, 2])},
        {"accrual_order": pl.Series([1.0, float("nan"), 2.0])},
        {"enrolled_on": pl.Series(["first", "second", "third"])},
        {"accrual_order": pl.Series(["1", "second", "3"])},
    ],
)
def test_a_column_with_gaps_or_ties_tells_no_order(treated, columns):
    (found,) = standings_of(treated(3, (1,), columns=columns), EXACT)
    assert (found.path, found.order.words) == ((), UNKNOWN)


def test_the_path_ends_with_the_last_one_treated(treated):
    (found,) = standings_of(treated(3, (2,), columns={"accrual_order": pl.Series([1, 2, 3])}), EXACT)
    assert found.path == ((1, 0), (2, 0), (3, 1))


def test_a_gap_in_the_calendar_leaves_the_next_column(treated):
    columns = {"time_zero_on": pl.Series(["2025-01-01", None]), "accrual_order": pl.Series([2, 1])}
    (found,) = standings_of(treated(2, (1,), columns=columns), EXACT)
    assert found.path == ((1, 1), (2, 1))


def test_only_arms_given_cells_are_watched(build):
    arms = {"a": "cells", "b": "cells", "c": "cells", "x": "control"}
    trial = build(
        arms,
        events=[(who, 6.0, "end_of_follow_up") for who in arms if who != "c"],
        doses=[("a", 0.0), ("c", 0.0)],
        adverse_events=[harm("x"), harm("a")],
    )
    rows = stopping_rows(*with_harm(trial), (EXACT,))
    # b was never dosed. c was, and counts from that day on, although nothing more is known of him.
    assert [(row.arm, row.n, row.statistic, row.not_evaluable) for row in rows] == [("cells", 2, 1.0, 0)]


def test_nobody_treated_more_treated_than_planned_and_no_boundary_are_said(build, treated):
    trial = build({"a": "cells"}, events=[("a", 6.0, "end_of_follow_up")])
    (row,) = stopping_rows(*with_harm(trial), (EXACT,))
    assert (row.converged, row.estimate) == (False, None)
    assert row.warnings == (
        "expected at least one participant who was given cells; got none, so that the rule has nobody to watch",
    )
    small = replace_rule(EXACT, participants=4)
    (row,) = stopping_rows(*with_harm(treated(5)), (small,))
    assert row.warnings == (
        "participants: expected at most 4 treated of arm cells, as the rule plans for; got 5. Raise participants in "
        "the rule.",
    )
    assert stopping_rows(*with_harm(treated(4)), (small,))[0].converged
    hopeless = StoppingRule(kind="exact", tolerated=0.5, participants=4, alpha=0.05)
    (row,) = stopping_rows(*with_harm(treated(4)), (hopeless,))
    assert row.warnings[0].startswith("alpha: expected an error that some boundary for 4 can keep; got 0.05")
    with pytest.raises(DataError, match="participants: expected at most 4"):
        standings(*with_harm(treated(5)), small)


def test_reaching_needs_a_boundary_and_enough():
    assert [reaches((None, 2), n, x) for n, x in ((0, 0), (1, 1), (2, 1), (2, 2))] == [False, False, False, True]


def test_the_plan_brings_the_rules_into_the_results(treated):
    planned = PlannedAnalysis(method="safety", stopping=(EXACT, BAYESIAN))
    rows = [row for row in safety(treated(6, (0, 4)), planned, "cells") if is_stopping_row(row)]
    assert [row.rule.partition(":")[0] for row in rows] == [
        "stopping boundary (exact)", "stopping boundary (Bayesian)",
    ]  # fmt: skip
    assert rows[0].references[-1].startswith("Ivanova")


@pytest.mark.evidence("safety", "property")
def test_relabelled_and_permuted_participants_stand_where_they_stood(treated):
    trial = treated(8, (1, 5, 6))
    turned = replace(trial, participants=trial.participants.reverse(), administrations=trial.administrations.reverse())
    assert standings_of(turned, EXACT) == standings_of(trial, EXACT)
    named = treated(8, (1, 5, 6), arm="other")
    assert replace(standings_of(named, EXACT)[0], arm="cells") == standings_of(trial, EXACT)[0]


def test_the_worked_example_of_the_documentation_is_what_comes_out(tmp_path):
    page = (Path(__file__).resolve().parents[2] / "docs" / "methods" / "safety.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.S)
    file = tmp_path / "plan.yaml"
    file.write_text(example, encoding="utf-8")
    exact, bayesian, ratio = load_plan(file).analyses[0].stopping
    assert (exact.kind, bayesian.kind, ratio.kind) == ("exact", "bayesian", "likelihood_ratio")
    boundary = boundary_of(exact)
    for entry in sorted({entry for entry in boundary if entry is not None}):
        ns = [n for n, each in enumerate(boundary, 1) if each == entry]
        assert f"| {entry} | {ns[0] if len(ns) == 1 else f'{ns[0]} to {ns[-1]}'} |" in page
    for does in operating_characteristics(exact):
        told = f"| {100 * does.share:.0f} % | {100 * does.stops:.1f} % | {does.treated:.1f} | {does.affected:.1f} |"
        assert told in page
    assert f"in\n{100 * crossing(boundary_of(bayesian), 0.1).ever:.0f} % of trials" in page
    assert reaches(boundary, 6, 3)
    assert not reaches(boundary, 7, 3)
