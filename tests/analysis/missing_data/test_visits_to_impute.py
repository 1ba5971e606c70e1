"""The table with holes that a trial gives: its rows, columns, and when each participant was last seen."""

from __future__ import annotations

import numpy as np
import polars as pl

from leadin.analysis.missing_data.visits_to_impute import visits_to_impute
from leadin.protocols.imputation import Imputation
from leadin.protocols.planned_analysis import PlannedAnalysis

NAN = np.nan


def scores():
    """Eight in each arm with all visits, and six with holes of every kind."""
    draw = np.random.Generator(np.random.PCG64(6))
    months = (0, 2, 4, 6)
    full = {
        f"{arm}{k}": dict(zip(months, (38 - k + 3 * draw.normal(size=4)).tolist(), strict=True))
        for arm in ("x", "y")
        for k in range(8)
    }
    holes = {
        "a": {0: 40.0},
        "b": {0: 41.0, 2: 39.0},
        "c": {0: 42.0, 4: 38.0},
        "d": {0: 43.0, 6: 37.0},
        "e": {2: 35.0, 4: 34.0},
        "z": {},
    }
    return {**holes, **full}


def planned(**said):
    return PlannedAnalysis(method="ancova", imputation=Imputation(), **said)


def made(build, plan, **columns):
    told = scores()
    arms = {who: ("x" if who[0] in "xabz" else "y") for who in reversed(told)}
    trial = build(arms, told)
    people = trial.participants.with_columns(**{k: pl.Series(v(arms)) for k, v in columns.items()})
    return visits_to_impute(trial.with_tables({"participants": people}), plan, "y")


def test_rows_are_in_the_order_of_names_and_columns_end_at_the_compared_visit(build):
    found = made(build, planned(month=4))
    data = found.data
    assert data.participants == tuple(sorted(data.participants))
    assert data.participants[:5] == ("a", "b", "c", "d", "e")
    assert data.values.shape == (21, 3)
    assert (data.lead, data.baseline, data.arms, found.month) == (1, 0, ("y", "x"), 4.0)
    assert data.arm[:5].tolist() == [1, 1, 0, 0, 0]
    assert found.sizes == (11, 11)
    assert np.array_equal(data.values[1], [41.0, 39.0, NAN], equal_nan=True)
    assert data.arm_key(0) == "c"


def test_the_last_column_seen(build):
    # At month 4: whoever was seen at it or later was not lost.
    data = made(build, planned(month=4)).data
    assert data.last[:5].tolist() == [0, 1, 2, 2, 2]
    assert data.dropped[:5].tolist() == [True, True, False, False, False]
    data = made(build, planned()).data
    assert data.last[:6].tolist() == [0, 1, 2, 3, 2, 3]
    assert data.dropped[:6].tolist() == [True, True, True, False, True, False]


def test_covariates_come_first(build):
    found = made(build, planned(covariates=("age_years",)), age_years=lambda arms: [50.0 + len(w) for w in arms])
    assert found.titles == ("age_years",)
    assert (found.data.lead, found.data.baseline) == (2, 1)
    assert found.data.values[1].tolist()[:3] == [51.0, 41.0, 39.0]
    assert found.data.last[:3].tolist() == [1, 2, 3]


def test_who_needs_no_imputation(build):
    found = made(build, planned(month=4))
    assert found.observed[:5].tolist() == [False, False, True, False, False]
    assert found.observed[5:].all()
    assert np.isnan(found.standing).all()
