from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from leadin.trials.finding import Finding


def test_a_lot_of_another_participant(trial, change, find):
    assert find(change(trial, "administrations", 0, lot_id="L2")) == [
        Finding(
            "lot-of-another-participant",
            "error",
            "administrations",
            (0,),
            "1 administration of a lot made for another participant (P1 day 0 lot L2 of P2). Left out; find out whose "
            "cells were given, and correct lot_id or the lot's participant.",
        )
    ]


def test_stock_may_be_given_to_anybody(trial, change, find):
    assert find(change(change(trial, "administrations", 0, lot_id="L2"), "lots", 1, participant_id=None)) == []


def test_a_lot_that_is_not_recorded(trial, change, find):
    assert find(change(trial, "administrations", 1, lot_id="L7")) == [
        Finding(
            "unknown-lot",
            "warning",
            "administrations",
            (1,),
            "1 administration of a lot that is not recorded (P2 day 0 lot L7). Used, but whose cells they were is not "
            "known; add the lot or correct lot_id.",
        )
    ]


def test_an_administration_without_a_lot(trial, change, find):
    assert find(change(trial, "administrations", 1, lot_id=None)) == [
        Finding(
            "administration-without-lot",
            "warning",
            "administrations",
            (1,),
            "1 administration without a lot (P2 day 0). Used, but whose cells they were is not known; fill in lot_id.",
        )
    ]


def test_a_trial_without_lots_is_not_asked_for_them(trial, change, find):
    assert find(change(trial, "administrations", 1, lot_id=None).with_tables({"lots": trial.lots.clear()})) == []


@pytest.mark.parametrize(
    ("isolated", "harvested", "released", "right"),
    [
        (-28.0, 0.0, -1.0, False),
        (1.0, 0.0, None, False),
        (-28.0, None, -29.0, False),
        (0.0, 0.0, 0.0, True),
        (None, None, 0.0, True),
    ],
)
def test_isolation_then_harvest_then_release(trial, change, find, isolated, harvested, released, right):
    lots = change(trial, "lots", 0, isolated_day=isolated, harvested_day=harvested, released_day=released)
    found = [f for f in find(lots) if f.id == "lot-days-out-of-order"]
    assert [(f.severity, f.table, f.rows) for f in found] == ([] if right else [("error", "lots", (0,))])


def test_days_out_of_order_are_all_told(trial, change, find):
    finding = find(change(trial, "lots", 0, isolated_day=5.0, released_day=-3.0))[0]
    assert finding.message == (
        "1 lot whose days are out of order (L1: isolated 5, harvested 0, released -3). Left out; isolation comes "
        "before harvest, harvest before release: correct the days."
    )


def test_an_outcome_nobody_defined(trial, change, find):
    assert find(change(trial, "lots", 0, outcome="passed")) == [
        Finding(
            "unknown-outcome",
            "warning",
            "lots",
            (0,),
            "1 lot with an outcome nobody defined (L1: 'passed'). Kept; write 'released' or 'rejected: reason'.",
        )
    ]


@pytest.mark.parametrize("outcome", ["rejected", "rejected: viability"])
def test_a_rejected_lot_that_was_given(trial, change, find, outcome):
    assert find(change(trial, "lots", 0, outcome=outcome, released_day=None)) == [
        Finding(
            "lot-rejected",
            "warning",
            "administrations",
            (0,),
            f"1 administration of a rejected lot (P1 day 0 lot L1, outcome {outcome}). Used, since the cells were "
            "given; correct the lot or report the deviation.",
        )
    ]


@pytest.mark.parametrize(("day", "early"), [(-0.1, True), (0.0, False)])
def test_a_lot_given_before_its_release(trial, change, find, day, early):
    expected = Finding(
        "lot-before-release",
        "warning",
        "administrations",
        (0,),
        "1 administration of a lot before its release (P1 day -0.1 lot L1, released day 0). Used, since the cells were "
        "given; correct the lot or report the deviation.",
    )
    assert find(change(trial, "administrations", 0, day=day)) == ([expected] if early else [])


@pytest.mark.parametrize("outcome", [None, "in culture"])
def test_a_lot_that_was_never_released(trial, change, find, outcome):
    found = find(change(trial, "lots", 0, outcome=outcome, released_day=None))
    assert found[-1] == Finding(
        "lot-not-released",
        "warning",
        "administrations",
        (0,),
        f"1 administration of a lot that was never released (P1 day 0 lot L1, outcome {outcome or 'nothing'}). Used, "
        "since the cells were given; correct the lot or report the deviation.",
    )


def test_a_released_lot_without_a_day_is_released(trial, change, find):
    assert find(change(trial, "lots", 0, released_day=None)) == []


@pytest.mark.parametrize(
    ("released", "day", "late"),
    [(0.0, 2.0, False), (0.0, 3.0, True), (0.5, 1.5, False), (0.5, 1.6, True), (0.0, 1.1, True)],
)
def test_past_the_shelf_life_with_a_day_granted_between_whole_days(trial, change, find, released, day, late):
    given = change(change(trial, "lots", 0, released_day=released), "administrations", 0, day=day)
    hours = f"{(day - released) * 24:.10g}"
    expected = Finding(
        "past-shelf-life",
        "warning",
        "administrations",
        (0,),
        f"1 administration past the shelf life of its cells (P1 day {day:g} lot L1, {hours} hours after release, keeps "
        "24). Used, since the cells were given; correct the days or report the deviation.",
    )
    assert find(given) == ([expected] if late else [])
    assert find(replace(given, protocol=None)) == []


def test_cells_that_keep_without_end_or_nobody_knows_how_long(trial, change, find, protocol):
    given = change(trial, "administrations", 0, day=300.0)
    product = protocol.products[0]
    unknown = product.model_copy(update={"manufacturing": None})
    assert find(replace(given, protocol=protocol.model_copy(update={"products": (unknown,)}))) == []


def test_of_several_products_the_longest_keeping_counts_if_all_are_known(trial, change, find, protocol):
    given = change(trial, "administrations", 0, day=3.0)
    product, arm = protocol.products[0], protocol.arms[0]
    long = product.model_copy(
        update={"name": "frozen", "manufacturing": product.manufacturing.model_copy(update={"shelf_life_hours": 48.0})}
    )
    both = arm.model_copy(
        update={
            "administrations": (*arm.administrations, arm.administrations[0].model_copy(update={"product": "frozen"}))
        }
    )
    two = protocol.model_copy(update={"products": (product, long), "arms": (both, protocol.arms[1])})
    assert find(replace(given, protocol=two)) == []
    assert [f.id for f in find(replace(change(given, "administrations", 0, day=4.0), protocol=two))] == [
        "past-shelf-life"
    ]
    endless = long.model_copy(update={"manufacturing": None})
    two = two.model_copy(update={"products": (product, endless)})
    assert find(replace(change(given, "administrations", 0, day=300.0), protocol=two)) == []


def test_cells_in_an_arm_that_is_given_none(trial, add, find):
    lot = {"lot_id": "L3", "participant_id": "P3", "outcome": "released"}
    dosed = add(add(trial, "lots", lot), "administrations", {"participant_id": "P3", "day": 5.0, "lot_id": "L3"})
    assert find(dosed) == [
        Finding(
            "unplanned-administration",
            "warning",
            "administrations",
            (2,),
            "1 administration to a participant of an arm that is given no cells (P3 day 5, arm control). Used as "
            "given, arms as allocated; correct the arm or report the deviation.",
        )
    ]
    assert find(replace(dosed, protocol=None)) == []


def test_several_of_each_are_told_in_the_plural(trial, find):
    swapped = trial.with_tables(
        {"administrations": trial.administrations.with_columns(lot_id=pl.col("lot_id").reverse())}
    )
    (finding,) = find(swapped)
    assert finding.rows == (0, 1)
    assert finding.message.startswith(
        "2 administrations of a lot made for another participant (P1 day 0 lot L2 of P2; P2"
    )
