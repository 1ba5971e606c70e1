"""From ready lots to dosing days: on time, late, spaced, expired, skipped."""

from __future__ import annotations

import numpy as np

from leadin.simulation.dosing import NO_LOT, Supply, dose_days
from leadin.simulation.timetable import Window

NAN, STOCK = float("nan"), -np.inf


def window(*days, early=3, late=7):
    return Window(np.array(days, dtype=float), np.full(len(days), float(early)), np.full(len(days), float(late)))


def supply(ready, lot=None, kept_days=1.0, fresh=True):
    ready = np.array([ready], dtype=float)
    lot = np.array(
        [[NO_LOT if np.isnan(day) else place for place, day in enumerate(ready[0])]] if lot is None else [lot]
    )
    return Supply(ready, lot, kept_days, fresh)


def given(*supplies, days=(0.0, 26.0), targets=None, longest_wait=180.0, early=3):
    found = dose_days(supplies, np.array([targets or days], dtype=float), window(*days, early=early), longest_wait)
    return found.days[0].tolist(), found.lot[0].tolist()


def test_ready_cells_are_given_on_the_day_they_are_made_for():
    assert given(supply([0, 26])) == ([0, 26], [[0], [1]])
    assert given(supply([2, 24]), targets=(2.0, 24.0), early=5) == ([2, 24], [[0], [1]])


def test_late_cells_are_given_when_they_are_ready():
    assert given(supply([9, 26]))[0] == [9, 32]  # the second three weeks and two days after the first, at the soonest
    assert given(supply([2, 26]))[0] == [2, 26]
    assert given(supply([0, 40]))[0] == [0, 40]


def test_a_dose_without_cells_is_skipped():
    days, lots = given(supply([NAN, 26]))
    assert np.isnan(days[0])
    assert days[1] == 26
    assert lots == [[NO_LOT], [1]]
    assert np.isnan(given(supply([NAN, NAN]))[0]).all()


def test_a_dose_that_would_come_too_late_is_skipped():
    days, lots = given(supply([181, 26]), longest_wait=180.0)
    assert np.isnan(days[0])
    assert days[1] == 26
    assert lots[0] == [NO_LOT]
    assert given(supply([180, 26]), longest_wait=180.0)[0] == [180, 203]


def test_cells_from_stock_are_always_there():
    assert given(supply([STOCK, STOCK], kept_days=np.inf))[0] == [0, 26]


def test_a_fresh_lot_expires_after_its_first_dose():
    days, lots = given(supply([0, 0], lot=[0, 0], kept_days=1.0))
    assert days[0] == 0
    assert np.isnan(days[1])
    assert lots == [[0], [NO_LOT]]
    assert given(supply([0, 0], lot=[0, 0], kept_days=26.0))[0] == [0, 26]
    assert given(supply([0, 0], lot=[0, 0], kept_days=1.0), days=(0.0, 1.0), early=0)[0] == [0, 1]


def test_a_frozen_lot_keeps_from_the_day_it_is_ready():
    frozen = {"lot": [0, 0], "fresh": False}
    assert np.isnan(given(supply([-10, -10], kept_days=30.0, **frozen))[0][1])
    assert given(supply([-4, -4], kept_days=30.0, **frozen))[0] == [0, 26]


def test_two_products_wait_for_each_other_and_one_is_left_out_where_it_has_no_lot():
    slow = supply([12, NAN])
    stock = supply([STOCK, STOCK], kept_days=np.inf)
    assert given(slow, stock) == ([12, 35], [[0, 0], [NO_LOT, 1]])
