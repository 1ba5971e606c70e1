"""What chance shows: the figures are those of the analyses on the very same trials, and behave as figures of chance."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.analysis.analyse import analyse_trial
from leadin.analysis.responders import WILSON
from leadin.designs.chance import MOST_POINTS, chance_level, shows_slopes, slope_analyses
from leadin.errors import UsageError
from leadin.protocols.load import load_protocol
from leadin.protocols.plan import Plan
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.protocol import Protocol
from leadin.simulation.simulate import simulate_trial


@pytest.fixture(scope="module")
def phase2():
    return load_protocol("hanyang-phase2")


@pytest.fixture(scope="module")
def phase2_chance(phase2):
    return chance_level(phase2)


def planning(protocol: Protocol, *analyses: PlannedAnalysis) -> Protocol:
    return protocol.model_copy(update={"plan": Plan(analyses=analyses)})


def analysed(protocol, replicate, seed=1):
    """The rows of one arm alone, by method, endpoint, arm and rule: estimate and participants counted."""
    results = analyse_trial(simulate_trial(protocol, seed=seed, replicate=replicate))
    rows = {}
    for row in results.rows:
        if row.method == "slope_change" and row.rule == "t test":
            rows["slope_change", row.endpoint, row.arm, None] = row.estimate, row.n
        if row.method == "responders" and row.contrast is None and not (row.rule or "").endswith(WILSON):
            rows["responders", row.endpoint, row.arm, row.rule] = row.estimate, row.n
    return rows


@pytest.mark.parametrize("name", ["hanyang-phase1", "hanyang-phase2", "nurown-phase2a"])
def test_the_figures_are_those_of_the_analyses(name):
    """Replicates count from 1: replicate 0 is the trial that people see of a seed, not to be held against itself."""
    protocol = load_protocol(name)
    chance = chance_level(protocol, replicates=3)
    trials = [analysed(protocol, replicate) for replicate in (1, 2, 3)]
    compared = 0
    for level in chance.levels:
        found = [trial.get((level.method, level.endpoint, level.arm, level.rule)) for trial in trials]
        found = [each for each in found if each is not None and each[0] is not None]
        if level.n >= 2 and len(found) == level.trials:
            assert level.mean == pytest.approx(np.mean([value for value, _ in found]), abs=1e-12), level
            assert level.n == pytest.approx(np.mean([n for _, n in found]), abs=1e-12), level
            compared += 1
    assert compared >= 0.8 * len(chance.levels)
    assert {(level.method, level.endpoint, level.arm, level.rule) for level in chance.levels} >= set(trials[0])


def test_rules_of_a_plan_are_followed(phase2):
    """Special cases, sharing of the baseline, either-or endpoints: as planned, to the last participant."""
    protocol = planning(
        phase2,
        PlannedAnalysis(method="slope_change", share_baseline=True),
        PlannedAnalysis(
            method="responders",
            either_of=("fvc_percent",),
            relative=(25.0, 60.0),
            absolute=(1.0,),
            non_declining="excluded",
            missing="not_responder",
            died="excluded",
        ),
    )
    chance = chance_level(protocol, replicates=2)
    trials = [analysed(protocol, replicate) for replicate in (1, 2)]
    assert len(chance.levels) == len(trials[0]) == 2 + 4 + 6
    assert chance.level("responders", "alsfrs_r or fvc_percent", "cells", ">= 60 % slower") is not None
    for level in chance.levels:
        found = [trial[level.method, level.endpoint, level.arm, level.rule] for trial in trials]
        assert level.mean == pytest.approx(np.mean([value for value, _ in found]), abs=1e-12)
        assert level.n == np.mean([n for _, n in found])


def test_the_levels_of_phase_2(phase2_chance):
    chance = phase2_chance
    assert (chance.protocol, chance.population, chance.replicates, chance.seed) == ("hanyang-phase2", "pro-act", 200, 1)
    assert len(chance.levels) == 16
    shares = [
        chance.level("responders", "alsfrs_r", "cells", f">= {percent} % slower").mean for percent in (25, 50, 75, 100)
    ]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == pytest.approx(0.35, abs=0.03)
    assert shares[3] == pytest.approx(0.10, abs=0.02)
    for level in chance.levels:
        assert level.low <= level.mean <= level.high
        assert level.trials == 200
        assert level.mcse > 0


def test_the_monte_carlo_error_is_that_of_a_mean(phase2, phase2_chance):
    """Other seeds give other means, by as much as the error says; arms of one trial differ by no more."""
    chance = phase2_chance
    others = [chance_level(phase2, replicates=60, seed=seed) for seed in (2, 3, 4, 5)]
    for level in chance.levels:
        for other in others:
            one = other.level(level.method, level.endpoint, level.arm, level.rule)
            assert abs(one.mean - level.mean) < 4.5 * np.hypot(one.mcse, level.mcse)


def test_selection_by_decline_looks_like_an_effect(phase2):
    """Three points lost in the lead-in as an entry rule: the slope change of the untreated jumps by nearly a point a
    month, from below zero, where people enrolled in a steady spell begin, to above it."""
    said = phase2.model_dump()
    rule = {"variable": "alsfrs_r_lost_in_lead_in", "at": "baseline", "minimum": 3}
    said["eligibility"]["criteria"] = (*said["eligibility"]["criteria"], rule)
    selected = chance_level(Protocol.model_validate(said), replicates=60)
    free = chance_level(phase2, replicates=60)
    change = [chance.level("slope_change", "alsfrs_r", "cells").mean for chance in (free, selected)]
    assert change[0] == pytest.approx(-0.3, abs=0.1)
    assert change[1] == pytest.approx(0.58, abs=0.12)


def test_the_cloud_is_of_pairs_and_capped(phase2, phase2_chance):
    chance = phase2_chance
    assert chance.endpoint == "alsfrs_r"
    assert len(chance.lead_in) == len(chance.follow_up) == MOST_POINTS
    correlation = np.corrcoef(chance.lead_in, chance.follow_up)[0, 1]
    assert correlation == pytest.approx(0.22, abs=0.08)
    few = chance_level(phase2, replicates=2)
    assert len(few.lead_in) == sum(
        level.n * 2 for level in few.levels if level.method == "slope_change" and level.endpoint == "alsfrs_r"
    )


def test_the_same_again(phase2):
    assert chance_level(phase2, replicates=2, seed=4) == chance_level(phase2, replicates=2, seed=4)
    assert chance_level(phase2, replicates=2, seed=4) != chance_level(phase2, replicates=2, seed=5)


def test_a_plan_without_slopes_gets_the_defaults(phase2):
    bare = phase2.model_copy(update={"plan": None})
    assert [planned.method for planned in slope_analyses(bare)] == ["slope_change", "responders"]
    other = planning(phase2, PlannedAnalysis(method="cox"))
    assert slope_analyses(other) == slope_analyses(bare)
    mine = PlannedAnalysis(method="responders", relative=(30.0,))
    assert slope_analyses(planning(phase2, PlannedAnalysis(method="cox"), mine)) == (mine,)


def test_a_figure_planned_twice_is_told_once(phase2):
    twice = planning(phase2, PlannedAnalysis(method="slope_change"), PlannedAnalysis(method="slope_change"))
    chance = chance_level(twice, replicates=2)
    assert [(level.arm, level.trials) for level in chance.levels] == [("cells", 2), ("control", 2)]


def test_measures_with_too_few_visits_are_left_out(phase2):
    assert shows_slopes(phase2, PlannedAnalysis(method="slope_change", measure="fvc_percent"))
    assert not shows_slopes(phase2, PlannedAnalysis(method="slope_change", measure="weight_kg"))
    assert not shows_slopes(phase2, PlannedAnalysis(method="slope_change", measure="svc_percent"))
    both = planning(
        phase2,
        PlannedAnalysis(method="slope_change", measure="weight_kg"),
        PlannedAnalysis(method="slope_change", measure="fvc_percent"),
    )
    assert chance_level(both, replicates=2).endpoint == "fvc_percent"


@pytest.mark.parametrize(
    ("before", "after", "shared", "enough"),
    [(3, 3, False, True), (2, 3, False, False), (3, 2, False, False), (3, 2, True, True), (3, 1, True, False)],
)
def test_three_visits_on_either_side_are_enough(phase2, before, after, shared, enough):
    visits = [visit for visit in phase2.visits if visit.day <= 0][-before:]
    visits += [visit for visit in phase2.visits if visit.day > 0][:after]
    protocol = phase2.model_copy(update={"visits": tuple(visits)})
    assert shows_slopes(protocol, PlannedAnalysis(method="slope_change", share_baseline=shared)) is enough


def test_without_a_lead_in_there_is_no_chance_level():
    with pytest.raises(UsageError) as caught:
        chance_level(load_protocol("weekly-nsc-series"))
    assert str(caught.value) == (
        "weekly-nsc-series: expected at least 3 visits with the ALSFRS-R up to time zero and 3 after it, to compare "
        "slopes; got fewer. What chance shows is not defined here."
    )


@pytest.mark.parametrize("replicates", [0, 1, 2.0, True])
def test_replicates_are_a_whole_number(phase2, replicates):
    with pytest.raises(UsageError, match="replicates: expected a whole number from 2 on; got"):
        chance_level(phase2, replicates=replicates)


def test_as_a_table(phase2_chance):
    table = phase2_chance.to_polars()
    assert table.height == 16
    assert table.columns == ["method", "endpoint", "arm", "rule", "mean", "low", "high", "mcse", "trials", "n"]
    assert table["mean"].to_list() == [level.mean for level in phase2_chance.levels]
    assert phase2_chance.level("slope_change", "alsfrs_r", "nobody") is None
