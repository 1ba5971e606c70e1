"""`leadin analyse`: the exit codes, what is printed and written, the same numbers as R by the whole road."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

import leadin
from leadin.cli.main import app
from leadin.designs.chance import chance_level
from leadin.errors import DataError, LeadinError, UsageError

REPOSITORY = Path(__file__).resolve().parents[2]
VALIDATION = REPOSITORY / "validation"
SHARED = REPOSITORY.parent / "shared" / "data" / "vpa-trial"


def run(*args):
    return CliRunner().invoke(app, ["analyse", *map(str, args)])


@pytest.fixture(autouse=True)
def few_replicates(monkeypatch):
    """What no treatment shows, of two trials."""

    def chance(protocol, population, analyses, n, reference, progress):
        return chance_level(protocol, replicates=2, population=population, analyses=analyses, n=n, reference=reference)

    monkeypatch.setattr("leadin.front_door.chance", chance)


def real(*args):
    """The real command, as a person runs it."""
    return subprocess.run(
        [sys.executable, "-c", "from leadin.cli.main import run; run()", *map(str, args)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A simulated trial without a finding to look at."""
    path = tmp_path_factory.mktemp("trial") / "t"
    trial = leadin.simulate("nurown-phase2a", seed=3)
    kept = trial.participants.filter(pl.col("arm").is_not_null())["participant_id"]
    trial = trial.with_tables(
        {name: trial.table(name).filter(pl.col("participant_id").is_in(kept.implode())) for name in
         ("participants", "assessments", "lots", "administrations", "events", "adverse_events")}
    )  # fmt: skip
    leadin.write(trial, path)
    return path


def test_done_is_zero_and_the_table_is_printed(folder):
    result = run(folder, "--method", "slope_change,kaplan_meier")
    assert result.exit_code == 0, result.stdout
    lines = result.stdout.splitlines()
    people = leadin.read(folder).participants.height
    assert lines[0] == f"nurown-phase2a, simulated: {people} participants, by plan"
    assert lines[2].startswith("Method        Endpoint")
    assert any(line.startswith("slope_change  alsfrs_r") and "t test" in line for line in lines)
    assert any(line.startswith("kaplan_meier  survival") for line in lines)


def test_findings_to_look_at_are_one_and_are_printed_and_in_the_json(folder, tmp_path):
    trial = leadin.read(folder)
    impossible = trial.assessments.with_columns(
        value=pl.when(pl.int_range(pl.len()) == 3).then(49.0).otherwise(pl.col("value"))
    )
    leadin.write(replace(trial, assessments=impossible, findings=()), tmp_path / "bad")
    target = tmp_path / "results.json"
    result = run(tmp_path / "bad", "--method", "kaplan_meier", "--json", target)
    assert result.exit_code == 1
    assert re.search(r"^error \(score-out-of-range\): ", result.stdout, re.MULTILINE) is not None
    said = json.loads(target.read_text())
    assert [f["rows"] for f in said["findings"] if f["severity"] == "error"] == [[3]]
    assert result.stdout.rstrip().endswith(f"Written: {target}")


def test_json_to_the_screen_is_json_and_nothing_else(folder):
    result = run(folder, "--method", "safety", "--json", "-")
    said = json.loads(result.stdout)
    assert {row["method"] for row in said["results"]} == {"safety"}
    assert said["trial"]["origin"] == "simulated"
    assert result.stdout == leadin.analyse(leadin.read(folder), methods=["safety"]).to_json()


def test_a_plan_file_names_what_is_run(folder, tmp_path):
    plan = tmp_path / "plan.yaml"
    plan.write_text("analyses:\n  - {method: kaplan_meier, role: primary}\n")
    said = json.loads(run(folder, "--plan", plan, "--json", "-").stdout)
    assert {(row["method"], row["planned"]) for row in said["results"]} == {("kaplan_meier", True)}


def test_a_method_outside_the_plan_is_exploratory(folder):
    said = json.loads(run(folder, "--method", " random_slope , safety,", "--json", "-").stdout)
    assert {(row["method"], row["planned"]) for row in said["results"]} == {("random_slope", False), ("safety", True)}


@pytest.mark.parametrize(
    ("args", "error", "said"),
    [
        (["--method", "slopechange"], UsageError, "got 'slopechange'. Did you mean 'slope_change'?"),
        (["--method", ","], UsageError, "methods: expected at least one of"),
        (["--reference", "sham"], UsageError, "reference: expected an arm of this trial (low, mid, high); got 'sham'."),
        (["--protocol", "nurown-phase2"], UsageError, "Did you mean nurown-phase2a?"),
        (["--plan", "nowhere.yaml"], LeadinError, "nowhere.yaml"),
    ],
)
def test_what_does_not_exist_is_refused(folder, args, error, said):
    result = run(folder, *args)
    assert isinstance(result.exception, error)
    assert said in str(result.exception)


def test_refused_is_two_with_one_message_and_nothing_written(tmp_path):
    result = real("analyse", tmp_path / "nowhere", "-o", tmp_path / "r.html", "--json", tmp_path / "r.json")
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("leadin: ")
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_form_that_no_report_has_is_refused_before_anything_is_read(tmp_path):
    result = run(tmp_path / "nowhere", "-o", tmp_path / "r.docx")
    assert isinstance(result.exception, UsageError)
    assert str(result.exception) == (
        f"{tmp_path / 'r.docx'}: expected a name that ends in .html or .pdf; got .docx. Rename it."
    )


def test_a_place_that_cannot_be_written_to_is_refused(folder, tmp_path):
    result = run(folder, "--method", "safety", "--json", tmp_path / "no" / "such" / "folder" / "r.json")
    assert isinstance(result.exception, LeadinError)
    assert list(tmp_path.iterdir()) == []


def test_a_protocol_may_be_named(build_tables, tmp_path):
    path = build_tables(tmp_path / "t")
    bare = run(path, "--method", "kaplan_meier")
    assert bare.exit_code == 0
    assert bare.stdout.startswith("t, imported: 6 participants, every method that the tables can carry, exploratory\n")
    assert "note (no-protocol): " in bare.stdout
    named = run(path, "--method", "kaplan_meier,log_rank", "--protocol", "hanyang-phase2")
    assert named.stdout.startswith("hanyang-phase2, imported: 6 participants, by plan\n")
    assert "no-protocol" not in named.stdout
    # The protocol's control is the reference, not the first in the table.
    assert "cells - control" in named.stdout
    assert "control - cells" in run(path, "--method", "log_rank").stdout


@pytest.fixture
def build_tables():
    """A bare folder of tables: two arms, cells first, one death each."""

    def write(path):
        path.mkdir()
        people = [f"p{i},{'cells' if i < 3 else 'control'}" for i in range(6)]
        (path / "participants.csv").write_text("participant_id,arm\n" + "\n".join(people) + "\n")
        ends = [f"p{i},{90 + 10 * i},{'death' if i in (1, 4) else 'end_of_follow_up'}" for i in range(6)]
        (path / "events.csv").write_text("participant_id,day,kind\n" + "\n".join(ends) + "\n")
        return path

    return write


def test_a_report_holds_the_chance_level_where_the_design_can_show_slopes(folder, tmp_path, monkeypatch):
    asked = []

    def chance(protocol, population, analyses, n, reference, progress):
        asked.append((protocol.name, population, [each.method for each in analyses], n, progress, reference))

    monkeypatch.setattr("leadin.front_door.chance", chance)
    monkeypatch.setattr(
        "leadin.front_door.report",
        lambda trial, results, path, chance: asked.append((path.name, results.methods, chance)),
    )
    target = tmp_path / "report.html"
    assert run(folder, "--method", "slope_change", "-o", target).exit_code == 0
    assert asked[0][:3] == ("nurown-phase2a", "pro-act", ["slope_change"] * 2)
    assert sum(asked[0][3].values()) == leadin.read(folder).participants["arm"].drop_nulls().len()
    assert asked[0][4:] == (None, "low")
    assert asked[1:] == [("report.html", ("slope_change",), None)]
    asked.clear()
    # Neither slopes nor responders: there is nothing for chance to stand beside.
    run(folder, "--method", "kaplan_meier", "-o", target)
    assert asked == [("report.html", ("kaplan_meier",), None)]
    asked.clear()
    # On the screen alone, nothing is simulated where there is a control, nor for what is no comparison with a lead-in.
    run(folder, "--method", "random_slope,kaplan_meier")
    assert asked == []
    # Without a lead-in the design shows no change of slope: asked for all the same, so that the report says why.
    leadin.write(leadin.simulate("weekly-nsc-series"), tmp_path / "weekly")
    run(tmp_path / "weekly", "--method", "slope_change,random_slope", "-o", target)
    assert [each[2] for each in asked[:1]] == [["random_slope", "slope_change"]]
    assert [each[0] for each in asked[1:]] == ["report.html"]
    asked.clear()
    run(tmp_path / "weekly", "--method", "slope_change,random_slope")
    assert [each[2] for each in asked] == [["slope_change"]]


def test_on_a_terminal_the_table_is_drawn_to_fit(folder, monkeypatch, capsys):
    from leadin.cli.analyse import _show

    results = leadin.analyse(leadin.read(folder), methods=["slope_change", "cox"])
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "140")
    _show(results)
    text = capsys.readouterr().out
    assert "95 % interval" in text
    assert "───" in text
    assert "Not estimated, cox: nobody of the arm died" in text


# The whole road on reference data: leadin import, leadin analyse --json, the numbers of R.

MAPPING = """
tables:
  participants:
    - file: people.csv
      columns: {participant_id: id, arm: arm}
  assessments:
    - file: visits.csv
      columns:
        participant_id: id
        day: {column: time, unit: months}
      measures: {alsfrs_r: y}
  events:
    - file: people.csv
      columns:
        participant_id: id
        day: {column: time, unit: months}
        kind: {column: event, codes: {0: end_of_follow_up, 1: death}}
"""


def imported(tmp_path, visits, people, mapping=MAPPING):
    (tmp_path / "visits.csv").write_text(visits.read_text())
    (tmp_path / "people.csv").write_text(people.read_text())
    (tmp_path / "map.yaml").write_text(mapping)
    command = ["import", "visits.csv", "people.csv", "--mapping", "map.yaml", "-o", "t"]
    command = [
        str(tmp_path / word) if word in ("visits.csv", "people.csv", "map.yaml", "t") else word for word in command
    ]
    result = CliRunner().invoke(app, command)
    assert result.exit_code in (0, 1), (result.stdout, result.exception)
    return tmp_path / "t"


DATA_SETS = sorted(
    file.name.removesuffix("_long.csv") for file in (VALIDATION / "mixed-models" / "data").glob("*_long.csv")
)


# Every fifth w1: what is asked here is the road from a file to the screen; tests/analysis asks all of them.
@pytest.mark.parametrize("name", [name for name in DATA_SETS if not name.startswith("w1_") or name[-1] in "05"])
def test_import_and_analyse_give_the_numbers_of_r(name, tmp_path):
    folder = imported(
        tmp_path,
        VALIDATION / "mixed-models" / "data" / f"{name}_long.csv",
        VALIDATION / "survival" / "data" / f"{name}_surv.csv",
    )
    said = json.loads(run(folder, "--reference", "0", "--json", "-").stdout)
    rows = {row["method"]: row for row in said["results"] if row["contrast"] == "1 - 0" and row["rule"] is None}

    def golden(file, model):
        entries = json.loads((VALIDATION / "mixed-models" / file).read_text())
        return next(entry for entry in entries if (entry["dataset"], entry["model"]) == (name, model))

    for method, theirs, of_estimate, of_df in (
        ("random_slope", golden("golden_D.json", "D"), 2e-7, 2e-5),
        ("broken_stick", golden("golden_C.json", "C"), 1e-5, 1e-3),
    ):
        row = rows[method]
        assert row["estimate"] == pytest.approx(theirs["est"], rel=of_estimate, abs=of_estimate * theirs["se"])
        assert row["standard_error"] == pytest.approx(theirs["se"], rel=of_estimate)
        assert row["df"] == pytest.approx(theirs["df"], rel=of_df)
    survival = {
        entry["dataset"]: entry for entry in json.loads((VALIDATION / "survival" / "expected.json").read_text())
    }
    (pair,) = survival[name]["pairs"]
    if pair["cox"]["warning"] is None:
        assert rows["cox"]["estimate"] == pytest.approx(pair["cox"]["estimate"], rel=1e-8)
        assert rows["cox"]["standard_error"] == pytest.approx(pair["cox"]["standard_error"], rel=1e-8)
    else:  # R warns that the coefficient may be infinite; here it is no number at all
        assert (rows["cox"]["estimate"], rows["cox"]["converged"]) == (None, False)
    assert rows["log_rank"]["statistic"] == pytest.approx(pair["log_rank"]["chi_square"], rel=1e-8)
    km = [row for row in said["results"] if row["method"] == "kaplan_meier" and row["time_months"] == 6]
    assert [row["estimate"] for row in sorted(km, key=lambda row: row["arm"])] == pytest.approx(
        [curve["survival"][curve["months"].index(6)] for curve in survival[name]["curves"]]
    )


def test_the_real_trial_gives_the_numbers_of_r(tmp_path):
    if not SHARED.exists():
        pytest.skip("the valproic-acid trial is not beside this repository; it may not be kept in it")
    example = REPOSITORY / "examples" / "valproate"
    command = ["import", SHARED / "vpa_alsfrs.csv", SHARED / "vpa_survival.csv", "--mapping", example / "mapping.yaml"]
    done = CliRunner().invoke(app, [*map(str, command), "-o", str(tmp_path / "t")])
    assert done.exit_code in (0, 1), (done.stdout, done.exception)
    said = json.loads(run(tmp_path / "t", "--json", "-").stdout)
    theirs = json.loads((VALIDATION / "valproate" / "expected.json").read_text())
    rows = {row["method"]: row for row in said["results"] if row["contrast"] == "valproate - placebo"}
    for key in ("estimate", "standard_error", "df", "p"):
        assert rows["random_slope"][key] == pytest.approx(theirs["random_slope"][key], rel=1e-6)
    assert rows["log_rank"]["statistic"] == pytest.approx(theirs["log_rank"]["chi_square"], rel=1e-6)
    assert rows["log_rank"]["p"] == pytest.approx(theirs["log_rank"]["p"], rel=1e-6)
    for key, name in (("estimate", "log_hazard_ratio"), ("standard_error", "standard_error"), ("p", "p")):
        assert rows["cox"][key] == pytest.approx(theirs["cox"][name], rel=1e-6)


def test_the_help_says_what_the_contract_says():
    text = run("--help").stdout
    for option in ("--protocol", "--plan", "--method", "--reference", "--output", "--json"):
        assert option in text


def test_reading_fails_with_a_data_error_not_a_traceback(tmp_path):
    (tmp_path / "participants.csv").write_text("participant_id,arm\n")
    result = run(tmp_path)
    assert isinstance(result.exception, DataError)


def test_csv_is_not_needed_to_be_sorted(build_tables, tmp_path):
    path = build_tables(tmp_path / "t")
    with (path / "events.csv").open() as file:
        rows = list(csv.reader(file))
    first = run(path, "--method", "log_rank", "--json", "-").stdout
    (path / "events.csv").write_text("\n".join(",".join(row) for row in [rows[0], *reversed(rows[1:])]) + "\n")
    again = run(path, "--method", "log_rank", "--json", "-").stdout
    assert json.loads(first)["results"] == json.loads(again)["results"]


def test_a_trial_without_control_says_what_no_treatment_shows(tmp_path, monkeypatch):
    """On the screen as in the report; nothing where nobody is compared with his own lead-in, or all goes to JSON."""
    asked = []

    def chance(protocol, population, analyses, n, reference, progress):
        asked.append([each.method for each in analyses])
        return chance_level(protocol, replicates=3, analyses=analyses, n=n)

    monkeypatch.setattr("leadin.front_door.chance", chance)
    leadin.write(leadin.simulate("hanyang-phase1", n={"cells": 6}), tmp_path / "one")
    told = run(tmp_path / "one", "--method", "slope_change,broken_stick")
    assert "With no treatment: 3 trials of the same design were simulated in which nobody is treated." in told.stdout
    assert "by the broken-stick model" in told.stdout
    assert asked == [["slope_change", "slope_change", "broken_stick"]]
    run(tmp_path / "one", "--method", "slope_change", "--json", "-")
    assert "With no treatment" not in run(tmp_path / "one", "--method", "kaplan_meier").stdout
    assert len(asked) == 1


def test_without_a_protocol_the_screen_says_how_to_get_it(build_tables, tmp_path):
    folder = build_tables(tmp_path / "t")
    (folder / "participants.csv").write_text("participant_id\n" + "\n".join(f"p{i}" for i in range(6)) + "\n")
    months = (-3, -2, -1, 0, 1, 2, 3)
    rows = [f"p{i},{30.4375 * m},alsfrs_r,{40 - i % 2 - m}" for i in range(6) for m in months]
    (folder / "assessments.csv").write_text("participant_id,day,measure,value\n" + "\n".join(rows) + "\n")
    told = run(folder, "--method", "slope_change").stdout
    assert "With no treatment: What the same design shows with no treatment cannot be computed without a pro" in told
    assert "Name the trial's protocol with --protocol." in told


def test_a_bar_is_drawn_on_a_terminal_alone(monkeypatch):
    from leadin.cli.progress import progress_bar

    with progress_bar() as progress:
        assert progress is None
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with progress_bar() as progress:
        progress("this", 1, 2)
        progress("this", 2, 2)
        progress("that", 1, 1)


def test_the_compiler_is_loaded_for_simulated_trials_alone(tmp_path):
    """With a control, results on the screen need nothing of the engine."""
    leadin.write(leadin.simulate("hanyang-phase2", n={"cells": 6, "control": 6}), tmp_path / "two")
    program = (
        "import sys; from leadin.cli.main import run; sys.argv[0] = 'leadin'\n"
        "try: run()\n"
        "except SystemExit: pass\n"
        "sys.exit('numba' in sys.modules)"
    )
    for args in (["--help"], ["analyse", str(tmp_path / "two"), "--method", "slope_change"]):
        assert subprocess.run([sys.executable, "-c", program, *args], capture_output=True, check=False).returncode == 0
