"""The grid of a design: totals over arms, and everything that is refused."""

from __future__ import annotations

import os

import pytest

from leadin.designs.grid import arm_sizes, checked_whole, slowings, split, thread_number
from leadin.errors import UsageError
from leadin.protocols.load import load_protocol


def test_the_own_total_is_split_as_the_protocol_says():
    protocol = load_protocol("hanyang-phase2")
    assert arm_sizes(protocol, None) == ((33, 31),)
    assert arm_sizes(protocol, [64, 65]) == ((33, 31), (33, 32))
    assert arm_sizes(protocol, 10) == ((5, 5),)


@pytest.mark.parametrize(
    ("name", "total", "sizes"),
    [
        ("nurown-us-phase2", 40, (30, 10)),  # 3 : 1
        ("nurown-us-phase2", 2, (1, 1)),
        ("nurown-us-phase2", 5, (4, 1)),
        ("alsummit-phase3", 100, (20, 40, 40)),  # 1 : 2 : 2
        ("alsummit-phase3", 101, (20, 41, 40)),
        ("alsummit-phase3", 102, (20, 41, 41)),
        ("alsummit-phase3", 3, (1, 1, 1)),
        ("nabavi-2018", 7, (3, 4)),  # not randomised: 6 and 8 planned
        ("hanyang-phase1", 1, (1,)),
    ],
)
def test_other_totals_are_split_in_the_ratio(name, total, sizes):
    assert split(load_protocol(name), total) == sizes


def test_planned_numbers_of_zero_are_split_evenly_or_raised_to_one():
    protocol = load_protocol("nabavi-2018")
    arms = tuple(arm.model_copy(update={"planned": 0}) for arm in protocol.arms)
    none = protocol.model_copy(update={"arms": arms})
    assert split(none, 5) == (3, 2)
    nobody = protocol.arms[0].model_copy(update={"planned": 0})
    first = protocol.model_copy(update={"arms": (nobody, protocol.arms[1])})
    assert arm_sizes(first, [8, 4]) == ((1, 7), (1, 3))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            [1],
            "n: expected at least one participant for each of the 2 arms of hanyang-phase2 (cells, control); "
            "got 1 in all. Give 2 or more.",
        ),
        ([0], "n: expected whole numbers of participants in all, from 1 to 100,000; got 0."),
        ([100_001], "n: expected whole numbers of participants in all, from 1 to 100,000; got 100001."),
        ([32.0], "n: expected whole numbers of participants in all, from 1 to 100,000; got 32.0."),
        ([True], "n: expected whole numbers of participants in all, from 1 to 100,000; got true."),
        ([32, 64, 32], "n: expected each value once; got 32 twice. Remove one."),
        ([], "n: expected at least one number, such as 32,64; got none."),
        ("32", "n: expected numbers, such as [32,64]; got the text '32'."),
    ],
)
def test_totals_that_cannot_be(asked, message):
    with pytest.raises(UsageError) as refused:
        arm_sizes(load_protocol("hanyang-phase2"), asked)
    assert str(refused.value) == message


def test_slowings():
    assert slowings([0, 0.3]) == (0.0, 0.3)
    assert slowings(0.5) == (0.5,)
    assert slowings([0.999]) == (0.999,)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ([1], "slowing: expected shares from 0 to below 1 (0.3: decline slowed by 30 %); got 1."),
        ([-0.1], "slowing: expected shares from 0 to below 1 (0.3: decline slowed by 30 %); got -0.1."),
        ([float("nan")], "slowing: expected shares from 0 to below 1 (0.3: decline slowed by 30 %); got nan."),
        ([True], "slowing: expected shares from 0 to below 1 (0.3: decline slowed by 30 %); got true."),
        (["0.3"], "slowing: expected shares from 0 to below 1 (0.3: decline slowed by 30 %); got '0.3'."),
        ([0.3, 0.3], "slowing: expected each value once; got 0.3 twice. Remove one."),
        ([], "slowing: expected at least one number, such as 0,0.3; got none."),
    ],
)
def test_slowings_that_cannot_be(asked, message):
    with pytest.raises(UsageError) as refused:
        slowings(asked)
    assert str(refused.value) == message


@pytest.mark.parametrize("value", [0, 11, 2.0, True, "3"])
def test_whole_numbers(value):
    with pytest.raises(UsageError, match=r"^replicates: expected a whole number from 1 to 10; got .+\.$"):
        checked_whole("replicates", value, 1, 10)
    assert (checked_whole("replicates", 1, 1, 10), checked_whole("replicates", 10, 1, 10)) == (1, 10)


def test_threads():
    assert thread_number(3) == 3
    assert thread_number(None) == len(os.sched_getaffinity(0))
    with pytest.raises(UsageError, match="threads: expected a whole number from 1 to 1,024; got 0"):
        thread_number(0)
