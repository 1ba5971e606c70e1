"""How problems are told."""

from __future__ import annotations

import pytest

from leadin.protocols.problems import TOLD_AT_ONCE, Problem, field_text, shown, told_at_once


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("visits",), "visits"),
        (("visits", 3, "day"), "visits[3].day"),
        (("a", 0, 1), "a[0][1]"),
        (("a", "b"), "a.b"),
    ],
)
def test_field_text(path, text):
    assert field_text(path) == text


def test_a_problem_is_told_with_file_and_line():
    problem = Problem(("visits", 3, "day"), "a whole number of days from baseline", "'week 4'", "Write 28.", line=41)
    assert problem.told("hanyang-phase2.yaml") == (
        "visits[3].day: expected a whole number of days from baseline; got 'week 4' "
        "(hanyang-phase2.yaml, line 41). Write 28."
    )


def test_a_problem_is_told_without_what_is_not_known():
    assert Problem(("a",), "x", "y").told() == "a: expected x; got y."
    assert Problem((), "x", "y", "Do.").told("f.yaml") == "expected x; got y (f.yaml). Do."


def test_one_problem_stands_alone():
    assert told_at_once([Problem(("a",), "x", "y", line=1)], "f") == "a: expected x; got y (f, line 1)."


def test_several_are_told_in_the_order_of_the_file():
    problems = [Problem((name,), "x", "y", line=line) for name, line in (("c", 3), ("b", 1), ("a", 3))]
    assert told_at_once(problems, "f") == (
        "3 problems in f:\n"
        "  b: expected x; got y (f, line 1).\n"
        "  a: expected x; got y (f, line 3).\n"
        "  c: expected x; got y (f, line 3)."
    )


@pytest.mark.parametrize(("number", "last"), [(TOLD_AT_ONCE, None), (TOLD_AT_ONCE + 2, "  and 2 more.")])
def test_very_many_are_cut(number, last):
    lines = told_at_once([Problem(("a",), "x", "y", line=i) for i in range(1, number + 1)], "f").splitlines()
    assert lines[0] == f"{number} problems in f:"
    assert len(lines) == 1 + TOLD_AT_ONCE + (last is not None)
    assert last is None or lines[-1] == last


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing"),
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (28.5, "28.5"),
        (28.0, "28.0"),
        (-7.0, "-7.0"),
        (1e6, "1e+06"),
        (0.1234567891, "0.1234567891"),
        ("week 4", "'week 4'"),
        ("", "''"),
        ({"a": 1, "b": 2}, "the fields a, b"),
        ({}, "nothing"),
        ([1], "a list"),
        ((1,), "a list"),
        ([], "an empty list"),
        ("x" * 58, "'" + "x" * 58 + "'"),
        ("x" * 59, "'" + "x" * 56 + "..."),
    ],
)
def test_shown(value, text):
    assert shown(value) == text
