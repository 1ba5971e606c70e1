"""ENCALS and TRICALS, against the formulas written out in R and medians found by its root finder."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.als.encals import encals_linear_predictor, encals_median, encals_survival
from leadin.als.prognostic_terms import prognostic_terms
from leadin.als.tricals import EXAMPLE_RANGE, tricals_risk_profile
from leadin.errors import DataError

PATIENT = {
    "delta_fs": 0.8,
    "diagnostic_delay_months": 10.0,
    "age_at_onset_years": 60.0,
    "vital_capacity_percent": 90.0,
    "bulbar_onset": False,
    "definite_el_escorial": True,
    "frontotemporal_dementia": False,
}


def test_predictors_agree_with_r(from_r):
    table = {name: column.to_numpy() for name, column in from_r("predictors").to_dict().items()}
    terms = prognostic_terms(
        delta_fs=table["delta_fs"],
        diagnostic_delay_months=table["delay"],
        age_at_onset_years=table["age"],
        vital_capacity_percent=table["capacity"],
        bulbar_onset=table["bulbar"],
        definite_el_escorial=table["definite"],
        frontotemporal_dementia=table["dementia"],
    )
    assert encals_linear_predictor(terms, table["c9orf72"]) == pytest.approx(table["encals"], rel=1e-12)
    assert tricals_risk_profile(terms) == pytest.approx(table["tricals"], rel=1e-12)
    assert np.std(table["encals"] - table["tricals"]) > 0.01


def test_survival_agrees_with_r(from_r):
    table = from_r("survival")
    found = encals_survival(table["lp"].to_numpy(), table["months"].to_numpy())
    assert found == pytest.approx(table["alive"].to_numpy(), rel=1e-12)


def test_medians_agree_with_r(from_r):
    table = from_r("medians")
    for (share,), rows in table.group_by(["share"]):
        found = encals_median(rows["lp"].to_numpy(), share)
        assert found == pytest.approx(rows["months"].to_numpy(), rel=1e-9)


@pytest.mark.parametrize(("predictor", "stated"), [(-6, 56.9), (-5, 41.9), (-4, 31.5), (-3, 24.0), (-2, 18.1)])
def test_medians_as_stated_on_a_grid_of_a_tenth_of_a_month(predictor, stated):
    # The first tenth of a month at which fewer than half are alive.
    assert stated - 0.1 <= encals_median(predictor) <= stated
    assert encals_survival(predictor, stated) < 0.5 < encals_survival(predictor, stated - 0.1)


@given(st.floats(-12, 3), st.floats(0.02, 0.98))
def test_the_median_inverts_the_survival(predictor, share):
    assert encals_survival(predictor, encals_median(predictor, share)) == pytest.approx(share, rel=1e-9)


@given(st.floats(-12, 3), st.lists(st.floats(0, 600), min_size=2, max_size=20))
def test_survival_falls_with_time_and_with_the_predictor(predictor, months):
    alive = encals_survival(predictor, np.sort(months))
    assert (np.diff(alive) <= 0).all()
    assert (alive >= encals_survival(predictor + 0.5, np.sort(months))).all()
    assert encals_survival(predictor, 0.0) == 1.0


@pytest.mark.parametrize(
    ("changed", "worse"),
    [
        ({"delta_fs": 1.6}, True),
        ({"diagnostic_delay_months": 20.0}, False),
        ({"age_at_onset_years": 75.0}, True),
        ({"vital_capacity_percent": 60.0}, True),
        ({"bulbar_onset": True}, True),
        ({"definite_el_escorial": False}, False),
        ({"frontotemporal_dementia": True}, True),
    ],
)
def test_each_predictor_acts_as_published(changed, worse):
    for score in (lambda terms: encals_linear_predictor(terms, 0), tricals_risk_profile):
        before, after = score(prognostic_terms(**PATIENT)), score(prognostic_terms(**(PATIENT | changed)))
        assert (after > before) == worse
    terms = prognostic_terms(**PATIENT)
    assert encals_linear_predictor(terms, 1) > encals_linear_predictor(terms, 0)
    assert EXAMPLE_RANGE == (-6.0, -2.0)


@pytest.mark.parametrize("name", PATIENT)
def test_a_missing_predictor_makes_the_score_missing(name):
    terms = prognostic_terms(**(PATIENT | {name: np.nan}))
    assert np.isnan(encals_linear_predictor(terms, 0))
    assert np.isnan(tricals_risk_profile(terms))


def test_missing_scores_stay_missing():
    assert np.isnan(encals_linear_predictor(prognostic_terms(**PATIENT), np.nan))
    assert np.isnan(encals_survival(np.nan, 12.0))
    assert np.isnan(encals_survival(-4.0, np.nan))
    assert np.isnan(encals_median([np.nan, -4])).tolist() == [True, False]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("delta_fs", -0.1, "points per month, 0 or more; got -0.1"),
        ("diagnostic_delay_months", 0, "months above 0; got 0"),
        ("age_at_onset_years", 121, "years above 0, up to 120; got 121"),
        ("vital_capacity_percent", 201, "% predicted above 0, up to 200; got 201"),
        ("bulbar_onset", 0.5, "yes (1), no (0) or NaN if missing; got 0.5"),
        ("definite_el_escorial", -1, "yes (1), no (0) or NaN if missing; got -1"),
        ("frontotemporal_dementia", 3, "yes (1), no (0) or NaN if missing; got 3"),
    ],
)
def test_impossible_input(name, value, expected):
    with pytest.raises(DataError) as caught:
        prognostic_terms(**(PATIENT | {name: value}))
    assert str(caught.value).startswith(f"{name}: expected {expected}.")


def test_impossible_months_and_shares():
    with pytest.raises(DataError, match=r"^months_since_onset: expected months, 0 or more; got -1"):
        encals_survival(-4, [3, -1])
    for share in (0, 1):
        with pytest.raises(DataError, match=f"^share: expected a share between 0 and 1; got {share}"):
            encals_median(-4, share)
    with pytest.raises(DataError, match=r"^c9orf72: "):
        encals_linear_predictor(prognostic_terms(**PATIENT), 2)
