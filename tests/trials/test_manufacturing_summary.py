"""What became of the cells: counts worked by hand on a small trial, and shares of a simulated one."""

from __future__ import annotations

import dataclasses

import polars as pl
import pytest

from leadin.trials.manufacturing_summary import manufacturing_summary


@pytest.fixture
def summary(trial):
    return manufacturing_summary(trial)


def test_a_small_trial(summary):
    (arm,) = summary.arms
    assert (arm.arm, arm.participants, arm.dosed, arm.never_dosed) == ("cells", 2, 2, 0)
    assert (arm.isolations, arm.lots_begun, arm.lots_released, arm.lots_given) == (2, 2, 2, 2)
    assert (arm.median_days, arm.fewest_days, arm.most_days) == (91, 91, 91)
    assert (arm.doses_given, arm.late, arm.rejected, arm.why_never_dosed) == (2, 0, (), ())
    assert summary.cultures_at_once == ()


def test_failed_lots_and_who_was_never_dosed(trial, change, add):
    failed = change(trial, "lots", 1, outcome="rejected: failed sterility", released_day=None)
    again = {"lot_id": "L2-2", "participant_id": "P2", "isolated_day": 7.0, "outcome": "rejected: failed sterility"}
    failed = add(failed, "lots", again)
    never = {
        "participant_id": "P2",
        "day": 40.0,
        "kind": "not_dosed",
        "detail": "no lot was released: failed sterility",
    }
    failed = add(failed, "events", never)
    failed = failed.with_tables({"administrations": trial.administrations.head(1)})
    (arm,) = manufacturing_summary(failed).arms
    assert (arm.isolations, arm.lots_begun, arm.lots_released, arm.lots_given) == (3, 3, 1, 1)
    assert arm.rejected == (("failed sterility", 2),)
    assert (arm.dosed, arm.never_dosed) == (1, 1)
    assert arm.why_never_dosed == (("no lot was released: failed sterility", 1),)


def test_late_doses_are_counted_by_their_order(trial, change, add):
    assert manufacturing_summary(change(trial, "administrations", 0, day=40.0)).arms[0].late == 1
    unplanned = add(trial, "administrations", {"participant_id": "P1", "day": 300.0, "route": "intrathecal"})
    assert manufacturing_summary(unplanned).arms[0].late == 0  # no second dose was planned, so none is late


def test_without_a_protocol_arms_with_lots_are_told_and_lateness_is_not_known(trial):
    (arm,) = manufacturing_summary(dataclasses.replace(trial, protocol=None)).arms
    assert (arm.arm, arm.late) == ("cells", None)


def test_a_trial_without_cells_has_no_arms(trial):
    empty = dataclasses.replace(trial, protocol=None).with_tables(
        {"lots": trial.lots.clear(), "administrations": trial.administrations.clear()}
    )
    found = manufacturing_summary(empty)
    assert found.arms == ()
    assert found.to_polars().is_empty()


def test_nobody_enrolled_has_no_days_to_the_first_dose(trial):
    bare = trial.with_tables({"events": trial.events.clear()})
    (arm,) = manufacturing_summary(bare).arms
    assert (arm.median_days, arm.fewest_days, arm.most_days) == (None, None, None)


def test_the_table_says_the_same(summary, trial, change):
    failed = manufacturing_summary(change(trial, "lots", 0, outcome="rejected: failed identity"))
    table = failed.to_polars()
    assert table.height == 1
    assert table["rejected"].item() == "failed identity 1"
    assert table["why_never_dosed"].item() == ""
    assert table.schema["late"] == pl.Int64
    assert summary.to_polars().select("arm", "participants", "median_days").rows() == [("cells", 2, 91.0)]


def test_the_most_cultures_at_one_time_come_from_the_manifest(trial):
    manifest = dataclasses.replace(
        trial.manifest,
        simulation=(("population", "pro-act"), ("cultures_at_once.msc", "7"), ("cultures_at_once.x", "?")),
    )
    assert manufacturing_summary(dataclasses.replace(trial, manifest=manifest)).cultures_at_once == (("msc", 7),)
