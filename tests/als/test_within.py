"""Numbers within bounds, missing ones let through."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.als.within import flags_or_missing, numbers_within
from leadin.errors import DataError


def test_bounds_are_inside_and_missing_is_let_through():
    np.testing.assert_array_equal(numbers_within("age", [0, np.nan, 120], "years", 0, 120), [0, np.nan, 120])
    assert numbers_within("rate", 0.1, "a rate above 0", 0, above=True) == 0.1


@pytest.mark.parametrize(
    ("values", "above", "got"),
    [([5, -1], False, "-1"), ([121.5], False, "121.5"), (np.inf, False, "inf"), (0, True, "0")],
)
def test_what_is_outside_is_told(values, above, got):
    with pytest.raises(DataError) as caught:
        numbers_within("age", values, "years from 0 to 120", 0, 120, above=above)
    assert str(caught.value) == f"age: expected years from 0 to 120; got {got}. Correct it, or give NaN if missing."


def test_flags():
    np.testing.assert_array_equal(flags_or_missing("bulbar", [True, 0, np.nan]), [1.0, 0.0, np.nan])
    with pytest.raises(DataError) as caught:
        flags_or_missing("bulbar", [1, 2])
    assert str(caught.value) == "bulbar: expected yes (1), no (0) or NaN if missing; got 2."
