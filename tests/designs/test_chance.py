"""What chance shows: the figures are those of the analyses on the very same trials, and behave as figures of chance."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.analysis.analyse import analyse_trial
from leadin.analysis.responders import WILSON
from leadin.designs.chance import MOST_POINTS, ChanceLevel, chance_level
from leadin.designs.imitated import can_be_imitated, imitated, settings
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
        if row.method == "broken_stick" and row.contrast == "change of slope at time zero":
            rows["broken_stick", row.endpoint, row.arm, None] = row.estimate, row.n
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
            near = 1e-7 if level.method == "broken_stick" else 1e-12
            assert level.mean == pytest.approx(np.mean([value for value, _ in found]), abs=near), level
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
    assert [planned.method for planned in imitated(bare)] == ["slope_change", "responders"]
    alone = load_protocol("hanyang-phase1").model_copy(update={"plan": None})
    assert [planned.method for planned in imitated(alone)] == ["slope_change", "responders", "broken_stick"]
    other = planning(phase2, PlannedAnalysis(method="cox"))
    assert imitated(other) == imitated(bare)
    mine = PlannedAnalysis(method="responders", relative=(30.0,))
    assert imitated(planning(phase2, PlannedAnalysis(method="cox"), mine)) == (mine,)


def test_a_figure_planned_twice_is_told_once(phase2):
    twice = planning(phase2, PlannedAnalysis(method="slope_change"), PlannedAnalysis(method="slope_change"))
    chance = chance_level(twice, replicates=2)
    assert [(level.arm, level.trials) for level in chance.levels] == [("cells", 2), ("control", 2)]


def test_measures_with_too_few_visits_are_left_out(phase2):
    assert can_be_imitated(phase2, PlannedAnalysis(method="slope_change", measure="fvc_percent"))
    assert not can_be_imitated(phase2, PlannedAnalysis(method="slope_change", measure="weight_kg"))
    assert not can_be_imitated(phase2, PlannedAnalysis(method="slope_change", measure="svc_percent"))
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
    assert can_be_imitated(protocol, PlannedAnalysis(method="slope_change", share_baseline=shared)) is enough


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


def test_settings_are_those_that_a_figure_depends_on():
    said = {"method": "slope_change", "share_baseline": True, "measure": "fvc_percent"}
    told = PlannedAnalysis.model_validate({**said, "name": "main", "role": "primary", "alpha": 0.1})
    assert settings(told) == PlannedAnalysis.model_validate(said)
    model = PlannedAnalysis(method="broken_stick", covariates=("site",), measure="fvc_percent", alpha=0.01)
    assert settings(model) == PlannedAnalysis(method="broken_stick", measure="fvc_percent")
    rules = {"method": "responders", "relative": (30.0,), "absolute": (), "non_declining": "excluded"}
    rules |= {"missing": "not_responder", "died": "excluded", "either_of": ("svc_percent",), "share_baseline": True}
    judged = PlannedAnalysis.model_validate({**rules, "role": "primary"})
    assert settings(judged) == PlannedAnalysis.model_validate(rules)
    assert settings(PlannedAnalysis(method="cox", role="primary")) == PlannedAnalysis(method="cox")


def test_what_is_imitated_is_what_was_made(phase2):
    one = load_protocol("hanyang-phase1")
    made = [PlannedAnalysis(method=m, role="primary") for m in ("cox", "broken_stick", "slope_change", "slope_change")]
    assert [each.method for each in imitated(one, made)] == ["broken_stick", "slope_change"]
    # Of two arms the model holds one against the other.
    assert [each.method for each in imitated(phase2, made)] == ["slope_change"]
    assert imitated(phase2, [PlannedAnalysis(method="cox")]) == ()
    assert [each.method for each in imitated(phase2)] == ["slope_change", "slope_change", "responders"]


def two_visits_before(protocol):
    """Too few for a slope, enough for the model."""
    before = [visit for visit in protocol.visits if visit.day <= 0]
    later = [visit for visit in protocol.visits if visit.day > 0]
    return protocol.model_copy(update={"visits": (*before[-2:], *later)})


def test_the_model_needs_a_visit_on_either_side():
    protocol = two_visits_before(load_protocol("karussis-2010"))
    model = PlannedAnalysis(method="broken_stick")
    assert can_be_imitated(protocol, model)
    assert not can_be_imitated(protocol, PlannedAnalysis(method="slope_change"))
    for keep in (lambda day: day >= 0, lambda day: day <= 0):
        visits = tuple(visit for visit in protocol.visits if keep(visit.day))
        assert not can_be_imitated(protocol.model_copy(update={"visits": visits}), model)
    chance = chance_level(protocol, replicates=2)
    assert [(level.method, level.trials, level.n) for level in chance.levels] == [("broken_stick", 2, 19.0)]
    assert (chance.endpoint, chance.lead_in, chance.follow_up) == ("alsfrs_r", (), ())


def test_a_trial_whose_model_cannot_be_fitted_is_not_counted(monkeypatch):
    protocol = two_visits_before(load_protocol("karussis-2010"))
    calls = []

    def every_other(arrays, mine, measure):
        calls.append(measure)
        return None if len(calls) % 2 else (0.5, 3)

    monkeypatch.setattr("leadin.designs.chance.mean_change", every_other)
    (level,) = chance_level(protocol, replicates=4).levels
    assert (level.trials, level.mean, level.figures) == (2, 0.5, (0.5, 0.5))


def test_as_many_participants_as_are_asked_for_and_progress(phase2):
    told = []
    chance = chance_level(
        phase2,
        replicates=2,
        n={"cells": 5},
        analyses=[PlannedAnalysis(method="slope_change")],
        progress=lambda *said: told.append(said),
    )
    assert told == [("the same design with no treatment", 1, 2), ("the same design with no treatment", 2, 2)]
    assert [(level.method, level.arm) for level in chance.levels] == [
        ("slope_change", "cells"),
        ("slope_change", "control"),
    ]
    assert chance.level("slope_change", "alsfrs_r", "cells").n <= 5
    assert chance.level("slope_change", "alsfrs_r", "control").n > 15
    with pytest.raises(UsageError, match="n: expected an arm of hanyang-phase2"):
        chance_level(phase2, replicates=2, n={"zzz": 5})


def test_two_analyses_of_other_settings_each_have_their_level(phase2):
    plain = PlannedAnalysis(method="slope_change")
    shared = PlannedAnalysis(method="slope_change", share_baseline=True)
    chance = chance_level(phase2, replicates=3, analyses=[plain, shared])
    one, other = (chance.level("slope_change", "alsfrs_r", "cells", analysis=each) for each in (plain, shared))
    assert one.mean != other.mean
    assert (one.analysis, other.analysis) == (plain, shared)
    assert chance.level("slope_change", "alsfrs_r", "cells") is one
    assert chance.level("slope_change", "alsfrs_r", "cells", analysis=PlannedAnalysis(method="cox")) is None


def test_how_many_trials_show_as_much():
    level = ChanceLevel("slope_change", "x", "a", None, 0, 0, 0, 0, 4, 1, figures=(0.1, 0.5, 0.5 - 1e-10, 0.4))
    assert level.at_least(0.5) == 2
    assert level.at_least(0.5 - 2e-9) == 2
    assert level.at_least(0.6) == 0
    assert level.at_least(-1) == 4
    assert ChanceLevel("slope_change", "x", "a", None, 0, 0, 0, 0, 4, 1).at_least(0) == 0


@pytest.mark.slow
@pytest.mark.evidence("broken_stick", "simulation")
def test_a_trial_without_treatment_lies_within_chance_as_often_as_it_should():
    """The share of simulated trials that show at least as much is uniform over trials without effect."""
    protocol = load_protocol("shamsaei-2023").model_copy(update={"plan": None})
    chance = chance_level(protocol, replicates=200)
    other = chance_level(protocol, replicates=200, seed=2)
    for method in ("slope_change", "broken_stick"):
        one, two = (each.level(method, "alsfrs_r", protocol.arms[0].name) for each in (chance, other))
        shares = np.array([one.at_least(figure) / one.trials for figure in two.figures])
        assert abs(shares.mean() - 0.5) < 4 * np.sqrt(2 / 12 / 200)
        assert abs((shares <= 0.1).mean() - 0.1) < 4 * np.sqrt(2 * 0.1 * 0.9 / 200)


@pytest.mark.parametrize(
    ("method", "days", "enough"),
    [
        ("broken_stick", (-1, 1), True),
        ("broken_stick", (0, 1), False),
        ("broken_stick", (-1, 0), False),
        ("slope_change", (-2, -1, 0, 1, 2, 3), True),
        ("slope_change", (-2, -1, 1, 2, 3, 4), False),
        ("slope_change", (-3, -2, -1, 0, 1, 2), False),
    ],
)
def test_day_0_is_before(phase2, method, days, enough):
    visits = tuple(phase2.visits[0].model_copy(update={"name": f"d{day}", "day": day}) for day in days)
    protocol = phase2.model_copy(update={"visits": visits})
    assert can_be_imitated(protocol, PlannedAnalysis(method=method)) is enough
