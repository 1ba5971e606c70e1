"""Strata, covariates, competing causes and restricted means against R's survival (validation/survival)."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from leadin.analysis.cox import cox
from leadin.analysis.cumulative_incidence import cumulative_incidence, cumulative_incidences
from leadin.analysis.kaplan_meier import kaplan_meier, survival_curve
from leadin.analysis.log_rank import OVERALL, log_rank
from leadin.analysis.proportional_hazards import proportional_hazards
from leadin.analysis.restricted_mean import restricted_mean, restricted_mean_survival, restricted_time_lost
from leadin.errors import ConvergenceError
from leadin.protocols.load import load_protocol
from leadin.protocols.planned_analysis import PlannedAnalysis

HERE = Path(__file__).resolve().parents[2] / "validation" / "survival"
EXPECTED = {entry["dataset"]: entry for entry in json.loads((HERE / "expected_strata.json").read_text())}
MEANS = {entry["dataset"]: entry for entry in json.loads((HERE / "expected_restricted_mean.json").read_text())}
KINDS = {"0": "end_of_follow_up", "1": "death", "2": "tracheostomy", "3": "permanent_ventilation"}
NAMES = sorted(EXPECTED)


@pytest.fixture(scope="module")
def protocol():
    """One that counts death, tracheostomy and permanent ventilation as fatal."""
    return load_protocol("alsummit-phase3")


@pytest.fixture(scope="module")
def trial_of(build, protocol):
    def read(name):
        with (HERE / "data" / f"{name}_strata.csv").open() as file:
            rows = list(csv.DictReader(file))
        arms = {row["id"]: row["arm"] for row in rows}
        events = [(row["id"], float(row["time"]), KINDS[row["cause"]]) for row in rows]
        trial = build(arms, events=events, protocol=protocol)
        told = {
            "site": [row["site"] for row in rows],
            "onset": [row["onset"] for row in rows],
            "rate": [float(row["rate"]) for row in rows],
            "age": [float(row["age"]) if row["age"] else None for row in rows],
        }
        people = trial.participants.drop("site").with_columns(*(pl.Series(k, v) for k, v in told.items()))
        return trial.with_tables({"participants": people})

    return read


def counted(pair):
    return {} if pair["counted"] == [1, 2, 3] else {"fatal_events": ("death",)}


def close(ours, theirs, relative=1e-8):
    assert ours == pytest.approx(theirs, rel=relative, abs=1e-13)


@pytest.mark.evidence("log_rank", "reference")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("key", "strata"), [("log_rank", ()), ("stratified", ("site",)), ("by_two", ("site", "onset"))]
)
def test_log_rank_equals_survdiff_in_strata_and_by_cause(name, key, strata, trial_of):
    trial = trial_of(name)
    for pair in EXPECTED[name]["pairs"]:
        planned = PlannedAnalysis(method="log_rank", strata=strata, **counted(pair))
        row = next(row for row in log_rank(trial, planned, "0") if row.arm == str(pair["arm"]))
        close(row.statistic, pair[key]["chi_square"])
        close(row.p, pair[key]["p"])
        assert row.df == 1.0
    for key_all, strata_all in (("log_rank", ()), ("stratified", ("site",))):
        rows = log_rank(trial, PlannedAnalysis(method="log_rank", strata=strata_all), "0")
        theirs = EXPECTED[name]["all_arms"][key_all]
        assert rows[-1].df == theirs["df"]
        close(rows[-1].statistic, theirs["chi_square"])
        assert (rows[-1].contrast == OVERALL) == (theirs["df"] > 1)


SETTINGS = {
    "cox": {},
    "covariates": {"covariates": ("age", "rate", "onset")},
    "site": {"covariates": ("site",)},
    "strata": {"strata": ("site",)},
    "both": {"covariates": ("age", "rate"), "strata": ("site",)},
}


@pytest.mark.evidence("cox", "reference")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("key", SETTINGS)
def test_cox_equals_coxph_with_covariates_strata_and_causes(name, key, trial_of):
    trial = trial_of(name)
    for pair in EXPECTED[name]["pairs"]:
        planned = PlannedAnalysis(method="cox", **SETTINGS[key], **counted(pair))
        row = next(row for row in cox(trial, planned, "0") if row.arm == str(pair["arm"]))
        theirs = pair[key]
        if theirs["warning"] is not None:
            assert not row.converged
            assert "monotone likelihood" in row.warnings[0]
            continue
        assert row.converged, row.warnings
        close(row.estimate, theirs["estimate"])
        close(row.standard_error, theirs["standard_error"])
        close(row.statistic, theirs["z"])
        close(row.p, theirs["p"])
        assert row.n == theirs["n"]
        assert row.n + row.not_evaluable == trial.participants.filter(pl.col("arm").is_in(["0", row.arm])).height


@pytest.mark.evidence("kaplan_meier", "reference")
@pytest.mark.parametrize("name", NAMES)
def test_cumulative_incidence_equals_survfit(name, trial_of):
    curves = cumulative_incidences(trial_of(name))
    assert list(curves) == [str(each["arm"]) for each in EXPECTED[name]["incidence"]]
    rows = kaplan_meier(trial_of(name), PlannedAnalysis(method="kaplan_meier"), "0")
    compared = 0
    for theirs in EXPECTED[name]["incidence"]:
        arm = str(theirs["arm"])
        assert list(curves[arm]) == [cause["cause"] for cause in theirs["causes"]]
        for cause in theirs["causes"]:
            curve = curves[arm][cause["cause"]]
            assert int(curve.events.sum()) == cause["events"]
            for i, month in enumerate(theirs["months"]):
                step = curve.step_at(month)
                close(curve.incidence[step], cause["incidence"][i])
                close(curve.standard_error[step], cause["standard_error"][i])
                for ours, limit in ((curve.low, "low"), (curve.high, "high")):
                    if cause[limit][i] is None or cause["incidence"][i] == 0:
                        assert np.isnan(ours[step])
                    else:
                        close(ours[step], cause[limit][i])
                        compared += 1
                words = cause["cause"].replace("_", " ")
                row = [r for r in rows if r.arm == arm and r.time_months == month and f"of {words}," in str(r.rule)]
                if row and row[0].converged:
                    assert (row[0].estimate, row[0].n) == (curve.incidence[step], int(curve.at_risk[0]))
                elif row:
                    assert theirs["last"] < month
    assert compared >= 4


@pytest.mark.evidence("restricted_mean", "reference")
@pytest.mark.parametrize("name", sorted(MEANS))
def test_restricted_means_equal_r_to_rounding(name):
    table = np.genfromtxt(HERE / "data" / f"{name}.csv", delimiter=",", names=True, dtype=None, encoding=None)
    event = table["event"] == 1 if "event" in table.dtype.names else table["cause"] > 0
    for when in ("smallest", "half"):
        for theirs in MEANS[name][when]["arms"]:
            mine = table["arm"] == theirs["arm"]
            mean = restricted_mean_survival(
                survival_curve(table["time"][mine], event[mine]), MEANS[name][when]["month"]
            )
            close(mean.months, theirs["rmean"], 1e-12)
            close(mean.standard_error, theirs["se"], 1e-12)
            close(mean.standard_error, theirs["by_formula"]["standard_error"], 1e-12)


@pytest.mark.evidence("restricted_mean", "reference")
@pytest.mark.parametrize("name", NAMES)
def test_the_rows_of_restricted_mean_equal_r(name, trial_of):
    trial = trial_of(name)
    for when in ("smallest", "half"):
        theirs = MEANS[f"{name}_strata"][when]
        month = {} if when == "smallest" else {"month": theirs["month"]}
        rows = restricted_mean(trial, PlannedAnalysis(method="restricted_mean", **month), "0")
        close(rows[0].time_months, theirs["month"], 1e-12)
        arms = [row for row in rows if row.contrast is None]
        assert [row.arm for row in arms] == [str(each["arm"]) for each in theirs["arms"]]
        for row, each in zip(arms, theirs["arms"], strict=True):
            close(row.estimate, each["rmean"])
            close(row.standard_error, each["se"])
        for pair in theirs["pairs"]:
            mine = [row for row in rows if row.contrast == f"{pair['arm']} - 0"]
            assert [row.rule for row in mine] == ["difference", "ratio"]
            for row, each in zip(mine, (pair["difference"], pair["ratio"]), strict=True):
                close(row.estimate, each["estimate"])
                close(row.standard_error, each["standard_error"])
                close(row.statistic, each["z"])
                close(row.p, each["p"])


@pytest.mark.evidence("restricted_mean", "reference")
@pytest.mark.parametrize("name", NAMES)
def test_months_lost_by_cause_equal_the_jackknife_and_the_terms_written_apart(name, trial_of):
    rows = restricted_mean(trial_of(name), PlannedAnalysis(method="restricted_mean", fatal_events=("death",)), "0")
    for theirs in EXPECTED[name]["incidence"]:
        (row,) = [row for row in rows if row.arm == str(theirs["arm"]) and row.contrast is None]
        (death,) = [cause for cause in theirs["causes"] if cause["cause"] == "death"]
        for each in (death["lost"], death["lost_by_terms"]):
            close(row.estimate, each["months"])
            close(row.standard_error, each["standard_error"])
        assert (row.unit, row.rule) == ("months lost", "mean, months lost to death")


@pytest.mark.evidence("restricted_mean", "property")
@pytest.mark.parametrize("name", NAMES)
def test_what_is_lost_to_each_cause_adds_up_to_what_is_not_lived(name):
    table = np.genfromtxt(HERE / "data" / f"{name}_strata.csv", delimiter=",", names=True, dtype=None, encoding=None)
    alive = restricted_mean_survival(survival_curve(table["time"], table["cause"] > 0), 6.0)
    lost = [
        restricted_time_lost(
            cumulative_incidence(table["time"], table["cause"] == k, (table["cause"] > 0) & (table["cause"] != k)), 6.0
        )
        for k in (1, 2, 3)
    ]
    assert alive.months + sum(each.months for each in lost) == pytest.approx(6.0, abs=1e-12)
    one = restricted_time_lost(cumulative_incidence(table["time"], table["cause"] > 0, table["cause"] > 9), 6.0)
    assert one.standard_error == pytest.approx(alive.standard_error, rel=1e-12)


@pytest.mark.evidence("cox", "reference")
def test_the_fit_equals_lifelines_where_that_converges():
    from lifelines import CoxPHFitter
    from pandas import DataFrame

    table = np.genfromtxt(HERE / "data" / "s01_plain_strata.csv", delimiter=",", names=True, dtype=None, encoding=None)
    frame = DataFrame(
        {name: table[name] for name in ("time", "arm", "age", "rate", "site")} | {"e": table["cause"] > 0}
    )
    theirs = CoxPHFitter().fit(
        frame, "time", "e", strata=["site"], fit_options={"precision": 1e-22, "r_precision": 0.0, "max_steps": 200}
    )
    columns = np.column_stack([table[name] for name in ("arm", "age", "rate")])
    ours = proportional_hazards(table["time"], table["cause"] > 0, columns, ("arm", "age", "rate"), table["site"])
    np.testing.assert_allclose(ours.coefficients, theirs.params_.to_numpy(), rtol=1e-10)
    np.testing.assert_allclose(np.sqrt(np.diag(ours.covariance)), theirs.standard_errors_.to_numpy(), rtol=1e-10)
    assert ours.log_likelihood == pytest.approx(theirs.log_likelihood_, rel=1e-12)


@pytest.mark.evidence("cox", "bad_input")
def test_a_site_without_a_death_is_named(trial_of):
    (row,) = cox(trial_of("s05_site_without_death"), PlannedAnalysis(method="cox", covariates=("site", "age")), "0")
    assert (row.converged, row.estimate, row.n) == (False, None, 90)
    assert row.warnings == (
        "no finite hazard ratio fits best (monotone likelihood): it rises for ever as the coefficient of site = b "
        "falls. Too few died to tell; leave it out, or join its levels.",
    )


@pytest.mark.evidence("cox", "bad_input")
def test_columns_that_say_the_same_are_named():
    draw = np.random.Generator(np.random.PCG64(1))
    time, one = draw.exponential(5, 40), draw.normal(size=40)
    with pytest.raises(ConvergenceError) as caught:
        proportional_hazards(time, time < 9, np.column_stack([one, draw.normal(size=40), 3 - 2 * one]), ("a", "b", "c"))
    assert str(caught.value) == (
        "whenever somebody died, a and c say the same of everybody at risk, so that no coefficient can be told. Leave "
        "one out."
    )
