"""Which arms a trial has and which one the others are held against."""

from __future__ import annotations

import polars as pl
import pytest

import leadin
from leadin.analysis.arms import allocated, arms_of, has_control, in_arm, of_arm, reference_arm
from leadin.errors import DataError, UsageError


@pytest.fixture(scope="module")
def protocol():
    return leadin.protocol("hanyang-phase2")


def test_arms_come_in_the_order_of_the_table(build):
    assert arms_of(build({"a": "y", "b": None, "c": "x", "d": "y"})) == ("y", "x")


def test_arms_of_the_protocol_come_first_in_its_order(build, protocol):
    declared = [arm.name for arm in protocol.arms]
    assert set(declared) == {"cells", "control"}
    trial = build({"a": "extra", "b": declared[1], "c": declared[0]}, protocol=protocol)
    assert arms_of(trial) == (*declared, "extra")
    assert arms_of(build({"a": declared[1]}, protocol=protocol)) == (declared[1],)


def test_no_arm_at_all_is_one_arm_without_a_name(build):
    trial = build({"a": None, "b": None})
    assert arms_of(trial) == (None,)
    assert allocated(trial).participants.height == 2
    assert reference_arm(trial) is None
    assert in_arm(trial.participants, None).height == 2


def test_participants_without_an_arm_are_left_out_where_others_have_one(build):
    trial = allocated(build({"a": None, "b": "x"}))
    assert trial.participants["participant_id"].to_list() == ["b"]
    assert in_arm(trial.participants, "x").height == 1
    assert in_arm(trial.participants, "y").height == 0


def test_a_trial_without_participants_is_refused(build):
    with pytest.raises(DataError) as caught:
        allocated(build({}))
    assert str(caught.value) == "participants: expected at least one usable participant; got none. See the findings."


def test_the_reference_is_the_one_named_then_planned_then_the_control_then_the_first(build, protocol):
    arms = {"a": "cells", "b": "control", "c": "other"}
    assert reference_arm(build(arms, protocol=protocol), "other", "cells") == "other"
    assert reference_arm(build(arms, protocol=protocol), None, "cells") == "cells"
    assert reference_arm(build(arms, protocol=protocol)) == "control"
    assert reference_arm(build(arms)) == "cells"
    assert reference_arm(build({"a": None, "b": "z", "c": "y"})) == "z"
    # A control that nobody is in cannot be a reference.
    assert reference_arm(build({"a": "cells", "b": "other"}, protocol=protocol)) == "cells"


@pytest.mark.parametrize(
    ("named", "planned", "field", "got"),
    [
        ("contrl", None, "reference", "'contrl'. Did you mean 'control'?"),
        ("q", None, "reference", "'q'."),
        (None, "sham", "plan.reference_arm", "'sham'. Did you mean 'control'?"),
    ],
)
def test_an_arm_that_is_not_there_is_refused(build, named, planned, field, got):
    with pytest.raises(UsageError) as caught:
        reference_arm(build({"a": "cells", "b": "control"}), named, planned)
    assert str(caught.value) == f"{field}: expected an arm of this trial (cells, control); got {got}"


def test_a_reference_where_no_arm_has_a_name_is_refused(build):
    with pytest.raises(UsageError) as caught:
        reference_arm(build({"a": None}), "control")
    assert str(caught.value) == "reference: expected an arm of this trial (no arm has a name); got 'control'."


def test_how_an_arm_stands_in_a_sentence():
    assert (of_arm("cells"), of_arm(None)) == ("of arm cells", "of the trial")


def test_rows_without_an_arm_belong_to_none_by_name():
    table = pl.DataFrame({"arm": ["x", None]})
    assert in_arm(table, "x")["arm"].to_list() == ["x"]


def test_a_control_is_one_of_the_protocol_else_one_of_several_arms(build, protocol):
    assert has_control(build({"a": "x", "b": "y"}))
    assert not has_control(build({"a": "x"}))
    assert not has_control(build({"a": None}))
    assert has_control(build({"a": "cells"}, protocol=protocol))
    # Dose groups beside each other are no control.
    assert not has_control(build({"a": "low", "b": "high"}, protocol=leadin.protocol("nurown-phase2a")))
