from __future__ import annotations

from typing import get_args

import pytest

from leadin.trials.units import KEPT_IN, Unit, factor, units_for


@pytest.mark.parametrize(
    ("unit", "name", "times"),
    [
        ("days", "day", 1.0),
        ("hours", "released_day", 1 / 24),
        ("weeks", "start_day", 7.0),
        ("months", "day", 30.4375),
        ("years", "end_day", 365.25),
        ("years", "months_since_onset", 12.0),
        ("days", "diagnostic_delay_months", 1 / 30.4375),
        ("months", "age_years", 1 / 12),
        ("g", "weight_kg", 0.001),
        ("lb", "weight_kg", 0.45359237),
        ("fraction", "svc_percent", 100.0),
        ("percent", "viability_percent", 1.0),
        ("million_cells", "cells", 1e6),
        ("thousand_cells", "cells", 1e3),
    ],
)
def test_factors(unit, name, times):
    assert factor(unit, name) == pytest.approx(times, rel=1e-15)


@pytest.mark.parametrize(
    ("unit", "name"), [("kg", "day"), ("percent", "cells"), ("days", "arm"), ("stone", "weight_kg")]
)
def test_units_that_do_not_go_together(unit, name):
    with pytest.raises(KeyError, match=unit):
        factor(unit, name)


def test_units_for_a_column_its_own_first():
    assert units_for("day") == ("days", "hours", "weeks", "months", "years")
    assert units_for("weight_kg") == ("kg", "g", "lb")
    assert units_for("fvc_percent") == ("percent", "fraction")
    assert units_for("cells") == ("cells", "thousand_cells", "million_cells")
    assert units_for("arm") == ()


def test_every_unit_is_of_use_and_every_column_is_kept_in_a_unit():
    assert set(get_args(Unit)) == {unit for name in KEPT_IN for unit in units_for(name)}
