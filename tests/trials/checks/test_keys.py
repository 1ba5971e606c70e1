from __future__ import annotations

import pytest

from leadin.trials.finding import Finding


def test_a_row_without_a_participant_or_day_is_left_out(trial, change, find):
    faulty = change(change(trial, "assessments", 0, participant_id=None), "assessments", 4, day=None)
    assert find(faulty) == [
        Finding(
            "missing-key",
            "error",
            "assessments",
            (0,),
            "1 row of assessments without participant_id (row 0). Left out; fill in participant_id.",
        ),
        Finding(
            "missing-key",
            "error",
            "assessments",
            (4,),
            "1 row of assessments without day (row 4). Left out; fill in day.",
        ),
    ]


def test_empty_text_is_no_key(trial, change, find):
    (finding,) = find(change(change(trial, "events", 3, kind=""), "events", 5, kind=""))[:1]
    assert finding.rows == (3, 5)
    assert finding.message == "2 rows of events without kind (row 3; row 5). Left out; fill in kind."


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("participants", "participant_id"),
        ("assessments", "measure"),
        ("lots", "lot_id"),
        ("administrations", "participant_id"),
        ("administrations", "day"),
        ("events", "participant_id"),
        ("events", "day"),
        ("adverse_events", "participant_id"),
        ("adverse_events", "start_day"),
        ("adverse_events", "term"),
    ],
)
def test_each_necessary_column_must_be_filled(trial, change, find, table, column):
    found = [f for f in find(change(trial, table, 1, **{column: None})) if f.id == "missing-key"]
    assert [(f.severity, f.table, f.rows) for f in found] == [("error", table, (1,))]
    assert column in found[0].message


def test_of_rows_alike_the_first_is_used(trial, add, find):
    last = trial.assessments.height
    row = trial.assessments.row(5, named=True)
    assert find(add(trial, "assessments", row, row)) == [
        Finding(
            "repeated-row",
            "error",
            "assessments",
            (last, last + 1),
            "2 rows of assessments that repeat an earlier one (P2 day 91 measure alsfrs_r; P2 day 91 measure "
            "alsfrs_r). Left out, the first of each is used; remove the copies.",
        )
    ]


def test_rows_without_a_key_are_not_called_copies(trial, add, find):
    row = {"participant_id": None, "day": 0.0, "measure": "alsfrs_r", "value": 40.0}
    assert [f.id for f in find(add(trial, "assessments", row, row))] == ["missing-key"]


def test_two_values_of_one_assessment_are_both_left_out(trial, add, find):
    last = trial.assessments.height
    row = trial.assessments.row(5, named=True) | {"value": 30.0}
    assert find(add(trial, "assessments", row)) == [
        Finding(
            "conflicting-rows",
            "error",
            "assessments",
            (5, last),
            "2 rows of assessments that share a key and differ (P2 day 91 measure alsfrs_r; P2 day 91 measure "
            "alsfrs_r). All are left out, since nothing says which is right; keep one of each.",
        )
    ]


def test_a_copy_of_a_disputed_row_is_left_out_too(trial, add, find):
    last = trial.assessments.height
    row = trial.assessments.row(5, named=True)
    found = find(add(trial, "assessments", row | {"value": 30.0}, row))
    assert [(f.id, f.rows) for f in found] == [("repeated-row", (last + 1,)), ("conflicting-rows", (5, last, last + 1))]


def test_two_participants_with_one_id_are_both_left_out(trial, add, find):
    assert find(add(trial, "participants", {"participant_id": "P1", "arm": "control"}))[0] == Finding(
        "conflicting-rows",
        "error",
        "participants",
        (0, 4),
        "2 participants that share an id and differ (P1; P1). All are left out, since nothing says which is right; "
        "keep one of each.",
    )


def test_two_lots_with_one_id_are_both_left_out(trial, add, find):
    found = find(add(trial, "lots", {"lot_id": "L1", "participant_id": "P2", "outcome": "released"}))
    assert [(f.id, f.severity, f.table, f.rows) for f in found] == [("conflicting-rows", "error", "lots", (0, 2))]


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("events", {"participant_id": "P4", "day": 120.5, "kind": "death", "detail": "at home"}),
        ("administrations", {"participant_id": "P1", "day": 0.0, "lot_id": "L1", "route": "intrathecal", "cells": 1.0}),
    ],
)
def test_what_happened_is_used_once_whatever_its_details(trial, add, find, table, row):
    last = trial.table(table).height
    (finding,) = find(add(trial, table, row))
    assert (finding.id, finding.severity, finding.table, finding.rows) == ("conflicting-rows", "error", table, (last,))
    assert finding.message.startswith(f"1 row of {table} that differs from an earlier one of the same key (")
    assert finding.message.endswith("). Left out, the first of each is used; keep the right one of each.")


def test_adverse_events_that_share_a_key_are_kept_so_that_no_harm_is_hidden(trial, add, find):
    found = find(
        add(trial, "adverse_events", {"participant_id": "P1", "start_day": 1.0, "term": "headache", "ctcae_grade": 3})
    )
    assert found == [
        Finding(
            "conflicting-rows",
            "warning",
            "adverse_events",
            (0, 2),
            "2 rows of adverse_events that share a key and differ (P1 start_day 1 term headache; P1 start_day 1 term "
            "headache). All are kept, so that no harm is hidden; merge what was one event.",
        )
    ]


def test_two_routes_or_lots_on_one_day_are_two_administrations(trial, add, find):
    row = {"participant_id": "P1", "day": 0.0, "lot_id": "L1", "route": "intravenous"}
    assert find(add(trial, "administrations", row, row | {"route": None})) == []
