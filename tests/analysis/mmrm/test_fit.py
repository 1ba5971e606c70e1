"""The fitter against R's mmrm, nlme, lme4 and a textbook program, and what must not change a fit."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadin.analysis.mmrm.fit import fit_mmrm
from leadin.analysis.mmrm.kenward_roger import kenward_roger_factor
from leadin.analysis.mmrm.structures import STRUCTURES, structure_named
from leadin.errors import ConvergenceError, DataError

from .reference import arrays, dense, from_json

GOLDEN = from_json("mmrm/golden_B.json")
WAYS = {
    "Satterthwaite": "satterthwaite",
    "Kenward-Roger": "kenward_roger",
    "KRlin": "kenward_roger_linear",
}
FROM_R = from_json("mmrm/structures.json")
GLS = [entry for entry in FROM_R if entry["kind"] == "gls"]
LMER = [entry for entry in FROM_R if entry["kind"] == "lmer"]
DIRECT = from_json("mmrm/direct.json")


@pytest.mark.evidence("mmrm", "reference")
@pytest.mark.parametrize("entry", GOLDEN, ids=[f"{e['dataset']}-{e['model']}-{e['peer']}" for e in GOLDEN])
def test_unstructured_equals_r_s_mmrm(entry):
    """Reference: validation/mmrm/golden_B.json, R's mmrm with its optimiser tightened."""
    data = arrays(entry["dataset"], -1 if entry["model"] == "B7" else 0)
    fit = fit_mmrm(*data.given)
    contrast = np.zeros(data.fixed.shape[1])
    contrast[2 * np.unique(data.visit).size - 1] = 1.0
    test = fit.test(contrast, WAYS[entry["peer"].removeprefix("mmrm_tight_")])
    assert test.estimate == pytest.approx(entry["est"], rel=2e-7)
    assert test.standard_error == pytest.approx(entry["se"], rel=2e-7)
    assert test.df == pytest.approx(entry["df"], rel=2e-5)
    assert test.p == pytest.approx(entry["p"], rel=1e-5)
    assert fit.reml_log_likelihood == pytest.approx(entry["reml_ll"], abs=1e-8)
    assert fit.visit_covariance == pytest.approx(np.array(entry["Sigma"]), abs=1e-5)
    assert fit.coefficients == pytest.approx(entry["beta"], rel=2e-7, abs=2e-7)


@pytest.mark.evidence("mmrm", "reference")
@pytest.mark.parametrize("entry", GLS, ids=[f"{e['dataset']}-{e['structure']}" for e in GLS])
def test_structures_equal_nlme_s_gls(entry):
    """Reference: validation/mmrm/structures.json. What gls leaves is its optimiser's (see agreement.md)."""
    fit = fit_mmrm(*arrays(entry["dataset"]).given, structure=entry["structure"])
    errors = np.sqrt(np.diag(fit.covariance))
    assert fit.reml_log_likelihood == pytest.approx(entry["reml_ll"], abs=5e-7)
    assert fit.reml_log_likelihood >= entry["reml_ll"] - 1e-9
    assert np.abs((fit.coefficients - entry["beta"]) / errors).max() < 5e-5
    assert errors == pytest.approx(entry["se"], rel=5e-5)


@pytest.mark.evidence("mmrm", "reference")
@pytest.mark.parametrize("entry", DIRECT, ids=[f"{e['dataset']}-{e['structure']}" for e in DIRECT])
def test_structures_equal_a_textbook_program_in_r(entry):
    """Reference: validation/mmrm/direct.json."""
    fit = fit_mmrm(*arrays(entry["dataset"]).given, structure=entry["structure"])
    errors = np.sqrt(np.diag(fit.covariance))
    assert fit.reml_log_likelihood == pytest.approx(entry["reml_ll"], abs=1e-8)
    assert np.abs((fit.coefficients - entry["beta"]) / errors).max() < 2e-7
    assert errors == pytest.approx(entry["se"], rel=2e-7)
    assert fit.visit_covariance == pytest.approx(np.array(entry["sigma"]), rel=1e-5, abs=1e-5)
    assert fit.theta == pytest.approx(entry["theta"], abs=1e-5)


@pytest.mark.evidence("mmrm", "reference")
@pytest.mark.parametrize("entry", LMER, ids=[e["dataset"] for e in LMER])
def test_compound_symmetry_equals_a_random_intercept_of_lme4_with_kenward_roger(entry):
    """Reference: validation/mmrm/structures.json; lme4, lmerTest, pbkrtest. pbkrtest takes the expected information
    and the parameters in which V is linear: the plain twin gives both, and the fitter's own way equals the twin's."""
    data = arrays(entry["dataset"])
    fit = fit_mmrm(*data.given, structure="compound_symmetry")
    errors = np.sqrt(np.diag(fit.covariance))
    assert fit.reml_log_likelihood == pytest.approx(entry["reml_ll"], abs=1e-8)
    assert np.abs((fit.coefficients - entry["beta"]) / errors).max() < 1e-6
    assert errors == pytest.approx(entry["se"], rel=1e-6)
    found = [fit.test(row).df for row in np.eye(data.fixed.shape[1])]
    assert found == pytest.approx(entry["df"], rel=2e-5)
    twin = dense(data, structure_named("compound_symmetry").covariance(fit.theta, len(fit.visits)))
    expected = 2.0 * np.linalg.inv(twin.expected)
    adjusted = twin.kenward_roger(expected, linear=True)
    assert np.sqrt(np.diag(adjusted)) == pytest.approx(entry["kr_se"], rel=1e-6)
    slopes = np.einsum("kaa->ka", twin.covariance_gradient)
    df = 2.0 * np.diag(twin.covariance) ** 2 / np.einsum("ka,kl,la->a", slopes, expected, slopes)
    assert df == pytest.approx(entry["kr_df"], rel=2e-5)
    ours = kenward_roger_factor(fit.arrays, fit.at, fit.sigma, expected, linear=True)
    back = fit.arrays.scale * np.linalg.inv(fit.arrays.r) @ fit.at.root
    assert back @ ours @ back.T == pytest.approx(adjusted, rel=1e-7, abs=1e-10)


@pytest.mark.parametrize("name", STRUCTURES)
def test_kenward_roger_equals_the_formula_as_it_is_printed(name):
    data = arrays("e02_small")
    fit = fit_mmrm(*data.given, structure=name)
    twin = dense(data, structure_named(name).covariance(fit.theta, len(fit.visits)))
    spread = 2.0 * np.linalg.inv(twin.hessian)
    assert fit.covariance == pytest.approx(twin.covariance, rel=1e-7, abs=1e-9)
    assert fit.uncertainty.covariance_gradient == pytest.approx(twin.covariance_gradient, rel=1e-6, abs=1e-7)
    assert fit.uncertainty.hessian == pytest.approx(twin.hessian, rel=1e-6, abs=1e-5)
    assert fit.uncertainty.flat_directions == 0
    assert np.abs(twin.gradient).max() < 1e-6
    for linear in (False, True):
        printed = twin.kenward_roger(spread, linear)
        assert fit.adjusted_covariance(linear=linear) == pytest.approx(printed, rel=1e-6, abs=1e-8)
    assert fit.adjusted_covariance() == pytest.approx(fit.adjusted_covariance(linear=False), abs=0)


def test_ways_of_testing():
    data = arrays("e02_small")
    fit = fit_mmrm(*data.given, names=[f"b{i}" for i in range(18)])
    plain, by_name = fit.test(np.eye(18)[11]), fit.test("b11")
    assert plain == by_name
    for way, linear in (("kenward_roger", False), ("kenward_roger_linear", True)):
        adjusted = fit.test("b11", way, 0.9)
        assert adjusted.df == plain.df
        assert adjusted.standard_error == pytest.approx(
            np.sqrt(fit.adjusted_covariance(linear=linear)[11, 11]), rel=1e-12
        )
        assert adjusted.standard_error != pytest.approx(plain.standard_error, rel=1e-6)
        assert adjusted.estimate == plain.estimate
        assert adjusted.level == 0.9
    with pytest.raises(DataError, match=r"^contrast: expected one of b0, .*, b17; got 'b99'$"):
        fit.test("b99")


def test_one_visit_is_least_squares():
    """Exact: t with n - p degrees of freedom, whatever the structure and the way."""
    draw = np.random.Generator(np.random.PCG64(3))
    x = np.column_stack([np.ones(20), np.arange(20) % 2, draw.normal(size=20)])
    y = x @ [3.0, 1.0, -2.0] + draw.normal(size=20)
    beta, rss, *_ = np.linalg.lstsq(x, y, rcond=None)
    error = np.sqrt(rss[0] / 17 * np.linalg.inv(x.T @ x)[1, 1])
    for name in STRUCTURES:
        fit = fit_mmrm(y, x, ["month 6"] * 20, np.arange(20), structure=name)
        for way in WAYS.values():
            test = fit.test([0.0, 1.0, 0.0], way)
            if way != "kenward_roger":  # its second derivatives are those of the log SD
                assert test.standard_error == pytest.approx(error, rel=1e-9)
            assert (test.estimate, test.df) == pytest.approx((beta[1], 17.0), rel=1e-9)
        assert fit.visits == ("month 6",)
        assert fit.visit_covariance[0, 0] == pytest.approx(rss[0] / 17, rel=1e-9)


@pytest.mark.evidence("mmrm", "reference")
def test_complete_and_balanced_data_have_the_exact_answer():
    """Without missing values and covariates the unstructured model at a visit is the t test there."""
    draw = np.random.Generator(np.random.PCG64(4))
    people, visits = 24, 4
    y = draw.normal(size=(people, visits)).cumsum(axis=1)
    arm = np.arange(people) % 2
    who, visit = np.divmod(np.arange(people * visits), visits)
    at = (visit[:, None] == np.arange(visits)).astype(float)
    fit = fit_mmrm(y.ravel(), np.column_stack([at, at * arm[who][:, None]]), visit, who)
    test = fit.test(np.eye(8)[7], "kenward_roger_linear")
    groups = y[arm == 0, 3], y[arm == 1, 3]
    pooled = sum(((g - g.mean()) ** 2).sum() for g in groups) / (people - 2)
    assert test.estimate == pytest.approx(groups[1].mean() - groups[0].mean(), rel=1e-10)
    assert test.standard_error == pytest.approx(np.sqrt(pooled * 2 / 12), rel=1e-9)
    assert test.df == pytest.approx(22.0, rel=1e-7)
    residual = y - np.stack([group.mean(axis=0) for group in (y[arm == 0], y[arm == 1])])[arm]
    assert fit.visit_covariance == pytest.approx(residual.T @ residual / 22, rel=1e-8)


SMALL = arrays("e02_small")
PLAIN = {name: fit_mmrm(*SMALL.given, structure=name) for name in ("unstructured", "toeplitz")}


def same(fit, plain, *, coefficients=1.0, covariance=1.0):
    assert fit.coefficients == pytest.approx(coefficients * plain.coefficients, rel=1e-6, abs=1e-7)
    assert fit.covariance == pytest.approx(covariance * plain.covariance, rel=1e-5, abs=1e-8 * covariance)
    assert fit.visit_covariance == pytest.approx(covariance * plain.visit_covariance, rel=1e-5)
    assert fit.test(np.eye(18)[11]).df == pytest.approx(plain.test(np.eye(18)[11]).df, rel=1e-5)


@pytest.mark.evidence("mmrm", "property")
@settings(max_examples=4)
@given(st.randoms(use_true_random=False), st.sampled_from(sorted(PLAIN)))
def test_order_and_names_of_participants_do_not_matter(random, name):
    order = random.sample(range(SMALL.y.size), SMALL.y.size)
    names = dict(zip(np.unique(SMALL.participant).tolist(), random.sample(range(900), 30), strict=False))
    who = np.array([f"p{names[each]}" for each in SMALL.participant.tolist()])
    fit = fit_mmrm(SMALL.y[order], SMALL.fixed[order], SMALL.visit[order], who[order], structure=name)
    same(fit, PLAIN[name])
    assert fit.reml_log_likelihood == pytest.approx(PLAIN[name].reml_log_likelihood, abs=1e-8)


@pytest.mark.evidence("mmrm", "property")
@settings(max_examples=5)
@given(st.floats(0.001, 1000.0), st.sampled_from([-1.0, 1.0]), st.sampled_from(sorted(PLAIN)))
def test_scale_of_the_outcome(scale, sign, name):
    fit = fit_mmrm(sign * scale * SMALL.y, *SMALL.given[1:], structure=name)
    same(fit, PLAIN[name], coefficients=sign * scale, covariance=scale**2)
    free = SMALL.y.size - 18
    assert fit.reml_log_likelihood == pytest.approx(PLAIN[name].reml_log_likelihood - free * np.log(scale), abs=1e-7)


@pytest.mark.evidence("mmrm", "property")
@pytest.mark.parametrize("name", [name for name, structure in STRUCTURES.items() if structure.heterogeneous])
def test_each_visit_may_have_its_own_unit(name):
    units = 10.0 ** np.array([-3, 2, 0, 3, -1, -2])
    place = SMALL.visit - 1
    plain = fit_mmrm(*SMALL.given, structure=name)
    fit = fit_mmrm(SMALL.y * units[place], *SMALL.given[1:], structure=name)
    assert fit.visit_covariance == pytest.approx(plain.visit_covariance * np.outer(units, units), rel=1e-4)
    assert fit.coefficients == pytest.approx(plain.coefficients * np.tile(units, 3), rel=1e-5, abs=1e-9)
    for row in np.eye(18):
        assert fit.test(row).df == pytest.approx(plain.test(row).df, rel=1e-4)


@pytest.mark.evidence("mmrm", "property")
def test_visits_backwards_are_the_same_visits():
    """Toeplitz and unstructured do not tell the direction of time."""
    for name, plain in PLAIN.items():
        fit = fit_mmrm(*SMALL.given, structure=name, visits=[6, 5, 4, 3, 2, 1])
        assert fit.visits == ("6", "5", "4", "3", "2", "1")
        assert fit.coefficients == pytest.approx(plain.coefficients, rel=1e-6, abs=1e-7)
        assert fit.visit_covariance[::-1, ::-1] == pytest.approx(plain.visit_covariance, rel=1e-5)


def test_a_visit_that_nobody_was_at_changes_nothing():
    fit = fit_mmrm(*SMALL.given, visits=[0, 1, 2, 3, 4, 5, 6, 9])
    assert fit.visits == ("1", "2", "3", "4", "5", "6")
    same(fit, PLAIN["unstructured"])


def test_a_narrower_structure_never_fits_better():
    fits = {name: fit_mmrm(*SMALL.given, structure=name).reml_log_likelihood for name in STRUCTURES}
    for narrow, wide in (
        ("compound_symmetry", "toeplitz"),
        ("autoregressive", "toeplitz"),
        ("autoregressive", "ante_dependence"),
        ("toeplitz", "heterogeneous_toeplitz"),
        ("ante_dependence", "heterogeneous_ante_dependence"),
        ("autoregressive", "heterogeneous_autoregressive"),
        ("compound_symmetry", "heterogeneous_compound_symmetry"),
        ("heterogeneous_toeplitz", "unstructured"),
        ("heterogeneous_ante_dependence", "unstructured"),
    ):
        assert fits[narrow] < fits[wide]


def test_a_fit_tells_what_was_tried():
    fit = PLAIN["unstructured"]
    assert len(fit.attempts) == 3
    assert {attempt.optimiser for attempt in fit.attempts} == {
        "newton from the residuals", "newton from independence", "newton from half shared",
    }  # fmt: skip
    assert all(attempt.converged for attempt in fit.attempts)
    assert np.ptp([attempt.criterion for attempt in fit.attempts]) < 1e-7
    assert (fit.n, fit.participants, len(fit.names)) == (SMALL.y.size, np.unique(SMALL.participant).size, 18)
    assert fit.names[:2] == ("x1", "x2")


def refused(message, *given, error=DataError, **named):
    with pytest.raises(error) as caught:
        fit_mmrm(*given, **named)
    assert str(caught.value) == message


@pytest.mark.evidence("mmrm", "bad_input")
def test_arrays_that_cannot_be_fitted_are_refused():
    y, x, visit, who = SMALL.given
    refused(
        "y: expected finite numbers; 1 of 3 rows are missing or infinite, the first in row 1 (counted from 0). Leave "
        "such rows out.", [1.0, float("nan"), 2.0], np.ones((3, 1)), [0, 0, 0], [1, 2, 3],
    )  # fmt: skip
    refused(
        f"visit: expected one row for each of the {y.size} outcomes; got shape ({y.size - 1},)", y, x, visit[1:], who
    )
    refused(f"participant: expected one row for each of the {y.size} outcomes; got shape (1,)", y, x, visit, who[:1])
    refused(
        f"fixed: expected one row for each of the {y.size} outcomes; got shape ({y.size - 1},)", y, x[1:], visit, who
    )
    refused("visit: expected one of 1, 2, 3, 4, 5; got 6", y, x, visit, who, visits=[1, 2, 3, 4, 5])
    refused(
        "visit: expected each participant once at a visit; got 7 2 times at 2",
        [1.0, 2.0, 3.0, 5.0], np.ones((4, 1)), [1, 2, 2, 1], [7, 7, 7, 8],
    )  # fmt: skip
    refused("y: expected an outcome that varies; all 3 values are 4", [4.0] * 3, np.ones((3, 1)), [1, 1, 1], [1, 2, 3])
    refused("y: expected more observations than the 2 fixed effects; got 2", [1.0, 2.0], np.eye(2), [1, 1], [1, 2])
    refused(
        "fixed: expected columns that say different things; zero, or a combination of the columns before: x2. Leave "
        "these out.", [1.0, 2.0, 4.0], np.ones((3, 2)), [1, 1, 1], [1, 2, 3],
    )  # fmt: skip
    line = np.column_stack([np.ones(4), np.arange(4.0)])
    refused(
        "y: the fixed effects reproduce the outcome exactly; nothing is left to vary between participants",
        line @ [1.0, 2.0], line, [1, 1, 1, 1], [1, 2, 3, 4],
    )  # fmt: skip


@pytest.mark.evidence("mmrm", "bad_input")
def test_a_structure_with_more_parameters_than_data_says_so():
    draw = np.random.Generator(np.random.PCG64(9))
    who, visit = np.divmod(np.arange(12), 4)
    at = (visit[:, None] == np.arange(4)).astype(float)
    refused(
        "expected at least 14 observations for its 10 covariance parameters and 4 fixed effects; got 12",
        draw.normal(size=12), at, visit, who, error=ConvergenceError,
    )  # fmt: skip
    refused(
        "expected at least 14 observations for its 10 covariance parameters and 4 fixed effects; got 13",
        draw.normal(size=13), np.vstack([at, at[:1]]), [*visit, 0], [*who, 3], error=ConvergenceError,
    )  # fmt: skip
    with pytest.raises(ConvergenceError, match=r"^there is no best fit"):
        fit_mmrm(draw.normal(size=14), np.vstack([at, at[:2]]), [*visit, 0, 1], [*who, 3, 3])


@pytest.mark.evidence("mmrm", "bad_input")
def test_visits_that_nobody_made_together_are_named():
    draw = np.random.Generator(np.random.PCG64(9))
    who = np.repeat(np.arange(30), 2)
    visit = np.where(np.arange(60) % 2 == 0, 0, 1 + (who % 2))
    message = (
        "its 6 covariance parameters need participants seen at both of two visits; nobody was at month 2 and month 3"
    )
    labels = np.array(["month 1", "month 2", "month 3"])
    at = (visit[:, None] == np.arange(3)).astype(float)
    y = draw.normal(size=60)
    refused(message, y, at, labels[visit], who, visits=labels.tolist(), error=ConvergenceError)
    assert fit_mmrm(y, at, labels[visit], who, structure="heterogeneous_autoregressive").n == 60


@pytest.mark.evidence("mmrm", "bad_input")
def test_a_visit_that_repeats_another_has_no_optimum():
    draw = np.random.Generator(np.random.PCG64(9))
    y = draw.normal(size=(30, 3))
    y[:, 2] = y[:, 1]
    who, visit = np.divmod(np.arange(90), 3)
    at = (visit[:, None] == np.arange(3)).astype(float)
    refused(
        "there is no best fit, the likelihood grows without end as visits come to predict one another without error: "
        "too few participants for so many visits, or a visit that repeats another (newton from the residuals)",
        y.ravel(), at, visit, who, error=ConvergenceError,
    )  # fmt: skip


@pytest.mark.evidence("mmrm", "bad_input")
def test_parameters_that_the_data_say_nothing_about_are_no_fit():
    """One participant alone was at both of two visits, and the fixed effects take up both his values."""
    draw = np.random.Generator(np.random.PCG64(9))
    who = np.concatenate([np.repeat(np.arange(30), 2), [30, 30]])
    visit = np.concatenate([np.where(np.arange(60) % 2 == 0, 0, 1 + (np.repeat(np.arange(30), 2) % 2)), [1, 2]])
    at = (visit[:, None] == np.arange(3)).astype(float)
    own = (np.arange(62)[:, None] == [60, 61]).astype(float)
    y = draw.normal(size=62)
    with pytest.raises(
        ConvergenceError, match=r"^the data do not determine all 6 covariance parameters\. Tried: newton"
    ):
        fit_mmrm(y, np.column_stack([at, own]), visit, who)
    fit_mmrm(y, np.column_stack([at, own[:, :1]]), visit, who, structure="heterogeneous_compound_symmetry")


@pytest.mark.evidence("mmrm", "bad_input")
def test_where_no_start_leads_to_an_optimum_each_is_told(monkeypatch):
    from leadin.analysis import trust_region

    monkeypatch.setattr(trust_region, "MAX_STEPS", 2)
    with pytest.raises(ConvergenceError) as caught:
        fit_mmrm(*SMALL.given, structure="toeplitz")
    assert re.fullmatch(
        r"no optimum was found\. Tried: "
        r"newton from the residuals: not there after 2 steps \(step 2, deviance [\d.]+\); "
        r"newton from independence: not there after 2 steps \(step 2, deviance [\d.]+\); "
        r"newton from half shared: not there after 2 steps \(step 2, deviance [\d.]+\)",
        str(caught.value),
    )
