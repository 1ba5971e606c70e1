"""Are there clean-room slots enough?"""

from __future__ import annotations

import pytest

from leadin.protocols.check import check_protocol
from leadin.protocols.finding import ProtocolFinding
from leadin.protocols.protocol import Protocol

FIELD = "products.msc.manufacturing.clean_room_slots"


def findings(said):
    return [finding for finding in check_protocol(Protocol.model_validate(said)) if finding.id != "no-sources"]


def with_slots(small, slots, per_month=None):
    small["products"][0]["manufacturing"]["clean_room_slots"] = slots
    small["accrual_per_month"] = per_month
    return findings(small)


def test_two_cultures_of_one_participant_need_two_slots(small):
    """Isolated on days -28 and -2, released on days 0 and 26: two run at one time."""
    assert with_slots(small, 1) == [
        ProtocolFinding(
            "too-few-clean-room-slots",
            "warning",
            FIELD,
            "Arm cells: 2 cultures of one participant run at one time, but there is 1 slot, so doses come late. Plan "
            "more slots, or longer intervals.",
        )
    ]
    assert with_slots(small, 2) == []


def test_a_culture_that_ends_makes_room_on_its_day(small):
    small["arms"][0]["administrations"][1]["day"] = 28
    assert with_slots(small, 1) == []


@pytest.mark.parametrize(("per_month", "found"), [(2.17, False), (2.18, True)])
def test_more_participants_than_slots(small, per_month, found):
    """Half of those enrolled keep 56 days of slots busy: 2.174 a month are 2 slots."""
    expected = [
        ProtocolFinding(
            "clean-room-overbooked",
            "warning",
            FIELD,
            "At 2.18 participants enrolled per month, 2.0 cultures run at one time, but there are 2 slots, so "
            "participants wait ever longer. Plan more slots, or enrol more slowly.",
        )
    ]
    assert with_slots(small, 2, per_month) == (expected if found else [])


def test_without_planned_participants_nothing_is_overbooked(small):
    for arm in small["arms"]:
        arm["planned"] = 0
    assert [finding.id for finding in with_slots(small, 2, 9)] == ["nobody-planned"]


@pytest.mark.parametrize("slots", [0, -1])
def test_no_slot_is_no_clean_room(small, slots):
    small["products"][0]["manufacturing"]["clean_room_slots"] = slots
    with pytest.raises(ValueError, match="clean_room_slots"):
        Protocol.model_validate(small)
