"""leadin design: what it prints, what it writes, what it refuses."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import leadin
from leadin.cli import main
from leadin.cli.destination import writable
from leadin.designs.design import Cell, Design
from leadin.designs.stopped import DesignStoppedError
from leadin.errors import UsageError


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs the command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def leadin_design(*words: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["leadin", "design", *words])
        with pytest.raises(SystemExit) as left:
            main.run()
        said = capsys.readouterr()
        return Done(int(left.value.code or 0), said.out, said.err)

    return leadin_design


def cell(**known):
    nothing = dict.fromkeys(Cell.__annotations__)
    told = {
        "n": 64,
        "sizes": {"cells": 33, "control": 31},
        "slowing": 0.0,
        "called": "false-positive rate",
        "analysis": "change-6",
        "label": "change-6",
        "method": "ancova",
        "endpoint": "alsfrs_r",
        "time_months": 6.011,
        "arm": "cells",
        "contrast": "cells - control",
        "unit": "points",
        "alpha": 0.05,
        "replicates": 10_000,
        "power": 0.0497,
        "mcse": 0.00217,
        "favouring": 0.025,
        "favouring_mcse": 0.0016,
        "mean_estimate": 0.01234,
        "sd_estimate": 1.4444,
        "mean_standard_error": 1.39,
        "value": 0.0,
        "value_mcse": 0.0,
        "bias": 0.01234,
        "bias_mcse": 0.0144,
        "coverage": 0.9503,
        "coverage_mcse": 0.0022,
        "not_evaluable": 0,
        "reasons": {},
        "singular": 0,
        "seconds": 2.0,
        "trials_per_second": 5000.0,
    }
    return Cell(**{**nothing, **told, **known})


DESIGN = Design(
    "hanyang-phase2",
    {"replicates": 10_000, "population": "pro-act", "seed": 1, "value_participants": 1_000_000},
    (
        cell(),
        cell(
            slowing=0.3, called="power", power=0.1524, favouring=0.152, value=1.555, bias=-0.0031, mean_estimate=1.552
        ),
        cell(
            analysis="responders",
            label=None,
            method="responders",
            rule=">= 25 % slower",
            time_months=None,
            unit="proportion of participants",
            not_evaluable=12,
            reasons={"too few units or values for the model": 12},
            singular=3,
        ),
        cell(
            n=8,
            sizes={"cells": 8},
            analysis="random_slope",
            label=None,
            method="random_slope",
            contrast="mean slope",
            time_months=None,
            power=None,
            mcse=None,
            favouring=None,
            mean_estimate=-123.456,
            sd_estimate=12.345,
            bias=None,
            bias_mcse=None,
            coverage=None,
        ),
    ),
    ("safety: expected another one.",),
    12.345,
    1234.5,
)


def test_the_table_in_a_pipe(run, monkeypatch):
    monkeypatch.setattr("leadin.front_door.design", lambda *_, **__: DESIGN)
    done = run("hanyang-phase2")
    assert (done.returncode, done.stderr) == (0, "")
    snapshot = Path(__file__).parent / "snapshots" / "design.txt"
    if os.environ.get("OVERWRITE_SNAPSHOTS"):
        snapshot.write_text(done.stdout, encoding="utf-8")
    assert done.stdout == snapshot.read_text(encoding="utf-8")
    assert max(map(len, done.stdout.splitlines())) <= 110


def test_json_goes_to_a_file_or_to_the_screen(run, monkeypatch, tmp_path):
    monkeypatch.setattr("leadin.front_door.design", lambda *_, **__: DESIGN)
    done = run("hanyang-phase2", "--json", "design.json")
    assert done.stdout.splitlines()[-1] == "Written: design.json"
    assert (tmp_path / "design.json").read_text(encoding="utf-8") == DESIGN.to_json()
    alone = run("hanyang-phase2", "--json", "-")
    assert alone.stdout == DESIGN.to_json()
    assert [path.name for path in tmp_path.iterdir()] == ["design.json"]


def test_what_is_said_is_what_is_asked(run, monkeypatch):
    asked = []

    def design(*words, **settings):
        asked.append((words, settings))
        return DESIGN

    monkeypatch.setattr("leadin.front_door.design", design)
    run("hanyang-phase2")
    run(
        *("mine.yaml", "--slowing", "0, 0.25", "--n", "32,64", "--analysis", "mmrm, change-6", "--replicates", "7"),
        *("--seed", "3", "--population", "severe", "--threads", "2", "--device", "gpu"),
    )
    usual = {
        "n": None,
        "slowing": [0.0, 0.3],
        "analysis": None,
        "replicates": 10_000,
        "seed": 1,
        "population": "pro-act",
        "threads": None,
        "device": "cpu",
        "progress": None,
    }
    assert asked[0] == (("hanyang-phase2",), usual)
    assert asked[1] == (
        ("mine.yaml",),
        {
            "n": [32, 64],
            "slowing": [0.0, 0.25],
            "analysis": ["mmrm", "change-6"],
            "replicates": 7,
            "seed": 3,
            "population": "severe",
            "threads": 2,
            "device": "gpu",
            "progress": None,
        },
    )


def test_a_small_design_really_run(run, tmp_path):
    words = ("hanyang-phase2", "--slowing", "0", "--n", "40", "--analysis", "slope_change", "--replicates", "4")
    done = run(*words, "--json", "design.json")
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads((tmp_path / "design.json").read_text(encoding="utf-8"))
    same = leadin.design("hanyang-phase2", n=40, slowing=0, analysis=["slope_change"], replicates=4, threads=1)
    assert [cell["power"] for cell in said["cells"]] == [cell.power for cell in same]
    assert [cell["mean_estimate"] for cell in said["cells"]] == [cell.mean_estimate for cell in same]
    assert said["design"] == same.made_with
    assert len(same.cells) == 2  # of two measures


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nobody",), "protocol: expected "),
        (("hanyang-phase2", "--slowing", "1"), "slowing: expected shares from 0 to below 1"),
        (("hanyang-phase2", "--slowing", "much"), "--slowing: expected shares, such as 0,0.3; got 'much'."),
        (("hanyang-phase2", "--n", "32,"), "--n: expected whole numbers, such as 32,64; got '32,'."),
        (("hanyang-phase2", "--n", "1"), "n: expected at least one participant for each of the 2 arms"),
        (("hanyang-phase2", "--analysis", "mmmrm"), "Did you mean mmrm?"),
        (("hanyang-phase2", "--analysis", ","), "analysis: expected at least one of"),
        (("hanyang-phase2", "--replicates", "0"), "replicates: expected a whole number from 1"),
        (("hanyang-phase2", "--threads", "0"), "threads: expected a whole number from 1"),
        (("hanyang-phase2", "--device", "abacus"), "device: expected cpu or gpu; got 'abacus'."),
        (("hanyang-phase2", "--population", "sever"), "Did you mean severe?"),
        (("hanyang-phase2", "--json", "nowhere/design.json"), "nowhere/design.json: expected a place to write to;"),
    ],
)
def test_refusals(run, tmp_path, words, message):
    done = run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("leadin: ")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) <= 3
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_file_to_write(tmp_path):
    with pytest.raises(UsageError, match="expected the name of a file to write; got a folder"):
        writable(str(tmp_path))
    writable("-")
    writable(str(tmp_path / "new.json"))


def test_interrupted(run, monkeypatch, tmp_path):
    def stopped(*_, **__):
        raise DesignStoppedError("stopped at n 64: replicates, 512 of 1,000; finished before: 1 of 2.", DESIGN)

    monkeypatch.setattr("leadin.front_door.design", stopped)
    done = run("hanyang-phase2", "--json", "design.json")
    assert done.returncode == 130
    assert done.stderr == "leadin: stopped at n 64: replicates, 512 of 1,000; finished before: 1 of 2.\n"
    assert "change-6 (ancova)" in done.stdout
    assert "Written" not in done.stdout
    assert list(tmp_path.iterdir()) == []
    quiet = run("hanyang-phase2", "--json", "-")
    assert (quiet.returncode, quiet.stdout) == (130, "")


def test_interrupted_at_once(run, monkeypatch):
    def stopped(*_, **__):
        raise DesignStoppedError("stopped at the start.", None)

    monkeypatch.setattr("leadin.front_door.design", stopped)
    done = run("hanyang-phase2")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "leadin: stopped at the start.\n")


def test_a_terminal_gets_drawn_tables(run, monkeypatch):
    monkeypatch.setattr("leadin.front_door.design", lambda *_, **__: DESIGN)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "140")
    done = run("hanyang-phase2")
    assert "not eval." in done.stdout
    assert "change-6 (ancova)" in done.stdout
