"""The CDISC pilot study, where it is at hand: imported without loss, counted and analysed as others do."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from leadin.analysis.adverse_event_table import safety_table
from leadin.analysis.cox import hazard_ratio
from leadin.analysis.kaplan_meier import survival_curve
from leadin.analysis.log_rank import log_rank_test
from leadin.trials.clinical_formats.export import export_trial
from leadin.trials.clinical_formats.import_data_sets import import_data_sets, read_data_set
from leadin.trials.clinical_formats.time_to_event import time_to_event
from leadin.trials.read import read_trial
from leadin.trials.usable import left_out, usable_trial
from leadin.trials.write import write_trial

ROOT = Path(__file__).resolve().parents[3]
PILOT = ROOT.parent / "shared" / "data" / "cdisc-pilot"
EVIDENCE = ROOT / "validation" / "cdisc"
ADAM = ("adsl", "adae", "adtte")
SDTM = ("sdtm_dm", "sdtm_ae", "sdtm_ds", "sdtm_ts")


def imported(names, place):
    paths = [PILOT / f"{name}.json" for name in names]
    if not all(path.exists() for path in paths):
        pytest.skip("the CDISC pilot data are not on this machine")
    trial, report = import_data_sets(paths)
    return trial, report, read_trial(write_trial(trial, place / "trial", import_report=report))


@pytest.fixture(scope="module")
def adam(tmp_path_factory):
    return imported(ADAM, tmp_path_factory.mktemp("adam"))


@pytest.fixture(scope="module")
def sdtm(tmp_path_factory):
    return imported(SDTM, tmp_path_factory.mktemp("sdtm"))


@pytest.mark.parametrize(("names", "which"), [(ADAM, "adam"), (SDTM, "sdtm")])
@pytest.mark.parametrize("file_format", ["dataset-json", "xpt"])
def test_every_cell_comes_back_through_a_trial_folder(names, which, file_format, request, tmp_path):
    _, report, read = request.getfixturevalue(which)
    assert (report.count("dropped"), report.count("merged"), report.count("emptied")) == (0, 0, 0)
    losses = export_trial(read, tmp_path / "out", file_format=file_format)
    assert [loss for loss in losses if loss.severity != "note"] == []
    for name in names:
        source = read_data_set(PILOT / f"{name}.json")
        suffix = "json" if file_format == "dataset-json" else "xpt"
        back = read_data_set(tmp_path / "out" / f"{source.name.lower()}.{suffix}")
        assert back.names == source.names
        assert [each.label for each in back.variables] == [each.label for each in source.variables]
        order = list(source.names)
        mine, theirs = back.rows.cast(source.rows.schema).sort(order), source.rows.sort(order)
        assert mine.equals(theirs, null_equal=True), name
        if file_format == "dataset-json":
            assert back.variables == source.variables


def test_the_tables_hold_what_the_data_sets_say(adam):
    _, report, read = adam
    heights = {
        name: read.table(name).height for name in ("participants", "events", "administrations", "adverse_events")
    }
    assert heights == {"participants": 254, "events": 254, "administrations": 254, "adverse_events": 1180}
    assert {data.name: data.rows.height for data in read.outside} == {"ADSL": 0, "ADAE": 11, "ADTTE": 254}
    assert [(count.file, count.read, count.written, count.beside) for count in report.sources] == [
        ("adsl.json", 254, 254, 0),
        ("adae.json", 1191, 1180, 11),
    ]
    assert dict(read.events["kind"].value_counts().iter_rows()) == {
        "lost_to_follow_up": 2,
        "end_of_follow_up": 117,
        "withdrawal": 132,
        "death": 3,
    }
    assert left_out(read) == ()
    severe = [finding.id for finding in read.findings if finding.severity != "note"]
    assert severe == ["conflicting-rows", "implausible-value"]


def test_sdtm_of_the_pilot_says_disposition_and_deaths(sdtm):
    read = sdtm[2]
    assert dict(read.events["kind"].value_counts().iter_rows()) == {
        "screened": 18,
        "screen_failure": 1,
        "withdrawal": 11,
        "death": 3,
        "end_of_follow_up": 3,
    }
    assert read.participants["arm"].null_count() == 1
    assert read.administrations.height == 17


def test_adverse_events_of_the_safety_population_are_those_of_a_plain_count(adam):
    counted = json.loads((EVIDENCE / "counts.json").read_text(encoding="utf-8"))
    table = safety_table(usable_trial(adam[2]))
    ours = {}
    for row in table.iter_rows(named=True):
        group = ": ".join(part for part in (row["system_organ_class"], row["term"]) if part)
        ours[group, row["arm"]] = [row["participants"], row["events"], row["serious"]]
    arms = counted["population"]
    theirs = {(group, arm): row.get(arm, [0, 0, 0]) for group, row in counted["counts"].items() for arm in arms}
    assert ours == theirs
    assert len(theirs) == 762
    assert dict(table.filter(pl.col("system_organ_class").is_null()).select("arm", "n").iter_rows()) == arms


def test_the_plain_count_is_that_of_the_data_at_hand(tmp_path):
    if not PILOT.exists():
        pytest.skip("the CDISC pilot data are not on this machine")
    spoken = {}
    exec(compile((EVIDENCE / "count.py").read_text(encoding="utf-8"), "count.py", "exec"), spoken)
    spoken["main"](PILOT, tmp_path / "counts.json")
    assert (tmp_path / "counts.json").read_text("utf-8") == (EVIDENCE / "counts.json").read_text("utf-8")


def test_time_to_the_first_dermatologic_event_is_that_of_r(adam):
    expected = json.loads((EVIDENCE / "survival.json").read_text(encoding="utf-8"))
    times = time_to_event(adam[2], "TTDE")
    assert times.height == 254
    for curve in expected["curves"]:
        mine = times.filter(arm=curve["arm"])
        ours = survival_curve(mine["time"].to_numpy(), mine["event"].to_numpy())
        assert (mine.height, int(mine["event"].sum())) == (curve["n"], curve["events"])
        at = np.searchsorted(ours.months, curve["days"], side="right") - 1
        for name, key in (("survival", "survival"), ("standard_error", "se"), ("low", "low"), ("high", "high")):
            assert getattr(ours, name)[at] == pytest.approx(curve[key], rel=1e-12)
    for pair in expected["pairs"]:
        mine = times.filter(times["arm"].is_in(["Placebo", pair["arm"]]))
        other = (mine["arm"] == pair["arm"]).to_numpy()
        time, event = mine["time"].to_numpy(), mine["event"].to_numpy()
        test, fit = log_rank_test(time, event, other), hazard_ratio(time, event, other)
        assert test.chi_square == pytest.approx(pair["chi_square"], rel=1e-12)
        assert (fit.log_ratio, fit.standard_error) == pytest.approx(
            (pair["log_hazard_ratio"], pair["standard_error"]), rel=1e-9
        )
        assert (test.p, fit.p) == pytest.approx((pair["log_rank_p"], pair["p"]), rel=1e-7)
    both = log_rank_test(times["time"].to_numpy(), times["event"].to_numpy(), times["arm"].to_numpy())
    assert (both.chi_square, both.df) == pytest.approx((expected["all_arms"]["chi_square"], 2), rel=1e-12)
