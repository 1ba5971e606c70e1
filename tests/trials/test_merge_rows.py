"""Rows of one key: brought together where they agree, left where they contradict each other, and logged."""

from __future__ import annotations

import polars as pl

from leadin.trials.import_report import ChangeLog
from leadin.trials.merge_rows import FILE, LINE, SOURCE, distinct_rows, merged_by_key


def rows(*cells):
    names = ["participant_id", "arm", "sex", FILE, LINE, SOURCE]
    return pl.DataFrame([(*row, "a.csv", line, 0) for line, row in enumerate(cells, 2)], schema=names, orient="row")


def changes(log):
    return [
        (c["table"], c["file"], c["line"], c["action"], c["reason"]) for f in log.frames for c in f.rows(named=True)
    ]


def told(table):
    return table.select("participant_id", "arm", "sex").rows()


def test_rows_that_agree_become_one_and_fill_each_other():
    log = ChangeLog()
    found = merged_by_key("participants", rows(("P1", "x", None), ("P2", "y", None), ("P1", None, "F")), log)
    assert told(found) == [("P1", "x", "F"), ("P2", "y", None)]
    assert found.columns == ["participant_id", "arm", "sex", FILE, LINE, SOURCE]
    reason = "agrees with an earlier row of the same key"
    assert changes(log) == [("participants", "a.csv", 4, "merged", reason)]


def test_rows_that_contradict_each_other_all_stay_as_they_are():
    log, given = ChangeLog(), rows(("P1", "x", None), ("P1", "y", "F"))
    assert told(merged_by_key("participants", given, log)) == told(given)
    assert changes(log) == []


def test_nothing_stays_nothing():
    assert merged_by_key("participants", rows().clear(), ChangeLog()).is_empty()


def test_only_rows_alike_to_the_last_cell_are_repeats():
    log = ChangeLog()
    found = distinct_rows("participants", rows(("P1", "x", None), ("P1", "x", None), ("P1", "x", "F")), log)
    assert told(found) == [("P1", "x", None), ("P1", "x", "F")]
    assert changes(log) == [("participants", "a.csv", 3, "merged", "repeats an earlier row")]
