"""Random valid protocols simulate without error, and nothing impossible is in their tables."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadin.simulation.simulate import simulate_trial
from leadin.trials.checks import check_trial


def beside(name: str):
    """A module beside this one; tests are not a package."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


impossible = beside("impossible").impossible
protocols = beside("random_protocols").protocols

effects = st.sampled_from(
    ({}, {"slowing": 0.4}, {"therapy": "hypothetical-waning"}, {"therapy": "hypothetical-lasting"})
)
populations = st.sampled_from(("pro-act", "fast-progressor", "korean-phase2", "early-stage", "severe"))


def simulates(protocol, seed, effect, population):
    if population == "severe" and any(each.variable == "alsfrs_r" for each in protocol.eligibility.criteria):
        population = "pro-act"  # nobody there has the score that the criterion asks for
    trial = simulate_trial(protocol, seed=seed, population=population, **effect)
    assert impossible(trial, protocol) == []
    assert [finding for finding in check_trial(trial) if finding.severity != "note"] == []


examples = given(protocol=protocols(), seed=st.integers(0, 10_000), effect=effects, population=populations)
unhurried = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@settings(max_examples=35, deadline=None, derandomize=True, suppress_health_check=unhurried)
@examples
def test_random_protocols(protocol, seed, effect, population):
    simulates(protocol, seed, effect, population)


@pytest.mark.slow
@settings(max_examples=1_000, deadline=None, derandomize=True, suppress_health_check=unhurried)
@examples
def test_a_thousand_random_protocols(protocol, seed, effect, population):
    simulates(protocol, seed, effect, population)


@pytest.fixture(scope="module")
def planted(build, pro_act):
    """A trial with everything in it, to plant faults in."""
    protocol = build(3, 6, planned=20, doses=(0, 26), controlled=True, measures=("alsfrs_r", "svc_percent"))
    trial = simulate_trial(protocol, seed=4, population=pro_act)
    assert impossible(trial, protocol) == []
    assert trial.events.filter(pl.col("kind") == "death").height
    assert trial.adverse_events.height
    return protocol, trial


first = pl.int_range(pl.len()) == 0
FAULTS = {
    "score outside": ("assessments", "value", pl.col("value") + 49, pl.col("measure") == "alsfrs_r"),
    "items that do not sum": ("assessments", "value", 4 - pl.col("value"), pl.col("measure") == "alsfrs_r.03"),
    "assessments.day after the last day": ("assessments", "day", pl.col("day") + 4_000, first),
    "administrations.day after the last day": ("administrations", "day", pl.col("day") + 4_000, first),
    "adverse_events.start_day after": ("adverse_events", "start_day", pl.col("start_day") + 4_000, first),
    "dose before release": ("administrations", "day", pl.col("day") - 30, first),
    "dose past shelf life": ("lots", "released_day", pl.col("released_day") - 3, pl.col("outcome") == "released"),
    "dose from another participant's lot": ("lots", "participant_id", pl.lit("P9999"), first),
    "two people in one lot": ("administrations", "lot_id", pl.col("lot_id").first(), True),
    "dose from a lot not released": ("lots", "outcome", pl.lit("rejected: failed sterility"), True),
    "lots.isolated_day before enrolment": ("lots", "isolated_day", pl.col("isolated_day") - 4_000, first),
    "adverse_events.start_day before": ("adverse_events", "start_day", pl.col("start_day") - 4_000, first),
    "arm numbers not as planned": ("participants", "arm", pl.lit("control"), pl.col("arm") == "cells"),
    "more doses than planned": ("participants", "arm", pl.lit("control"), pl.col("arm") == "cells"),
    "more cells given than made": ("administrations", "cells", 3 * pl.col("cells"), first),
    "told as not dosed, and dosed": ("events", "kind", pl.lit("not_dosed"), pl.col("kind") == "enrolled"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(planted, name):
    protocol, trial = planted
    said = protocol.model_dump()
    said["products"][0]["manufacturing"]["shelf_life_hours"] = 24.0
    table, column, value, where = FAULTS[name]
    changed = trial.table(table).with_columns(pl.when(where).then(value).otherwise(pl.col(column)).alias(column))
    found = impossible(trial.with_tables({table: changed}), type(protocol).model_validate(said))
    assert any(name in each for each in found), found
