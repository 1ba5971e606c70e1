"""The table of adverse events of the CDISC pilot study against a second count, by loops over the file; skipped where
the data are not at hand."""

from __future__ import annotations

import importlib.util
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from leadin.analysis.adverse_event_table import safety_table
from leadin.trials.schema import SCHEMAS, conform

ROOT = Path(__file__).resolve().parents[2]
PILOT = ROOT.parent / "shared" / "data" / "cdisc-pilot"
PROGRAM = ROOT / "validation" / "cdisc" / "count_adverse_events.py"


@pytest.fixture(scope="module")
def program():
    spec = importlib.util.spec_from_file_location("count_adverse_events", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def files(program):
    if not PILOT.exists():
        pytest.skip("The CDISC pilot data are not part of the project and not beside it.")
    return program.records(PILOT / "adae.json"), program.records(PILOT / "adsl.json")


def rows_of(name, rows):
    return conform(name, pl.DataFrame([{**dict.fromkeys(SCHEMAS[name]), **row} for row in rows], schema=SCHEMAS[name]))


@pytest.fixture(scope="module")
def table(build, files):
    from dataclasses import replace

    events, people = files
    safe = {row["USUBJID"]: row for row in people if row["SAFFL"] == "Y"}
    day = {
        who: (date.fromisoformat(row["RFENDT"]) - date.fromisoformat(row["TRTSDT"])).days for who, row in safe.items()
    }
    trial = replace(
        build({who: row["TRT01A"] for who, row in safe.items()}),
        events=rows_of(
            "events",
            [{"participant_id": who, "day": float(max(last, 1)), "kind": "withdrawal"} for who, last in day.items()],
        ),
        adverse_events=rows_of(
            "adverse_events",
            [
                {
                    "participant_id": row["USUBJID"],
                    # Day 1 is the first of treatment, and there is no day 0.
                    "start_day": float(row["ASTDY"] - (row["ASTDY"] > 0)),
                    "term": row["AEDECOD"],
                    "system_organ_class": row["AEBODSYS"],
                    "serious": row["AESER"] == "Y",
                    "relatedness": row["AEREL"].lower(),
                    "ctcae_grade": {"MILD": 1, "MODERATE": 2, "SEVERE": 3}.get(row["AESEV"]),
                }
                for row in events
                if row["USUBJID"] in safe and row["ASTDY"] is not None
            ],
        ),
    )
    return safety_table(trial)


@pytest.mark.evidence("safety", "reference")
def test_every_count_equals_the_second_one(table, files, program):
    events, people = files
    told = program.counts([row for row in events if row["TRTEMFL"] == "Y"], people)
    ours = {
        (row["arm"], row["system_organ_class"] or "", row["term"] or ""): row for row in table.iter_rows(named=True)
    }
    assert len(told) == len(ours) == 762
    for row in told:
        found = ours[row["arm"], row["soc"], row["term"]]
        assert found["n"] == row["n"]
        for mine, theirs in (
            ("participants", "participants"),
            ("events", "events"),
            ("serious_participants", "serious_participants"),
            ("related_participants", "related_participants"),
            ("grade_3", "severe_participants"),
        ):
            assert found[mine] == row[theirs], (row, mine)


def test_the_second_count_agrees_with_the_flags_of_the_file(files, program):
    events, people = files
    emergent = [row for row in events if row["TRTEMFL"] == "Y"]
    agree, differ = program.against_flags(program.counts(emergent, people), emergent)
    assert (agree, differ) == (762, [])


def test_the_program_counts_a_file_made_by_hand(program, tmp_path, capsys):
    import json

    def write(name, columns, rows):
        path = tmp_path / name
        told = {"records": len(rows), "columns": [{"name": column} for column in columns], "rows": rows}
        path.write_text(json.dumps(told), encoding="utf-8")
        return str(path)

    adsl = write("adsl.json", ["USUBJID", "SAFFL", "TRT01A"], [["a", "Y", "x"], ["b", "Y", "y"], ["c", "N", "x"]])
    columns = [
        "USUBJID",
        "TRTA",
        "AEBODSYS",
        "AEDECOD",
        "AESER",
        "AEREL",
        "AESEV",
        "TRTEMFL",
        "AOCCFL",
        "AOCCSFL",
        "AOCCPFL",
    ]
    rows = [
        ["a", "x", "S", "T", "Y", "REMOTE", "MILD", "Y", "Y", "Y", "Y"],
        ["a", "x", "S", "T", "N", "PROBABLE", "SEVERE", "N", "", "", ""],
        ["c", "x", "S", "T", "Y", "PROBABLE", "SEVERE", "Y", "", "", ""],
    ]
    adae = write("adae.json", columns, rows)
    assert program.main([adae, adsl]) == 0
    assert capsys.readouterr().out.splitlines() == [
        ",".join(program.COLUMNS), "x,,,1,1,2,1,1,1", "x,S,,1,1,2,1,1,1", "x,S,T,1,1,2,1,1,1",
        "y,,,1,0,0,0,0,0", "y,S,,1,0,0,0,0,0", "y,S,T,1,0,0,0,0,0",
    ]  # fmt: skip
    assert program.main([adae, adsl, "--flags"]) == 0
    assert program.main([adae, adsl, "--emergent"]) == 0
    assert "x,,,1,1,1,1,0,0" in capsys.readouterr().out
