"""Dated schedules."""

from __future__ import annotations

import datetime
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

import leadin
from leadin.errors import UsageError
from leadin.protocols.load import load_protocol
from leadin.protocols.protocol import Protocol
from leadin.protocols.schedule import ScheduledActivity, dated_schedule

START = date(2026, 1, 12)


def brief(activities):
    return [(str(it.date), it.kind, it.label, it.day, it.arm, it.lot) for it in activities]


def test_every_activity_has_its_date(protocol):
    assert brief(dated_schedule(protocol, START)) == [
        ("2026-01-12", "visit", "screening", -91, None, None),
        ("2026-02-27", "visit", "lead-in", -45, None, None),
        ("2026-03-16", "isolation", "isolation from bone marrow, lot 1", -28, "cells", 1),
        ("2026-03-16", "expansion", "expansion, lot 1", -28, "cells", 1),
        ("2026-04-11", "isolation", "isolation from bone marrow, lot 2", -2, "cells", 2),
        ("2026-04-11", "expansion", "expansion, lot 2", -2, "cells", 2),
        ("2026-04-13", "visit", "baseline", 0, None, None),
        ("2026-04-13", "release", "release, lot 1", 0, "cells", 1),
        ("2026-04-13", "injection", "injection 1 of msc, intrathecal", 0, "cells", 1),
        ("2026-05-09", "release", "release, lot 2", 26, "cells", 2),
        ("2026-05-09", "injection", "injection 2 of msc, intrathecal", 26, "cells", 2),
        ("2026-05-13", "visit", "month 1", 30, None, None),
        ("2026-06-13", "visit", "month 2", 61, None, None),
        ("2026-07-13", "visit", "month 3", 91, None, None),
    ]


def test_visits_have_their_windows_and_the_first_is_on_its_day(protocol):
    visits = [it for it in dated_schedule(protocol, START) if it.kind == "visit"]
    assert (visits[0].earliest, visits[0].latest) == (START, START)
    assert (visits[1].earliest, visits[1].latest) == (date(2026, 2, 20), date(2026, 3, 6))


def test_what_makes_a_lot_moves_with_its_dose(small):
    small["arms"][0]["administrations"][1].update(days_early=3, days_late=5)
    small["products"][0]["manufacturing"]["differentiation_days"] = 4
    second = [it for it in dated_schedule(Protocol.model_validate(small), START) if it.lot == 2]
    assert [(it.kind, str(it.date), str(it.last_date), it.day, it.last_day) for it in second] == [
        ("isolation", "2026-04-07", "2026-04-07", -6, -6),
        ("expansion", "2026-04-07", "2026-05-05", -6, 22),
        ("differentiation", "2026-05-05", "2026-05-09", 22, 26),
        ("release", "2026-05-09", "2026-05-09", 26, 26),
        ("injection", "2026-05-09", "2026-05-09", 26, 26),
    ]
    for it in second:
        assert it.date - it.earliest == datetime.timedelta(days=3)
        assert it.latest - it.date == datetime.timedelta(days=5)


def test_release_tests_take_their_days(small):
    small["products"][0]["manufacturing"].update(differentiation_days=4, release_days=14)
    second = [it for it in dated_schedule(Protocol.model_validate(small), START) if it.lot == 2]
    assert [(it.label, it.day, it.last_day) for it in second] == [
        ("isolation from bone marrow, lot 2", -20, -20),
        ("expansion, lot 2", -20, 8),
        ("differentiation, lot 2", 8, 12),
        ("release tests and release, lot 2", 12, 26),
        ("injection 2 of msc, intrathecal", 26, 26),
    ]


def test_one_arm_alone(protocol):
    control = dated_schedule(protocol, START, arm="control")
    assert {it.kind for it in control} == {"visit"}
    assert len(dated_schedule(protocol, START, arm="cells")) == 14


def test_a_single_dose_has_no_number_and_two_routes_share_a_lot():
    activities = dated_schedule(load_protocol("nurown-phase2a"), START, arm="high")
    assert [(it.label, it.lot, it.key) for it in activities if it.kind == "injection"] == [
        ("injection of nurown, intrathecal", 1, "high injection 1"),
        ("injection of nurown, intramuscular", 1, "high injection 2"),
    ]
    assert sum(it.kind == "isolation" for it in activities) == 1


def test_arms_keep_the_order_of_the_protocol():
    activities = dated_schedule(load_protocol("nurown-phase2a"), START)
    assert [it.arm for it in activities if it.kind == "isolation"] == ["low", "mid", "high"]


def test_cells_from_stock_show_injections_only():
    activities = dated_schedule(load_protocol("weekly-nsc-series"), START)
    assert [(str(it.date), it.label) for it in activities if it.kind != "visit"] == [
        ("2026-01-12", "injection 1 of xenogeneic-nsc, intrathecal"),
        ("2026-01-19", "injection 2 of xenogeneic-nsc, intrathecal"),
        ("2026-01-26", "injection 3 of xenogeneic-nsc, intrathecal"),
        ("2026-02-02", "injection 4 of xenogeneic-nsc, intrathecal"),
    ]


def test_a_tissue_that_is_not_said_is_left_out(small):
    small["products"][0]["source_tissue"] = None
    labels = [it.label for it in dated_schedule(Protocol.model_validate(small), START)]
    assert "isolation, lot 1" in labels


def test_leap_days_are_days(protocol):
    visits = [it for it in dated_schedule(protocol, date(2028, 1, 15)) if it.kind == "visit"]
    assert str(visits[1].date) == "2028-03-01"


def test_an_unknown_arm(protocol):
    with pytest.raises(UsageError) as caught:
        dated_schedule(protocol, START, arm="contol")
    assert str(caught.value) == "arm: expected an arm of small (cells, control); got 'contol'. Write control."
    with pytest.raises(UsageError, match=r"got 'zzz'\. Write one of these\."):
        dated_schedule(protocol, START, arm="zzz")


@pytest.mark.parametrize("start", [date(9999, 12, 1), date(1, 1, 1)])
def test_a_calendar_that_ends_too_soon(small, start):
    small["arms"][0]["administrations"][0]["days_early"] = 60
    small["visits"] = small["visits"][2:]
    with pytest.raises(UsageError) as caught:
        dated_schedule(Protocol.model_validate(small), start)
    assert str(caught.value) == (
        f"start: expected a date that leaves room for the whole schedule; got {start}. Write one nearer to today."
    )


@pytest.mark.parametrize("name", ["hanyang-phase1", "nurown-phase2a"])
@given(start=st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_shifting_the_start_shifts_everything(name, start):
    protocol = load_protocol(name)
    first, then = dated_schedule(protocol, START), dated_schedule(protocol, start)
    shift = start - START
    for one, other in zip(first, then, strict=True):
        assert (other.date, other.earliest, other.latest, other.last_date) == (
            one.date + shift,
            one.earliest + shift,
            one.latest + shift,
            one.last_date + shift,
        )
        assert (one.key, one.day, one.label) == (other.key, other.day, other.label)
    assert min(it.date for it in then if it.kind == "visit") == start
    assert [it.date for it in then] == sorted(it.date for it in then)


def test_the_front_door_takes_a_name():
    activities = leadin.schedule("hanyang-phase1", START, arm="cells")
    assert isinstance(activities[0], ScheduledActivity)
    assert len(activities) == 24
