"""The command: what it prints, what it leaves behind, how it leaves; every bad input ends in one clear message."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from leadin.cli.main import run as run_leadin

MAPPING = """
tables:
  participants:
    - {file: people.csv, columns: {participant_id: id, arm: arm}}
  assessments:
    - {file: visits.csv, columns: {participant_id: id, day: day}, measures: {alsfrs_r: score}}
"""
PEOPLE = "id,arm\nP1,a\nP2,b\n"
VISITS = "id,day,score\nP1,0,40\nP2,0,41\n"
ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data" / "vpa-trial"


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """command(argument, ...): `leadin import` in a folder of its own, as the console script runs it."""

    def done(*arguments):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["leadin", "import", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            run_leadin()
        told = capsys.readouterr()
        return Done(int(left.value.code or 0), told.out, told.err)

    return done


@pytest.fixture
def run(tmp_path, command):
    """run(people=..., visits=..., mapping=...): the import of these files into the folder `out`."""

    def ran(*more, people=PEOPLE, visits=VISITS, mapping=MAPPING):
        for name, content in (("people.csv", people), ("visits.csv", visits), ("map.yaml", mapping)):
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return command("people.csv", "visits.csv", "--mapping", "map.yaml", "-o", "out", *more)

    return ran


def test_an_import_without_a_loss(run, tmp_path):
    done = run()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "participants: 2 rows from people.csv (2 rows read)\n"
        "assessments: 2 rows from visits.csv (2 rows read)\n"
        "No row was dropped, and every cell could be read.\n"
        "Trial of 2 participants written to out\n"
    )
    assert (tmp_path / "out" / "assessments.csv").read_text() == (
        "participant_id,day,measure,value,visit\nP1,0.0,alsfrs_r,40.0,\nP2,0.0,alsfrs_r,41.0,\n"
    )
    assert (tmp_path / "out" / "import_report.csv").exists()


def test_findings_are_printed_and_the_command_leaves_with_one(run, tmp_path):
    done = run("--format", "parquet", visits=VISITS + "P2,30,49\n,1,2\n")
    assert (done.returncode, done.stderr) == (1, "")
    assert "assessments: 1 row of visits.csv dropped, no participant_id (line 5)\n" in done.stdout
    assert "warning (import-dropped): 1 row of visits.csv was dropped (line 5: no participant_id). " in done.stdout
    assert "error (score-out-of-range): 1 value of alsfrs_r outside 0 to 48 (P2 day 30: 49). " in done.stdout
    assert (tmp_path / "out" / "assessments.parquet").exists()


def test_a_note_alone_is_no_reason_to_leave_with_one(run):
    done = run(people=PEOPLE + "P3,a\n")
    assert done.returncode == 0
    assert "note (no-assessment): 1 participant without any assessment (P3). " in done.stdout


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"visits": ""}, "visits.csv: expected a header and rows; got an empty file."),
        (
            {"visits": "id,day,score\nP1,0,40\nP2"},
            "visits.csv: expected 3 cells in every row, as in the header; got 1 on",
        ),
        (
            {"visits": "id,day,score\nP1,0,é\n".encode("latin-1")},
            "visits.csv, line 2: expected UTF-8 text; got the byte",
        ),
        ({"visits": VISITS.encode("utf-16")}, "visits.csv: expected UTF-8 text; got UTF-16."),
        ({"visits": "id,days,score\nP1,0,40\n"}, "got 'day'. Did you mean days?"),
        ({"visits": "id,day,score\n" + "x" * 2_000_000}, "visits.csv, line 2: expected rows of at most 1,000,000"),
        (
            {"visits": bytes(range(256)) * 50},
            "visits.csv, line 2: expected text; got the byte 0x80 at position 128 among control characters.",
        ),
        ({"mapping": ""}, "map.yaml: expected a mapping; got an empty file."),
        (
            {"mapping": "tables: [\n"},
            "expected the end of what starts here (a bracket or a quote); got the end of the file.",
        ),
        ({"mapping": MAPPING.replace("score", "{column: score, unit: kg}")}, "(map.yaml, line 6). Remove it."),
        ({"mapping": "protocol: nothing-here\n" + MAPPING}, "got 'nothing-here'."),
    ],
)
def test_bad_input_is_refused_with_one_message_and_nothing_left_behind(run, tmp_path, bad, message):
    done = run(**bad)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("leadin: ")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(os.listdir(tmp_path)) == ["map.yaml", "people.csv", "visits.csv"]


def test_a_mapping_that_explodes(run):
    levels = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10))
    done = run(mapping="a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + levels)
    assert done.returncode == 2
    assert "those repeated by an alias (*) counted; got more" in done.stderr


def test_an_import_that_fails_leaves_the_old_trial(run, tmp_path):
    run()
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert run(visits="").returncode == 2
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_a_folder_with_other_files_is_not_overwritten(run, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("mine")
    done = run()
    assert done.returncode == 2
    assert "got one that holds thesis.tex. Choose another folder." in done.stderr
    assert os.listdir(tmp_path / "out") == ["thesis.tex"]


def test_a_format_that_does_not_exist(run):
    done = run("--format", "xlsx")
    assert (done.returncode, done.stderr) == (2, "leadin: table_format: expected csv or parquet; got 'xlsx'.\n")


def test_the_real_trial_from_the_example(command):
    if not DATA.exists():
        pytest.skip("the data of the valproic acid trial are not on this machine")
    files = sorted(DATA.glob("*.csv"))
    done = command(*files, "--mapping", ROOT / "examples" / "valproate" / "mapping.yaml", "-o", "vpa")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("Trial of 154 participants written to vpa\n")
    assert "participants.arm: recoded in vpa_survival.csv, code: '0' -> 'placebo' 77 x; '1' -> 'valproate' 77 x\n" in (
        done.stdout
    )


def test_the_command_as_a_program(tmp_path):
    (tmp_path / "people.csv").write_text("")
    (tmp_path / "map.yaml").write_text(MAPPING.split("  assessments")[0])
    program = [sys.executable, "-c", "from leadin.cli.main import run; run()"]
    arguments = ["import", "people.csv", "--mapping", "map.yaml", "-o", "out"]
    done = subprocess.run([*program, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "leadin: people.csv: expected a header and rows; got an empty file. Write the header at least.\n"
    )
