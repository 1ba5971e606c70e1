"""Whatever faults are planted together, each is found, and in a trial without a fault nothing is."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadin.protocols.library import library_names
from leadin.protocols.load import load_protocol
from leadin.simulation.simulate import simulate_trial
from leadin.trials.checks import check_trial
from leadin.trials.schema import SCHEMAS
from leadin.trials.trial import TABLES
from leadin.trials.usable import left_out, usable_trial

ASSESSMENT = {"day": 10.0, "measure": "alsfrs_r", "value": 40.0}
FAULTS = {
    "score-out-of-range": ("assessments", ASSESSMENT | {"participant_id": "P1", "value": 49.0}),
    "score-not-whole": ("assessments", ASSESSMENT | {"participant_id": "P1", "day": 11.0, "value": 40.5}),
    "unknown-participant": ("assessments", ASSESSMENT | {"participant_id": "P9"}),
    "unknown-visit": ("assessments", ASSESSMENT | {"participant_id": "P2", "visit": "month 9"}),
    "visit-outside-window": ("assessments", ASSESSMENT | {"participant_id": "P3", "visit": "baseline"}),
    "assessment-after-death": ("assessments", ASSESSMENT | {"participant_id": "P4", "day": 130.0}),
    "unknown-measure": ("assessments", ASSESSMENT | {"participant_id": "P2", "measure": "svc"}),
    "conflicting-rows": ("participants", {"participant_id": "P3", "arm": "cells"}),
    "unknown-arm": ("participants", {"participant_id": "P8", "arm": "cell"}),
    "unknown-event-kind": ("events", {"participant_id": "P1", "day": 9.0, "kind": "died"}),
    "two-deaths": ("events", {"participant_id": "P4", "day": 121.0, "kind": "death"}),
    "event-after-death": ("events", {"participant_id": "P4", "day": 121.0, "kind": "gastrostomy"}),
    "administration-after-death": ("administrations", {"participant_id": "P4", "day": 121.0, "route": "intrathecal"}),
    "lot-of-another-participant": ("administrations", {"participant_id": "P1", "day": 26.0, "lot_id": "L2"}),
    "unknown-lot": ("administrations", {"participant_id": "P2", "day": 26.0, "lot_id": "L9"}),
    "unplanned-administration": ("administrations", {"participant_id": "P3", "day": 26.0, "lot_id": "L9"}),
    "grade-out-of-range": ("adverse_events", {"participant_id": "P1", "start_day": 5.0, "term": "x", "ctcae_grade": 6}),
    "end-before-start": ("adverse_events", {"participant_id": "P1", "start_day": 6.0, "term": "x", "end_day": 5.0}),
    "impossible-value": ("lots", {"lot_id": "L7", "participant_id": "P1", "cells": -1.0}),
    "lot-days-out-of-order": ("lots", {"lot_id": "L8", "isolated_day": 2.0, "harvested_day": 1.0}),
    "missing-key": ("events", {"participant_id": None, "day": 1.0, "kind": "withdrawal"}),
}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.sampled_from(sorted(FAULTS)), min_size=1), st.randoms(use_true_random=False))
def test_every_planted_fault_is_found_wherever_it_stands(trial, add, faults, random):
    for fault in sorted(faults):
        table, row = FAULTS[fault]
        trial = add(trial, table, row)
    shuffled = {}
    for name in TABLES:
        order = list(range(trial.table(name).height))
        random.shuffle(order)
        shuffled[name] = trial.table(name)[order] if order else trial.table(name)
    trial = trial.with_tables(shuffled)
    found = check_trial(trial)
    assert {finding.id for finding in found} >= faults
    for fault in faults:
        table, row = FAULTS[fault]
        named = [i for f in found if f.id == fault and f.table == table for i in f.rows]
        whole = {column: row.get(column) for column in SCHEMAS[table]}
        assert whole in [trial.table(table).row(i, named=True) for i in named]
    again = usable_trial(usable_trial(trial))
    assert all(again.table(name).equals(usable_trial(trial).table(name)) for name in TABLES)
    assert left_out(again) == ()
    assert not [f for f in check_trial(again) if f.severity == "error"]


@pytest.mark.parametrize("name", library_names())
def test_nothing_is_found_in_a_simulated_trial(name):
    trial = simulate_trial(load_protocol(name), slowing=0.3, seed=11, population="pro-act", n=None)
    assert check_trial(trial) == ()
    assert trial.participants.select(pl.len()).item() > 5
