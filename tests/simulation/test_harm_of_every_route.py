"""Adverse events of every published trial: each way into the body has its harm, and no safety table is empty."""

from __future__ import annotations

import polars as pl
import pytest

from leadin.disease.load import load_population
from leadin.disease.populations import population_names
from leadin.protocols.library import library_names
from leadin.protocols.load import load_protocol
from leadin.simulation.simulate import simulate_trial


@pytest.mark.parametrize("name", population_names())
def test_every_route_of_the_library_is_followed_by_something(name):
    harm = load_population(name).harm
    known = {route for entry in harm.after_administration for route in entry.routes if entry.events}
    used = {
        dose.route
        for protocol in map(load_protocol, library_names())
        for arm in protocol.arms
        for dose in arm.administrations
    }
    assert used <= known


@pytest.mark.parametrize("name", library_names())
def test_no_safety_table_is_empty(name):
    events = simulate_trial(load_protocol(name), seed=1).adverse_events
    assert events.height > 0
    for column in ("term", "start_day", "system_organ_class", "ctcae_grade", "serious", "relatedness"):
        assert events[column].null_count() == 0, column


def test_marrow_that_comes_to_nothing_hurts_all_the_same():
    """Procedural pain follows a fifth of all samples, those of failed lots too, and never where none was taken."""
    trial = simulate_trial(load_protocol("hanyang-phase2"), seed=3, n={"cells": 600, "control": 200})
    pain = trial.adverse_events.filter(pl.col("term") == "Procedural pain")
    samples = trial.lots.filter(pl.col("isolated_day").is_not_null())
    assert abs(pain.height - 0.2 * samples.height) < 4 * (0.2 * 0.8 * samples.height) ** 0.5 + 3
    rejected = samples.filter(pl.col("outcome").str.starts_with("rejected"))
    of_failed = pain.join(rejected, on="participant_id").filter(
        pl.col("start_day").is_between(pl.col("isolated_day"), pl.col("isolated_day") + 1)
    )
    assert of_failed.height > 5
    arms = trial.participants.select("participant_id", "arm")
    assert set(pain.join(arms, on="participant_id")["arm"]) == {"cells"}
