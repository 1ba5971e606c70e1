"""`leadin show`: what people read, kept as snapshots.

OVERWRITE_SNAPSHOTS=1 writes them anew; read the difference before it is kept.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leadin.cli.entry_text import entry_lines
from leadin.cli.main import app
from leadin.errors import ProtocolError, UsageError
from leadin.protocols.library import library_names, library_yaml
from leadin.protocols.load import load_protocol

SNAPSHOTS = Path(__file__).parent / "snapshots"


def run(*args, columns="100"):
    return CliRunner().invoke(app, ["show", *args], env={"COLUMNS": columns})


@pytest.mark.parametrize("columns", ["100", "80"])
@pytest.mark.parametrize("name", library_names())
def test_what_people_read(name, columns):
    result = run(name, columns=columns)
    assert result.exit_code == 0
    path = SNAPSHOTS / f"show-{name}-{columns}.txt"
    if os.environ.get("OVERWRITE_SNAPSHOTS"):
        path.write_text(result.stdout, encoding="utf-8")
    assert result.stdout == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [60, 80, 100, 120])
@pytest.mark.parametrize("name", library_names())
def test_no_line_is_wider_than_the_page(name, width):
    lines = entry_lines(load_protocol(name), width)
    # An address or a path is never broken.
    assert max(len(line) for line in lines if len(line.split()) > 1) <= width


def test_everything_assumed_is_said_to_be():
    text = run("hanyang-phase2").stdout
    protocol = load_protocol("hanyang-phase2")
    assert all(item.field in text for item in protocol.assumed)
    assert "1 million cells per kg (assumed)" in text.replace("\n                    ", " ")
    assert "Visits, assumed: days, windows, measures." in text


def test_the_yaml_of_a_library_protocol(tmp_path):
    assert run("hanyang-phase2", "--yaml", "-").stdout == library_yaml("hanyang-phase2")
    path = tmp_path / "mine.yaml"
    result = run("hanyang-phase2", "--yaml", str(path))
    assert (result.exit_code, result.stdout) == (0, "")
    assert load_protocol(path) == load_protocol("hanyang-phase2")


def test_a_file_of_ones_own(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(library_yaml("weekly-nsc-series"))
    assert run(str(path)).stdout == run("weekly-nsc-series").stdout


def test_an_unknown_name():
    result = run("hanyang")
    assert isinstance(result.exception, UsageError)
    assert "`leadin protocols` lists the library" in str(result.exception)


def test_a_broken_file(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text("name: [")
    assert isinstance(run(str(path)).exception, ProtocolError)
