"""What is measured: breathing, body, scores; and leaving."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.disease.body import true_strength, true_weight
from leadin.disease.breathing import true_capacity
from leadin.disease.leaving import drop_out_hazard, months_until_leaving
from leadin.disease.measurement import observed_score, observed_value
from leadin.disease.progression import drift_sd, untreated_loss


def test_scores_are_whole_and_within_the_scale():
    normals = np.array([0.0, 1.0, -1.0, 50.0, -50.0])
    assert observed_score(np.full(5, 30.3), 1.6, normals).tolist() == [30, 32, 29, 48, 0]


def test_values_have_one_decimal_and_are_not_negative():
    assert observed_value(np.array([80.0, 1.0]), 5.9, np.array([0.111, -1.0])).tolist() == [80.7, 0.0]


def test_breathing_falls_along_a_line_down_to_nothing():
    capacity = true_capacity(np.array([90.0, 10.0]), np.array([2.0, 5.0]), np.array([[-3.0, 6.0], [-3.0, 6.0]]))
    assert capacity.tolist() == [[96.0, 78.0], [25.0, 0.0]]


def test_weight_falls_along_a_line_down_to_30_kg():
    weight = true_weight(np.array([70.0, 35.0]), np.array([0.5, 1.0]), np.array([[4.0, -2.0], [9.0, 2.0]]))
    assert weight.tolist() == [[68.0, 71.0], [30.0, 33.0]]


def test_strength_goes_with_function():
    strength = true_strength(np.array([60.0]), 1.8, np.array([[-5.0, 0.0, 10.0, 100.0]]))
    assert strength.tolist() == [[69.0, 60.0, 42.0, 0.0]]


def test_leaving_is_more_frequent_with_intrathecal_injections(pro_act):
    assert drop_out_hazard(pro_act.attendance, ["intravenous"]) == 0.007
    assert drop_out_hazard(pro_act.attendance, []) == 0.007
    assert drop_out_hazard(pro_act.attendance, ["intravenous", "intrathecal"]) == 0.015


def test_months_until_leaving():
    assert months_until_leaving(0.5, np.array([1.0, 0.25])).tolist() == [2.0, 0.5]
    assert months_until_leaving(0.0, np.array([1.0])).tolist() == [np.inf]


def test_loss_is_rate_times_months_plus_drift(pro_act):
    months = np.array([[-3.0, 0.0, 2.0]])
    loss = untreated_loss(months, np.array([1.5]), np.zeros(1), np.zeros((1, 2, 2)), pro_act)
    assert loss.lost.tolist() == [[0.0, 4.5, 7.5]]
    assert loss.drift.tolist() == [0.0]
    drifting = untreated_loss(months, np.array([1.5]), np.array([1.0]), np.zeros((1, 2, 2)), pro_act)
    tau = pro_act.decline.drift_months
    assert drifting.lost[0, 1] == pytest.approx(4.5 + tau * (1 - np.exp(-3.0 / tau)))


def test_the_drift_grows_with_the_root_of_the_rate(pro_act):
    sd = pro_act.decline.drift_sd
    assert drift_sd(np.array([1.0, 4.0]), pro_act).tolist() == [sd, 2 * sd]
