"""`leadin protocols`."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from leadin.cli.library_table import library_lines
from leadin.cli.main import app
from leadin.errors import UsageError
from leadin.protocols.json_schema import protocol_schema
from leadin.protocols.library import library_names


def run(*args):
    return CliRunner().invoke(app, ["protocols", *args])


def test_in_a_pipe_it_is_one_bare_name_a_line():
    result = run()
    assert (result.exit_code, result.stdout) == (0, "\n".join(library_names()) + "\n")


def test_on_a_terminal_it_is_a_table():
    lines = library_lines(100)
    assert lines[:2] == [
        "Name                         Arms  n    Lead-in  Follow-up  Title",
        "---------------------------  ----  ---  -------  ---------  ----------------------------------------",
    ]
    assert max(map(len, lines)) <= 100
    start = next(i for i, line in enumerate(lines) if line.startswith("weekly-nsc-series"))
    assert lines[start : start + 3] == [
        "weekly-nsc-series            1     15   none     6 mo       Four weekly intrathecal injections of",
        "                                                            xenogeneic neural stem cells,",
        "                                                            uncontrolled clinic series",
    ]
    assert [line.split()[0] for line in lines[2:] if not line.startswith(" ")] == list(library_names())


@pytest.mark.parametrize("width", [60, 80])
def test_on_a_narrow_terminal_titles_stand_below(width):
    lines = library_lines(width)
    assert lines[0].split() == ["Name", "Arms", "n", "Lead-in", "Follow-up"]
    assert max(map(len, lines)) <= width
    assert [line.split()[0] for line in lines[2:] if not line.startswith(" ")] == list(library_names())
    start = next(i for i, line in enumerate(lines) if line.startswith("weekly-nsc-series"))
    title = " ".join(line.strip() for line in lines[start + 1 :])
    assert title == "Four weekly intrathecal injections of xenogeneic neural stem cells, uncontrolled clinic series"
    assert len(lines) < 4 * len(library_names())


def test_a_terminal_is_told_from_a_pipe(monkeypatch, capsys):
    from leadin.cli.protocols import protocols

    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    protocols(json=None, schema=None)
    assert capsys.readouterr().out.startswith("Name  ")


def test_json_on_the_screen():
    result = run("--json", "-")
    listed = json.loads(result.stdout)
    assert result.exit_code == 0
    assert [item["name"] for item in listed] == list(library_names())
    assert next(item for item in listed if item["name"] == "hanyang-phase2") == {
        "name": "hanyang-phase2",
        "title": "Two intrathecal injections of autologous bone-marrow mesenchymal stem cells with riluzole, against "
        "riluzole alone",
        "registry_id": "NCT01363401",
        "phase": "2",
        "lead_in_months": 3.0,
        "follow_up_months": 6.0,
        "participants": 64,
        "arms": [
            {"name": "cells", "label": "cells + riluzole", "role": "treatment", "planned": 33},
            {"name": "control", "label": "riluzole alone", "role": "control", "planned": 31},
        ],
    }


def test_json_in_a_file(tmp_path):
    path = tmp_path / "library.json"
    result = run("--json", str(path))
    assert (result.exit_code, result.stdout) == (0, "")
    assert path.read_text() == run("--json", "-").stdout


def test_schema(tmp_path):
    assert run("--schema", "-").stdout == protocol_schema()
    path = tmp_path / "protocol.schema.json"
    assert run("--schema", str(path)).stdout == ""
    assert path.read_text() == protocol_schema()


def test_a_file_that_cannot_be_written(tmp_path):
    result = run("--json", str(tmp_path / "gone" / "x.json"))
    assert isinstance(result.exception, UsageError)
    assert list(tmp_path.iterdir()) == []
