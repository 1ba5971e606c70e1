from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from leadin.errors import DataError
from leadin.trials import folder_swap
from leadin.trials.finding import Finding
from leadin.trials.read import read_trial
from leadin.trials.trial import TABLES, Manifest
from leadin.trials.usable import usable_trial
from leadin.trials.write import as_written, write_trial

NO_MANIFEST = Finding(
    "no-manifest",
    "note",
    "",
    (),
    "The folder has no manifest.json: where the tables come from and whether they changed is not known.",
)
NO_PROTOCOL = Finding(
    "no-protocol",
    "note",
    "",
    (),
    "The folder has no protocol.json: visits, arms and planned analyses are not checked against one.",
)


@pytest.fixture
def folder(trial, tmp_path):
    return write_trial(trial, tmp_path / "t")


@pytest.fixture
def bare(folder):
    """The same tables without manifest and protocol."""
    (folder / "manifest.json").unlink()
    (folder / "protocol.json").unlink()
    return folder


def refused(folder):
    with pytest.raises(DataError) as error:
        read_trial(folder)
    return str(error.value)


@pytest.mark.parametrize("table_format", ["csv", "parquet"])
def test_a_trial_comes_back_as_it_was_written(trial, tmp_path, table_format):
    trial = replace(trial, manifest=replace(trial.manifest, seed=5, simulation=(("population", "pro-act"),)))
    read = read_trial(write_trial(trial, tmp_path / "t", table_format=table_format))
    for name in TABLES:
        assert read.table(name).equals(as_written(name, trial.table(name)))
    assert read.protocol == trial.protocol
    assert read.findings == ()
    assert [file for file, _ in read.manifest.tables] == [f"{name}.{table_format}" for name in TABLES]
    known = replace(read.manifest, tables=(), leadin_version=None, protocol=None, protocol_sha256=None)
    assert known == trial.manifest


def test_tables_alone_are_accepted_with_two_notes(trial, bare):
    read = read_trial(bare)
    assert read.manifest == Manifest(origin="imported")
    assert read.protocol is None
    assert read.findings == (NO_MANIFEST, NO_PROTOCOL)
    assert read.assessments.equals(as_written("assessments", trial.assessments))


def test_the_findings_of_the_checks_follow_those_of_reading(bare):
    with (bare / "assessments.csv").open("a") as file:
        file.write("P1,10,alsfrs_r,49,\n")
    read = read_trial(bare)
    assert [f.id for f in read.findings] == ["no-manifest", "no-protocol", "score-out-of-range"]
    assert read.findings[2].rows == (12,)
    assert usable_trial(read).assessments.height == 12


def test_a_table_that_changed_since_it_was_written(folder):
    with (folder / "events.csv").open("a") as file:
        file.write("P1,10,gastrostomy,\n")
    assert read_trial(folder).findings == (
        Finding(
            "changed-since-written",
            "warning",
            "events",
            (),
            "events.csv is not as it was written: its hash differs from the one in manifest.json.",
        ),
    )


def test_a_table_put_into_the_folder_later(folder):
    manifest = (folder / "manifest.json").read_text().splitlines()
    (folder / "manifest.json").write_text("\n".join(line for line in manifest if '"lots.csv"' not in line))
    assert read_trial(folder).findings == (
        Finding(
            "changed-since-written",
            "warning",
            "lots",
            (),
            "lots.csv is not in manifest.json: it was put here after the trial was written.",
        ),
    )


def test_a_table_that_was_taken_away(folder):
    (folder / "lots.csv").unlink()
    assert refused(folder) == (
        f"{folder}: expected the tables that manifest.json names; lots.csv is not there. Restore it, or remove "
        "manifest.json to have the rest read without it."
    )


def test_a_protocol_that_changed_since_it_was_written(folder):
    text = (folder / "protocol.json").read_text()
    (folder / "protocol.json").write_text(text.replace('"A small trial"', '"A smaller trial"'))
    read = read_trial(folder)
    assert read.protocol.title == "A smaller trial"
    assert read.findings == (
        Finding(
            "changed-since-written",
            "warning",
            "",
            (),
            "protocol.json is not as it was written: its hash differs from the one in manifest.json.",
        ),
    )


def test_a_protocol_that_is_none(folder):
    (folder / "protocol.json").write_text("{")
    assert refused(folder).startswith("protocol.json: ")
    (folder / "protocol.json").write_bytes(b'{"name": "\xff"}')
    assert refused(folder) == (
        "protocol.json: expected UTF-8 text; got the byte 0xff at position 10. Restore the file."
    )


def test_a_manifest_far_too_large(folder, monkeypatch):
    monkeypatch.setattr("leadin.trials.read.LARGEST_TEXT", 100)
    assert refused(folder) == "manifest.json: expected at most 100 bytes; got more. This is none of leadin's."


def test_a_manifest_that_may_not_be_read(folder, monkeypatch):
    path_open = type(folder).open

    def forbidden(self, *arguments, **named):
        if self.name == "manifest.json":
            raise PermissionError(13, "Permission denied", str(self))
        return path_open(self, *arguments, **named)

    monkeypatch.setattr(type(folder), "open", forbidden)
    assert refused(folder) == (f"{folder / 'manifest.json'}: cannot be read: Permission denied. Check the permissions.")


def test_a_folder_that_may_not_be_read(folder, monkeypatch):
    def forbidden(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(folder), "iterdir", forbidden)
    assert refused(folder) == f"{folder}: cannot be read: Permission denied. Check the permissions."


def test_a_folder_in_the_place_of_a_table(folder):
    (folder / "events.csv").unlink()
    (folder / "events.csv").mkdir()
    assert refused(folder) == (
        f"{folder / 'events.csv'}: expected a file with a table; got something else (a folder?). Remove it."
    )


def test_no_folder_a_file_or_nothing_in_it(tmp_path):
    assert refused(tmp_path / "x") == (
        f"{tmp_path / 'x'}: expected a trial folder; there is no such folder. Check the path."
    )
    (tmp_path / "f").write_text("x")
    assert refused(tmp_path / "f") == (
        f"{tmp_path / 'f'}: expected a trial folder; got a file. Name the folder that holds the tables."
    )
    (tmp_path / "e").mkdir()
    assert refused(tmp_path / "e") == (
        f"{tmp_path / 'e'}: expected tables named participants, assessments, lots, administrations, events, "
        "adverse_events (.csv or .parquet); got none of them. To bring outside tables in: leadin import FILES "
        "--mapping map.yaml -o DIR"
    )


def test_a_folder_left_by_a_write_that_was_killed_between_two_renames(folder):
    aside = folder.parent / f".t{folder_swap.OLD_SUFFIX}"
    folder.rename(aside)
    assert refused(folder) == (
        f"{folder}: expected a trial folder; a write that was stopped left it as {aside}. Rename that to {folder}."
    )


def test_one_table_in_two_files(bare):
    pl.DataFrame({"x": [1]}).write_parquet(bare / "lots.parquet")
    assert refused(bare) == f"{bare}: expected each table once; got both lots.csv and lots.parquet. Remove one."


def test_all_tables_that_cannot_be_read_are_told_at_once(bare):
    (bare / "events.csv").write_text("")
    (bare / "lots.csv").write_text("lot_id,x\n1\n")
    told = refused(bare).splitlines()
    assert [line.split(":")[0] for line in told] == ["lots.csv", "events.csv"]


def test_without_a_participants_table_it_is_made_of_the_ids(trial, bare):
    (bare / "participants.csv").unlink()
    read = read_trial(bare)
    assert read.participants["participant_id"].to_list() == ["P1", "P2", "P3", "P4"]
    assert read.participants["arm"].null_count() == 4
    assert read.participants.schema == trial.participants.schema
    assert read.findings == (
        NO_MANIFEST,
        NO_PROTOCOL,
        Finding(
            "participants-derived",
            "warning",
            "participants",
            (),
            "There is no participants table: 4 participants were taken from the ids in the other tables, without arms. "
            "Add a table with participant_id and arm.",
        ),
    )


def test_nobody_at_all(tmp_path):
    (tmp_path / "events.csv").write_text("participant_id,day,kind\n")
    assert refused(tmp_path) == (
        f"{tmp_path}: expected a participants table; got none, and no participant_id in other tables."
    )
    (tmp_path / "participants.csv").write_text("participant_id\n")
    assert refused(tmp_path) == f"{tmp_path}: expected at least one participant; got a participants table without rows."


def test_a_file_whose_name_is_almost_that_of_a_table(bare):
    (bare / "lots.csv").rename(bare / "lot.csv")
    (bare / "import_report.csv").write_text("x\n")
    (bare / "notes.txt").write_text("x\n")
    findings = read_trial(bare).findings
    assert findings[0] == Finding(
        "renamed-table",
        "warning",
        "lots",
        (),
        "lot.csv is not read, since no table has that name; did you mean lots.csv?",
    )
    assert [f.id for f in findings] == ["renamed-table", "no-manifest", "no-protocol"]


def test_a_folder_given_as_text(folder):
    assert read_trial(str(folder)).participants.height == 4
