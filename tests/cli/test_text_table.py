"""Tables and paragraphs as plain text."""

from __future__ import annotations

import pytest

from leadin.cli.activities_text import activities_text
from leadin.cli.text_table import labelled, page_width, table
from leadin.protocols.activities import ActivityColumn, ActivityRow, ScheduleOfActivities


def test_the_last_column_wraps():
    assert table(("A", "Text"), [("x", "one two three four five"), ("long", "six")], 30) == [
        "A     Text",
        "----  -----------------------",
        "x     one two three four five",
        "long  six",
    ]
    assert table(("A", "Text"), [("x", "one two three four five"), ("long", "six")], 26) == [
        "A     Text",
        "----  --------------------",
        "x     one two three four",
        "      five",
        "long  six",
    ]


def test_a_narrow_page_leaves_the_last_column_twenty():
    assert table(("A", "T"), [("x" * 30, "one two three four five")], 10)[-2:] == [
        "x" * 30 + "  one two three four",
        " " * 30 + "  five",
    ]


def test_labelled_rows():
    assert labelled([("Name", "a b c"), ("", "d"), ("A long label", "e")], 40, label_width=6) == [
        "Name    a b c",
        "        d",
        "A long label",
        "        e",
    ]
    assert labelled([("N", "one two three four five six")], 28, label_width=4) == [
        "N     one two three four",
        "      five six",
    ]
    assert labelled([("N", "")], 28, label_width=4) == ["N"]


@pytest.mark.parametrize(("columns", "width"), [("40", 60), ("60", 60), ("93", 93), ("120", 120), ("500", 120)])
def test_page_width(monkeypatch, columns, width):
    monkeypatch.setenv("COLUMNS", columns)
    assert page_width() == width


def schedule(*days):
    columns = tuple(ActivityColumn(f"visit {day}", day, 1, 1, "lead-in" if day < 0 else "follow-up") for day in days)
    marks = tuple("X" for _ in days)
    rows = (ActivityRow("Score", marks), ActivityRow("Weight", ("", *marks[1:-1], "X a")))
    return ScheduleOfActivities(columns, rows, ("a: arm b only", "note"))


def test_lead_in_and_follow_up_are_blocks_and_rows_without_marks_are_left_out():
    assert activities_text(schedule(-30, 0, 30, 61), 60) == [
        "Lead-in",
        "              visit",
        "               -30",
        "Day            -30",
        "Window, days    ±1",
        "-------------------",
        "Score           X",
        "",
        "Treatment and follow-up",
        "              visit  visit  visit",
        "                0      30     61",
        "Day             0     +30    +61",
        "Window, days    ±1     ±1     ±1",
        "---------------------------------",
        "Score           X      X      X",
        "Weight          X      X     X a",
        "",
        "a: arm b only",
        "note",
    ]


def test_a_narrow_page_takes_narrow_gaps_before_it_takes_more_blocks():
    wide, narrow = 12 + 3 * (2 + 5), 12 + 3 * (1 + 5)
    table = schedule(-30, 0, 30, 61)
    assert "              visit  visit  visit" in activities_text(table, wide)
    assert "             visit visit visit" in activities_text(table, wide - 1)
    assert "             visit visit visit" in activities_text(table, narrow)
    assert activities_text(table, narrow - 1)[8:] == [
        "Treatment and follow-up",
        "              visit  visit",
        "                0      30",
        "Day             0     +30",
        "Window, days    ±1     ±1",
        "--------------------------",
        "Score           X      X",
        "Weight          X      X",
        "",
        "Treatment and follow-up (continued)",
        "              visit",
        "                61",
        "Day            +61",
        "Window, days    ±1",
        "-------------------",
        "Score           X",
        "Weight         X a",
        "",
        "a: arm b only",
        "note",
    ]
