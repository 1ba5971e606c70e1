from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from leadin.months import DAYS_PER_MONTH
from leadin.trials.fatal_events import fatal_kinds, first_events
from leadin.trials.schema import SCHEMAS
from leadin.trials.survival_times import survival_origin, survival_times


def times(trial):
    return {who: rest for who, *rest in survival_times(trial).iter_rows()}


def events(*rows):
    return pl.DataFrame([(*row, None) for row in rows], schema=SCHEMAS["events"], orient="row")


def without(trial, kind):
    return trial.with_tables({"events": trial.events.filter(trial.events["kind"] != kind)})


def test_from_randomisation_to_death_or_to_the_end_of_follow_up(trial):
    frame = survival_times(trial)
    assert frame.schema == pl.Schema(
        {"participant_id": pl.String, "arm": pl.String, "months": pl.Float64, "event": pl.Boolean, "kind": pl.String}
    )
    assert frame.rows() == [
        ("P1", "cells", 184.0 / DAYS_PER_MONTH, False, "end_of_follow_up"),
        ("P2", "cells", 184.0 / DAYS_PER_MONTH, False, "end_of_follow_up"),
        ("P3", "control", 184.0 / DAYS_PER_MONTH, False, "end_of_follow_up"),
        ("P4", "control", 121.5 / DAYS_PER_MONTH, True, "death"),
    ]


def test_the_order_is_that_of_the_participants(trial):
    turned = trial.with_tables(
        {"participants": trial.participants.reverse(), "events": trial.events.sample(fraction=1, shuffle=True, seed=3)}
    )
    assert survival_times(turned)["participant_id"].to_list() == ["P4", "P3", "P2", "P1"]
    assert survival_times(turned).reverse().equals(survival_times(trial))


def test_without_randomisation_the_clock_starts_at_enrolment_if_all_enrolled(trial):
    enrolled = without(trial, "randomised")
    assert survival_origin(trial) == "randomisation"
    assert survival_origin(enrolled) == "enrolment"
    assert times(enrolled)["P4"] == ["control", 211.5 / DAYS_PER_MONTH, True, "death"]
    fewer = enrolled.with_tables(
        {"events": enrolled.events.filter((pl.col("kind") != "enrolled") | (pl.col("participant_id") != "P2"))}
    )
    assert survival_origin(fewer) == "time zero"
    assert times(fewer)["P4"] == ["control", 120.5 / DAYS_PER_MONTH, True, "death"]
    assert len(times(fewer)) == 4


def test_in_a_trial_of_one_arm_the_clock_starts_at_the_first_administration(trial):
    one = without(trial, "randomised").with_tables(
        {"participants": trial.participants.with_columns(arm=pl.lit("cells"))}
    )
    assert survival_origin(one) == "time zero"
    assert times(one)["P1"] == ["cells", 183.0 / DAYS_PER_MONTH, False, "end_of_follow_up"]
    none = one.with_tables({"participants": one.participants.with_columns(arm=pl.lit(None, dtype=pl.String))})
    assert survival_origin(none) == "time zero"


def test_who_was_never_randomised_is_not_at_risk(trial):
    fewer = trial.with_tables(
        {"events": trial.events.filter((pl.col("kind") != "randomised") | (pl.col("participant_id") != "P2"))}
    )
    assert list(times(fewer)) == ["P1", "P3", "P4"]


def test_screen_failures_are_not_at_risk_unless_they_entered_after_all(trial, add):
    bare = without(without(trial, "randomised"), "enrolled")
    failed = add(bare, "events", {"participant_id": "P3", "day": -95.0, "kind": "screen_failure"})
    assert survival_origin(failed) == "time zero"
    assert list(times(failed)) == ["P1", "P2", "P4"]
    entered = add(failed, "events", {"participant_id": "P3", "day": -90.0, "kind": "enrolled"})
    assert list(times(entered)) == ["P1", "P2", "P3", "P4"]


def test_whose_last_day_lies_before_the_origin_is_not_at_risk(trial):
    gone = trial.with_tables(
        {
            "events": events(("P1", 0.0, "randomised"), ("P2", 0.0, "randomised"), ("P2", -3.0, "death")),
            "assessments": trial.assessments.clear(),
            "administrations": trial.administrations.clear(),
            "adverse_events": trial.adverse_events.clear(),
        }
    )
    assert times(gone) == {"P1": ["cells", 0.0, False, None]}


@pytest.mark.parametrize(
    ("table", "row", "day"),
    [
        ("assessments", {"day": 200.0, "measure": "alsfrs_r", "value": 30.0}, 200.0),
        ("assessments", {"day": 200.0, "measure": "alsfrs_r", "value": None}, 91.0),
        ("administrations", {"day": 201.0, "route": "intrathecal"}, 201.0),
        ("adverse_events", {"start_day": 202.0, "term": "fall", "end_day": 300.0}, 202.0),
        ("events", {"day": 203.0, "kind": "gastrostomy"}, 203.0),
        ("events", {"day": float("nan"), "kind": "gastrostomy"}, 91.0),
    ],
)
def test_censored_at_the_last_known_day(trial, add, table, row, day):
    open_ended = add(without(trial, "end_of_follow_up"), table, {"participant_id": "P1"} | row)
    assert times(open_ended)["P1"] == ["cells", (day + 1.0) / DAYS_PER_MONTH, False, None]


@pytest.mark.parametrize("kind", ["withdrawal", "lost_to_follow_up"])
def test_withdrawal_and_loss_say_why_follow_up_ended_on_the_day_of_censoring(trial, add, kind):
    left = add(without(trial, "end_of_follow_up"), "events", {"participant_id": "P1", "day": 150.0, "kind": kind})
    assert times(left)["P1"] == ["cells", 151.0 / DAYS_PER_MONTH, False, kind]
    seen = add(left, "assessments", {"participant_id": "P1", "day": 160.0, "measure": "alsfrs_r", "value": 30.0})
    assert times(seen)["P1"] == ["cells", 161.0 / DAYS_PER_MONTH, False, None]
    dead = add(left, "events", {"participant_id": "P1", "day": 170.0, "kind": "death"})
    assert times(dead)["P1"] == ["cells", 171.0 / DAYS_PER_MONTH, True, "death"]


def test_of_several_reasons_on_one_day_the_first_of_the_list_is_named(trial, add):
    row = {"participant_id": "P1", "day": 183.0}
    left = add(trial, "events", row | {"kind": "lost_to_follow_up"}, row | {"kind": "withdrawal"})
    assert times(left)["P1"][3] == "withdrawal"


def test_the_end_of_follow_up_is_a_boundary(trial, add):
    dead = add(trial, "events", {"participant_id": "P1", "day": 190.0, "kind": "death"})
    assert times(dead)["P1"] == ["cells", 184.0 / DAYS_PER_MONTH, False, "end_of_follow_up"]
    same_day = add(trial, "events", {"participant_id": "P1", "day": 183.0, "kind": "death"})
    assert times(same_day)["P1"] == ["cells", 184.0 / DAYS_PER_MONTH, True, "death"]
    seen = add(trial, "assessments", {"participant_id": "P2", "day": 300.0, "measure": "alsfrs_r", "value": 30.0})
    assert times(seen)["P2"] == ["cells", 184.0 / DAYS_PER_MONTH, False, "end_of_follow_up"]


def test_what_the_protocol_counts_as_fatal_ends_survival_with_its_kind(trial, add):
    ventilated = add(trial, "events", {"participant_id": "P4", "day": 100.0, "kind": "tracheostomy"})
    assert times(ventilated)["P4"] == ["control", 101.0 / DAYS_PER_MONTH, True, "tracheostomy"]
    assert times(replace(ventilated, protocol=None))["P4"] == ["control", 121.5 / DAYS_PER_MONTH, True, "death"]
    other = add(trial, "events", {"participant_id": "P4", "day": 100.0, "kind": "permanent_ventilation"})
    assert times(other)["P4"] == ["control", 121.5 / DAYS_PER_MONTH, True, "death"]


def test_equal_times_stay_equal(trial):
    day = 13.4373716632444 * DAYS_PER_MONTH
    rows = [(who, 0.0, "randomised") for who in ("P1", "P2", "P3")] + [
        (who, day, "death") for who in ("P1", "P2", "P3")
    ]
    months = survival_times(trial.with_tables({"events": events(*rows)}))["months"]
    assert months.n_unique() == 1
    assert abs(months[0] / 13.4373716632444 - 1) < 1e-15


def test_fatal_kinds(protocol):
    assert fatal_kinds(None) == ("death",)
    assert fatal_kinds(protocol) == ("death", "tracheostomy")
    ventilation = protocol.model_copy(update={"fatal_events": ("permanent_ventilation",)})
    assert fatal_kinds(ventilation) == ("death", "permanent_ventilation")


def test_first_events():
    told = events(
        ("B", 5.0, "death"),
        ("A", 9.0, "death"),
        ("A", 9.0, "tracheostomy"),
        ("A", 7.0, "gastrostomy"),
        ("B", 6.0, "tracheostomy"),
        ("C", None, "death"),
        ("D", float("inf"), "death"),
    )
    assert first_events(told, ("tracheostomy", "death")).rows() == [("A", 9.0, "tracheostomy"), ("B", 5.0, "death")]
    assert first_events(told, ("death", "tracheostomy")).rows() == [("A", 9.0, "death"), ("B", 5.0, "death")]
    assert first_events(told, ("enrolled",)).rows() == []
