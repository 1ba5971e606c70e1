"""Every pair by an event first and the last common outcome second: by hand, against the plain rule, and against R."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.engine import composite_pairs
from leadin.engine.composite_pairs import BY_EVENT, BY_OUTCOME, TIED, compare_all, compare_two, courses
from leadin.errors import DataError

NAN = float("nan")


def one(first, second):
    """Sign and what decided, of (time, event, outcomes) against (time, event, outcomes), both ways round."""
    a, b = (courses([time], [event], [outcome]) for time, event, outcome in (first, second))
    there, back = compare_all(a, b), compare_all(b, a)
    assert (int(back.sign[0, 0]), int(back.decided[0, 0])) == (-int(there.sign[0, 0]), int(there.decided[0, 0]))
    assert compare_two(a, 0, b, 0) == (int(there.sign[0, 0]), int(there.decided[0, 0]))
    return int(there.sign[0, 0]), int(there.decided[0, 0])


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        # Both have the event.
        ((5, True, [9.0]), (4, True, [1.0]), (1, BY_EVENT)),
        ((4, True, [9.0]), (4, True, [1.0]), (0, TIED)),
        # One has it: the other was followed past it, to the very day, or not.
        ((5, False, [1.0]), (4, True, [9.0]), (1, BY_EVENT)),
        ((4, False, [1.0]), (4, True, [9.0]), (1, BY_EVENT)),
        ((3, False, [1.0]), (4, True, [9.0]), (-1, BY_OUTCOME)),
        ((3, False, [NAN]), (4, True, [9.0]), (0, TIED)),
        # Neither has it: the last occasion that both have, whatever came later to one alone.
        ((5, False, [1.0, 5.0, NAN]), (9, False, [2.0, 3.0, 8.0]), (1, BY_OUTCOME)),
        ((5, False, [1.0, NAN, 7.0]), (9, False, [2.0, 3.0, NAN]), (-1, BY_OUTCOME)),
        # A tie at the last occasion in common is a tie, though an earlier one differs.
        ((5, False, [1.0, 5.0]), (9, False, [2.0, 5.0]), (0, TIED)),
        ((5, False, [1.0, NAN]), (9, False, [NAN, 5.0]), (0, TIED)),
        ((5, False, []), (9, False, []), (0, TIED)),
    ],
)
def test_the_rule_case_by_case(first, second, said):
    assert one(first, second) == said


def test_with_early_censoring_the_order_can_run_in_a_circle():
    circle = courses([9] * 3, [False] * 3, [[NAN, 1.0, 3.0], [2.0, NAN, 2.0], [1.0, 2.0, NAN]])
    sign = compare_all(circle, circle).sign
    assert (sign[0, 1], sign[1, 2], sign[2, 0]) == (1, 1, 1)
    assert sign.sum(axis=1).tolist() == [0, 0, 0]


course = st.tuples(
    st.integers(1, 6), st.booleans(), st.lists(st.sampled_from([NAN, 0.0, 1.0, 2.0]), min_size=3, max_size=3)
)
many = st.lists(course, min_size=1, max_size=12)


def made(rows):
    return courses([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows])


@pytest.mark.evidence("joint_rank", "property")
@given(many, many, st.integers(1, 5))
def test_all_at_once_are_each_by_the_plain_rule(first, second, block):
    a, b = made(first), made(second)
    usual, composite_pairs.BLOCK = composite_pairs.BLOCK, block
    try:
        found = compare_all(a, b)
    finally:
        composite_pairs.BLOCK = usual
    for i in range(len(first)):
        for j in range(len(second)):
            assert (found.sign[i, j], found.decided[i, j]) == compare_two(a, i, b, j)
    back = compare_all(b, a)
    np.testing.assert_array_equal(back.sign, -found.sign.T)
    np.testing.assert_array_equal(back.decided, found.decided.T)
    assert (found.sign.dtype, found.decided.dtype) == (np.int8, np.int8)


@pytest.mark.evidence("joint_rank", "property")
@given(many)
def test_an_occasion_that_nobody_has_and_another_scale_change_nothing(rows):
    usual = made(rows)
    wider = courses(
        usual.time * 3 + 1,
        usual.event,
        np.column_stack([usual.outcome[:, :1], np.full(len(rows), NAN), usual.outcome[:, 1:] * 2 - 7]),
    )
    np.testing.assert_array_equal(compare_all(usual, usual).sign, compare_all(wider, wider).sign)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([1.0, 2.0], [True], [[1.0], [2.0]]), "expected one time, one event and one row of outcomes for each"),
        (([1.0], [True], [1.0]), "expected one time, one event and one row of outcomes for each"),
        (([1.0], [True], [[1.0], [2.0]]), "expected one time, one event and one row of outcomes for each"),
        (([NAN], [True], [[1.0]]), "expected finite numbers, or NaN for an outcome that is missing"),
        (([1.0], [True], [[float("inf")]]), "expected finite numbers, or NaN for an outcome that is missing"),
    ],
)
def test_what_are_no_courses_is_refused(arguments, said):
    with pytest.raises(DataError, match=said):
        courses(*arguments)


def test_other_occasions_are_refused():
    with pytest.raises(DataError, match="expected the same occasions in rows and columns"):
        compare_all(courses([1.0], [True], [[1.0]]), courses([1.0], [True], [[1.0, 2.0]]))
