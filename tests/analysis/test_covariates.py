"""Covariates and strata from the table of participants."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from leadin.analysis.covariates import covariates, strata, without_constants
from leadin.errors import DataError

PEOPLE = pl.DataFrame(
    {
        "participant_id": ["a", "b", "c", "d"],
        "age_years": [60.0, 50.0, None, 40.0],
        "riluzole": [True, False, True, None],
        "onset_region": ["limb", "bulbar", "limb", "axial"],
        "site": ["x", "x", "x", "x"],
        "empty": pl.Series([None] * 4, dtype=pl.String),
        "endless": [1.0, np.inf, 3.0, 4.0],
    }
)


def test_numbers_stay_and_levels_become_columns():
    made = covariates(PEOPLE, ["onset_region", "age_years", "riluzole", "age_years"])
    assert made.titles == ("onset_region = axial", "onset_region = bulbar", "age_years", "riluzole")
    assert made.source == ("onset_region", "onset_region", "age_years", "riluzole")
    np.testing.assert_array_equal(made.values, [[0, 0, 60, 1], [0, 1, 50, 0], [0, 0, np.nan, 1], [1, 0, 40, np.nan]])
    assert made.complete.tolist() == [True, True, False, False]
    assert made.balanced == pytest.approx([1 / 3, 1 / 3, 50.0, 2 / 3])


def test_nothing_asked_for_is_nothing_missing():
    made = covariates(PEOPLE, [])
    assert made.values.shape == (4, 0)
    assert made.complete.all()


def test_rows_can_be_picked_and_ordered():
    made = covariates(PEOPLE, ["age_years"]).of(["d", "a"])
    assert made.participant_id == ("d", "a")
    assert made.values.ravel().tolist() == [40.0, 60.0]
    assert made.balanced == pytest.approx([50.0])


def test_a_number_that_is_not_finite_is_missing():
    assert covariates(PEOPLE, ["endless"]).complete.tolist() == [True, False, True, True]


def test_strata_join_their_columns_and_name_what_is_missing():
    assert strata(PEOPLE, []).to_list() == ["", "", "", ""]
    assert strata(PEOPLE, ["onset_region", "riluzole"]).to_list() == [
        "limb / true",
        "bulbar / false",
        "limb / true",
        "axial / not known",
    ]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "age",
            "age: expected a column of the participants (age_years, riluzole, onset_region, site, empty, endless); got "
            "none so named. Did you mean 'age_years'?",
        ),
        (
            "participant_id",
            "participant_id: expected a column of the participants (age_years, riluzole, onset_region, site, empty, "
            "endless); got none so named.",
        ),
        (
            "site",
            "site: expected a covariate that differs between participants; it is the same in everybody. Leave it out.",
        ),
        (
            "empty",
            "empty: expected a covariate that differs between participants; it is empty in everybody. Leave it out.",
        ),
    ],
)
def test_a_column_that_says_nothing_is_refused(name, told):
    with pytest.raises(DataError) as caught:
        covariates(PEOPLE, [name])
    assert str(caught.value) == told


def test_what_is_the_same_in_everybody_is_set_aside_and_the_rest_stays_to_be_judged():
    names = ["site", "age_years", "empty", "nowhere", "riluzole"]
    assert without_constants(PEOPLE, names) == ("age_years", "empty", "nowhere", "riluzole")
    assert without_constants(PEOPLE, ()) == ()
