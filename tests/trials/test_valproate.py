"""The example of the documentation, on the real data where they are at hand: imported, it says what the files say."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from leadin.months import DAYS_PER_MONTH
from leadin.protocols.load import load_protocol
from leadin.trials.import_tables import import_trial
from leadin.trials.read import read_trial
from leadin.trials.survival_times import survival_origin, survival_times
from leadin.trials.usable import left_out, usable_trial
from leadin.trials.write import write_trial

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "valproate"
DATA = ROOT.parent / "shared" / "data" / "vpa-trial"


@pytest.fixture(scope="module")
def files():
    paths = [DATA / "vpa_alsfrs.csv", DATA / "vpa_survival.csv"]
    if not all(path.exists() for path in paths):
        pytest.skip("the data of the valproic acid trial are not on this machine")
    return paths


@pytest.fixture(scope="module")
def imported(files, tmp_path_factory):
    trial, report = import_trial(files, EXAMPLE / "mapping.yaml")
    folder = write_trial(trial, tmp_path_factory.mktemp("valproate") / "trial", import_report=report)
    return trial, report, read_trial(folder)


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_protocol_of_the_example_is_valid_and_says_which_arm_is_assumed():
    protocol = load_protocol(EXAMPLE / "protocol.yaml")
    assert [arm.name for arm in protocol.arms] == ["valproate", "placebo"]
    assert protocol.control_arm.name == "placebo"
    assert protocol.lead_in_months == 0
    assert [round(visit.day / DAYS_PER_MONTH, 1) for visit in protocol.visits] == [0, 2, 4, 8, 12, 16, 20]
    assert any(
        item.field == "arms.placebo.name" and "0 is taken as placebo" in item.reason for item in protocol.assumed
    )


def test_nothing_is_dropped_and_nothing_found(imported):
    trial, report, read = imported
    assert trial.findings == read.findings == ()
    assert (report.count("dropped"), report.count("emptied"), report.count("merged")) == (0, 0, 0)
    assert left_out(read) == ()
    assert (read.participants.height, read.assessments.height, read.events.height) == (154, 701, 308)


def test_months_come_back_as_they_were(files, imported):
    said = {(row["id"], float(row["avisit"])): float(row["total"]) for row in rows(files[0])}
    _, _, read = imported
    months = read.assessments["day"].to_numpy() / DAYS_PER_MONTH
    assert (
        dict(zip(zip(read.assessments["participant_id"], months, strict=True), read.assessments["value"], strict=True))
        == said
    )


def test_survival_times_and_their_ties_come_back_as_they_were(files, imported):
    said = {row["id"]: row for row in rows(files[1])}
    times = survival_times(usable_trial(imported[2]))
    assert times.height == 154
    assert survival_origin(imported[2]) == "randomisation"
    for who, arm, months, event, kind in times.iter_rows():
        row = said[who]
        assert months == pytest.approx(float(row["stime"]), rel=1e-12)
        assert (arm, event) == ("placebo" if row["trt"] == "0" else "valproate", row["status"] == "1")
        assert kind == ("death" if event else "end_of_follow_up")
    together = {}
    for who, months in times.select("participant_id", "months").iter_rows():
        together.setdefault(said[who]["stime"], set()).add(months)
    assert all(len(months) == 1 for months in together.values())
    assert len({month for months in together.values() for month in months}) == len(together)
