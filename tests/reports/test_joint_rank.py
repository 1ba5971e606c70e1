"""The joint-rank picture: one mark a participant in the order of ranks, deaths apart, what decided the pairs."""

from __future__ import annotations

import math
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadin.reports.drawing import PAGE_HEIGHT
from leadin.reports.joint_rank import RankedTrial, joint_rank_figure

SVG = "{http://www.w3.org/2000/svg}"


def words_in(picture) -> list[str]:
    root = ElementTree.fromstring(picture.svg)
    assert root.find(f"{SVG}desc").text == picture.finding
    assert float(root.get("height").removesuffix("pt")) <= PAGE_HEIGHT
    return [e.text for e in root.iter(f"{SVG}text")]


@pytest.fixture
def ranked() -> RankedTrial:
    return RankedTrial(
        participant_id=("a", "b", "c", "d", "e"),
        arm=("cells", "cells", "control", "control", None),
        score=(4.0, 1.0, -1.0, -4.0, 0.0),
        rank=(5.0, 3.5, 3.5, 1.0, 2.0),
        months=(12.0, 12.0, 11.5, 4.2, 12.0),
        event=(False, False, False, True, False),
        change=(2.0, -3.0, math.nan, None, -8.0),
        by_survival=0.4,
        by_function=0.5,
        tied=0.1,
        origin="randomisation",
    )


def test_it_says_what_decided_and_how_each_arm_lies(ranked, cells_and_control):
    picture = joint_rank_figure(cells_and_control, ranked)
    assert picture.finding.replace("\u00a0", " ") == (
        "4 participants in one ranking; of all pairs 40 % were decided by survival, 50 % by function, 10 % tied. "
        "cells + riluzole: mean rank 4.2 of 4, fatal event in 0 of 2 (0 %). "
        "riluzole alone: mean rank 2.2 of 4, fatal event in 1 of 2 (50 %)."
    )
    assert picture.title == "Joint rank of survival and function"
    words = [word.replace("\u00a0", " ") for word in words_in(picture)]
    assert "Pairs of participants decided by survival 40 %, by function 50 %, tied 10 %" in words
    assert {"cells + riluzole", "riluzole alone", "mean 4.2", "mean 2.2"} <= set(words)
    assert {"Change in ALSFRS-R", "(points)", "Fatal event", "(month from", "randomisation)"} <= set(words)
    assert "Place in the joint rank, from the worst outcome to the best" in words
    assert picture.caption.endswith("shown at the foot only: 1 participant without a change.")


def test_without_deaths_there_is_no_panel_of_them(ranked, cells_and_control):
    alive = replace(ranked, event=(False,) * 5, change=(1.0,) * 5)
    picture = joint_rank_figure(cells_and_control, alive)
    assert "Fatal event" not in words_in(picture)
    assert "foot only" not in picture.caption
    dead = joint_rank_figure(cells_and_control, replace(ranked, event=(True,) * 5))
    assert "Change in ALSFRS-R" not in words_in(dead)
    assert "Fatal event" in words_in(dead)


def test_nobody_is_said_not_drawn(cells_and_control):
    nobody = RankedTrial((), (), (), (), (), (), (), 0.0, 0.0, 0.0)
    picture = joint_rank_figure(cells_and_control, nobody)
    assert picture.finding == "0 participants could be ranked."
    words_in(picture)


def test_fields_of_different_length_are_refused():
    with pytest.raises(ValueError, match=r"ranks: expected 2 values each, one a participant; got \{'rank': 1\}\."):
        RankedTrial(
            ("a", "b"), (None, None), (0.0, 0.0), (1.0,), (1.0, 1.0), (True, False), (None, None), 1.0, 0.0, 0.0
        )


def test_one_arm_and_many_participants_fit(only, cells_and_control):
    n = 300
    many = RankedTrial(
        tuple(f"P{k}" for k in range(n)),
        tuple("cells" if k % 2 else "control" for k in range(n)),
        tuple(float(k) for k in range(n)),
        tuple(float(k + 1) for k in range(n)),
        (12.0,) * n,
        tuple(k < 40 for k in range(n)),
        tuple(k / 10 - 30 for k in range(n)),
        0.2,
        0.7,
        0.1,
    )
    assert "100" in words_in(joint_rank_figure(cells_and_control, many))
    alone = joint_rank_figure(only, many)
    assert "two injections: mean rank 150.5 of 300" in alone.finding


@settings(max_examples=4, deadline=None)
@given(st.permutations(range(5)))
def test_the_order_of_participants_changes_nothing(order):
    from leadin.reports.arms import ReportArm
    from leadin.reports.palette import look

    arms = (ReportArm("x", "x", ("a",), False, look(0)), ReportArm("y", "y", ("b",), True, look(1)))
    columns = {
        "participant_id": ("a", "b", "c", "d", "e"),
        "arm": ("x", "y", "x", "y", "x"),
        "score": (0.0, 0.0, 1.0, 2.0, -3.0),
        "rank": (2.5, 2.5, 4.0, 5.0, 1.0),
        "months": (6.0, 6.0, 6.0, 6.0, 2.0),
        "event": (False, False, False, False, True),
        "change": (-1.0, -1.0, 0.0, 1.0, None),
    }
    shares = {"by_survival": 0.4, "by_function": 0.5, "tied": 0.1}
    first = joint_rank_figure(arms, RankedTrial(**columns, **shares))
    turned = {name: tuple(values[k] for k in order) for name, values in columns.items()}
    second = joint_rank_figure(arms, RankedTrial(**turned, **shares))
    assert (first.svg, first.finding) == (second.svg, second.finding)
