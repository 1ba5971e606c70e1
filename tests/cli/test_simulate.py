"""leadin simulate: what it writes, what it prints, what it refuses."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

import pytest

import leadin
from leadin.cli import main
from leadin.cli.cells_text import cells_lines
from leadin.protocols.library import library_yaml
from leadin.trials.manufacturing_summary import manufacturing_summary


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs the command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def leadin_simulate(*words: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["leadin", "simulate", *words])
        with pytest.raises(SystemExit) as left:
            main.run()
        said = capsys.readouterr()
        return Done(int(left.value.code or 0), said.out, said.err)

    return leadin_simulate


def test_as_people_run_it(tmp_path):
    command = [sys.executable, "-c", "from leadin.cli.main import run; run()", "simulate", "weekly-nsc-series"]
    done = subprocess.run([*command, "-o", "trial"], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    refused = subprocess.run(
        [*command, "-o", "b", "--seed=-1"], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert (refused.returncode, refused.stdout) == (2, "")
    assert [path.name for path in tmp_path.iterdir()] == ["trial"]


def test_a_trial_folder_and_what_became_of_it(run, tmp_path):
    done = run(
        "hanyang-phase2", "-o", "trial", "--slowing", "0.3", "--seed", "7", "--n", "cells=12", "--n", "control=10"
    )
    assert (done.returncode, done.stderr) == (0, "")
    trial = leadin.read(tmp_path / "trial")
    same = leadin.simulate("hanyang-phase2", slowing=0.3, seed=7, n={"cells": 12, "control": 10})
    assert trial.assessments.equals(same.assessments)
    deaths = int((same.events["kind"] == "death").sum())
    assert done.stdout.splitlines() == [
        "Simulated hanyang-phase2, seed 7, decline slowed by 30 % in everybody given cells: trial",
        f"{same.participants.height} screened, 22 in arms (cells 12, control 10), {same.assessments.height} "
        f"assessments, {same.administrations.height} administrations, deaths: {deaths}.",
        *(f"{line}." for line in cells_lines(manufacturing_summary(same))),
    ]


def test_by_default_no_effect_in_csv(run, tmp_path):
    done = run("weekly-nsc-series", "-o", "trial")
    assert done.returncode == 0
    assert "seed 1, no effect: trial" in done.stdout
    assert (tmp_path / "trial" / "assessments.csv").is_file()


def test_parquet(run, tmp_path):
    assert run("weekly-nsc-series", "-o", "trial", "--format", "parquet").returncode == 0
    assert (tmp_path / "trial" / "assessments.parquet").is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["hanyang-phase3"], "leadin: protocol: expected a library protocol ("),
        (["hanyang-phase2", "--slowing", "1"], "leadin: slowing: expected a share from 0 to below 1"),
        (["hanyang-phase2", "--slowing", "nan"], "leadin: slowing: expected a share from 0 to below 1"),
        (["hanyang-phase2", "--seed", "-1"], "leadin: seed: expected a whole number from 0 on; got -1."),
        (["hanyang-phase2", "--population", "proact"], "leadin: population: expected one of early-stage, "),
        (
            ["hanyang-phase2", "--n", "cells"],
            "leadin: --n: expected ARM=K with a whole number K, such as --n cells=40; ",
        ),
        (["hanyang-phase2", "--n", "cells=4.5"], "leadin: --n: expected ARM=K with a whole number K"),
        (["hanyang-phase2", "--n", "cells=²"], "leadin: --n: expected ARM=K with a whole number K"),
        (["hanyang-phase2", "--n", "cells=" + "9" * 5000], "leadin: --n: expected ARM=K with a whole number K"),
        (["hanyang-phase2", "--n", "=4"], "leadin: --n: expected ARM=K with a whole number K"),
        (["hanyang-phase2", "--n", "cells=0"], "leadin: n: expected a whole number of participants from 1 to 100,000"),
        (
            ["hanyang-phase2", "--n", "cells=4", "--n", "cells=5"],
            "leadin: --n: expected each arm once; got 'cells' twice.",
        ),
        (["hanyang-phase2", "--n", "placebo=4"], "leadin: n: expected an arm of hanyang-phase2 (cells, control); got"),
        (["hanyang-phase2", "--format", "xlsx"], "leadin: --format: expected csv or parquet; got 'xlsx'."),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing_behind(run, tmp_path, words, message):
    done = run(*words, "-o", "trial")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(message)
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_option(run):
    done = run("hanyang-phase2")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_under_a_therapy(run, tmp_path):
    done = run(
        "hanyang-phase2", "-o", "trial", "--therapy", "hypothetical-waning", "--n", "cells=3", "--n", "control=3"
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "Simulated hanyang-phase2, seed 1, therapy hypothetical-waning: trial"
    assert "No source says how many cells" not in done.stdout
    made = dict(leadin.read(tmp_path / "trial").manifest.simulation)
    assert made["therapy"] == "hypothetical-waning"
    both = run("hanyang-phase2", "-o", "other", "--therapy", "hypothetical-waning", "--slowing", "0.3")
    assert (both.returncode, both.stdout) == (2, "")
    assert both.stderr.count("\n") == 1
    assert "slowing, therapy: expected one of the two" in both.stderr
    assert not (tmp_path / "other").exists()


def test_cells_nobody_counted_are_told(run, tmp_path):
    from leadin.protocols.library import library_yaml

    lines = library_yaml("hanyang-phase2").splitlines()
    kept = [line for line in lines if not line.strip().startswith("cells: {amount")]
    assert len(kept) < len(lines)
    (tmp_path / "uncounted.yaml").write_text("\n".join(kept), encoding="utf-8")
    done = run(
        "uncounted.yaml", "-o", "trial", "--therapy", "hypothetical-waning", "--n", "cells=2", "--n", "control=2"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1] == (
        "No source says how many cells these arms are given; each such dose counts as one dose of half effect: cells."
    )


def test_what_does_not_fit_together_in_the_protocol_is_said(run, tmp_path):
    """Enrolling faster than two slots can serve is no error, yet people wait, and the line says why."""
    text = library_yaml("hanyang-phase2")
    text = text.replace("isolations: 2", "isolations: 2\n      clean_room_slots: 2")
    text = text.replace("lead_in_months: 3", "accrual_per_month: 10\nlead_in_months: 3")
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    done = run("mine.yaml", "-o", "trial")
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("Warning (clean-room-overbooked)")]
    assert "products.lenzumestrocel.manufacturing.clean_room_slots: At 10 participants" in line
    assert "Warning" not in run("hanyang-phase2", "-o", "plain").stdout


def test_doses_closer_than_a_culture_takes_in_too_few_slots_are_refused(run, tmp_path):
    text = library_yaml("hanyang-phase2").replace("isolations: 2", "isolations: 2\n      clean_room_slots: 1")
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    done = run("mine.yaml", "-o", "trial")
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        "products.lenzumestrocel.manufacturing.clean_room_slots: expected at least 2, the cultures that one "
        "participant of arm cells has at one time, because doses are planned closer to one another than the 28 "
        "days a culture takes; got 1. Plan more slots, or longer intervals."
    ) in " ".join(done.stderr.split())
    assert not (tmp_path / "trial").exists()
