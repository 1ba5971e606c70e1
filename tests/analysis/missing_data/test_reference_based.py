"""What missing values are drawn from: against R (validation/missing-data), by hand, and what must hold."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from leadin.analysis.missing_data.posterior import Posterior
from leadin.analysis.missing_data.reference_based import at_equal_lead, completed, continuation
from leadin.engine.draws import Draws
from leadin.engine.streams import Streams

HERE = Path(__file__).resolve().parents[3] / "validation" / "missing-data"
GIVEN = json.loads((HERE / "data" / "parameters.json").read_text())
EXPECTED = json.loads((HERE / "conditional.json").read_text())
MEANS, COVARIANCES = np.array(GIVEN["means"]), np.array(GIVEN["covariances"])


def posterior(common):
    covariances = np.stack([COVARIANCES[0], COVARIANCES[0 if common else 1]])
    return Posterior(MEANS[None], covariances[None])


def person(number, holes):
    values = np.array([[np.nan if x is None else x for x in GIVEN["people"][number]["values"]]])
    table = holes(np.vstack([np.zeros(5), values[0]]), [0, 1])
    assert table.last[1] == GIVEN["people"][number]["last"] - 1
    return table


@pytest.mark.evidence("ancova", "reference")
@pytest.mark.parametrize("common", [True, False])
@pytest.mark.parametrize("assumption", ["missing_at_random", "jump_to_reference", "copy_increments", "copy_reference"])
def test_mean_and_covariance_equal_those_of_the_joint_distribution_in_r(assumption, common, holes, known_draws):
    cases = [each for each in EXPECTED if (each["assumption"], each["common"]) == (assumption, common)]
    assert len(cases) >= 4
    for case in cases:
        table, missing = person(case["person"], holes), case["missing"]
        mean = completed(table, posterior(common), assumption, known_draws())[0, 1]
        assert mean[missing] == pytest.approx(case["mean"], rel=1e-9)
        moved = [completed(table, posterior(common), assumption, known_draws(k, 1.0))[0, 1] - mean for k in missing]
        root = np.array(moved)[:, missing].T
        assert root @ root.T == pytest.approx(np.array(case["covariance"]), rel=1e-9, abs=1e-9)


def test_profiles_by_hand():
    means = np.array([[[10.0, 8.0, 4.0], [10.0, 9.0, 7.0]]])
    covariance = np.array([[4.0, 2.0, 1.0], [2.0, 5.0, 3.0], [1.0, 3.0, 6.0]])
    given = Posterior(means, np.broadcast_to(covariance, (1, 2, 3, 3)))
    after = {
        assumption: continuation(given, 1, 2, assumption, 1).after[0, 0]
        for assumption in ("missing_at_random", "jump_to_reference", "copy_increments", "copy_reference")
    }
    # 9 - 8 = 1 is kept by copy increments.
    assert after == {
        "missing_at_random": 7.0,
        "jump_to_reference": 4.0,
        "copy_increments": 5.0,
        "copy_reference": 4.0,
    }
    before = [continuation(given, 1, 2, a, 1).before[0, 1] for a in ("jump_to_reference", "copy_reference")]
    assert before == [9.0, 8.0]
    coefficients = continuation(given, 1, 2, "jump_to_reference", 1).coefficients[0, :, 0]
    assert coefficients == pytest.approx([-1 / 16, 10 / 16])
    # The reference arm's own participants go on as missing at random under each.
    for assumption in after:
        assert continuation(given, 0, 1, assumption, 1).after[0] == pytest.approx([8.0, 4.0])


def test_arms_are_made_equal_at_baseline():
    means = np.array([[[10.0, 8.0], [12.0, 9.0]]])
    covariances = np.array([[[[4.0, 2.0], [2.0, 3.0]], [[4.0, 1.0], [1.0, 3.0]]]])
    # Baseline 11 in both: one point up times 2/4, one down times 1/4.
    assert at_equal_lead(means, covariances, 1)[0] == pytest.approx(np.array([[11.0, 8.5], [11.0, 8.75]]))
    assert at_equal_lead(means[:, :1], covariances[:, :1], 1) is not None
    two = at_equal_lead(means, covariances, 2)[0]
    assert two[0] == pytest.approx(two[1])


@pytest.mark.evidence("ancova", "property")
def test_a_difference_at_baseline_does_not_move_the_reference_profile(holes, known_draws):
    common = np.broadcast_to(COVARIANCES[0], (1, 2, 5, 5))
    table = holes([[0, 0, 0, 0, 0], [35.0, 33.0, np.nan, np.nan, np.nan]], [0, 1])
    slopes = COVARIANCES[0][0] / COVARIANCES[0][0, 0]
    shifted = MEANS.copy()
    # The same regressions on baseline, seen at a baseline three points higher in the reference arm.
    shifted[0] += 3.0 * slopes
    for assumption in ("missing_at_random", "jump_to_reference", "copy_increments", "copy_reference"):
        first, second = (
            completed(table, Posterior(means[None], common), assumption, known_draws())[0, 1]
            for means in (MEANS, shifted)
        )
        assert first == pytest.approx(second, rel=1e-12)


@pytest.mark.evidence("ancova", "property")
def test_what_was_observed_stays_and_nothing_is_left_empty(holes):
    draw = np.random.Generator(np.random.PCG64(1))
    values = 30 + 4 * draw.normal(size=(12, 5))
    values[draw.random(values.shape) < 0.4] = np.nan
    values[:, 0] = np.where(np.isnan(values).all(axis=1), 30, values[:, 0])
    table = holes(values, np.arange(12) % 2)
    for assumption in ("missing_at_random", "jump_to_reference", "copy_increments", "copy_reference"):
        full = completed(table, posterior(False), assumption, Draws(Streams(4)))
        assert np.isfinite(full).all()
        seen = np.isfinite(values)
        assert (full[0][seen] == values[seen]).all()


def test_participants_of_the_reference_arm_are_the_same_under_each_assumption(holes):
    values = [[30.0, np.nan, np.nan, np.nan, np.nan], [31.0, 30.0, np.nan, np.nan, np.nan]]
    tables = [
        completed(holes(values, [0, 1]), posterior(True), assumption, Draws(Streams(4)))
        for assumption in ("missing_at_random", "jump_to_reference")
    ]
    assert (tables[0][0, 0] == tables[1][0, 0]).all()
    assert (tables[0][0, 1, 2:] != tables[1][0, 1, 2:]).all()
