"""`leadin export`, and `leadin import` of what it wrote: what is printed, how it leaves, what stays behind."""

from __future__ import annotations

import os
import sys

import pytest

import leadin
from leadin.cli.main import run as run_leadin


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """command(argument, ...): `leadin` in a folder of its own; exit code, output, errors."""

    def done(*arguments):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["leadin", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            run_leadin()
        told = capsys.readouterr()
        return int(left.value.code or 0), told.out, told.err

    return done


@pytest.fixture
def folder(tmp_path):
    return leadin.write(leadin.simulate("hanyang-phase1", seed=3), tmp_path / "trial")


@pytest.mark.parametrize("file_format", ["dataset-json", "xpt", "redcap"])
def test_out_and_in_again(folder, command, tmp_path, file_format):
    code, told, errors = command("export", "trial", "-o", "out", "--format", file_format)
    assert (code, errors) == (0, "")
    assert told.endswith(f"Trial written to out as {file_format}\n")
    assert told.startswith("note, protocol.json: ")
    files = sorted(path for path in (tmp_path / "out").iterdir() if path.name != "export_report.csv")
    code, told, errors = command("import", *files, "-o", "back")
    assert (code, errors) == (0, "")
    assert "No row was dropped, and every cell could be read.\n" in told
    one, other = leadin.read(folder), leadin.read(tmp_path / "back")
    order = ["participant_id", "day", "measure"]
    assert one.assessments.sort(order).equals(
        other.assessments.select(one.assessments.columns).sort(order), null_equal=True
    )


def test_losses_leave_with_one(folder, command, tmp_path):
    trial = leadin.read(folder)
    import polars as pl

    leadin.write(
        trial.with_tables({"participants": trial.participants.with_columns(pl.lit("x").alias("a long name"))}), folder
    )
    code, told, _ = command("export", "trial", "-o", "out", "--format", "xpt")
    assert code == 1
    assert (
        "warning, ADSL.a long name: The name is longer or other than version 5 allows: written as A_LONG_N.\n" in told
    )


def test_data_sets_beside_the_tables_come_back_and_a_change_is_told(folder, command, tmp_path):
    command("export", "trial", "-o", "out")
    command("import", *sorted((tmp_path / "out").glob("*.json")), "-o", "back")
    beside = tmp_path / "back" / "outside.ADTTE.json"
    assert beside.exists()
    assert {data.name for data in leadin.read(tmp_path / "back").outside} >= {"ADSL", "ADTTE", "ADQS"}
    beside.write_text(beside.read_text().replace("ADTTE", "ADTTX"))
    told = [finding.message for finding in leadin.read(tmp_path / "back").findings]
    assert "outside.ADTTE.json is not as it was written: manifest.json has another hash of it, or none." in told
    beside.unlink()
    code, _, errors = command("analyse", "back")
    assert code == 2
    assert "outside.ADTTE.json is not there" in errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("export", "nothing", "-o", "out"), "nothing: expected a trial folder; there is no such folder."),
        (
            ("export", "trial", "-o", "out", "--format", "sas"),
            "--format: expected one of dataset-json, xpt, redcap; got 'sas'.",
        ),
        (("import", "people.csv", "-o", "out"), "--mapping: expected a mapping file, since people.csv is none of"),
        (("import", "broken.json", "-o", "out"), "broken.json, line 1: expected JSON; got text that is none"),
        (("import", "broken.xpt", "-o", "out"), "broken.xpt: expected a SAS transport file; got something else."),
    ],
)
def test_bad_input_is_refused_with_one_message_and_nothing_left_behind(folder, command, tmp_path, arguments, message):
    for name in ("people.csv", "broken.json", "broken.xpt"):
        (tmp_path / name).write_text("{oops")
    code, told, errors = command(*arguments)
    assert (code, told) == (2, "")
    assert errors.startswith(f"leadin: {message}")
    assert "Traceback" not in errors
    assert sorted(os.listdir(tmp_path)) == ["broken.json", "broken.xpt", "people.csv", "trial"]


def test_a_mapping_reads_data_sets_like_any_table(folder, command, tmp_path):
    command("export", "trial", "-o", "out", "--format", "xpt")
    command("export", "trial", "-o", "json")
    (tmp_path / "map.yaml").write_text(
        "tables:\n"
        "  participants:\n"
        "    - {file: adsl.json, columns: {participant_id: USUBJID, arm: TRT01P, age_years: AGE}, keep: [SAFFL]}\n"
        "  assessments:\n"
        "    - file: adqs.xpt\n"
        "      columns: {participant_id: USUBJID, day: ADY, value: AVAL,\n"
        "                measure: {column: PARAMCD, codes: {ALSFRSR: alsfrs_r}}}\n"
        "      where: [{column: PARAMCD, any_of: [ALSFRSR]}]\n"
    )
    code, _, errors = command("import", "json/adsl.json", "out/adqs.xpt", "--mapping", "map.yaml", "-o", "back")
    assert code in (0, 1)
    assert errors == ""
    one, other = leadin.read(folder), leadin.read(tmp_path / "back")
    assert one.participants["age_years"].to_list() == other.participants["age_years"].to_list()
    mine = one.assessments.filter(measure="alsfrs_r")
    assert mine["value"].sum() == other.assessments["value"].sum()
    assert mine.height == other.assessments.height
    (tmp_path / "out" / "adqs.xpt").write_bytes((tmp_path / "out" / "adqs.xpt").read_bytes()[:-80])
    code, _, errors = command("import", "json/adsl.json", "out/adqs.xpt", "--mapping", "map.yaml", "-o", "back")
    assert code == 2
    assert errors.startswith("leadin: adqs.xpt: expected a whole SAS transport file; got one that was cut off.")
