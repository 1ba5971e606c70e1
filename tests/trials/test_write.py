from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace

import polars as pl
import pytest

from leadin.errors import DataError, UsageError
from leadin.protocols.identity import protocol_from_json, protocol_sha256
from leadin.trials.import_report import CHANGE_COLUMNS, ImportReport
from leadin.trials.read import read_trial
from leadin.trials.trial import TABLES, Manifest, empty_trial
from leadin.trials.write import as_written, write_trial
from leadin.version import __version__


def held(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_trial_folder_holds_the_tables_a_manifest_and_the_protocol(trial, tmp_path):
    assert write_trial(trial, tmp_path / "t") == tmp_path / "t"
    files = held(tmp_path / "t")
    assert set(files) == {f"{name}.csv" for name in TABLES} | {"manifest.json", "protocol.json"}
    manifest = json.loads(files["manifest.json"])
    assert manifest["tables"] == {f"{name}.csv": hashlib.sha256(files[f"{name}.csv"]).hexdigest() for name in TABLES}
    assert (manifest["schema_version"], manifest["origin"]) == (1, "conducted")
    assert (manifest["protocol"], manifest["protocol_sha256"]) == ("small", protocol_sha256(trial.protocol))
    assert (manifest["leadin_version"], manifest["seed"], manifest["columns"]) == (__version__, None, {})
    assert protocol_from_json(files["protocol.json"].decode()) == trial.protocol


def test_tables_as_csv(trial, tmp_path):
    files = held(write_trial(trial, tmp_path / "t"))
    assert files["adverse_events.csv"].decode() == (
        "participant_id,start_day,term,end_day,system_organ_class,ctcae_grade,serious,relatedness\n"
        "P1,1.0,headache,3.0,,1,,\n"
        "P4,118.0,respiratory failure,,,5,,\n"
    )


def test_without_a_protocol_none_is_written_and_what_the_manifest_says_stays(trial, tmp_path):
    bare = replace(
        trial, protocol=None, manifest=replace(trial.manifest, protocol="other", seed=3, leadin_version="0.0.9")
    )
    files = held(write_trial(bare, tmp_path / "t"))
    assert "protocol.json" not in files
    manifest = json.loads(files["manifest.json"])
    assert (manifest["protocol"], manifest["seed"], manifest["leadin_version"]) == ("other", 3, "0.0.9")


@pytest.mark.parametrize("table_format", ["csv", "parquet"])
def test_the_same_trial_gives_the_same_bytes_whatever_the_order_of_its_rows(trial, tmp_path, table_format):
    turned = trial.with_tables({name: trial.table(name).reverse() for name in TABLES})
    one = held(write_trial(trial, tmp_path / "one", table_format=table_format))
    assert one == held(write_trial(turned, tmp_path / "two", table_format=table_format))
    assert one == held(write_trial(trial, tmp_path / "one", table_format=table_format))


def test_parquet(trial, tmp_path):
    folder = write_trial(trial, tmp_path / "t", table_format="parquet")
    assert {path.name for path in folder.iterdir()} == {f"{name}.parquet" for name in TABLES} | {
        "manifest.json",
        "protocol.json",
    }
    assert pl.read_parquet(folder / "events.parquet").equals(as_written("events", trial.events))


def test_a_trial_takes_the_place_of_another_whatever_its_format(trial, tmp_path):
    write_trial(trial, tmp_path / "t", table_format="parquet")
    write_trial(replace(trial, protocol=None), tmp_path / "t")
    assert set(held(tmp_path / "t")) == {f"{name}.csv" for name in TABLES} | {"manifest.json"}
    assert os.listdir(tmp_path) == ["t"]


def test_an_import_report_stands_beside_the_tables(trial, tmp_path):
    report = ImportReport(pl.DataFrame(schema=CHANGE_COLUMNS), ())
    folder = write_trial(trial, tmp_path / "t", import_report=report)
    assert (folder / "import_report.csv").read_text() == "table,file,line,action,column,from,to,reason\n"
    write_trial(trial, folder)
    assert not (folder / "import_report.csv").exists()


def test_rows_are_sorted_by_key_and_then_by_the_rest():
    rows = pl.DataFrame(
        {
            "participant_id": ["B", "A", "A", None],
            "day": [1.0, 2.0, 2.0, 5.0],
            "kind": ["death"] * 4,
            "detail": ["x", "z", "y", "w"],
        }
    )
    assert as_written("events", rows)["detail"].to_list() == ["w", "y", "z", "x"]


def test_empty_text_is_missing_and_nothing_else_is_changed():
    rows = pl.DataFrame(
        {"participant_id": ["A"], "day": [1.0], "kind": ["death"], "detail": [""], "mine": [""], "n": [" x "]}
    )
    assert as_written("events", rows).row(0) == ("A", 1.0, "death", None, None, " x ")


@pytest.mark.parametrize(
    ("cells", "dtype", "values"),
    [
        (pl.Series([3], dtype=pl.UInt8), pl.Int64, [3]),
        (pl.Series([2.5], dtype=pl.Float32), pl.Float64, [2.5]),
        (pl.Series([True]), pl.Boolean, [True]),
        (pl.Series(["x"], dtype=pl.Categorical), pl.String, ["x"]),
        (pl.Series(["2026-01-02"]).str.to_date(), pl.String, ["2026-01-02"]),
        (pl.Series([None], dtype=pl.Null), pl.String, [None]),
    ],
)
def test_further_columns_become_text_numbers_or_booleans(cells, dtype, values):
    table = as_written("lots", pl.DataFrame({"lot_id": ["L"]}).with_columns(cells.alias("mine")))
    assert (table["mine"].dtype, table["mine"].to_list()) == (dtype, values)


def test_columns_that_no_file_holds(trial, tmp_path):
    def refused(column):
        with pytest.raises(DataError) as error:
            write_trial(trial.with_tables({"lots": trial.lots.with_columns(column)}), tmp_path / "t")
        assert not (tmp_path / "t").exists()
        return str(error.value)

    assert refused(pl.Series("mine", [[1], [2]])) == (
        "lots.mine: expected text, numbers or booleans; got List(Int64). Drop the column."
    )
    assert refused(pl.Series("mine", [2**63, 1], dtype=pl.UInt64)) == (
        "lots.mine: expected values that fit Int64; got UInt64 that do not."
    )
    assert refused(pl.Series("mine", ["a\x00b", "c"])) == (
        "lots.mine: expected text without control characters; got 'a\\x00b'. Remove them."
    )
    assert refused(pl.Series("mine", ["a", "b" * 100_001])) == (
        "lots.mine: expected cells of at most 100,000 characters; got one of 100,001."
    )
    for name in ("", " mine", "mi\x07ne"):
        assert refused(pl.Series(name, ["a", "b"])) == (
            f"lots: expected column names without blanks around them or control characters; got {name!r}. Rename it."
        )


def test_a_format_that_does_not_exist(trial, tmp_path):
    with pytest.raises(UsageError) as error:
        write_trial(trial, tmp_path / "t", table_format="xlsx")
    assert str(error.value) == "table_format: expected csv or parquet; got 'xlsx'."
    assert os.listdir(tmp_path) == []


def refused(trial, folder):
    before = held(folder) if folder.is_dir() else folder.read_bytes()
    with pytest.raises(DataError) as error:
        write_trial(trial, folder)
    assert before == (held(folder) if folder.is_dir() else folder.read_bytes())
    assert os.listdir(folder.parent) == [folder.name]
    return str(error.value).removeprefix(f"{folder}: ")


def test_a_folder_that_holds_something_else_is_refused(trial, tmp_path):
    folder = tmp_path / "t"
    write_trial(trial, folder)
    for name in ("a.txt", "b.txt", "c.txt"):
        (folder / name).write_text("mine")
    assert refused(trial, folder) == (
        "expected a trial folder or an empty one, since what stands there is replaced; got one that holds a.txt, "
        "b.txt, c.txt. Choose another folder."
    )
    (folder / "d").mkdir()
    for name in ("b.txt", "c.txt"):
        (folder / name).unlink()
    (folder / "e.txt").write_text("mine")
    (folder / "f.txt").write_text("mine")
    with pytest.raises(DataError, match=r"holds a\.txt, d, e\.txt and more\. Choose another folder\.$"):
        write_trial(trial, folder)


def test_tables_that_leadin_did_not_write_are_refused(trial, tmp_path):
    folder = tmp_path / "t"
    folder.mkdir()
    (folder / "participants.csv").write_text("participant_id\nP1\n")
    expected = (
        "expected a folder that leadin wrote, since what stands there is replaced; got one without a manifest.json of "
        "leadin. Choose another folder."
    )
    assert refused(trial, folder) == expected
    (folder / "manifest.json").write_text('{"name": "a web site"}')
    assert refused(trial, folder) == expected


@pytest.mark.parametrize(
    ("stands", "comes", "fits"),
    [
        ("simulated", "simulated", True),
        ("conducted", "simulated", False),
        ("imported", "simulated", False),
        ("imported", "imported", True),
        ("conducted", "imported", True),
        ("simulated", "conducted", True),
    ],
)
def test_a_simulated_trial_never_replaces_real_data(trial, tmp_path, stands, comes, fits):
    there, new = (replace(trial, manifest=replace(trial.manifest, origin=origin)) for origin in (stands, comes))
    folder = write_trial(there, tmp_path / "t")
    if fits:
        assert write_trial(new, folder) == folder
        return
    assert refused(new, folder) == (
        "expected no folder of real data for a simulated trial, since what stands there is replaced; got one whose "
        f"trial was {stands}. Choose another folder."
    )


def test_a_file_in_the_place_of_the_folder_is_refused(trial, tmp_path):
    (tmp_path / "t").write_text("mine")
    assert refused(trial, tmp_path / "t") == "expected a folder to write to; got a file. Choose another name."


def test_a_damaged_manifest_of_ours_may_be_replaced(trial, tmp_path):
    folder = write_trial(trial, tmp_path / "t")
    (folder / "manifest.json").write_text('{"schema_version": 1,')
    write_trial(trial, folder)
    assert read_trial(folder).findings == ()


@pytest.mark.parametrize("step", ["_as_csv", "manifest_to_json", "protocol_to_json"])
def test_a_failure_at_any_step_leaves_the_old_trial(trial, tmp_path, monkeypatch, step):
    folder = write_trial(trial, tmp_path / "t")
    before = held(folder)

    def failing(*_):
        raise MemoryError

    monkeypatch.setattr(f"leadin.trials.write.{step}", failing)
    with pytest.raises(MemoryError):
        write_trial(empty_trial(Manifest(origin="imported"), trial.protocol), folder)
    assert held(folder) == before
    assert os.listdir(tmp_path) == ["t"]
