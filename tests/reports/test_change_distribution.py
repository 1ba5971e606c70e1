"""The distribution of change: where the dead and the missing are, what the curve's height is, what the words say."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.errors import DataError
from leadin.months import DAYS_PER_MONTH
from leadin.reports.arms import report_arms
from leadin.reports.change_distribution import (
    ChangeDistribution,
    Changes,
    change_distribution_figure,
    changes_at,
)

SVG = "{http://www.w3.org/2000/svg}"


def words_in(picture) -> list[str]:
    root = ElementTree.fromstring(picture.svg)
    assert root.find(f"{SVG}desc").text == picture.finding
    return [e.text for e in root.iter(f"{SVG}text")]


@pytest.fixture
def trial(build):
    """Two arms, visits at months 3 and 6; in x one died before month 6, one is missing; in y one died afterwards."""
    scores = {"a": (40, 38, 35), "b": (40, 39, None), "c": (36, 30, None), "d": (40, 40, 41), "e": (30, None, 28)}
    scores |= {"f": (None, 30, 20)}
    return build(
        participants=[{"participant_id": name, "arm": "x" if name in "abc" else "y"} for name in scores],
        assessments=[
            {"participant_id": name, "day": month * DAYS_PER_MONTH, "measure": "alsfrs_r", "value": value}
            for name, values in scores.items()
            for month, value in zip((0, 3, 6), values, strict=True)
            if value is not None
        ],
        events=[
            {"participant_id": "c", "day": 6 * DAYS_PER_MONTH, "kind": "death"},
            {"participant_id": "d", "day": 6 * DAYS_PER_MONTH + 1, "kind": "death"},
            {"participant_id": "b", "day": 100.0, "kind": "withdrawal"},
        ],
    )


def test_the_dead_are_worst_and_the_missing_are_counted(trial):
    arms = report_arms(trial, "y")
    changes = changes_at(trial, arms)
    assert changes.month == pytest.approx(6.0)
    assert changes.fatal == "dead"
    assert changes.by_arm == {
        "x": ChangeDistribution((-5.0,), dead=1, missing=1),
        "y": ChangeDistribution((-2.0, 1.0), dead=0, missing=1),
    }
    at_three = changes_at(trial, arms, month=3)
    assert at_three.by_arm["x"] == ChangeDistribution((-6.0, -2.0, -1.0), dead=0, missing=0)
    with pytest.raises(DataError, match=r"^month: expected the month of a visit with the ALSFRS-R total \(3, 6\)"):
        changes_at(trial, arms, month=4)


def test_what_the_protocol_counts_as_fatal_stands_at_the_edge(trial, phase1):
    fatal = phase1.protocol.model_copy(update={"fatal_events": ("death", "tracheostomy"), "visits": ()})
    events = pl.concat(
        [trial.events, trial.events.head(1).with_columns(participant_id=pl.lit("a"), kind=pl.lit("tracheostomy"))]
    )
    changes = changes_at(replace(trial, protocol=fatal, events=events), report_arms(trial, "y"))
    assert changes.fatal == "fatal event"
    assert changes.by_arm["x"] == ChangeDistribution((), dead=2, missing=1)


def test_the_picture_says_medians_losses_deaths_and_who_is_not_known(trial):
    arms = report_arms(trial, "y")
    picture = change_distribution_figure(arms, changes_at(trial, arms))
    assert picture.finding.replace("\u00a0", " ") == (
        "x: median change 6 months after time zero fatal event; no loss in 0 of 2 (0 %); fatal event in 1 of 2 (50 %); "
        "not known of 1. "
        "y: median change 6 months after time zero −0.5 points; no loss in 1 of 2 (50 %); fatal event in 0 of 2 (0 %); "
        "not known of 1."
    )
    assert picture.title == "ALSFRS-R, change from baseline to month 6"
    words = words_in(picture)
    assert {"x", "y, median −0.5", "dead", "0", "100"} <= set(words)
    assert "Change from baseline (points); right of the upright line: no loss" in words
    assert "Those with a fatal event by month 6 stand at the left edge, as the worst outcome." in picture.caption
    assert picture.caption.endswith("Not drawn: 2 participants without a change for another reason.")


def test_without_deaths_and_missing_nothing_is_said_of_them(cells_and_control):
    made = ChangeDistribution((-4.0, -2.0, 0.0), 0, 0)
    picture = change_distribution_figure(cells_and_control, Changes(12.0, "dead", {"cells": made}))
    assert "dead" not in words_in(picture)
    assert "fatal" not in picture.caption
    assert "Not drawn" not in picture.caption
    assert picture.finding.startswith(
        "cells + riluzole: median change 12 months after time zero −2 points; no loss in 1"
    )
    assert "riluzole alone" not in picture.finding


def test_three_arms_have_a_key_and_two_have_names(cells_and_control):
    third = replace(cells_and_control[0], name="high", label="high dose")
    made = ChangeDistribution((-4.0, -2.0, 0.0), 1, 0)
    three = dict.fromkeys(("cells", "control", "high"), made)
    words = words_in(change_distribution_figure((*cells_and_control, third), Changes(12.0, "dead", three)))
    assert {"cells + riluzole", "riluzole alone", "high dose"} <= set(words)
    two = words_in(change_distribution_figure(cells_and_control, Changes(12.0, "dead", three)))
    assert {"cells + riluzole, median −3", "riluzole alone, median −3"} <= set(two)


@pytest.mark.parametrize(
    ("changes", "dead", "median"),
    [
        ((), 0, None),
        ((), 2, None),
        ((-3.0,), 0, -3.0),
        ((-3.0,), 1, None),
        ((-3.0, -1.0), 1, -3.0),
        ((-4.0, -1.0), 0, -2.5),
    ],
)
def test_medians_with_the_dead_below_all(changes, dead, median):
    made = ChangeDistribution(changes, dead, 5)
    assert made.median == median
    assert made.n == len(changes) + dead


@given(st.lists(st.integers(-48, 48).map(float), max_size=30), st.integers(0, 10))
def test_a_curve_rises_from_the_dead_to_everybody(values, dead):
    made = ChangeDistribution(tuple(sorted(values)), dead, 0)
    if made.n == 0:
        assert made.median is None
        return
    heights = [made.share_at(value) for value in sorted({*values, -100.0, 100.0})]
    assert heights == sorted(heights)
    assert heights[0] == dead / made.n
    assert heights[-1] == 1.0
    if made.median is not None:
        assert made.share_at(made.median) >= 0.5
        assert made.median in made.changes or made.n % 2 == 0
    assert made.not_worse == sum(value >= 0 for value in values)


def test_the_order_of_participants_changes_nothing(trial):
    turned = replace(trial, participants=trial.participants.reverse(), assessments=trial.assessments.reverse())
    pictures = [
        change_distribution_figure(arms, changes_at(each, arms))
        for each in (trial, turned)
        for arms in [tuple(sorted(report_arms(each, "y"), key=lambda arm: str(arm.name)))]
    ]
    assert pictures[0].svg == pictures[1].svg
    assert pictures[0].finding == pictures[1].finding
