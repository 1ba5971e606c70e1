"""The stored predictions (validation/natural-history/predictions.json): made with what ships, complete, and the same
when made again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from leadin.disease.load import load_population
from leadin.disease.population import population_sha256
from leadin.disease.populations import population_names

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "validation" / "natural-history"
STORED = json.loads((PLACE / "predictions.json").read_text(encoding="utf-8"))
FIT = json.loads((PLACE / "fit.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def programs():
    """The programs of the folder, which find each other by name."""
    sys.path.insert(0, str(PLACE))
    try:
        import fit
        import predict
        import told
    finally:
        sys.path.remove(str(PLACE))
    return fit, predict, told


@pytest.mark.parametrize("name", sorted(STORED["populations"]))
def test_the_populations_have_not_changed_since(name):
    """When this fails, run python validation/natural-history/predict.py again."""
    source = name if name in population_names() else PLACE / "populations" / f"{name}.yaml"
    assert population_sha256(load_population(source)) == STORED["populations"][name]


@pytest.mark.parametrize("name", sorted(STORED["protocols"]))
def test_the_protocols_have_not_changed_since(name, programs):
    """When this fails, run python validation/natural-history/predict.py again."""
    _, predict, _ = programs
    assert predict.simulated_sha256(name) == STORED["protocols"][name]


def test_every_target_has_a_prediction(programs):
    fit, predict, _ = programs
    assert [row["target"] for row in STORED["calibrate"]] == [target["id"] for target in fit.calibrate_targets()]
    trials = predict.predicted_targets()
    assert len(STORED["predict"]) == sum(len(trial["figures"]) for trial in trials)
    assert {row["trial"] for row in STORED["predict"]} == {trial["trial"] for trial in trials}
    assert all(target["source"] and target["status"] for target in (*fit.calibrate_targets(), *trials))


def test_no_single_trial_is_fitted_to(programs):
    """The fit reads `calibrate` alone; what it fitted is there, and no trial of `predict` is among it."""
    fit, predict, _ = programs
    fitted = {row["id"] for row in FIT["targets"] if row["fitted"]}
    assert fitted == {target["id"] for target in fit.calibrate_targets() if target["used"]}
    assert not fitted & {trial["trial"] for trial in predict.predicted_targets()}
    assert not any("valpro" in target["cohort"].lower() for target in fit.calibrate_targets())


def test_hits_are_judged_by_the_stored_errors():
    judged = 0
    for row in STORED["predict"]:
        if row["published_error"] is None:
            assert row["hit"] is None
            continue
        judged += 1
        error = (row["published_error"] ** 2 + row["mc_error"] ** 2) ** 0.5
        away = abs(row["simulated"] - row["published"]) / error
        assert row["hit"] == (away <= 2.0) or abs(away - 2.0) < 0.02  # rounding of what is stored
    assert judged > 90


def test_the_valproate_trial_is_told_in_full():
    """Decline and spread at 4, 8 and 12 months and survival at 12: each a hit or called a miss on the page."""
    rows = {row["figure"]: row for row in STORED["predict"] if row["trial"] == "valproate"}
    wanted = [f"change {what}, month {month}" for month in (4, 8, 12) for what in ("mean", "sd")]
    page = (ROOT / "docs" / "methods" / "natural-history.md").read_text(encoding="utf-8")
    for figure in (*wanted, "alive, month 12"):
        line = next(line for line in page.splitlines() if line.startswith(f"| valproate | {figure} |"))
        assert line.endswith("| hit |" if rows[figure]["hit"] else "| **miss** |")


def test_the_page_shows_what_is_stored(programs):
    told = programs[2]
    page = (ROOT / "docs" / "methods" / "natural-history.md").read_text(encoding="utf-8")
    for what, rows in (("tables", told.markdown(STORED)), ("estimates", told.estimates(FIT))):
        begin, end = told.marks(what)
        assert page.split(begin)[1].split(end)[0] == rows


def test_the_errors_of_published_figures(programs):
    error = programs[1].sampling_error
    assert error({"what": "change_mean", "value": -4.5, "sd": 4.3, "n": 129}, -4.0) == pytest.approx(0.3786, abs=1e-4)
    assert error({"what": "change_sd", "value": 4.3, "n": 129}, 4.0) == pytest.approx(0.2677, abs=1e-4)
    assert error({"what": "responders", "events": 1, "n": 27}, 20.0) == pytest.approx(7.698, abs=1e-3)
    assert error({"what": "responders", "events": 0, "n": 10}, 0.0) == pytest.approx(6.892, abs=1e-3)  # never 0
    assert error({"what": "score_mean", "value": 26.4}, 27.0) is None
    assert error({"what": "change_mean", "value": -5.9, "standard_error": 0.7, "n": 5}, 27.0) == 0.7


@pytest.mark.slow
@pytest.mark.parametrize("trial", ["hanyang-phase2-control", "valproate", "nurown-us-phase3-placebo-responders"])
def test_made_again_they_are_the_same(programs, trial):
    again = list(programs[1].predictions((trial,)))
    stored = [row for row in STORED["predict"] if row["trial"] == trial]
    assert len(again) == len(stored) > 0
    for row, before in zip(again, stored, strict=True):
        assert row == before


@pytest.mark.slow
def test_the_fit_runs_from_one_command(tmp_path):
    """Few people: the estimates are rough, but near those that ship; all that the record promises is there."""
    place = tmp_path / "fit.json"
    command = [sys.executable, str(PLACE / "fit.py"), "--people", "4000", "--refits", "2", "-o", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rough = json.loads(place.read_text(encoding="utf-8"))
    assert rough.keys() == FIT.keys()
    assert rough["misfit"] < 0.6 * rough["misfit_of_the_first_default"]
    for name, estimate in rough["estimates"].items():
        stored = FIT["estimates"][name]
        assert abs(estimate["value"] - stored["value"]) < 6 * stored["standard_error"], name
