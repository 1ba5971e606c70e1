"""The dot plot of adverse events: every share, the difference beside it, which terms, in which order."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.engine.intervals import clopper_pearson, newcombe
from leadin.reports.drawing import PAGE_HEIGHT
from leadin.reports.safety import MOST_TERMS, TermDifference, TermShare, safety_figure, term_differences

SVG = "{http://www.w3.org/2000/svg}"


def words_in(picture) -> list[str]:
    root = ElementTree.fromstring(picture.svg)
    assert root.find(f"{SVG}desc").text == picture.finding
    assert float(root.get("height").removesuffix("pt")) <= PAGE_HEIGHT + 1
    return [e.text for e in root.iter(f"{SVG}text")]


def share(term: str, arm: str | None, affected: int, n: int) -> TermShare:
    interval = clopper_pearson(affected, n)
    return TermShare(term, arm, affected, n, float(interval.low), float(interval.high))


def terms_in(picture) -> list[str]:
    return [word for word in words_in(picture) if word.startswith("Term ")]


def test_it_tells_every_share_and_the_difference(cells_and_control):
    shares = [share("Headache", "cells", 5, 33), share("Headache", "control", 0, 31)]
    picture = safety_figure(cells_and_control, shares)
    assert picture.finding == (
        "Headache: cells + riluzole 5 of 33 (15\u00a0%), 95 % interval 5 to 32\u00a0%; riluzole alone 0 of 31 "
        "(0\u00a0%), 95 % interval 0 to 11\u00a0%; difference 15 percentage points (1 to 31)."
    )
    words = words_in(picture)
    assert {"Headache", "cells + riluzole", "Participants with the event (%)", "40"} <= set(words)
    assert {"Difference (percentage points)", "← fewer     more →"} <= set(words)
    assert picture.caption == (
        "Points: share of participants; lines: exact 95 % intervals (Clopper-Pearson). Squares: cells + riluzole minus "
        "riluzole alone, with Newcombe's 95 % interval; by falling difference."
    )


def test_of_two_arms_terms_fall_by_difference(cells_and_control):
    counts = {
        "Term a": (1, 9),
        "Term b": (9, 1),
        "Term c": (5, 5),
        "Term d": (6, 5),
        "Term e": (2, 2),
        "Term f": (3, 3),
    }
    shares = [
        share(term, arm, affected, 20)
        for term, pair in counts.items()
        for arm, affected in zip(("cells", "control"), pair, strict=True)
    ]
    picture = safety_figure(cells_and_control, shares)
    assert terms_in(picture) == ["Term b", "Term d", "Term c", "Term f", "Term e", "Term a"]
    assert picture.finding.index("Term b:") < picture.finding.index("Term a:")
    assert picture.caption.endswith("Of so many intervals some miss zero by chance alone.")


def test_of_one_arm_and_of_three_there_is_no_difference(only, cells_and_control):
    shares = [share(f"Term {k:02d}", None, k, 40) for k in range(1, 31)]
    picture = safety_figure(only, shares)
    assert f"The {MOST_TERMS} most frequent of 30 terms; the table has all." in picture.caption
    assert terms_in(picture) == [f"Term {k}" for k in range(30, 10, -1)]
    assert "Term 11:" in picture.finding
    assert "Term 10:" not in picture.finding
    assert "difference" not in picture.finding
    three = (*cells_and_control, replace(cells_and_control[0], name="high", label="high dose"))
    shares = [share(f"Term {k}", arm.name, k % 9, 40) for k in range(40) for arm in three]
    picture = safety_figure(three, shares)
    assert "minus" not in picture.caption
    assert len(terms_in(picture)) == MOST_TERMS
    assert {"cells + riluzole", "riluzole alone", "high dose"} <= set(words_in(picture))


def test_no_event_at_all_and_an_empty_arm(cells_and_control):
    nothing = [share("Term x", arm.name, 0, 40) for arm in cells_and_control]
    assert "difference 0 percentage points (−9 to 9)" in safety_figure(cells_and_control, nothing).finding
    empty = [share("Term x", "cells", 0, 40), TermShare("Term x", "control", 0, 0, 0.0, 1.0)]
    assert term_differences(cells_and_control, empty) == ()
    picture = safety_figure(cells_and_control, empty)
    assert "0 of 0" in picture.finding
    assert "difference" not in picture.finding


def test_a_term_that_only_one_arm_has_leaves_out_all_differences(cells_and_control):
    shares = [share("Term x", "cells", 1, 9), share("Term x", "control", 1, 9), share("Term y", "cells", 1, 9)]
    assert term_differences(cells_and_control, shares) == ()
    assert [each.term for each in term_differences(cells_and_control, shares[:2])] == ["Term x"]


@given(st.integers(0, 20), st.integers(0, 15))
def test_differences_turn_with_the_arms(first, second):
    from leadin.reports.arms import ReportArm
    from leadin.reports.palette import look

    arms = (ReportArm("x", "x", ("a",), False, look(0)), ReportArm("y", "y", ("b",), True, look(1)))
    turned = (replace(arms[0], reference=True), replace(arms[1], reference=False))
    shares = [share("t", "x", first, 20), share("t", "y", second, 15)]
    (one,), (other,) = term_differences(arms, shares), term_differences(turned, shares)
    interval = newcombe(first, 20, second, 15)
    assert one == TermDifference("t", first / 20 - second / 15, float(interval.low), float(interval.high))
    assert (one.value, one.low, one.high) == pytest.approx((-other.value, -other.high, -other.low))
