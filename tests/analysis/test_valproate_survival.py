"""The real valproic-acid trial: log-rank and Cox against R (validation/valproate); skipped where the data are not."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import polars as pl
import pytest

from leadin.analysis.cox import cox
from leadin.analysis.log_rank import log_rank
from leadin.analysis.restricted_mean import restricted_mean
from leadin.protocols.planned_analysis import PlannedAnalysis

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = REPOSITORY.parent / "shared" / "data" / "vpa-trial" / "vpa_survival.csv"
EXPECTED = json.loads((REPOSITORY / "validation" / "valproate" / "expected.json").read_text())
MORE = json.loads((REPOSITORY / "validation" / "valproate" / "expected_survival.json").read_text())


@pytest.fixture(scope="module")
def trial(build):
    if not DATA.exists():
        pytest.skip("the valproic-acid trial is not beside this repository; it may not be kept in it")
    with DATA.open() as file:
        rows = list(csv.DictReader(file))
    arms = {row["id"]: row["trt"] for row in rows}
    kinds = {"1": "death", "0": "end_of_follow_up"}
    trial = build(arms, events=[(row["id"], float(row["stime"]), kinds[row["status"]]) for row in rows])
    total = pl.Series("total", [float(row["total"]) for row in rows])
    return trial.with_tables({"participants": trial.participants.with_columns(total, high=total >= 40)})


def test_log_rank_equals_survdiff(trial):
    (row,) = log_rank(trial, PlannedAnalysis(method="log_rank"), "0")
    assert row.statistic == pytest.approx(EXPECTED["log_rank"]["chi_square"], rel=1e-9)
    assert row.p == pytest.approx(EXPECTED["log_rank"]["p"], rel=1e-9)


def test_cox_equals_coxph(trial):
    (row,) = cox(trial, PlannedAnalysis(method="cox"), "0")
    theirs = EXPECTED["cox"]
    assert row.n == theirs["participants"]
    assert row.estimate == pytest.approx(theirs["log_hazard_ratio"], rel=1e-9)
    assert row.standard_error == pytest.approx(theirs["standard_error"], rel=1e-9)
    assert row.statistic == pytest.approx(theirs["z"], rel=1e-9)
    assert row.p == pytest.approx(theirs["p"], rel=1e-9)


@pytest.mark.evidence("restricted_mean", "reference")
@pytest.mark.parametrize("which", [0, 1])
def test_restricted_means_equal_survfit(trial, which):
    theirs = MORE["restricted_mean"][which]
    month = {"month": 12.0} if which == 0 else {}
    zero, one, difference, _ = restricted_mean(trial, PlannedAnalysis(method="restricted_mean", **month), "0")
    assert difference.time_months == pytest.approx(theirs["month"], rel=1e-9)
    for row, each in zip((zero, one), theirs["arms"], strict=True):
        assert row.estimate == pytest.approx(each["months"], rel=1e-9)
        assert row.standard_error == pytest.approx(each["standard_error"], rel=1e-9)
    assert difference.estimate == pytest.approx(theirs["difference"], rel=1e-9)
    assert difference.standard_error == pytest.approx(theirs["standard_error"], rel=1e-9)
    assert difference.p == pytest.approx(theirs["p"], rel=1e-9)


@pytest.mark.evidence("log_rank", "reference")
def test_stratified_log_rank_equals_survdiff(trial):
    (row,) = log_rank(trial, PlannedAnalysis(method="log_rank", strata=("high",)), "0")
    assert row.statistic == pytest.approx(MORE["log_rank"]["chi_square"], rel=1e-9)
    assert row.p == pytest.approx(MORE["log_rank"]["p"], rel=1e-9)


@pytest.mark.evidence("cox", "reference")
@pytest.mark.parametrize(
    ("settings", "key"), [({"covariates": ("total",)}, "cox_covariate"), ({"strata": ("high",)}, "cox_strata")]
)
def test_adjusted_cox_equals_coxph(trial, settings, key):
    (row,) = cox(trial, PlannedAnalysis(method="cox", **settings), "0")
    assert row.n == MORE[key]["n"]
    assert row.estimate == pytest.approx(MORE[key]["estimate"], rel=1e-9)
    assert row.standard_error == pytest.approx(MORE[key]["standard_error"], rel=1e-9)
    assert row.p == pytest.approx(MORE[key]["p"], rel=1e-9)
