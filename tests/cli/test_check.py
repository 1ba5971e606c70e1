"""`leadin check`: exit code 0 fine, 1 findings, 2 refused."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from leadin.cli.main import app
from leadin.errors import ProtocolError
from leadin.protocols.library import library_names, library_yaml


def run(*args):
    return CliRunner().invoke(app, ["check", *args], env={"COLUMNS": "100"})


def leadin(*args):
    """The real command, as a person runs it."""
    return subprocess.run(
        [sys.executable, "-c", "from leadin.cli.main import run; run()", *args],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", library_names())
def test_the_library_is_fine(name):
    result = run(name)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{name}: a valid protocol (")


@pytest.fixture
def long_culture(tmp_path):
    path = tmp_path / "long.yaml"
    path.write_text(library_yaml("hanyang-phase1").replace("expansion_days: 28", "expansion_days: 92"))
    return path


def test_warnings_are_told_with_exit_code_1(long_culture):
    result = run(str(long_culture))
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "hanyang-phase1: a valid protocol (1 arm, 8 participants, 16 visits); 1 warning and 2 notes.",
        "warning isolation-before-first-visit: products.lenzumestrocel.manufacturing: Arm cells: the",
        "  isolation for lot 1 would be on day -92, 1 day before the first visit (screening, day -91).",
        "  Shorten the culture or lengthen the lead-in.",
        "note no-control: arms: No arm is a control: a change after the injection holds regression to the",
        "  mean beside any effect.",
        "note values-not-read: assumed: Not read in a source: 11 assumed (entries, not values). `leadin show`",
        "  lists them.",
    ]


def test_nothing_to_look_at(tmp_path):
    from leadin.cli.check_text import check_lines
    from leadin.protocols.load import load_protocol

    assert check_lines(load_protocol("weekly-nsc-series"), (), 100) == [
        "weekly-nsc-series: a valid protocol (1 arm, 15 participants, 7 visits); nothing to look at."
    ]


def test_json_on_the_screen(long_culture):
    result = run(str(long_culture), "--json", "-")
    assert result.exit_code == 1
    said = json.loads(result.stdout)
    assert said["protocol"] == "hanyang-phase1"
    assert [(item["id"], item["severity"]) for item in said["findings"]] == [
        ("isolation-before-first-visit", "warning"),
        ("no-control", "note"),
        ("values-not-read", "note"),
    ]
    assert set(said["findings"][0]) == {"id", "severity", "field", "message"}


def test_json_in_a_file_beside_the_text(tmp_path):
    path = tmp_path / "findings.json"
    result = run("hanyang-phase2", "--json", str(path))
    assert result.stdout.startswith("hanyang-phase2: a valid protocol")
    assert json.loads(path.read_text())["protocol"] == "hanyang-phase2"


def test_a_file_that_cannot_be_used(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("visits:\n  - {name: a, day: week 4, measures: [alsfrs_r]}\n")
    result = run(str(path))
    assert isinstance(result.exception, ProtocolError)
    assert (
        "visits[0].day: expected a whole number of days from baseline; got 'week 4' (bad.yaml, line 2). Write 28."
        in (str(result.exception))
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "leadin: bad.yaml: expected a protocol; got an empty file. "),
        (b"\xff\xfea\x00", "leadin: bad.yaml: expected UTF-8 text; got UTF-16. Save the file as UTF-8.\n"),
        (
            b"a: &a [*a]\n",
            "leadin: a[0]: expected an alias (*) of an anchor (&) further up; got one that contains itself",
        ),
        (
            b"\x89PNG\r\n\x1a\n",
            "leadin: bad.yaml, line 1: expected UTF-8 text; got the byte 0x89. Save the file as UTF-8.\n",
        ),
    ],
)
def test_the_command_refuses_with_one_message_and_exit_code_2(tmp_path, content, told):
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    result = leadin("check", str(path))
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(told)
    assert "Traceback" not in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_gigabyte_is_refused_at_once(tmp_path):
    path = tmp_path / "huge.yaml"
    with path.open("wb") as stream:
        stream.truncate(1 << 30)
    result = leadin("check", str(path))
    assert result.returncode == 2
    assert result.stderr.startswith(
        "leadin: huge.yaml: expected a protocol of at most 1,000,000 bytes; got 1,073,741,824"
    )
