"""The fitter against lme4 + lmerTest, against closed forms, and against itself under changes that must not matter."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadin.analysis.mixed_model import SINGULAR, fit_mixed_model
from leadin.analysis.reml_deviance import group_sums, profiled_deviance
from leadin.errors import ConvergenceError, DataError

REFERENCE = Path(__file__).parents[2] / "validation" / "mixed-models"
ENTRIES = json.loads((REFERENCE / "golden_A.json").read_text())


def read(dataset):
    return np.genfromtxt(REFERENCE / "data" / f"{dataset}_long.csv", delimiter=",", names=True)


def columns(*parts):
    return np.column_stack([np.broadcast_to(np.asarray(part, dtype=float), parts[-1].shape) for part in parts])


def small_trial(participants=9, visits=6, seed=4, slope_sd=0.8):
    """y, time, arm and id of a small trial whose fit lies inside the parameter space."""
    rng = np.random.default_rng(seed)
    ids = np.repeat(np.arange(participants), visits)
    time = np.tile(np.arange(float(visits)), participants) + rng.normal(0, 0.1, ids.size)
    arm = (ids % 2).astype(float)
    own = rng.normal(size=(participants, 2)) * [4.0, slope_sd]
    y = 37 + own[ids, 0] + (own[ids, 1] - 1 + 0.4 * arm) * time + rng.normal(0, 1.0, ids.size)
    return y, time, arm, ids


def slope_fit(y, time, arm, ids, **options):
    return fit_mixed_model(y, columns(1.0, time, time * arm), columns(1.0, time), ids, **options)


@pytest.mark.parametrize("entry", ENTRIES, ids=[f"{e['dataset']}-{e['model']}" for e in ENTRIES])
def test_general_models_equal_lme4_and_lmertest(entry):
    """Reference: validation/mixed-models, models A and A2. Agreement as stated in the README there."""
    data = read(entry["dataset"])
    time, arm = data["time"], data["arm"]
    term = time * arm if entry["model"] == "A" else arm * np.maximum(time, 0)
    fit = fit_mixed_model(data["y"], columns(1.0, time, term), columns(1.0, time), data["id"])
    test = fit.test("x3")
    assert abs(test.estimate - entry["est"]) <= 2e-7 * max(abs(entry["est"]), entry["se"])
    assert test.standard_error == pytest.approx(entry["se"], rel=2e-7)
    assert test.df == pytest.approx(entry["df"], rel=2e-5)
    assert fit.reml_log_likelihood == pytest.approx(entry["reml_ll"], abs=1e-9)
    covariance = fit.random_covariance
    assert covariance[0, 0] == pytest.approx(entry["var_int"], abs=2e-5)
    assert covariance[0, 1] == covariance[1, 0] == pytest.approx(entry["cov"], abs=2e-5)
    assert covariance[1, 1] == pytest.approx(entry["var_slope"], abs=2e-5)
    assert fit.residual_variance == pytest.approx(entry["var_res"], abs=2e-5)
    assert fit.singular is entry["singular"]
    if "p" in entry:
        assert test.p == pytest.approx(entry["p"], rel=1e-5)
        assert fit.coefficients == pytest.approx(entry["beta"][0], rel=2e-7, abs=1e-7)


def test_a_balanced_random_intercept_is_the_analysis_of_variance():
    """One way, balanced: REML is the mean squares, the mean's variance is MSB / n and its df the groups less one."""
    y = np.array([[10.0, 12.0, 11.0], [14.0, 15.0, 19.0], [9.0, 8.0, 10.0], [13.0, 12.0, 17.0]])
    groups, each = y.shape
    means = y.mean(axis=1)
    between = each * ((means - y.mean()) ** 2).sum() / (groups - 1)
    within = ((y - means[:, None]) ** 2).sum() / (groups * (each - 1))
    one = np.ones((y.size, 1))
    fit = fit_mixed_model(y.ravel(), one, one, np.repeat(["a", "b", "c", "d"], each), names=["mean"])
    variance = (between - within) / each
    assert fit.coefficients == pytest.approx([y.mean()], rel=1e-12)
    assert fit.residual_variance == pytest.approx(within, rel=1e-9)
    assert fit.sigma == pytest.approx(np.sqrt(within), rel=1e-9)
    assert fit.random_covariance == pytest.approx(np.array([[variance]]), rel=1e-9)
    assert fit.theta == pytest.approx([np.sqrt(variance / within)], rel=1e-9)
    assert fit.covariance == pytest.approx(np.array([[between / y.size]]), rel=1e-9)
    assert fit.test("mean").df == pytest.approx(groups - 1, rel=1e-9)
    shrinkage = each * variance / (each * variance + within)
    assert fit.random_effects[:, 0] == pytest.approx(shrinkage * (means - y.mean()), rel=1e-8)
    assert fit.group_labels == ("a", "b", "c", "d")
    assert (fit.n, fit.names, fit.singular) == (12, ("mean",), False)


def test_a_balanced_singular_fit_is_the_plain_mean():
    """Groups vary less than chance alone would have it: no variance between them, the pooled variance for the rest."""
    y = np.array([[1.0, 5.0, 9.0], [2.0, 5.0, 8.0], [1.0, 6.0, 9.0]])
    one = np.ones((9, 1))
    fit = fit_mixed_model(y.ravel(), one, one, np.repeat([1, 2, 3], 3))
    assert fit.singular
    assert fit.theta == pytest.approx([0.0], abs=1e-9)
    assert fit.residual_variance == pytest.approx(y.var(ddof=1), rel=1e-12)
    assert fit.random_effects == pytest.approx(np.zeros((3, 1)), abs=1e-9)
    assert fit.test("x1").standard_error == pytest.approx(np.sqrt(y.var(ddof=1) / 9), rel=1e-12)


def test_a_balanced_random_slope_is_the_t_test_of_the_slopes():
    """Same times for all: the difference in slope is that of participants' own slopes, with n - 2 df."""
    rng = np.random.default_rng(12)
    ids, time = np.repeat(np.arange(10), 5), np.tile(np.arange(5.0), 10)
    arm = (ids % 2).astype(float)
    y = 30 + rng.normal(0, 3, 10)[ids] + rng.normal(-1, 1, 10)[ids] * time + rng.normal(0, 0.5, 50)
    fit = fit_mixed_model(y, columns(1.0, arm, time, arm * time), columns(1.0, time), ids)
    test = fit.test([0, 0, 0, 1])
    centred = np.arange(5.0) - 2
    slopes = y.reshape(10, 5) @ centred / (centred @ centred)
    even, odd = slopes[::2], slopes[1::2]
    error = np.sqrt((even.var(ddof=1) + odd.var(ddof=1)) / 2 * (1 / 5 + 1 / 5))
    assert test.estimate == pytest.approx(odd.mean() - even.mean(), rel=1e-10)
    assert test.standard_error == pytest.approx(error, rel=1e-8)
    assert test.df == pytest.approx(8.0, rel=1e-7)


def test_what_a_fit_says_of_itself_hangs_together():
    y, time, arm, ids = small_trial()
    fit = slope_fit(y, time, arm, ids, names=["mean", "slope", "effect"])
    lower = np.array([[fit.theta[0], 0.0], [fit.theta[1], fit.theta[2]]])
    assert fit.random_covariance == pytest.approx(fit.sigma**2 * lower @ lower.T, rel=1e-12)
    assert fit.residual_variance == fit.sigma**2
    z, same = columns(1.0, time), ids[:, None] == ids[None, :]
    x = columns(1.0, time, time * arm)
    v = fit.residual_variance * np.eye(y.size) + z @ fit.random_covariance @ z.T * same
    inverse = np.linalg.inv(v)
    assert fit.covariance == pytest.approx(np.linalg.inv(x.T @ inverse @ x), rel=1e-8)
    assert fit.coefficients == pytest.approx(np.linalg.solve(x.T @ inverse @ x, x.T @ inverse @ y), rel=1e-8)
    residual = inverse @ (y - x @ fit.coefficients)
    modes = np.array([fit.random_covariance @ z[ids == i].T @ residual[ids == i] for i in range(9)])
    assert fit.random_effects == pytest.approx(modes, rel=1e-7)
    assert fit.group_labels == tuple(range(9))
    assert fit.test("effect") == fit.test([0.0, 0.0, 1.0])
    assert fit.names == ("mean", "slope", "effect")
    log_dets = np.linalg.slogdet(v)[1] + np.linalg.slogdet(x.T @ inverse @ x)[1]
    quadratic = (y - x @ fit.coefficients) @ residual
    expected = -0.5 * (log_dets + quadratic + (y.size - 3) * np.log(2 * np.pi))
    assert fit.reml_log_likelihood == pytest.approx(expected, rel=1e-10)


def test_the_optimum_is_a_stationary_point_that_no_step_improves():
    y, time, arm, ids = small_trial()
    fit = slope_fit(y, time, arm, ids)
    sums = group_sums(y, columns(1.0, time, time * arm), columns(1.0, time), ids, 9)
    factor = np.array([[fit.theta[0], 0.0], [fit.theta[1], fit.theta[2]]])
    at = profiled_deviance(sums, factor)
    assert np.abs(at.gradient).max() < 1e-7
    assert at.value == pytest.approx(-2 * fit.reml_log_likelihood, rel=1e-13)
    for step in np.vstack([np.eye(4), -np.eye(4)]).reshape(-1, 2, 2):
        assert profiled_deviance(sums, factor + 0.01 * step).value >= at.value - 1e-9


def test_attempts_are_listed_best_first_and_a_start_is_tried_first():
    y, time, arm, ids = small_trial()
    fit = slope_fit(y, time, arm, ids)
    assert len(fit.attempts) == 4
    assert all(attempt.converged for attempt in fit.attempts)
    criteria = [attempt.criterion for attempt in fit.attempts]
    assert criteria == sorted(criteria)
    assert criteria[0] == pytest.approx(-2 * fit.reml_log_likelihood, rel=1e-12)
    given_start = slope_fit(y, time, arm, ids, start=fit.theta)
    assert len(given_start.attempts) == 5
    scale = np.sqrt((time**2).mean())
    entries = (fit.theta[0], 0.0, fit.theta[1] * scale, fit.theta[2] * scale)
    (mine,) = [a for a in given_start.attempts if a.start == pytest.approx(entries, rel=1e-12)]
    assert mine.steps == 1


def test_three_random_effects_with_one_too_many_are_singular_not_refused():
    """e01 has no variation of slopes: lme4 says singular, and so do we."""
    data = read("e01_noslopevar")
    pos = np.maximum(data["time"], 0)
    z = columns(1.0, data["time"], pos)
    fit = fit_mixed_model(data["y"], z, z, data["id"])
    assert fit.singular
    assert fit.theta[5] == pytest.approx(0.0, abs=1e-6)
    assert fit.theta[[0, 3]].min() > 0.005
    assert np.linalg.eigvalsh(fit.random_covariance).min() > -1e-12


def test_a_variance_of_zero_that_is_not_the_last_has_one_answer():
    """Intercepts alike, slopes not: theta is (0, 0, slope), whichever way the optimiser came."""
    time = np.tile([-2.0, -1.0, 0.0, 1.0, 2.0], 6)
    ids = np.repeat(np.arange(6), 5)
    noise = np.tile([1.0, -2.0, 0.0, 2.0, -1.0], 6) * np.repeat([0.1, -0.1, 0.2, -0.2, 0.15, -0.15], 5)
    y = 20 + np.array([-3.0, -1.0, 0.5, 0.0, 1.5, 2.0])[ids] * time + noise
    fit = fit_mixed_model(y, columns(1.0, time), columns(1.0, time), ids)
    assert fit.singular
    assert fit.theta[:2].tolist() == [0.0, 0.0]
    assert fit.theta[2] > 5
    slopes = y.reshape(6, 5) @ [-0.2, -0.1, 0.0, 0.1, 0.2]
    assert fit.test("x2").estimate == pytest.approx(slopes.mean(), rel=1e-12)
    assert fit.test("x2").standard_error == pytest.approx(slopes.std(ddof=1) / np.sqrt(6), rel=1e-7)
    assert fit.test("x2").df == pytest.approx(5.0, rel=1e-6)


def test_the_singular_threshold_is_that_of_lme4():
    assert SINGULAR == 1e-4


# -- refusals --------------------------------------------------------------------------------------------------------


def arrays():
    y, time, arm, ids = small_trial(participants=4, visits=4)
    return {"y": y, "fixed": columns(1.0, time, time * arm), "random": columns(1.0, time), "group": ids}


def refused(match, **changes):
    with pytest.raises(DataError) as caught:
        fit_mixed_model(**{**arrays(), **changes})
    assert str(caught.value) == match


def test_refuses_shapes_that_do_not_match():
    a = arrays()
    refused("fixed: expected one row for each of the 16 outcomes; got 15", fixed=a["fixed"][1:])
    refused("random: expected one row for each of the 16 outcomes; got 14", random=a["random"][2:])
    refused("group: expected one row for each of the 16 outcomes; got 13", group=a["group"][3:])
    refused("group: expected one row for each of the 16 outcomes; got 0", group=3)
    refused("group: expected a label for each row, shape (16,); got shape (16, 1)", group=a["group"][:, None])
    refused("y: expected 1 dimension(s); got shape (16, 1)", y=a["y"][:, None])
    refused("fixed: expected 2 dimension(s); got shape (16,)", fixed=a["y"])
    refused("random: expected 1 to 3 columns of random effects; got 0", random=np.ones((16, 0)))
    refused("random: expected 1 to 3 columns of random effects; got 4", random=np.ones((16, 4)))
    refused("fixed: expected at least one column of fixed effects; got none", fixed=np.ones((16, 0)))


def test_refuses_what_is_not_a_finite_number():
    a = arrays()
    y = a["y"].copy()
    y[[5, 7]] = np.nan
    refused(
        "y: expected finite numbers; 2 of 16 rows are missing or infinite, the first in row 5 (counted from 0). Leave "
        "such rows out.",
        y=y,
    )
    fixed = a["fixed"].copy()
    fixed[3, 2] = np.inf
    refused(
        "fixed: expected finite numbers; 1 of 16 rows are missing or infinite, the first in row 3 (counted from 0). "
        "Leave such rows out.",
        fixed=fixed,
    )
    refused("y: expected numbers; could not convert string to float: 'x'", y=["x"] * 16)


def test_refuses_data_that_carry_no_model():
    a = arrays()
    refused("group: expected at least two groups (participants); got 1", group=np.zeros(16))
    refused("y: expected an outcome that varies; all 16 values are 37", y=np.full(16, 37.0))
    refused(
        "y: the fixed effects reproduce the outcome exactly; nothing is left for random effects and residual",
        y=40 - 3 * a["fixed"][:, 1],
    )
    short = {name: value[[0, 1, 4]] for name, value in a.items()}
    refused("y: expected more observations than the 3 fixed effects; got 3", **short)
    refused(
        "y: no group has more observations than its 2 random effects take up, so that residual and random effects "
        "cannot be told apart. Use fewer random effects.",
        group=np.repeat(np.arange(8), 2),
    )
    enough = fit_mixed_model(a["y"], a["fixed"], a["random"], [*np.repeat(np.arange(6), 2), 6, 6, 6, 6])
    assert enough.n == 16


def test_refuses_redundant_columns_by_name():
    a = arrays()
    names = ["mean", "time", "arm", "twice"]
    refused(
        "fixed: expected columns that say different things; zero, or a combination of the columns before: twice. Leave "
        "these out.",
        fixed=np.column_stack([a["fixed"], 2 * a["fixed"][:, 1]]),
        names=names,
    )
    refused(
        "fixed: expected columns that say different things; zero, or a combination of the columns before: arm, twice. "
        "Leave these out.",
        fixed=np.column_stack([a["fixed"][:, :2], np.zeros(16), a["fixed"][:, 0] - 3 * a["fixed"][:, 1]]),
        names=names,
    )
    refused(
        "random: expected columns that say different things; zero, or a combination of the columns before: column 2. "
        "Leave these out.",
        random=np.ones((16, 2)),
    )
    nearly = a["fixed"][:, :1] + 1e-8 * a["fixed"][:, 1:2]
    assert fit_mixed_model(a["y"], np.column_stack([a["fixed"][:, :1], nearly]), a["random"], a["group"]).n == 16


def test_refuses_names_starts_and_contrasts_that_do_not_fit():
    a = arrays()
    refused("names: expected 3 different names, one per column of fixed effects; got ['a', 'b']", names=["a", "b"])
    refused(
        "names: expected 3 different names, one per column of fixed effects; got ['a', 'b', 'a']", names=["a", "b", "a"]
    )
    refused("start: expected 3 numbers for 2 random effects; got 2", start=[1.0, 0.0])
    fit = fit_mixed_model(**a)
    with pytest.raises(DataError, match=r"^contrast: expected one of x1, x2, x3; got 'x4'$"):
        fit.test("x4")


def test_a_failure_lists_every_attempt():
    """Outcomes exactly on a line for each participant: the residual variance would be zero."""
    rng = np.random.default_rng(1)
    ids, time = np.repeat(np.arange(8), 3), np.tile(np.arange(3.0), 8)
    y = 30 + rng.normal(0, 3, 8)[ids] - time
    with pytest.raises(ConvergenceError) as caught:
        fit_mixed_model(y, columns(1.0, time), np.ones((24, 1)), ids)
    first, *tried = str(caught.value).split("\n")
    assert first == (
        "The mixed model did not converge: the best point found is not an optimum. The data may not tell the residual "
        "from the random effects; use fewer random effects. Tried (criterion: REML deviance):"
    )
    assert len(tried) == 5
    assert all(line.startswith("  newton from (") for line in tried[:4])
    assert tried[4].startswith("  nelder-mead, newton from (")
    assert all("a parameter runs away to infinity" in line for line in tried)
    assert [line.split("(")[1].split(")")[0] for line in tried[1:4]] == ["1", "0.2", "3"]


# -- what must not matter --------------------------------------------------------------------------------------------


def same(one, other, *, estimate=1.0, shift=0.0):
    assert other.test("x3").estimate == pytest.approx(estimate * one.test("x3").estimate, rel=1e-8, abs=1e-10)
    assert other.test("x3").standard_error == pytest.approx(abs(estimate) * one.test("x3").standard_error, rel=1e-8)
    assert other.test("x3").df == pytest.approx(one.test("x3").df, rel=1e-6)
    assert other.test("x3").p == pytest.approx(one.test("x3").p, rel=1e-6)
    assert other.coefficients[0] == pytest.approx(abs(estimate) * one.coefficients[0] + shift, rel=1e-8)


@settings(max_examples=8)
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_names_of_participants_and_order_of_rows_do_not_matter(seed, random):
    y, time, arm, ids = small_trial(seed=seed % 50)
    labels = [f"p{number}" for number in random.sample(range(1000), 9)]
    order = np.array(random.sample(range(y.size), y.size))
    renamed = np.array(labels)[ids]
    one = slope_fit(y, time, arm, ids)
    other = slope_fit(y[order], time[order], arm[order], renamed[order])
    same(one, other)
    assert sorted(other.group_labels) == list(other.group_labels)
    where = [other.group_labels.index(label) for label in labels]
    assert other.random_effects[where] == pytest.approx(one.random_effects, rel=1e-6, abs=1e-8)


@settings(max_examples=8)
@given(st.integers(0, 49), st.floats(-1000, 1000), st.floats(0.01, 100))
def test_shifting_and_scaling_the_outcome_shifts_and_scales_the_answer(seed, shift, scale):
    y, time, arm, ids = small_trial(seed=seed)
    one, other = slope_fit(y, time, arm, ids), slope_fit(scale * (y + shift), time, arm, ids)
    same(one, other, estimate=scale, shift=scale * shift)
    assert other.sigma == pytest.approx(scale * one.sigma, rel=1e-8)
    assert other.theta == pytest.approx(one.theta, rel=1e-6, abs=1e-6)
    assert other.singular is one.singular


@settings(max_examples=8)
@given(st.integers(0, 49), st.floats(-20, 20), st.floats(0.03, 30))
def test_origin_and_unit_of_time_do_not_change_the_difference_in_slope(seed, origin, unit):
    """With the arms free to differ at the origin, the slopes do not depend on where it lies."""
    y, time, arm, ids = small_trial(seed=seed)

    def fit(t):
        return fit_mixed_model(y, columns(1.0, t, arm * t, arm), columns(1.0, t), ids)

    one, other = fit(time), fit(unit * (time - origin))
    if one.singular:
        return
    assert other.test("x3").estimate == pytest.approx(one.test("x3").estimate / unit, rel=1e-6, abs=1e-8)
    assert other.test("x3").standard_error == pytest.approx(one.test("x3").standard_error / unit, rel=1e-6)
    assert other.test("x3").df == pytest.approx(one.test("x3").df, rel=1e-4)


@settings(max_examples=5)
@given(st.integers(0, 49))
def test_swapping_the_arms_turns_the_sign_of_their_difference(seed):
    y, time, arm, ids = small_trial(seed=seed)
    one, other = slope_fit(y, time, arm, ids), slope_fit(y, time, 1 - arm, ids)
    same(one, other, estimate=-1.0)
    assert other.coefficients[1] == pytest.approx(one.coefficients[1] + one.coefficients[2], rel=1e-8)
