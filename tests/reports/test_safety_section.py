"""The section on safety: tables by kind and between arms, serious events one by one, terms, injections, first events,
stopping rules with their figure."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from leadin.analysis.adverse_event_table import safety_table as counted
from leadin.analysis.analyse import analyse_trial
from leadin.analysis.injection_numbers import injection_numbers
from leadin.analysis.serious_events import serious_events
from leadin.analysis.stopping import boundary_of, standings_of
from leadin.protocols.plan import Plan
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.stopping_rule import StoppingRule
from leadin.reports.answers import Answers
from leadin.reports.arms import report_arms
from leadin.reports.first_adverse_event import first_event_table
from leadin.reports.injection_numbers import injection_numbers_table
from leadin.reports.material import gather
from leadin.reports.safety_by_term import seriousness_table
from leadin.reports.safety_rates import contrasts_table, kinds_table, terms_compared_table
from leadin.reports.safety_section import NO_SERIOUS, safety_blocks, stopping_rules
from leadin.reports.safety_table import safety_table
from leadin.reports.serious_events import MOST, serious_events_table
from leadin.reports.stopping import standing_words, stopping_tables, stopping_words
from leadin.reports.stopping_figure import stopping_figure

RULE = StoppingRule(kind="exact", tolerated=0.2, participants=12, alpha=0.05, events="related")
RULES = (
    RULE,
    StoppingRule(
        kind="bayesian", tolerated=0.125, participants=12, prior_mean=0.125, prior_weight=1, certainty=0.9, first_look=3
    ),
    StoppingRule(kind="likelihood_ratio", tolerated=0.1, unacceptable=0.4, participants=12, alpha=0.025),
)


def rows_of(table):
    return [tuple(cell.replace("\u00a0", " ") for cell in row) for group in table.groups for row in group.rows]


def plain(text):
    return text.replace("\u00a0", " ")


@pytest.fixture(scope="module")
def trial(two_arms):
    return two_arms()


@pytest.fixture(scope="module")
def plan():
    return Plan(analyses=(PlannedAnalysis(method="safety", stopping=RULES, terms_compared_from=1),))


@pytest.fixture(scope="module")
def results(trial, plan):
    return analyse_trial(trial, plan=plan, reference="control")


@pytest.fixture(scope="module")
def told(trial, results):
    return Answers.of(results, report_arms(trial, "control"))


def test_a_row_a_kind_and_arm(told):
    table = kinds_table(told)
    assert [group.title for group in table.groups] == [
        "Any", "Serious", "Related to treatment", "Serious and related", "Grade 3 or more",
    ]  # fmt: skip
    cells, control = rows_of(table)[:2]
    assert cells == ("cells", "3 of 6 (50 %)", "12 to 88 %", "3", "4.5 (0.9 to 13.2)", "8.3 (1.7 to 24.3)")
    assert control[:4] == ("control", "1 of 6 (17 %)", "<1 to 64 %", "1")
    assert rows_of(table)[6][1:4] == ("0 of 6 (0 %)", "0 to 46 %", "0")
    assert len(table.notes) == 1


def test_events_that_do_not_say_stand_beneath_in_a_note_an_arm(trial):
    silent = trial.adverse_events.with_columns(serious=pl.Series([None, False, False, True]), relatedness=pl.lit(None))
    silent = replace(trial, adverse_events=silent.cast({"relatedness": pl.String}))
    answers = Answers.of(analyse_trial(silent, methods=["safety"], reference="control"), report_arms(silent, "control"))
    notes = kinds_table(answers).notes[1:]
    assert notes[0].startswith(
        "Cells: 1 of 3 events does not say whether it is serious and is not counted; counted as such, 1 of 6 "
        "participants would be affected. 3 of 3 events do not say whether they are related to treatment and are not"
    )
    assert [note.partition(":")[0] for note in notes] == ["Cells", "Control"]


def test_kinds_between_arms(told):
    table = contrasts_table(told)
    assert [group.title for group in table.groups] == ["cells − control"]
    rows = rows_of(table)
    assert rows[0][:4] == ("Any", "33", "−17 to 67", "0.55")
    # Nobody of control had a related event: one bound alone. Nobody had a serious related one: none.
    assert rows[2][4:6] == ("–", "0.40 or more")
    assert rows[3][4:] == ("–", "–", "–", "–", "–", "–")
    assert [title for title, _ in table.header_groups[1:]] == [
        "Participants (percentage points)", "All events (rate ratio)", "First events (rate ratio)",
    ]  # fmt: skip


def test_one_arm_has_no_contrasts_and_names_kinds_in_rows(one_arm, build):
    trial = one_arm()
    trial = replace(
        trial,
        adverse_events=build(
            adverse_events=[{"participant_id": "Q0", "start_day": 3.0, "term": "Fall"}]
        ).adverse_events,
    )
    answers = Answers.of(analyse_trial(trial, methods=["safety"]), report_arms(trial))
    assert (contrasts_table(answers), terms_compared_table(answers)) == (None, None)
    assert [row[0] for row in rows_of(kinds_table(answers))] == [
        "Any", "Serious", "Related to treatment", "Serious and related", "Grade 3 or more",
    ]  # fmt: skip
    assert rows_of(first_event_table(answers))[0][0] == "Any"
    assert "1 of 1 events does not say" in kinds_table(answers).notes[1]


def test_without_the_method_there_is_no_table(told):
    nothing = Answers((), told.arms)
    for table in (kinds_table, contrasts_table, terms_compared_table, first_event_table):
        assert table(nothing) is None
    assert standing_words(nothing) is None


def test_terms_between_arms_the_largest_difference_first(told):
    table = terms_compared_table(told)
    assert [row[:2] for row in rows_of(table)] == [("Headache", "50"), ("Fall", "−17")]
    assert table.groups[0].title == "cells − control"


def test_serious_events_one_by_one(trial):
    arms = report_arms(trial, "control")
    table = serious_events_table(serious_events(trial), arms)
    assert [group.title for group in table.groups] == ["control"]
    assert rows_of(table) == [("P02", "Fall", "40", "–", "–", "3", "not related")]
    more = trial.adverse_events.with_columns(serious=pl.lit(True), relatedness=pl.Series(["related", None, "no", "no"]))
    rows = rows_of(serious_events_table(serious_events(replace(trial, adverse_events=more)), arms))
    assert rows[0] == ("P01", "Headache", "1", "1", "1", "2", "related")
    assert rows[1][6] == "not recorded"
    assert serious_events_table(serious_events(trial).clear(), arms) is None


@pytest.mark.parametrize(("events", "listed"), [(MOST, MOST), (MOST + 1, 2)])
def test_many_serious_events_are_told_by_the_related_and_fatal_ones(trial, events, listed):
    rows = pl.concat([serious_events(trial)] * events).with_row_index()
    rows = rows.with_columns(related=pl.col("index") == 3, grade=pl.when(pl.col("index") == 7).then(5)).drop("index")
    table = serious_events_table(rows, report_arms(trial, "control"))
    assert len(rows_of(table)) == listed
    assert ("2 serious events of 61:" in table.notes[0]) == (events > MOST)


def test_seriousness_by_term(trial):
    arms = report_arms(trial, "control")
    table = seriousness_table(counted(trial), arms)
    assert rows_of(table) == [
        ("Any adverse event", "–", "3", "–", "1", "–", "–"),
        ("Headache", "–", "3", "–", "–", "–", "–"),
        ("Fall", "–", "–", "–", "1", "–", "–"),
    ]
    assert len(table.notes) == 1
    quiet = trial.adverse_events.with_columns(
        serious=pl.Series([None, False, False, False]), relatedness=pl.Series([None, None, "no", "no"])
    )
    assert seriousness_table(counted(replace(trial, adverse_events=quiet)), arms) is None
    quiet = quiet.with_columns(relatedness=pl.Series([None, None, "no", "related"]))
    assert seriousness_table(counted(replace(trial, adverse_events=quiet)), arms).notes[1:] == (
        "1 event does not say whether it was serious; not counted here.",
        "2 events do not say whether they were related; not counted here.",
    )


def test_with_three_arms_grades_are_one_column(two_arms):
    trial = two_arms()
    arms = trial.participants["arm"].scatter([0, 2], ["high", "high"])
    trial = replace(trial, participants=trial.participants.with_columns(arm=arms))
    table = safety_table(counted(trial), report_arms(trial, "control"))
    assert [column.title for column in table.columns[1:4]] == ["Any grade (%)", "Events", "Gr 3+"]
    assert len(table.columns) == 10
    assert rows_of(table)[2] == ("Fall", "0 (0 %)", "0", "–", "1 (17 %)", "1", "1", "0 (0 %)", "0", "–")


def test_injections_by_number(trial):
    arms = report_arms(trial, "control")
    table = injection_numbers_table(injection_numbers(trial), arms)
    assert rows_of(table) == [
        ("1", "6", "3 (50 %)", "0", "3", "0", "46 %", "3", "59 (12 to 171)"),
        ("2", "6", "0 (0 %)", "0", "0", "0", "46 %", "0", "0.0 (0.0 to 6.0)"),
    ]
    assert injection_numbers_table(injection_numbers(trial).clear(), arms) is None


def test_time_to_first_event(told):
    table = first_event_table(told)
    assert [column.title for column in table.columns] == [
        "First adverse event", "by month 1", "by month 3", "by month 6", "Median (months)", "p",
    ]  # fmt: skip
    rows = rows_of(table)
    assert rows[0][:2] == ("cells", "50 % (11 to 80 %)")
    assert rows[0][4].startswith("0.0 (")
    assert rows[1][1] == "0 % (0 to 46 %)"
    assert (rows[3][4], rows[1][5]) == ("not reached", "–")


def test_standing_is_told_in_sentences(told):
    items = [plain(item) for item in standing_words(told).items]
    assert len(items) == 3
    assert items[0].startswith(
        "Cells, stopping boundary (exact): related, more than 20 %: Boundary not reached by the final count, 3 of 6; "
        "the boundary at 6 is 4; whether it was on the way is unknown: 20 % of the orders"
    )
    assert items[0].endswith("Give a column time_zero_on, accrual_order or enrolled_on in participants.")


def test_the_boundary_and_what_it_does_as_tables():
    first, second = stopping_tables(RULE)
    assert rows_of(first)[:3] == [("3", "3 to 4"), ("4", "5 to 6"), ("5", "7 to 9")]
    assert plain(first.caption) == (
        "Boundary: participants with an adverse event related to treatment, exact, 20 % tolerated."
    )
    assert plain(first.notes[0]) == (
        "Stops when so many or more are too improbable at a share of 20 %, as improbable at every number, set so "
        "that it stops with probability 5 % at most while the true share is 20 %."
    )
    assert [row[0] for row in rows_of(second)] == ["10 %", "20 %", "30 %", "40 %", "60 %"]
    assert float(rows_of(second)[1][1].removesuffix(" %")) <= 5.0
    assert stopping_tables(RULES[1], 2)[0].name == "stopping-boundary-2"
    assert plain(stopping_tables(RULES[1])[0].notes[0]) == (
        "Stops when the probability that the true share exceeds 12.5 % is above 90 %, from a prior with mean 12.5 % "
        "that weighs as much as 1 participant."
    )
    assert plain(stopping_tables(RULES[2])[0].notes[0]).startswith(
        "Stops when a share of 40 % is too much likelier than 10 %, set so that it stops with probability 2.5 % at most"
    )
    hopeless = StoppingRule(kind="exact", tolerated=0.5, participants=4, alpha=0.05)
    assert stopping_tables(hopeless) == ()


def test_the_figure_tells_where_each_arm_stands(trial):
    arms = report_arms(trial, "control")
    boundary, what = boundary_of(RULE), stopping_words(RULE)
    picture = stopping_figure(boundary, standings_of(trial, RULE), arms, what)
    assert picture.finding == (
        "Cells: 3 of 6 participants with the event, 4 stop there; the boundary is not reached by the final count; the "
        "way there is unknown."
    )
    assert "the path, is unknown" in picture.caption
    assert "3 of 6" in picture.svg
    assert picture.svg == stopping_figure(boundary, standings_of(trial, RULE), arms, what).svg


def test_the_figure_draws_the_path_where_the_order_is_known(trial):
    order = pl.Series(range(trial.participants.height), dtype=pl.Int64)
    known = replace(trial, participants=trial.participants.with_columns(accrual_order=order))
    arms = report_arms(known, "control")
    picture = stopping_figure(boundary_of(RULE), standings_of(known, RULE), arms, "x")
    # The first three treated had a related event each.
    assert picture.finding == (
        "Cells: 3 of 6 participants with the event, 4 stop there; the boundary was reached at participant 3."
    )
    assert "Lines: the path in the order of treatment" in picture.caption
    alone = stopping_figure((None,) * 6, standings_of(known, RULE), arms[:1], "x")
    assert alone.finding.startswith("3 of 6 participants with the event, no number stops there; the boundary")


def kinds_of(blocks):
    return [getattr(block, "name", getattr(block, "title", getattr(block, "text", None))) for block in blocks]


def test_the_section_in_its_order(trial, results):
    material = gather(trial, results, None)
    assert stopping_rules(material) == RULES
    assert kinds_of(safety_blocks(material)) == [
        "Stopping rules", "adverse-event-kinds", "adverse-event-contrasts", "What did not happen",
        "Serious adverse events", "serious-events", "By system organ class and preferred term", "adverse-events",
        "safety", "seriousness", "terms-compared", "By time", "since-injection", "injection-numbers", "first-events",
        "Stopping rules", "stopping-1", "stopping-boundary-1", "stopping-characteristics-1", "stopping-2",
        "stopping-boundary-2", "stopping-characteristics-2", "stopping-3", "stopping-boundary-3",
        "stopping-characteristics-3",
    ]  # fmt: skip


def test_without_events_the_section_says_so_and_keeps_the_rules(trial, plan):
    empty = replace(
        trial, adverse_events=trial.adverse_events.clear(), manifest=replace(trial.manifest, origin="conducted")
    )
    blocks = safety_blocks(gather(empty, analyse_trial(empty, plan=plan, reference="control"), None))
    assert blocks[0].text.startswith("The tables hold no adverse events.")
    assert kinds_of(blocks)[1:4] == ["Stopping rules", "Stopping rules", "stopping-1"]


def test_events_before_time_zero_alone(trial):
    early = replace(
        trial, adverse_events=trial.adverse_events.with_columns(start_day=pl.lit(-5.0), serious=pl.lit(False))
    )
    blocks = safety_blocks(gather(early, analyse_trial(early, methods=["safety"], reference="control"), None))
    assert blocks[0].text.startswith("No adverse event is recorded from time zero on")
    assert blocks[-1].text == NO_SERIOUS
