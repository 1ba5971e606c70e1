"""Adverse events: who and what is counted, the table, the windows after an injection, the results."""

from __future__ import annotations

import math
from dataclasses import replace

import polars as pl
import pytest

from leadin.analysis.adverse_event_kinds import KIND_RULES
from leadin.analysis.adverse_event_rates import INCIDENCE, INCIDENCE_RATIO, RATE, RATE_RATIO
from leadin.analysis.adverse_event_shares import SHARE
from leadin.analysis.adverse_event_table import NOT_CLASSIFIED, RELATED, UNRELATED, adverse_events_of, safety_table
from leadin.analysis.analyse import analyse_trial
from leadin.analysis.injection_windows import WINDOW_NAMES, injection_windows
from leadin.analysis.safety import REFERENCES, safety
from leadin.engine.fisher_exact import fisher_exact
from leadin.engine.intervals import clopper_pearson, newcombe, poisson_rate
from leadin.engine.rate_ratio import rate_difference, rate_ratio
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.stopping_rule import StoppingRule

PLAN = PlannedAnalysis(method="safety")
DAY = 1 / DAYS_PER_MONTH
ARMS = {"a": "cells", "b": "cells", "c": "cells", "d": "control", "e": "control"}
ENDS = [
    ("a", 6.0, "end_of_follow_up"), ("b", 3.0, "death"), ("c", 6.0, "end_of_follow_up"),
    ("d", 6.0, "end_of_follow_up"), ("e", 4.0, "lost_to_follow_up"),
]  # fmt: skip
DOSES = [("a", 0.0), ("a", 1.0), ("b", 0.0)]


def event(who, month, term="Headache", soc="Nervous system disorders", grade=1, serious=False, related="not related"):
    return {
        "participant_id": who, "start_month": month, "term": term, "system_organ_class": soc, "ctcae_grade": grade,
        "serious": serious, "relatedness": related,
    }  # fmt: skip


EVENTS = [
    event("a", DAY, related="related"),
    event("a", 2.0, grade=3, serious=True),
    event("b", 0.5, term="Fever", soc="General disorders", grade=None, related="Probably Related "),
    event("d", 1.0, grade=2),
    event("d", 1.5, term="Fever", soc=None, grade=4),
    event("a", -1.0),
    event("c", 1.0, grade=5, serious=True),
]


@pytest.fixture(scope="module")
def trial(build):
    return build(ARMS, events=ENDS, doses=DOSES, adverse_events=EVENTS)


@pytest.fixture(scope="module")
def rows(trial):
    """Against control."""
    return safety(trial, PLAN, "control")


@pytest.fixture(scope="module")
def turned(trial):
    """Against cells."""
    return safety(trial, PLAN, "cells")


def test_in_an_arm_with_cells_only_those_dosed_are_counted(trial):
    harm = adverse_events_of(trial)
    assert harm.people["participant_id"].to_list() == ["a", "b", "d", "e"]
    assert harm.people["months"].to_list() == pytest.approx([6, 3, 6, 4])
    assert harm.before == 1
    assert harm.events["participant_id"].to_list() == ["a", "a", "b", "d", "d"]
    assert harm.events["related"].to_list() == [True, False, True, False, False]


def test_nothing_after_death_or_the_end_of_follow_up_is_counted(build):
    late = [event("a", 3.0), event("a", 3.1), event("b", 3.0), event("b", 3.1)]
    trial = build(
        {"a": "x", "b": "x"}, events=[("a", 3.0, "death"), ("b", 3.0, "end_of_follow_up")], adverse_events=late
    )
    harm = adverse_events_of(trial)
    assert harm.events["start_day"].to_list() == pytest.approx([3 * DAYS_PER_MONTH] * 2)
    assert harm.people["months"].to_list() == pytest.approx([3, 3])


def test_whoever_is_not_known_of_after_time_zero_is_not_at_risk(build):
    scores = {"a": {-2: 40, 0: 39}, "b": {-2: 40, 1: 38}, "c": {1: None}}
    trial = build({"a": "x", "b": "x", "c": "x", "d": "x"}, scores, adverse_events=[event("a", -1.0)])
    harm = adverse_events_of(trial)
    assert harm.people["participant_id"].to_list() == ["b"]
    assert harm.people["months"].to_list() == pytest.approx([1.0])


def test_half_a_day_after_time_zero_is_time_at_risk(build):
    trial = build({"a": "x", "b": "x"}, {"a": {DAY / 2: 40}, "b": {0: 40}})
    assert adverse_events_of(trial).people["participant_id"].to_list() == ["a"]


@pytest.mark.parametrize(("grade", "severe"), [(1, 0.0), (2, 0.0), (3, 1.0), (4, 1.0), (5, 1.0), (None, 0.0)])
def test_severe_is_grade_three_and_higher(build, grade, severe):
    trial = build({"a": "x"}, {"a": {1: 40}}, adverse_events=[event("a", 0.5, grade=grade)])
    (found,) = [r for r in safety(trial, PLAN, "x") if r.rule == "grade >= 3" and r.unit == SHARE]
    assert found.statistic == severe


def test_an_event_on_day_zero_is_counted(build):
    trial = build({"a": "x"}, {"a": {1: 40}}, adverse_events=[event("a", 0.0)])
    assert adverse_events_of(trial).events.height == 1
    assert adverse_events_of(trial).before == 0


def test_words_for_relatedness():
    assert {"related", "possibly related", "probable", "definite", "yes"} < RELATED
    assert not {"not related", "unrelated", "unlikely", "no", "unlikely related"} & RELATED


def row(table, arm, soc=None, term=None):
    (found,) = [
        r for r in table.iter_rows(named=True) if (r["arm"], r["system_organ_class"], r["term"]) == (arm, soc, term)
    ]
    return found


def test_the_table_by_hand(trial):
    table = safety_table(trial)
    cells = row(table, "cells")
    assert {key: cells[key] for key in ("n", "participants", "events", "serious", "related", "person_months")} == {
        "n": 2, "participants": 2, "events": 3, "serious": 1, "related": 2, "person_months": pytest.approx(9.0),
    }  # fmt: skip
    # By worst grade: a had grade 3, b one without a grade.
    assert [cells[f"grade_{g}"] for g in (1, 2, 3, 4, 5)] == [0, 0, 1, 0, 0]
    assert cells["grade_unknown"] == 1
    assert (cells["proportion"], cells["ci_low"], cells["ci_high"]) == (1.0, *map(float, clopper_pearson(2, 2)))
    low, high = poisson_rate(3, 0.09)
    assert (cells["rate"], cells["rate_low"], cells["rate_high"]) == pytest.approx((3 / 0.09, float(low), float(high)))
    control = row(table, "control")
    assert (control["n"], control["participants"], control["events"], control["grade_4"]) == (2, 1, 2, 1)
    assert control["person_months"] == pytest.approx(10.0)


def test_a_term_that_an_arm_did_not_have_stands_with_its_upper_bound(trial):
    fever = row(safety_table(trial), "control", "General disorders", "Fever")
    assert (fever["participants"], fever["events"], fever["ci_low"]) == (0, 0, 0.0)
    assert fever["ci_high"] == float(clopper_pearson(0, 2).high)
    assert (fever["rate"], fever["rate_low"]) == (0.0, 0.0)
    assert fever["rate_high"] == pytest.approx(float(poisson_rate(0, 0.1).high))


def test_classes_and_terms_come_by_frequency_then_name(trial):
    groups = safety_table(trial).filter(pl.col("arm") == "cells").select("system_organ_class", "term").rows()
    assert groups == [
        (None, None),
        ("Nervous system disorders", None),
        ("Nervous system disorders", "Headache"),
        ("General disorders", None),
        ("General disorders", "Fever"),
        (NOT_CLASSIFIED, None),
        (NOT_CLASSIFIED, "Fever"),
    ]


def test_a_level_narrows_the_intervals_of_the_table(trial):
    usual, narrow = row(safety_table(trial), "control"), row(safety_table(trial, 0.8), "control")
    assert usual["ci_high"] > narrow["ci_high"]
    assert usual["rate_high"] > narrow["rate_high"]


def test_windows_after_an_injection_by_hand(trial):
    rows = injection_windows(trial).rows(named=True)
    # a: 0 to 1 month, then 1 to 6; b: 0 to 3. The control arm was given nothing.
    assert [(r["arm"], r["window"]) for r in rows] == [("cells", name) for name in WINDOW_NAMES]
    assert [r["events"] for r in rows] == [1, 0, 1, 1]
    assert [r["participants"] for r in rows] == [1, 0, 1, 1]
    assert [r["n"] for r in rows] == [2, 2, 2, 2]
    days = [6, 18, 63, 9 * DAYS_PER_MONTH - 87]
    assert [r["person_months"] for r in rows] == pytest.approx([d / DAYS_PER_MONTH for d in days])
    first = rows[0]
    assert first["rate"] == pytest.approx(100 / (6 * DAY))
    assert (first["rate_low"], first["rate_high"]) == pytest.approx(tuple(map(float, poisson_rate(1, 0.06 * DAY))))


@pytest.mark.parametrize(
    ("days", "window"), [(0, 0), (1, 0), (2, 1), (7, 1), (8, 2), (28, 2), (29, 3), (60, 3), (91, 0)]
)
def test_an_event_falls_into_the_window_of_its_day(build, days, window):
    trial = build(
        {"a": "x"}, events=[("a", 6.0, "end_of_follow_up")], doses=[("a", 0.0), ("a", 90 * DAY)],
        adverse_events=[event("a", days * DAY)],
    )  # fmt: skip
    assert injection_windows(trial)["events"].to_list() == [int(i == window) for i in range(4)]


def test_without_administrations_there_are_no_windows(build):
    trial = build({"a": "x"}, {"a": {1: 40}}, adverse_events=[event("a", 0.5)])
    assert injection_windows(trial).height == 0


def test_the_first_rows_by_hand(rows):
    first = rows[: 3 * len(KIND_RULES)]
    what = ("cells", "control", "cells - control")
    rules = ("any", "serious", "related", "serious related", "grade >= 3")
    assert [(r.rule, r.contrast or r.arm) for r in first] == [(rule, each) for rule in rules for each in what]
    assert [(r.statistic, r.n) for r in first if r.contrast is None] == [
        (2.0, 2), (1.0, 2), (1.0, 2), (0.0, 2), (2.0, 2), (0.0, 2), (0.0, 2), (0.0, 2), (1.0, 2), (1.0, 2),
    ]  # fmt: skip
    cells, control, difference = first[:3]
    assert (cells.estimate, control.estimate, difference.estimate) == (1.0, 0.5, 0.5)
    assert (control.ci_low, control.ci_high) == tuple(map(float, clopper_pearson(1, 2)))
    assert control.standard_error == pytest.approx((0.25 / 2) ** 0.5)
    assert (difference.ci_low, difference.ci_high) == pytest.approx(tuple(map(float, newcombe(2, 2, 1, 2))))
    assert difference.p == fisher_exact(2, 2, 1, 2)
    assert difference.standard_error == pytest.approx((0.25 / 2) ** 0.5)
    assert (cells.not_evaluable, control.not_evaluable, difference.n, difference.not_evaluable) == (1, 0, 4, 1)
    assert {r.unit for r in first} == {"proportion of participants"}
    assert {(r.method, r.endpoint) for r in rows} == {("safety", "adverse_events")}
    assert {r.references[: len(REFERENCES)] for r in rows} == {REFERENCES}


def test_what_is_estimated_is_said(rows):
    counted = "from time zero to death or the last known day, in those given cells where an arm was given any."
    assert rows[0].estimand == f"The share of participants of arm cells with an adverse event, {counted}"
    assert (
        rows[2].estimand == f"The share of participants with an adverse event, arm cells minus arm control, {counted}"
    )
    assert rows[3].estimand.startswith("The share of participants of arm cells with a serious adverse event, from")
    assert rows[6].estimand.startswith("The share of participants of arm cells with an adverse event related to treat")
    assert rows[9].estimand.startswith("The share of participants of arm cells with a serious adverse event related to")
    assert rows[12].estimand.startswith("The share of participants of arm cells with an adverse event of grade 3 or hi")
    assert rows[15].estimand == (
        f"Adverse events (any) per 100 months of following participants of arm cells, {counted}"
    )


def test_events_that_do_not_say_are_told_where_it_counts(build):
    ends = [(who, 6.0, "end_of_follow_up") for who in ("a", "b", "x")]
    events = [
        event("a", 1.0, grade=None),
        event("a", 2.0, serious=None, related="related"),
        event("b", 2.0, serious=None, related="not related"),
        event("b", 3.0, related="perhaps"),
        event("x", 1.0, related=None, serious=True),
    ]
    trial = build({"a": "cells", "b": "cells", "x": "control"}, events=ends, adverse_events=events)
    by_rule = {(r.rule, r.arm, r.contrast): r for r in safety(trial, PLAN, "control")[:15]}
    assert by_rule["grade >= 3", "cells", None].warnings[1:] == (
        "1 of 4 events does not say whether it is of grade 3 or higher and is not counted; counted as such, 1 of 2 "
        "participants would be affected",
    )
    assert by_rule["serious", "cells", None].warnings[1:] == (
        "2 of 4 events do not say whether they are serious and are not counted; counted as such, 2 of 2 participants "
        "would be affected",
    )
    # Not related, or not serious, is not both: only one of the four leaves it open.
    assert by_rule["serious related", "cells", None].warnings[1:] == (
        "1 of 4 events does not say whether it is both serious and related to treatment and is not counted; counted as "
        "such, 1 of 2 participants would be affected",
    )
    assert by_rule["related", "cells", None].warnings == (
        "1 of 4 events does not say whether it is related to treatment and is not counted; counted as such, 2 of 2 "
        "participants would be affected",
    )
    assert by_rule["serious related", "cells", "cells - control"].warnings == (
        "2 of 5 events do not say whether they are both serious and related to treatment and are not counted; counted "
        "as such, 2 of 3 participants would be affected",
    )
    assert by_rule["any", "cells", None].warnings == ()
    assert by_rule["serious", "control", None].warnings == ()


def test_rates_and_classes_follow(rows):
    rows = rows[15:]
    assert [(r.rule, r.arm, r.unit) for r in rows[:4]] == [
        ("any", "cells", "events per 100 person-months"),
        ("any", "control", "events per 100 person-months"),
        ("Nervous system disorders", "cells", "proportion of participants"),
        ("Nervous system disorders", "cells", "events per 100 person-months"),
    ]
    rate = rows[0]
    assert (rate.estimate, rate.statistic, rate.n, rate.not_evaluable) == (pytest.approx(3 / 0.09), 3.0, 2, 1)
    assert (rate.ci_low, rate.ci_high) == pytest.approx(tuple(map(float, poisson_rate(3, 0.09))))
    assert (rate.standard_error, rate.p) == (None, None)
    rules = [r.rule for r in rows]
    assert "General disorders: Fever" in rules
    assert [rule for rule in rules if "after an injection" in rule] == [
        f"any, {name} after an injection" for name in WINDOW_NAMES
    ]
    term = next(r for r in rows if r.rule == "General disorders: Fever" and r.arm == "control")
    assert (term.statistic, term.estimate) == (0.0, 0.0)
    assert term.warnings == ("none seen in 2 participants; the interval reaches up to 84 %",)
    assert "an adverse event of General disorders: Fever" in term.estimand


def test_none_of_seven_says_its_upper_bound(build):
    arms = {f"p{i}": "cells" for i in range(7)}
    trial = build(arms, events=[(who, 6.0, "end_of_follow_up") for who in arms])
    first = safety(trial, PLAN, "cells")[0]
    assert (first.estimate, first.ci_low) == (0.0, 0.0)
    assert first.ci_high == pytest.approx(0.4096163972250034)
    assert first.warnings == ("none seen in 7 participants; the interval reaches up to 41 %",)


def test_nobody_at_risk_is_said(build):
    trial = build({"a": "cells", "b": "control"}, {"a": {-1: 40}, "b": {1: 40}}, adverse_events=[event("b", 0.5)])
    rows = safety(trial, PLAN, "control")
    reason = "expected at least one participant of arm cells known of after time zero; got none"
    cells, control, difference = rows[:3]
    assert (cells.converged, cells.warnings[0], cells.n, cells.not_evaluable) == (False, reason, 0, 1)
    assert (control.converged, control.estimate) == (True, 1.0)
    assert (difference.converged, difference.warnings[0], difference.estimate) == (False, reason, None)
    rate = next(r for r in rows if r.unit.startswith("events") and r.arm == "cells")
    assert (rate.converged, rate.warnings[0], rate.estimate) == (False, reason, None)


@pytest.mark.evidence("safety", "property")
def test_relabelling_the_arms_turns_the_difference(rows, turned):
    one, other = rows[2], turned[2]
    assert (one.estimate, one.ci_low, one.p) == pytest.approx((-other.estimate, -other.ci_high, other.p))
    assert other.contrast == "control - cells"


@pytest.mark.evidence("safety", "property")
def test_the_order_of_rows_does_not_matter(trial, rows):
    reversed_ = replace(
        trial,
        adverse_events=trial.adverse_events.reverse(),
        administrations=trial.administrations.reverse(),
        events=trial.events.reverse(),
    )
    assert safety(reversed_, PLAN, "control") == rows


def test_a_planned_level_moves_every_interval(trial, rows):
    wide = safety(trial, PlannedAnalysis(method="safety", alpha=0.01), "control")
    moved = 0
    for a, b in zip(wide, rows, strict=True):
        assert (a.ci_high is None, a.ci_low is None) == (b.ci_high is None, b.ci_low is None)
        if None not in (a.ci_high, a.ci_low) and a.unit != "months":
            assert a.ci_high - a.ci_low > b.ci_high - b.ci_low
            moved += 1
    assert moved > 60


def test_standard_error_and_numbers_of_arms_of_unequal_size(build):
    arms = {"a": "cells", "b": "cells", "c": "cells", "x": "control"}
    scores = {who: {0: 40.0, 3: 38.0} for who in arms}
    event = {"participant_id": "a", "start_month": 1.0, "term": "Headache"}
    cells, control, difference = safety(build(arms, scores, adverse_events=[event]), PLAN, "control")[:3]
    assert (cells.estimate, cells.n, control.n, difference.n) == (pytest.approx(1 / 3), 3, 1, 4)
    assert cells.standard_error == pytest.approx((1 / 3 * 2 / 3 / 3) ** 0.5, rel=1e-12)


def pick(rows, rule, unit, arm, contrast=None):
    (found,) = [r for r in rows if (r.rule, r.unit, r.arm, r.contrast) == (rule, unit, arm, contrast)]
    return found


def test_rates_of_each_kind_by_hand(rows):
    rate, first = pick(rows, "any", RATE, "cells"), pick(rows, "any", INCIDENCE, "cells")
    assert (rate.statistic, rate.n, rate.not_evaluable, first.statistic) == (3.0, 2, 1, 2.0)
    # a: until day 1; b: half a month.
    assert first.estimate == pytest.approx(200 / (DAY + 0.5))
    assert (first.ci_low, first.ci_high) == pytest.approx(tuple(map(float, poisson_rate(2, (DAY + 0.5) / 100))))
    assert first.estimand.startswith(
        "First adverse events (any) per 100 months until the first, in participants of arm cells, from time zero"
    )
    none = pick(rows, "serious", RATE, "control")
    assert (none.estimate, none.statistic) == (0.0, 0.0)
    assert none.ci_high == pytest.approx(float(poisson_rate(0, 0.1).high))
    assert none.warnings == (
        "none seen in 10 person-months; the interval reaches up to 37 events per 100 person-months",
    )
    assert pick(rows, "serious", INCIDENCE, "control").warnings == (
        "none seen in 10 person-months; the interval reaches up to 37 first events per 100 person-months at risk",
    )


def test_ratios_and_differences_of_rates(rows):
    contrast = "cells - control"
    ratio, difference = (pick(rows, "any", unit, "cells", contrast) for unit in (RATE_RATIO, RATE))
    told = rate_ratio(3, 9.0, 2, 10.0)
    assert (ratio.estimate, ratio.ci_low, ratio.ci_high, ratio.p) == pytest.approx(
        (told.ratio, told.low, told.high, told.p)
    )
    assert (ratio.n, ratio.not_evaluable) == (4, 1)
    assert difference.estimate == pytest.approx(300 / 9 - 200 / 10)
    assert (difference.ci_low, difference.ci_high) == pytest.approx(rate_difference(3, 0.09, 2, 0.1))
    assert ratio.estimand.startswith(
        "Adverse events (any) per 100 months of following participants, arm cells over arm c"
    )
    assert difference.estimand.startswith(
        "Adverse events (any) per 100 months of following participants, arm cells minus arm control, from time zero"
    )


def test_a_ratio_with_no_event_in_one_arm_or_in_both(rows, turned):
    serious = pick(rows, "serious", RATE_RATIO, "cells", "cells - control")
    assert (serious.converged, serious.estimate, serious.ci_high) == (True, None, None)
    assert serious.ci_low == pytest.approx(rate_ratio(1, 9.0, 0, 10.0).low)
    assert serious.p == pytest.approx(9 / 19)
    assert serious.warnings == (
        "no event in arm control: the ratio has no estimate and no upper bound, only a lower one",
    )
    both = pick(rows, "serious related", RATE_RATIO, "cells", "cells - control")
    assert (both.converged, both.estimate, both.p) == (False, None, None)
    assert both.warnings == (
        "expected at least one event in one of the two arms; got none, so that any ratio is possible",
    )
    other = pick(turned, "serious", RATE_RATIO, "control", "control - cells")
    assert (other.estimate, other.ci_low) == (0.0, 0.0)


def test_terms_that_enough_had_are_compared(trial):
    def compared(**settings):
        found = safety(trial, PlannedAnalysis(method="safety", **settings), "control")
        return [r for r in found if r.contrast and ": " in (r.rule or "") and r.unit == SHARE]

    (headache,) = compared(terms_compared_from=2)
    assert headache.rule == "Nervous system disorders: Headache"
    assert (headache.estimate, headache.p) == (0.0, 1.0)
    assert headache.warnings == ("p is not adjusted for the number of terms compared",)
    assert len(compared(terms_compared_from=1)) == 3
    assert compared(terms_compared_from=3) == []
    assert PLAN.terms_compared_from == 2


def test_periods_are_told_apart(build):
    late = [event("a", 1.0), event("b", 2.0), event("b", -1.0), event("b", -0.5), event("x", 0.0), event("c", -1.0)]
    ends = [(who, 6.0, "end_of_follow_up") for who in ("a", "b", "x")]
    doses = [("a", 1.0), ("b", 2.0 + DAY)]
    trial = build(
        {"a": "cells", "b": "cells", "x": "control", "c": "cells"}, events=ends, doses=doses, adverse_events=late
    )
    rows = safety(trial, PLAN, "control")
    told = {
        (rule, arm): (pick(rows, rule, SHARE, arm).statistic, pick(rows, rule, SHARE, arm).n)
        for rule in ("any", "treatment-emergent", "before time zero")
        for arm in ("cells", "control")
    }
    assert told == {
        ("any", "cells"): (2.0, 2), ("any", "control"): (1.0, 1),
        # b's event came before his first injection; c was never dosed.
        ("treatment-emergent", "cells"): (1.0, 2), ("treatment-emergent", "control"): (1.0, 1),
        ("before time zero", "cells"): (1.0, 2), ("before time zero", "control"): (0.0, 1),
    }  # fmt: skip
    assert pick(rows, "before time zero", SHARE, "cells").estimand == (
        "The share of participants of arm cells with a recorded adverse event that started before time zero, in those "
        "who are counted after it."
    )
    assert adverse_events_of(trial).before == 3
    assert adverse_events_of(trial).baseline.height == 2


def test_words_of_neither_kind_say_nothing(build):
    told = [
        event("a", k / 10, related=word)
        for k, word in enumerate(("related", "unlikely", "Remote ", "perhaps", None, ""))
    ]
    trial = build({"a": "x"}, {"a": {1: 40}}, adverse_events=told)
    assert adverse_events_of(trial).events["related"].to_list() == [True, False, False, None, None, None]
    found = row(safety_table(trial), "x")
    assert (found["related"], found["related_unknown"], found["serious_unknown"]) == (1, 3, 0)
    assert not RELATED & UNRELATED


def test_the_table_counts_serious_and_related_participants(build):
    told = [
        event("a", 1.0, serious=True, related="related"),
        event("a", 2.0, serious=True, related="no"),
        event("b", 1.0, serious=True, related="no"),
        event("b", 2.0, related="yes"),
        event("c", 2.0, serious=None, related=None),
    ]
    trial = build(dict.fromkeys("abc", "x"), {w: {6: 40} for w in "abc"}, adverse_events=told)
    found = row(safety_table(trial), "x")
    keys = ("serious_participants", "related_participants", "serious_related_participants", "serious", "related")
    assert [found[key] for key in keys] == [2, 2, 1, 3, 2]
    assert [found[key] for key in ("serious_related", "emergent", "serious_unknown", "related_unknown")] == [1, 5, 1, 1]
    assert (found["at_risk_months"], found["incidence"]) == pytest.approx((4.0, 75.0))
    low, high = poisson_rate(3, 0.04)
    assert (found["incidence_low"], found["incidence_high"]) == pytest.approx((float(low), float(high)))


@pytest.mark.evidence("safety", "bad_input")
@pytest.mark.parametrize(
    ("arms", "scores", "events", "adverse"),
    [
        # Nobody of one arm followed; everybody dead before the first visit; one participant; rows twice.
        ({"a": "x", "b": "y"}, {"b": {3: 40}}, [], [event("b", 1.0)]),
        ({"a": "x", "b": "y"}, {}, [("a", DAY, "death"), ("b", DAY, "death")], [event("b", 1.0)]),
        ({"a": "x"}, {"a": {3: 40}}, [], [event("a", 1.0)]),
        ({"a": "x", "b": "y"}, {"a": {3: 40}, "b": {3: 40}}, [], [event("b", 1.0), event("b", 1.0)]),
        ({"a": None}, {"a": {3: 40}}, [], [event("a", 1.0, grade=None, serious=None, related=None)]),
        ({"a": "x", "b": "y"}, {}, [], []),
    ],
    ids=["arm empty", "all dead", "one participant", "twice", "nothing said", "nobody followed"],
)
def test_odd_trials_give_rows_with_numbers_or_reasons(build, arms, scores, events, adverse):
    rules = (StoppingRule(kind="exact", tolerated=0.1, participants=10, alpha=0.05),)
    planned = PlannedAnalysis(method="safety", stopping=rules, terms_compared_from=1)
    rows = safety(build(arms, scores, events, adverse_events=adverse), planned, next(iter(arms.values())))
    assert len(rows) > 20
    for found in rows:
        numbers = (found.estimate, found.ci_low, found.ci_high, found.p, found.statistic, found.standard_error)
        assert all(number is None or math.isfinite(number) for number in numbers), found
        assert found.converged or found.warnings[0][0].islower()
        assert found.estimate is None or found.converged


@pytest.mark.evidence("safety", "bad_input")
def test_days_that_are_no_numbers_are_findings_and_left_out(build):
    trial = build({"a": "x", "b": "x"}, {"a": {3: 40}, "b": {3: 40}}, adverse_events=[event("a", 1.0), event("b", 2.0)])
    days = pl.Series([float("nan"), float("inf")])
    results = analyse_trial(
        replace(trial, adverse_events=trial.adverse_events.with_columns(start_day=days)), methods=["safety"]
    )
    assert {finding.severity for finding in results.findings if finding.table == "adverse_events"} == {"error"}
    assert len(results["safety"]) == 1
    assert results["safety"][0].warnings[0].startswith("the trial was imported without any adverse event")


@pytest.mark.evidence("safety", "property")
def test_stretching_time_stretches_rates_and_nothing_else(build):
    def made(times):
        ends = [(who, month * times, kind) for who, month, kind in ENDS]
        events = [{**told, "start_month": told["start_month"] * times} for told in EVENTS]
        return build(ARMS, events=ends, doses=[(who, month * times) for who, month in DOSES], adverse_events=events)

    one, other = (safety(made(times), PLAN, "control") for times in (1.0, 2.0))
    for unit, factor in ((RATE, 0.5), (INCIDENCE, 0.5), (RATE_RATIO, 1.0), (INCIDENCE_RATIO, 1.0), (SHARE, 1.0)):
        for rule in KIND_RULES:
            for a, b in zip(
                (r for r in one if (r.rule, r.unit) == (rule, unit)),
                (r for r in other if (r.rule, r.unit) == (rule, unit)),
                strict=True,
            ):
                for x, y in ((a.estimate, b.estimate), (a.ci_low, b.ci_low), (a.ci_high, b.ci_high)):
                    assert y == (None if x is None else pytest.approx(x * factor, rel=1e-9, abs=1e-12))
                assert b.p == (None if a.p is None else pytest.approx(a.p))


@pytest.mark.evidence("safety", "property")
def test_whoever_had_nothing_adds_to_the_denominator_alone(trial, rows):
    added = pl.DataFrame([{"participant_id": "f", "arm": "control"}])
    end = pl.DataFrame([{"participant_id": "f", "day": 6 * DAYS_PER_MONTH, "kind": "end_of_follow_up"}])
    more = replace(
        trial,
        participants=pl.concat([trial.participants, added], how="diagonal"),
        events=pl.concat([trial.events, end], how="diagonal"),
    )
    for a, b in zip(rows, safety(more, PLAN, "control"), strict=True):
        if a.contrast is None and a.arm == "control" and a.unit == SHARE:
            assert (a.statistic, a.n + 1) == (b.statistic, b.n)
            assert b.ci_high < a.ci_high
        elif a.arm == "cells" and a.contrast is None:
            assert a == b


def test_numbers_of_rows_between_arms_of_unequal_size(build):
    arms = dict.fromkeys("abcd", "cells") | dict.fromkeys("xy", "control")
    told = {"participant_id": "a", "start_month": 1.0, "term": "Headache", "system_organ_class": "Nerves"}
    trial = build(arms, {who: {3: 38.0} for who in "abcx"}, adverse_events=[told])
    planned = PlannedAnalysis(method="safety", terms_compared_from=1)
    between = [r for r in safety(trial, planned, "control") if r.contrast is not None]
    assert {(r.n, r.not_evaluable) for r in between} == {(4, 2)}
    assert {r.unit for r in between} == {SHARE, RATE, INCIDENCE, RATE_RATIO, INCIDENCE_RATIO, None}
