from __future__ import annotations

import polars as pl
import pytest

from leadin.errors import DataError
from leadin.trials.checks import check_trial
from leadin.trials.schema import SCHEMAS
from leadin.trials.trial import Manifest, empty_trial


def test_nothing_is_found_in_a_trial_without_a_fault(trial):
    assert check_trial(trial) == ()


def test_nothing_is_found_in_an_empty_trial(protocol):
    assert check_trial(empty_trial(Manifest(origin="imported"), protocol)) == ()
    assert check_trial(empty_trial(Manifest(origin="imported"))) == ()


def test_without_a_protocol_only_what_needs_one_is_not_checked(trial, change):
    from dataclasses import replace

    faulty = change(change(trial, "assessments", 0, visit="week 1"), "assessments", 1, value=49.0)
    assert [f.id for f in check_trial(faulty)] == ["score-out-of-range", "unknown-visit"]
    assert [f.id for f in check_trial(replace(faulty, protocol=None))] == ["score-out-of-range"]


def test_tables_with_their_necessary_columns_alone_are_checked(trial):
    bare = trial.with_tables(
        {
            "participants": trial.participants.select("participant_id", "arm"),
            "assessments": trial.assessments.drop("visit"),
            "events": trial.events.drop("detail"),
            "administrations": trial.administrations.select("participant_id", "day", "lot_id"),
            "adverse_events": trial.adverse_events.select("participant_id", "start_day", "term"),
            "lots": trial.lots.select("lot_id", "participant_id"),
        }
    )
    assert [f.id for f in check_trial(bare)] == ["lot-not-released"]


def test_whole_numbers_and_other_texts_are_taken_for_what_they_are(trial):
    whole = trial.with_tables(
        {
            "assessments": trial.assessments.with_columns(pl.col("value").cast(pl.Int32), pl.col("day").cast(pl.Int64)),
            "participants": trial.participants.with_columns(pl.col("arm").cast(pl.Categorical)),
        }
    )
    assert check_trial(whole) == ()


def test_a_column_of_another_type_is_refused(trial):
    wrong = trial.with_tables({"assessments": trial.assessments.with_columns(value=pl.lit("high"))})
    with pytest.raises(DataError) as error:
        check_trial(wrong)
    assert str(error.value) == (
        "assessments.value: expected values of type Float64; got String that do not convert. Convert the column first."
    )


def test_every_check_leaves_the_tables_as_they_are(trial):
    before = {name: trial.table(name).clone() for name in SCHEMAS}
    check_trial(trial)
    assert all(trial.table(name).equals(before[name]) for name in SCHEMAS)
