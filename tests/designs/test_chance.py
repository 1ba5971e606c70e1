"""What chance shows: the figures of the analyses on trials without effect, and behaving as figures of chance."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from leadin.analysis.analyse import run_analysis
from leadin.analysis.arms import allocated
from leadin.designs import null_trials
from leadin.designs.chance import MOST_POINTS, ChanceLevel, chance_level
from leadin.designs.engines import fast_trials
from leadin.designs.null_trials import COMPILING, NOT_ESTIMATED, WHAT
from leadin.designs.plain_generator import PlainGenerator
from leadin.errors import UsageError
from leadin.protocols.load import load_protocol
from leadin.protocols.plan import Plan
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.protocol import Protocol
from leadin.simulation.simulate import simulate_trial
from leadin.trials.usable import usable_trial

from .plain_chance import plain_figures

ONE = {"cells": 12, "control": 12}
LEAD_IN = (PlannedAnalysis(method="slope_change"), PlannedAnalysis(method="responders"))
BETWEEN = tuple(
    PlannedAnalysis(method=method)
    for method in ("ancova", "random_slope", "broken_stick", "mmrm", "joint_rank", "cox", "log_rank")
)


@pytest.fixture(scope="module")
def phase2():
    return load_protocol("hanyang-phase2")


@pytest.fixture(scope="module")
def phase2_chance(phase2):
    return chance_level(phase2, replicates=1000)


def planning(protocol: Protocol, *analyses: PlannedAnalysis) -> Protocol:
    return protocol.model_copy(update={"plan": Plan(analyses=analyses)})


@pytest.fixture
def plainly(monkeypatch):
    """The trials of `leadin simulate` in place of those of the fast generator, fitted all the same."""

    def trials(protocol, population, sizes, slowing, seed, asked):
        made = fast_trials(protocol, population, sizes, slowing, seed, asked)
        plain = PlainGenerator(protocol, population, sizes, made.generator.measures, seed, slowing)
        return replace(made, generator=plain)

    monkeypatch.setattr(null_trials, "fast_trials", trials)


def analysed(protocol, planned, replicate, reference):
    """The rows of one analysis of one trial without effect."""
    trial = allocated(usable_trial(simulate_trial(protocol, seed=1, replicate=replicate)))
    return run_analysis(trial, planned, reference)


OWN = (None, "follow-up - lead-in", "change of slope at time zero")
"""What an arm by itself is held against."""


def row_of(level, rows):
    """The first row that is of the figure."""
    for row in rows:
        alike = row.arm == level.arm and row.contrast in (OWN if level.contrast is None else (level.contrast,))
        rule = level.rule is None or row.rule == level.rule
        month = level.time_months is None or row.time_months == pytest.approx(level.time_months, abs=1e-9)
        if alike and rule and month:
            return row
    return None


NEAR = {"broken_stick": 1e-6, "random_slope": 1e-6, "mmrm": 1e-6, "cox": 1e-6}


@pytest.mark.parametrize(
    ("name", "reference", "analyses"),
    [
        ("hanyang-phase1", None, (*LEAD_IN, PlannedAnalysis(method="broken_stick"))),
        ("hanyang-phase2", "control", (*LEAD_IN, *BETWEEN)),
        ("nurown-phase2a", "mid", LEAD_IN),
    ],
)
def test_the_figures_are_those_of_the_analyses(plainly, name, reference, analyses):
    """Replicates count from 1: replicate 0 is the trial that people see of a seed, not to be held against itself."""
    protocol = load_protocol(name)
    chance = chance_level(protocol, replicates=3, analyses=analyses, reference=reference)
    reference = reference or protocol.arms[0].name
    trials = {planned: [analysed(protocol, planned, number, reference) for number in (1, 2, 3)] for planned in analyses}
    compared = 0
    for level in chance.levels:
        rows = [row_of(level, rows) for rows in trials[level.analysis]]
        if level.method == "log_rank":
            below = np.mean([row.p < 0.05 for row in rows])
            assert level.false_positive == below
            continue
        found = [row for row in rows if row is not None and row.estimate is not None]
        if len(found) == level.trials:
            near = NEAR.get(level.method, 1e-12)
            assert level.mean == pytest.approx(np.mean([row.estimate for row in found]), abs=near), level
            if level.n is not None:
                assert level.n == pytest.approx(np.mean([row.n for row in found]), abs=1e-12), level
            if level.false_positive is not None:
                assert level.false_positive == np.sum([row.p < 0.05 for row in found]) / 3
            compared += 1
    assert compared >= 0.8 * len(chance.levels)
    assert chance.left_out == ()


def test_rules_of_a_plan_are_followed(plainly, phase2):
    """Special cases, sharing of the baseline, either-or endpoints: as planned, to the last participant."""
    analyses = (
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
    chance = chance_level(planning(phase2, *analyses), replicates=2)
    plain = plain_figures(phase2, analyses, 2)
    alone = [level for level in chance.levels if level.contrast is None]
    assert len(alone) == len(plain) == 2 + 4 + 6
    assert chance.level("responders", "alsfrs_r or fvc_percent", "cells", ">= 60 % slower") is not None
    for level in alone:
        values, counted = plain[level.method, level.endpoint, level.arm, level.rule]
        assert level.mean == pytest.approx(values.mean(), abs=1e-12)
        assert level.n == counted.mean()


@pytest.mark.parametrize("name", ["hanyang-phase2", "mayo-adipose-phase2"])
def test_in_distribution_as_the_plain_twin(name):
    """Means, spreads and numbers counted of the fast trials lie within the Monte Carlo error of plain ones."""
    protocol = load_protocol(name)
    analyses = tuple(each for each in protocol.plan.analyses if each.method in ("slope_change", "responders"))
    fast, plain = chance_level(protocol, replicates=1000, analyses=analyses), plain_figures(protocol, analyses, 120)
    for level in [level for level in fast.levels if level.contrast is None]:
        values, counted = plain[level.method, level.endpoint, level.arm, level.rule]
        error = math.hypot(level.mcse, values.std(ddof=1) / math.sqrt(values.size))
        assert abs(level.mean - values.mean()) < 4.5 * error, level
        spread = np.std(level.figures) / values.std()
        assert abs(math.log(spread)) < 4.5 * math.sqrt(0.5 / 120 + 0.5 / 1000), level
        assert abs(level.n - counted.mean()) < 4.5 * counted.std() * math.sqrt(1 / 120 + 1 / 1000), level


def test_the_levels_of_phase_2(phase2_chance):
    chance = phase2_chance
    assert (chance.protocol, chance.population, chance.replicates) == ("hanyang-phase2", "pro-act", 1000)
    alone = [level for level in chance.levels if level.contrast is None]
    between = [level for level in chance.levels if level.contrast == "cells - control"]
    assert (len(alone), len(between)) == (16, 15)
    assert len(chance.levels) == 31
    shares = [
        chance.level("responders", "alsfrs_r", "cells", f">= {percent} % slower").mean for percent in (25, 50, 75, 100)
    ]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == pytest.approx(0.33, abs=0.03)
    assert shares[3] == pytest.approx(0.11, abs=0.02)
    for level in chance.levels:
        assert level.low <= level.mean <= level.high
        assert level.trials == 1000 or level.method in ("cox", "log_rank")
        assert level.mcse > 0
        assert (level.n is None) is (level.contrast is not None)
    assert [(each.analysis.method, each.reason) for each in chance.left_out] == [
        ("kaplan_meier", "not among the analyses that are simulated"),
        ("safety", "not among the analyses that are simulated"),
    ]


def test_the_replicates_of_a_report(phase2):
    assert chance_level.__kwdefaults__["replicates"] == 2_000
    assert chance_level.__kwdefaults__["seed"] == 1


def test_tests_between_arms_keep_their_level_and_those_within_do_not(phase2_chance):
    """Arms made by chance: about 5 %, less where a test is exact or deaths are few. Within an arm the slope bends by
    itself."""
    for level in phase2_chance.levels:
        if level.contrast is not None and level.method in ("ancova", "random_slope", "broken_stick", "mmrm"):
            assert abs(level.false_positive - 0.05) < 4 * math.sqrt(0.05 * 0.95 / 1000), level
        elif level.contrast is not None:
            assert level.false_positive < 0.05 + 4 * math.sqrt(0.05 * 0.95 / 1000), level
        if level.contrast is not None:
            assert abs(level.mean) < 4.5 * level.mcse, level
        if level.false_positive is not None:
            share = level.false_positive
            assert level.false_positive_mcse == pytest.approx(math.sqrt(share * (1 - share) / 1000), abs=1e-15)
    assert phase2_chance.level("slope_change", "alsfrs_r", "cells").false_positive > 0.12
    assert phase2_chance.level("responders", "alsfrs_r", "cells", ">= 50 % slower").false_positive is None


def test_alpha_is_that_of_the_analysis(phase2):
    strict, loose = (PlannedAnalysis(method="slope_change", alpha=alpha) for alpha in (0.01, 0.5))
    chance = chance_level(phase2, replicates=200, analyses=[strict, loose])
    shares = [
        chance.level("slope_change", "alsfrs_r", "cells", analysis=each, contrast="cells - control").false_positive
        for each in (strict, loose)
    ]
    assert shares[0] < 0.04 < 0.4 < shares[1] < 0.6


def test_the_monte_carlo_error_is_that_of_a_mean(phase2, phase2_chance):
    """Other seeds give other means, by as much as the error says."""
    others = [chance_level(phase2, replicates=100, seed=seed, analyses=LEAD_IN) for seed in (2, 3, 4, 5)]
    compared = 0
    for level in phase2_chance.levels:
        for other in others:
            one = other.level(level.method, level.endpoint, level.arm, level.rule, contrast=level.contrast)
            if one is not None:
                assert abs(one.mean - level.mean) < 4.5 * np.hypot(one.mcse, level.mcse)
                compared += 1
    assert compared >= 4 * 14


def test_selection_by_decline_looks_like_an_effect(phase2):
    """Three points lost in the lead-in as an entry rule: the slope change of the untreated jumps by nearly a point a
    month, from below zero, where people enrolled in a steady spell begin, to above it."""
    said = phase2.model_dump()
    rule = {"variable": "alsfrs_r_lost_in_lead_in", "at": "baseline", "minimum": 3}
    said["eligibility"]["criteria"] = (*said["eligibility"]["criteria"], rule)
    selected = chance_level(Protocol.model_validate(said), replicates=200, analyses=LEAD_IN)
    free = chance_level(phase2, replicates=200, analyses=LEAD_IN)
    change = [chance.level("slope_change", "alsfrs_r", "cells").mean for chance in (free, selected)]
    assert change[0] == pytest.approx(-0.3, abs=0.08)
    assert change[1] == pytest.approx(0.58, abs=0.1)


def test_the_cloud_is_of_pairs_and_capped(phase2, phase2_chance):
    chance = phase2_chance
    assert chance.endpoint == "alsfrs_r"
    assert len(chance.lead_in) == len(chance.follow_up) == MOST_POINTS
    correlation = np.corrcoef(chance.lead_in, chance.follow_up)[0, 1]
    assert correlation == pytest.approx(0.22, abs=0.08)
    few = chance_level(phase2, replicates=2, analyses=LEAD_IN)
    arms = [level for level in few.levels if level.method == "slope_change" and level.contrast is None]
    assert len(few.lead_in) == sum(level.n * 2 for level in arms)
    # Of the same participants as the levels: the mean of their changes is that of both arms.
    change = np.mean(np.array(few.follow_up) - np.array(few.lead_in))
    assert change == pytest.approx(np.mean([level.mean for level in arms]), abs=0.1)


def test_the_same_again_on_any_number_of_threads(phase2):
    def asked(**how):
        return chance_level(phase2, replicates=300, analyses=(*LEAD_IN, *BETWEEN), n=ONE, **how)

    one = asked(threads=1)
    assert asked(threads=2) == one
    assert asked(threads=3) == one
    assert asked(seed=2) != one
    assert (
        one.levels[0].figures[:100]
        == chance_level(phase2, replicates=100, analyses=LEAD_IN[:1], n=ONE).levels[0].figures[:100]
    )
    with pytest.raises(UsageError, match="threads: expected a whole number"):
        asked(threads=0)


def test_a_figure_planned_twice_is_told_once(phase2):
    twice = planning(phase2, PlannedAnalysis(method="slope_change", name="a"), PlannedAnalysis(method="slope_change"))
    chance = chance_level(twice, replicates=2)
    assert [(level.arm, level.contrast, level.trials) for level in chance.levels] == [
        ("cells", None, 2), ("control", None, 2), ("cells", "cells - control", 2),
    ]  # fmt: skip


def test_the_reference_arm_may_be_named(phase2):
    chance = chance_level(phase2, replicates=2, analyses=LEAD_IN[:1], reference="cells")
    assert [level.contrast for level in chance.levels] == [None, None, "control - cells"]
    other = chance_level(phase2, replicates=2, analyses=LEAD_IN[:1], reference="nobody")
    assert other.levels[-1].contrast == "cells - control"
    assert other.levels[-1].mean == pytest.approx(-chance.levels[-1].mean, abs=1e-12)


def test_the_slopes_of_the_figure_are_of_the_first_measure_that_has_them(phase2):
    both = planning(
        phase2,
        PlannedAnalysis(method="slope_change", measure="weight_kg"),
        PlannedAnalysis(method="random_slope"),
        PlannedAnalysis(method="slope_change", measure="fvc_percent", share_baseline=True),
    )
    chance = chance_level(both, replicates=2)
    assert chance.endpoint == "fvc_percent"
    assert [each.analysis.measure for each in chance.left_out] == ["weight_kg"]
    none = chance_level(phase2, replicates=2, analyses=[PlannedAnalysis(method="random_slope")])
    assert (none.endpoint, none.lead_in, none.follow_up) == ("alsfrs_r", (), ())


def test_nothing_that_can_be_simulated_is_told_and_loads_no_compiler():
    chance = chance_level(load_protocol("weekly-nsc-series"), analyses=LEAD_IN)
    assert (chance.levels, chance.lead_in, chance.endpoint) == ((), (), "alsfrs_r")
    reason = "needs 3 visits with the measure up to time zero and 3 after it in the protocol"
    assert [(each.analysis, each.reason) for each in chance.left_out] == [(each, reason) for each in LEAD_IN]


def test_one_arm_has_its_course_too(phase2):
    chance = chance_level(load_protocol("weekly-nsc-series"), replicates=50)
    (level,) = chance.levels
    assert (level.method, level.contrast, level.n, level.false_positive) == ("random_slope", None, None, None)
    assert -2 < level.low < level.mean < level.high < 0
    at_visits = chance_level(
        load_protocol("hanyang-phase1"), replicates=50, analyses=[PlannedAnalysis(method="ancova", month=6.0)]
    )
    (level,) = at_visits.levels
    assert level.time_months == pytest.approx(6.0, abs=0.06)


def test_a_protocol_that_cannot_be_simulated_fast_says_so(monkeypatch, phase2):
    def refused(*asked):
        raise UsageError("too many visits. Simulate it plainly.")

    monkeypatch.setattr(null_trials, "fast_trials", refused)
    chance = chance_level(phase2, replicates=2, analyses=LEAD_IN)
    assert (chance.levels, chance.lead_in, chance.follow_up) == ((), (), ())
    assert [each.reason for each in chance.left_out] == ["too many visits. Simulate it plainly"] * 2


def test_an_analysis_without_any_estimate_is_told(phase2):
    chance = chance_level(phase2, replicates=2, analyses=LEAD_IN[:1], n={"cells": 1, "control": 1})
    assert chance.levels == ()
    assert [(each.analysis, each.reason) for each in chance.left_out] == [(LEAD_IN[0], NOT_ESTIMATED)]


def test_criteria_that_nobody_meets_leave_nothing(phase2):
    said = phase2.model_dump()
    rule = {"variable": "age_years", "at": "screening", "minimum": 109}
    said["eligibility"]["criteria"] = (*said["eligibility"]["criteria"], rule)
    chance = chance_level(Protocol.model_validate(said), replicates=2, analyses=LEAD_IN[:1], n={"cells": 2})
    assert chance.levels == ()
    assert len(chance.left_out) == 1


@pytest.mark.parametrize("replicates", [0, 1, 2.0, True, 10**9])
def test_replicates_are_a_whole_number(phase2, replicates):
    with pytest.raises(UsageError, match="replicates: expected a whole number from 2 on; got"):
        chance_level(phase2, replicates=replicates)


def test_as_a_table(phase2_chance):
    table = phase2_chance.to_polars()
    assert table.height == 31
    assert table.columns == [
        "method", "endpoint", "arm", "rule", "mean", "low", "high", "mcse", "trials", "n", "contrast", "time_months",
        "false_positive", "false_positive_mcse",
    ]  # fmt: skip
    assert table["mean"].to_list() == [level.mean for level in phase2_chance.levels]
    assert phase2_chance.level("slope_change", "alsfrs_r", "nobody") is None


def test_as_many_participants_as_are_asked_for_and_progress(phase2):
    told = []
    chance = chance_level(
        phase2,
        replicates=150,
        n={"cells": 5},
        analyses=LEAD_IN,
        progress=lambda *said: told.append(said),
    )
    assert told == [(COMPILING, done, 3) for done in (0, 1, 2, 3)] + [(WHAT, 125, 150), (WHAT, 150, 150)]
    assert COMPILING == "the fast engine (compiled once, then kept)"
    assert WHAT == "the same design with no treatment"
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
    assert chance.level("slope_change", "alsfrs_r", "cells", contrast="cells - control") is chance.levels[2]
    assert chance.level("slope_change", "alsfrs_r", "cells", analysis=PlannedAnalysis(method="cox")) is None


def test_how_many_trials_show_as_much():
    level = ChanceLevel("slope_change", "x", "a", None, 0, 0, 0, 0, 4, 1, figures=(0.1, 0.5, 0.5 - 1e-10, 0.4))
    assert level.at_least(0.5) == 2
    assert level.at_least(0.5 - 2e-9) == 2
    assert level.at_least(0.6) == 0
    assert level.at_least(-1) == 4
    assert ChanceLevel("slope_change", "x", "a", None, 0, 0, 0, 0, 4, 1).at_least(0) == 0


def test_the_compiler_is_loaded_only_when_trials_are_made():
    program = (
        "import sys; import leadin.designs.chance, leadin.reports.report, leadin.cli.analyse; "
        "sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.slow
@pytest.mark.evidence("broken_stick", "simulation")
def test_a_trial_without_treatment_lies_within_chance_as_often_as_it_should():
    """The share of simulated trials that show at least as much is uniform over trials without effect."""
    protocol = load_protocol("shamsaei-2023").model_copy(update={"plan": None})
    chance = chance_level(protocol)
    other = chance_level(protocol, seed=2)
    for method in ("slope_change", "broken_stick"):
        one, two = (each.level(method, "alsfrs_r", protocol.arms[0].name) for each in (chance, other))
        shares = np.array([one.at_least(figure) / one.trials for figure in two.figures])
        assert abs(shares.mean() - 0.5) < 4 * np.sqrt(2 / 12 / 2000)
        assert abs((shares <= 0.1).mean() - 0.1) < 4 * np.sqrt(2 * 0.1 * 0.9 / 2000)
