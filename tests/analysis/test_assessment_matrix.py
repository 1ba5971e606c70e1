"""One measure of a trial as a matrix: order, what is left out, what is empty."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from leadin.analysis.assessment_matrix import assessment_matrix
from leadin.analysis.measures import measure_name, measure_unit, slope_unit


def test_rows_follow_the_participants_and_columns_the_days(build):
    trial = build({"z": "x", "a": "y", "m": None}, {"a": {1: 30, -2: 40, 0: 35}, "z": {2: 20}})
    matrix = assessment_matrix(trial, "alsfrs_r")
    assert matrix.participants.rows() == [("z", "x"), ("a", "y"), ("m", None)]
    assert matrix.values.shape == matrix.months.shape == (3, 3)
    np.testing.assert_array_equal(matrix.values, [[20, np.nan, np.nan], [40, 35, 30], [np.nan] * 3])
    np.testing.assert_allclose(matrix.months, [[2, np.nan, np.nan], [-2, 0, 1], [np.nan] * 3])


def test_missing_values_other_measures_and_strangers_are_left_out(build):
    trial = build(
        {"a": "x"}, {"a": {0: 40, 1: None, 2: float("nan")}, "stranger": {0: 10}}, more=[("a", 3, "svc_percent", 90)]
    )
    matrix = assessment_matrix(trial, "alsfrs_r")
    assert (matrix.values.tolist(), matrix.months.tolist()) == ([[40.0]], [[0.0]])
    assert assessment_matrix(trial, "svc_percent").values.tolist() == [[90.0]]


def test_no_assessment_at_all_is_an_empty_matrix(build):
    matrix = assessment_matrix(build({"a": "x", "b": "x"}), "alsfrs_r")
    assert matrix.values.shape == (2, 0)


def test_columns_of_another_type_are_taken_as_numbers(build):
    trial = build({"a": "x"}, {"a": {0: 40, 1: 39}})
    whole = trial.with_tables({"assessments": trial.assessments.with_columns(pl.col("value").cast(pl.Int64))})
    assert assessment_matrix(whole, "alsfrs_r").values.tolist() == [[40.0, 39.0]]


@pytest.mark.parametrize(
    ("measure", "name", "unit"),
    [
        ("alsfrs_r", "ALSFRS-R total", "points"),
        ("alsfrs_r.07", "alsfrs_r.07", "points"),
        ("svc_percent", "slow vital capacity", "% of predicted"),
        ("fvc_percent", "forced vital capacity", "% of predicted"),
        ("weight_kg", "body weight", "kg"),
        ("strength.left", "strength of the left limb", "units"),
        ("alsfrs_rest", "alsfrs_rest", "units"),
        ("a_scale", "a_scale", "units"),
        ("strength.right", "strength of the right limb", "units"),
    ],
)
def test_what_a_measure_is_called_and_counted_in(measure, name, unit):
    assert (measure_name(measure), measure_unit(measure), slope_unit(measure)) == (name, unit, f"{unit} per month")
