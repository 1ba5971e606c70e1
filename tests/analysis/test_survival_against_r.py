"""Kaplan-Meier, log-rank and Cox against R's survival, on every data set of validation/survival."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from leadin.analysis.cox import cox
from leadin.analysis.kaplan_meier import kaplan_meier, survival_curves
from leadin.analysis.log_rank import OVERALL, log_rank
from leadin.protocols.planned_analysis import PlannedAnalysis

HERE = Path(__file__).resolve().parents[2] / "validation" / "survival"
EXPECTED = {entry["dataset"]: entry for entry in json.loads((HERE / "expected.json").read_text())}
PEERS = {entry["dataset"]: entry for entry in json.loads((HERE / "peers_surv_R.json").read_text())}


def planned(method):
    return PlannedAnalysis(method=method)


def close(ours, theirs, relative=1e-8):
    assert ours == pytest.approx(theirs, rel=relative, abs=1e-14)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_cox_equals_coxph(name, survival_trial):
    rows = cox(survival_trial(name), planned("cox"), "0")
    assert [row.arm for row in rows] == [str(pair["arm"]) for pair in EXPECTED[name]["pairs"]]
    for row, pair in zip(rows, EXPECTED[name]["pairs"], strict=True):
        assert row.n == pair["n"]
        if pair["cox"]["warning"] is not None:
            assert not row.converged
            assert (row.estimate, row.p) == (None, None)
            assert "monotone likelihood" in row.warnings[0]
            continue
        assert row.converged
        close(row.estimate, pair["cox"]["estimate"])
        close(row.standard_error, pair["cox"]["standard_error"])
        close(row.statistic, pair["cox"]["z"])
        close(row.p, pair["cox"]["p"])
        close(row.ci_high - row.ci_low, 2 * 1.959963984540054 * row.standard_error)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_log_rank_equals_survdiff(name, survival_trial):
    rows = log_rank(survival_trial(name), planned("log_rank"), "0")
    pairs = EXPECTED[name]["pairs"]
    for row, pair in zip(rows, pairs, strict=False):
        assert (row.arm, row.df) == (str(pair["arm"]), 1.0)
        close(row.statistic, pair["log_rank"]["chi_square"])
        close(row.p, pair["log_rank"]["p"])
    if len(pairs) > 1:
        overall = rows[-1]
        assert (overall.contrast, overall.arm, overall.df) == (OVERALL, None, EXPECTED[name]["log_rank"]["df"])
        close(overall.statistic, EXPECTED[name]["log_rank"]["chi_square"])
        close(overall.p, EXPECTED[name]["log_rank"]["p"])
    else:
        assert len(rows) == 1


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_kaplan_meier_equals_survfit_step_by_step(name, survival_trial):
    curves = survival_curves(survival_trial(name))
    for theirs in EXPECTED[name]["curves"]:
        curve, steps = curves[str(theirs["arm"])], theirs["steps"]
        # Ours starts at month 0 whether or not somebody left then; R's only where somebody did.
        after = slice(len(curve.months) - len(steps["months"]), None)
        close(curve.months[after], steps["months"])
        close(curve.survival[after], steps["survival"])
        assert curve.at_risk[after].tolist() == steps["at_risk"]
        assert curve.deaths[after].tolist() == steps["deaths"]
        assert curve.censored[after].tolist() == steps["censored"]
        low = [np.nan if x is None else x for x in steps["low"]]
        high = [np.nan if x is None else x for x in steps["high"]]
        np.testing.assert_allclose(curve.low[after], low, rtol=1e-10)
        np.testing.assert_allclose(curve.high[after], high, rtol=1e-10)
        assert curve.at_risk_at(theirs["months"]).tolist() == theirs["at_risk"]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_kaplan_meier_at_landmarks_equals_summary_survfit(name, survival_trial):
    rows = {(row.arm, row.time_months): row for row in kaplan_meier(survival_trial(name), planned("kaplan_meier"), "0")}
    compared = 0
    for theirs in EXPECTED[name]["curves"]:
        for i, month in enumerate(theirs["months"]):
            row = rows.get((str(theirs["arm"]), float(month)))
            if row is None:
                continue
            if theirs["last"] < month and theirs["survival"][i] > 0:
                assert not row.converged
                assert row.estimate is None
                continue
            compared += 1
            close(row.estimate, theirs["survival"][i])
            if 0 < theirs["survival"][i] < 1:
                close(row.standard_error, theirs["standard_error"][i])
                close(row.ci_low, theirs["low"][i])
                close(row.ci_high, theirs["high"][i])
            else:
                assert (row.ci_low, row.ci_high) == (None, None)
    assert compared >= 1


@pytest.mark.parametrize("name", sorted(PEERS))
def test_every_entry_of_the_peers_file(name, survival_trial):
    trial, theirs = survival_trial(name), PEERS[name]
    (hazard,) = cox(trial, planned("cox"), "0")
    close(hazard.estimate, theirs["cox_beta"])
    close(hazard.standard_error, theirs["cox_se"])
    (test,) = log_rank(trial, planned("log_rank"), "0")
    close(test.statistic, theirs["logrank_chisq"])
    at_six = {
        row.arm: row.estimate for row in kaplan_meier(trial, planned("kaplan_meier"), "0") if row.time_months == 6
    }
    close([at_six["0"], at_six["1"]], theirs["km6"])
