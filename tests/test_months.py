"""Months in words."""

from __future__ import annotations

import pytest

from leadin.months import month_words


@pytest.mark.parametrize(
    ("month", "told"), [(183 / 30.4375, "6"), (12.0, "12"), (2.54, "2.5"), (0.06, "0.1"), (0.03285, "0.033")]
)
def test_a_month_is_told_to_a_tenth(month, told):
    assert month_words(month) == told
