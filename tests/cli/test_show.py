"""`leadin show`: what people read, kept as snapshots.

OVERWRITE_SNAPSHOTS=1 writes them anew; read the difference before it is kept.
"""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leadin.cli.entry_text import entry_lines
from leadin.cli.main import app
from leadin.errors import ProtocolError, UsageError
from leadin.protocols.library import library_names, library_yaml
from leadin.protocols.load import load_protocol

SNAPSHOTS = Path(__file__).parent / "snapshots"
KEPT = ("alsummit-phase3", "hanyang-phase2", "npc-gdnf-lumbar", "sykova-2017", "weekly-nsc-series")
"""One of each kind: allocation before marrow with three arms, a plain comparison, one side of the body, passages and a
known accrual, no lead-in. What holds for every protocol is tested below."""


def run(*args, columns="100"):
    return CliRunner().invoke(app, ["show", *args], env={"COLUMNS": columns})


@pytest.mark.parametrize("columns", ["100", "80"])
@pytest.mark.parametrize("name", KEPT)
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
    protocol = load_protocol(name)
    paths = {item.field for item in protocol.assumed}
    # An address or a path is never broken.
    lines = [line for line in entry_lines(protocol, width) if len(line.split()) > 1 and line not in paths]
    assert max(map(len, lines)) <= width


def test_snapshots_are_those_that_are_read():
    expected = {f"show-{name}-{columns}.txt" for name in KEPT for columns in (80, 100)}
    assert {path.name for path in SNAPSHOTS.glob("show-*")} == expected


@pytest.mark.parametrize("name", library_names())
def test_every_entry_has_its_sections_in_order_and_says_everything_assumed(name):
    protocol = load_protocol(name)
    lines = entry_lines(protocol, 100)
    headings = [line for line, under in pairwise(lines) if under and set(under) == {"-"} and len(under) == len(line)]
    order = ["Design", "Arms", "Cells", "Also given", "Schedule of activities", "Who may enter", "Endpoints"]
    order += ["Analysis plan", "Notes", "Assumed", "Sources"]
    found = [heading for heading in headings if heading in order]
    assert found == [heading for heading in order if heading in found]
    assert set(order) - set(found) <= {"Also given", "Who may enter"}
    text = "\n".join(lines)
    assert all(item.field in text for item in protocol.assumed)
    assert text.count("(from memory)") + text.count("(memory)") >= sum(
        item.status == "memory" for item in protocol.provenance
    )


def test_a_dose_that_is_assumed_is_marked():
    text = run("hanyang-phase2").stdout
    assert "1 million cells per kg (assumed)" in text.replace("\n                    ", " ")
    assert "Visits, assumed: days, windows, measures." in text


def test_the_yaml_never_replaces_what_somebody_has_edited(tmp_path):
    path = tmp_path / "mine.yaml"
    for _ in range(2):  # the same again does no harm
        assert run("hanyang-phase2", "--yaml", str(path)).exit_code == 0
    path.write_text("name: edited\n")
    refused = run("hanyang-phase2", "--yaml", str(path))
    assert isinstance(refused.exception, UsageError)
    assert "expected the name of a new file" in str(refused.exception)
    assert path.read_text() == "name: edited\n"


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
