"""`leadin schedule`."""

from __future__ import annotations

from datetime import date

import pytest
from icalendar import Calendar
from typer.testing import CliRunner

from leadin.cli.main import app
from leadin.cli.schedule_text import parse_date, schedule_lines
from leadin.errors import UsageError
from leadin.protocols.library import library_names, library_yaml
from leadin.protocols.load import load_protocol
from leadin.protocols.schedule import dated_schedule


def run(*args):
    return CliRunner().invoke(app, ["schedule", *args], env={"COLUMNS": "100"})


def test_one_arm():
    result = run("weekly-nsc-series", "--start", "2026-12-21", "--arm", "cells")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "Four weekly intrathecal injections of xenogeneic neural stem cells, uncontrolled clinic series",
        "",
        "Date            Until  Window               Day  What",
        "--------------  -----  -------------------  ---  ------------------------------------------",
        "Mon 2026-12-21                              0    baseline",
        "Mon 2026-12-21                              0    injection 1 of xenogeneic-nsc, intrathecal",
        "Mon 2026-12-28         2026-12-28 to 12-30  7    injection 2 of xenogeneic-nsc, intrathecal",
        "Mon 2027-01-04         2027-01-04 to 01-06  14   injection 3 of xenogeneic-nsc, intrathecal",
        "Mon 2027-01-11         2027-01-11 to 01-13  21   injection 4 of xenogeneic-nsc, intrathecal",
        "Wed 2027-01-20         2027-01-13 to 01-27  30   month 1",
        "Sat 2027-02-20         2027-02-13 to 02-27  61   month 2",
        "Mon 2027-03-22         2027-03-15 to 03-29  91   month 3",
        "Thu 2027-04-22         2027-04-15 to 04-29  122  month 4",
        "Sat 2027-05-22         2027-05-15 to 05-29  152  month 5",
        "Tue 2027-06-22         2027-06-15 to 06-29  183  month 6",
    ]


def test_a_window_across_the_year_says_both():
    protocol = load_protocol("weekly-nsc-series")
    lines = schedule_lines(protocol, dated_schedule(protocol, date(2026, 12, 1)), 100)
    assert "Thu 2026-12-31         2026-12-24 to 2027-01-07  30   month 1" in lines


def test_arms_that_share_a_day_share_a_row():
    result = run("nurown-phase2a", "--start", "2026-01-12")
    lines = [line for line in result.stdout.splitlines() if "differentiation" in line]
    assert lines == ["Fri 2026-04-10  2026-04-13  2026-04-10 to 04-17  -3   differentiation, lot 1 [low, mid, high]"]
    assert "What [arm]" in result.stdout


def test_visits_have_no_arm():
    result = run("hanyang-phase2", "--start", "2026-01-12")
    assert "Wed 2026-02-11              2026-02-04 to 02-18  -61  lead-in 1\n" in result.stdout


def test_ics_file(tmp_path):
    path = tmp_path / "x.ics"
    result = run("hanyang-phase2", "--start", "2026-01-12", "--arm", "cells", "--ics", str(path))
    assert result.exit_code == 0
    assert result.stdout.endswith(f"\n\n19 events written to {path}\n")
    calendar = Calendar.from_ical(path.read_bytes())
    assert len(calendar.walk("VEVENT")) == 19
    assert str(calendar.walk("VEVENT")[0]["dtstamp"].dt) == "2026-01-12 00:00:00+00:00"
    assert path.read_bytes().endswith(b"END:VCALENDAR\r\n")


def test_the_same_schedule_is_the_same_file(tmp_path):
    for name in ("a", "b"):
        run("hanyang-phase2", "--start", "2026-01-12", "--ics", str(tmp_path / name))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_ics_on_the_screen_is_nothing_else():
    result = run("hanyang-phase2", "--start", "2026-01-12", "--ics", "-")
    assert result.stdout.startswith("BEGIN:VCALENDAR")
    assert result.stdout.rstrip().endswith("END:VCALENDAR")


@pytest.mark.parametrize(
    "text",
    ["12.1.2026", "2026-02-30", "2026-13-01", "20260112", "2026-W03-1", "tomorrow", "", "2026-1-2", "２０２６-01-12"],
)
def test_a_bad_date(text):
    result = run("hanyang-phase2", "--start", text)
    assert isinstance(result.exception, UsageError)
    assert str(result.exception) == (
        f"--start: expected a date that exists, as year-month-day; got {text!r}. Write it like 2026-01-12."
    )


def test_a_good_date():
    assert parse_date("2028-02-29") == date(2028, 2, 29)


def test_an_unknown_arm_writes_nothing(tmp_path):
    path = tmp_path / "x.ics"
    result = run("hanyang-phase2", "--start", "2026-01-12", "--arm", "zzz", "--ics", str(path))
    assert isinstance(result.exception, UsageError)
    assert not path.exists()


def test_no_start_is_a_usage_error():
    assert run("hanyang-phase2").exit_code == 2


def test_cells_that_cannot_be_made_in_time_are_a_warning(tmp_path):
    path = tmp_path / "long.yaml"
    path.write_text(library_yaml("hanyang-phase1").replace("expansion_days: 28", "expansion_days: 92"))
    result = run(str(path), "--start", "2026-01-12")
    assert result.exit_code == 1
    assert "Sun 2026-01-11  2026-04-13  2026-01-11 to 01-18  -92  expansion, lot 1" in result.stdout
    assert result.stderr == (
        "leadin: warning: Arm cells: the isolation for lot 1 would be on day -92, 1 day before the first visit "
        "(screening, day -91). Shorten the culture or lengthen the lead-in.\n"
    )


@pytest.mark.parametrize("name", library_names())
def test_the_library_has_no_warnings(name):
    result = run(name, "--start", "2026-01-12")
    assert (result.exit_code, result.stderr) == (0, "")
