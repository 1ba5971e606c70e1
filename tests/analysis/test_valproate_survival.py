"""The real valproic-acid trial: log-rank and Cox against R (validation/valproate); skipped where the data are not."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from leadin.analysis.cox import cox
from leadin.analysis.log_rank import log_rank
from leadin.protocols.planned_analysis import PlannedAnalysis

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = REPOSITORY.parent / "shared" / "data" / "vpa-trial" / "vpa_survival.csv"
EXPECTED = json.loads((REPOSITORY / "validation" / "valproate" / "expected.json").read_text())


@pytest.fixture(scope="module")
def trial(build):
    if not DATA.exists():
        pytest.skip("the valproic-acid trial is not beside this repository; it may not be kept in it")
    with DATA.open() as file:
        rows = list(csv.DictReader(file))
    arms = {row["id"]: row["trt"] for row in rows}
    kinds = {"1": "death", "0": "end_of_follow_up"}
    return build(arms, events=[(row["id"], float(row["stime"]), kinds[row["status"]]) for row in rows])


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
