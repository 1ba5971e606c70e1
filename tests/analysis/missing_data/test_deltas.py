"""A rule that is written can be read back, and no other rule is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.analysis.missing_data.deltas import delta_rule, deltas_of

FINITE = st.floats(-1000, 1000)


@pytest.mark.evidence("ancova", "property")
@given(FINITE, FINITE)
def test_what_is_written_is_read_back(treated, reference):
    assert deltas_of(delta_rule(treated, reference)) == (treated, reference)


def test_the_words():
    assert delta_rule(-2.0, 0.0) == "delta -2 in the arm, 0 in the reference arm, after the last visit"
    assert delta_rule(-0.0, 0.1 + 0.2) == (
        "delta 0 in the arm, 0.30000000000000004 in the reference arm, after the last visit"
    )


@pytest.mark.parametrize("rule", [None, "", "t test", "multiple imputation, missing at random", "delta 1"])
def test_other_rules_are_none(rule):
    assert deltas_of(rule) is None
