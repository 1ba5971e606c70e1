"""The re-randomisation test: exact p values against brute force in R, properties, what it refuses and what it says."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from leadin.analysis.allocation_scheme import IMPOSSIBLE, scheme_of
from leadin.analysis.analyse import analyse_trial, run_analysis
from leadin.analysis.rerandomisation import (
    REFERENCES,
    RULE,
    beside,
    extremity,
    is_rerandomised,
    rerandomised,
    same_row,
)
from leadin.analysis.result import Result, not_evaluable
from leadin.analysis.slope_change import participant_slopes
from leadin.errors import DataError
from leadin.protocols.load import load_protocol
from leadin.protocols.plan import Plan
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.protocol import Randomisation

HERE = Path(__file__).resolve().parents[2] / "validation" / "rerandomisation"
EXPECTED = json.loads((HERE / "expected.json").read_text())
SCORES = {
    who: {m: float(round(40 - (1 + i / 7) * m + ((i * 7 + m * 3) % 5) - i % 2 * max(m, 0) / 4)) for m in range(-3, 5)}
    for i, who in enumerate("abcdefgh")
}
ARMS = dict(
    zip("abcdefgh", ["cells", "control", "control", "cells", "control", "cells", "cells", "control"], strict=True)
)
SLOPE = PlannedAnalysis(method="slope_change", rerandomisations=200)


def rows_of(name):
    with (HERE / "data" / name).open() as file:
        return list(csv.DictReader(file))


def under(ratio, block_size=None, strata=(), arms=("cells", "control")):
    """The protocol of a trial that was randomised so."""
    protocol = load_protocol("hanyang-phase2")
    first, second = protocol.arms
    planned = [first, second, *(second.model_copy(update={"name": name}) for name in arms[2:])]
    how = Randomisation(ratio=dict(zip(arms, ratio, strict=True)), block_size=block_size, strata=strata)
    return protocol.model_copy(update={"randomisation": how, "plan": None, "arms": tuple(planned)})


@pytest.fixture
def trial(build):
    return build(ARMS, SCORES, protocol=under((1, 1)))


def of_tests(rows):
    return [row for row in rows if is_rerandomised(row)]


@pytest.fixture
def reference_trial(build):
    people, scores = rows_of("people.csv"), rows_of("scores.csv")

    def made(said):
        mine = [row for row in people if row["id"] in said["who"]]
        block = said["block"]
        protocol = under(block or (1, 1), sum(block) if block else None, ("site",) if said["strata"] else ())
        trial = build(
            {row["id"]: row["arm"] for row in mine},
            {row["id"]: {float(s["month"]): float(s["value"]) for s in scores if s["id"] == row["id"]} for row in mine},
            [(row["id"], float(row["months"]), "death" if row["died"] == "1" else "end_of_follow_up") for row in mine],
            protocol=protocol,
        )
        site = pl.Series("site", [row["site"] for row in mine])
        return trial.with_tables({"participants": trial.participants.with_columns(site)})

    return made


METHODS = {
    "slope_change": {},
    "responders": {"relative": (50.0,), "absolute": (), "died": "excluded"},
    "log_rank": {},
}


LARGE = ("one_block", "blocks_of_4")


@pytest.mark.evidence("rerandomisation", "reference")
@pytest.mark.parametrize("case", [pytest.param(c, marks=pytest.mark.slow if c in LARGE else ()) for c in EXPECTED])
def test_exact_p_values_are_those_of_r(reference_trial, case):
    """Whole analyses of every allocation; the large cases have hundreds."""
    said = EXPECTED[case]
    for method, more in METHODS.items():
        if method == "log_rank" and case != "blocks_of_2_cut_short":
            continue
        planned = PlannedAnalysis(method=method, rerandomisations=1000, **more)
        rows = run_analysis(reference_trial(said), planned, "control")
        (test,) = of_tests(rows)
        seen = beside(test, rows) is None and next(row for row in rows if beside(row, rows) is test)
        number = seen.statistic if method == "log_rank" else seen.estimate
        assert number == pytest.approx(said["seen"][method], abs=1e-12)
        assert test.p == pytest.approx(said["p"][method], abs=1e-12)
        assert test.rule == f"{RULE} (exact, {said['allocations']} allocations)"
        assert test.warnings == ()


@pytest.mark.evidence("rerandomisation", "reference")
@pytest.mark.parametrize("case", LARGE)
def test_exact_p_values_of_many_allocations_are_those_of_r(reference_trial, case):
    """The same with each participant's change of slope at hand, so that an allocation costs nothing."""
    said, trial = EXPECTED[case], reference_trial(EXPECTED[case])
    run, rows = quick(trial)
    (test,) = planned_rows(trial, run, rows, 924)
    assert test.estimate == pytest.approx(said["seen"]["slope_change"], abs=1e-12)
    assert test.p == pytest.approx(said["p"]["slope_change"], abs=1e-12)
    assert test.rule == f"{RULE} (exact, {said['allocations']} allocations)"


def quick(trial):
    """The rows of slope_change between the arms, and a function that makes them from the participants alone."""
    slopes = participant_slopes(trial)
    changes = (slopes["follow_up"] - slopes["lead_in"]).to_numpy()

    def run(other):
        cells = (other.participants["arm"] == "cells").to_numpy()
        estimate = float(changes[cells].mean() - changes[~cells].mean())
        return (Result("slope_change", "alsfrs_r", arm="cells", contrast="cells - control", estimate=estimate),)

    return run, run(trial)


def test_what_a_row_says(trial):
    rows = run_analysis(trial, SLOPE, "control")
    welch, test = rows[-2:]
    assert test == replace(
        welch,
        rule="re-randomisation test (exact, 70 allocations)",
        standard_error=None, statistic=None, df=None, ci_low=None, ci_high=None, p=test.p, warnings=(),
        references=REFERENCES,
        estimand="Whether nobody's outcome depends on the arm (cells - control): the share of allocations by the "
        "protocol's own randomisation (1:1 (cells:control), one block of everybody, each arm keeping its number) that "
        "put the slope_change estimate at least as far from no difference as it was seen, everything else as recorded.",
    )  # fmt: skip
    assert (test.arm, test.contrast, test.estimate, test.n, test.unit) == (
        "cells", "cells - control", welch.estimate, 8, "points per month",
    )  # fmt: skip
    assert round(70 * test.p) == pytest.approx(70 * test.p)
    assert 2 / 70 <= test.p <= 1
    assert beside(welch, rows) is test
    assert beside(rows[0], rows) is None
    assert beside(test, rows) is None


def test_nothing_is_drawn_where_nobody_asks(trial):
    assert of_tests(run_analysis(trial, PlannedAnalysis(method="slope_change"), "control")) == []


def test_more_allocations_than_asked_for_are_drawn(trial):
    (test,) = of_tests(run_analysis(trial, SLOPE.model_copy(update={"rerandomisations": 69}), "control"))
    assert test.rule == "re-randomisation test (69 of 70 allocations)"
    count = test.p * 70 - 1
    assert count == pytest.approx(round(count))
    assert test.warnings == (
        f"the Monte Carlo error of this p is {np.sqrt(test.p * (1 - test.p) / 69):.2g}, from 69 allocations",
    )
    again = of_tests(run_analysis(trial, SLOPE.model_copy(update={"rerandomisations": 69}), "control"))
    assert again == [test]
    exact = of_tests(run_analysis(trial, SLOPE.model_copy(update={"rerandomisations": 70}), "control"))[0]
    assert exact.rule == "re-randomisation test (exact, 70 allocations)"
    many = of_tests(run_analysis(trial, SLOPE.model_copy(update={"rerandomisations": 3}), "control"))[0]
    assert many.p in (0.25, 0.5, 0.75, 1.0)
    assert many.rule == "re-randomisation test (3 of 70 allocations)"


def test_the_drawn_p_is_near_the_exact_one(build):
    arms = {f"p{i:02d}": ("cells" if i % 2 else "control") for i in range(12)}
    scores = {
        who: {m: float(40 - i % 5 * m // 2 + (i * m) % 3 + i % 2 * max(m, 0)) for m in range(-3, 5)}
        for i, who in enumerate(arms)
    }
    trial = build(arms, scores, protocol=under((1, 1)))
    run, rows = quick(trial)
    exact, drawn = (planned_rows(trial, run, rows, most)[0].p for most in (924, 923))
    assert exact != drawn
    assert drawn == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 923))


def test_rows_by_rule_each_have_their_test(trial):
    planned = PlannedAnalysis(method="responders", relative=(25.0, 50.0), absolute=(1.0,), rerandomisations=99)
    rows = run_analysis(trial, planned, "control")
    assert [row.rule for row in of_tests(rows)] == [
        f"{rule}, re-randomisation test (exact, 70 allocations)"
        for rule in (">= 25 % slower", ">= 50 % slower", ">= 1 points/month slower")
    ]
    between = [row for row in rows if row.contrast == "cells - control" and not is_rerandomised(row)]
    assert [beside(row, rows) for row in between] == of_tests(rows)


def test_models_are_tested_by_their_estimate(trial):
    planned = PlannedAnalysis(method="random_slope", rerandomisations=99)
    model, test = run_analysis(trial, planned, "control")
    assert test.estimate == model.estimate
    assert test.rule == "re-randomisation test (exact, 70 allocations)"
    assert (test.p * 70) == pytest.approx(round(test.p * 70))


@pytest.mark.evidence("rerandomisation", "property")
def test_names_of_the_arms_exchanged_turn_the_estimate_and_keep_p(build):
    turned = {who: {"cells": "control", "control": "cells"}[arm] for who, arm in ARMS.items()}
    one, other = (
        of_tests(run_analysis(build(arms, SCORES, protocol=under((1, 1))), SLOPE, "control"))[0]
        for arms in (ARMS, turned)
    )
    assert other.estimate == pytest.approx(-one.estimate)
    assert other.p == pytest.approx(one.p, abs=1e-12)


@pytest.mark.evidence("rerandomisation", "property")
@pytest.mark.parametrize("order", ["hgfedcba", "acegbdfh", "daefhbcg"])
def test_the_order_of_participants_changes_nothing_in_one_block(build, order):
    found = [build({who: ARMS[who] for who in names}, SCORES, protocol=under((1, 1))) for names in (order, "abcdefgh")]
    one, other = (planned_rows(trial, *quick(trial))[0] for trial in found)
    assert one.p == pytest.approx(other.p, abs=1e-12)


@pytest.mark.evidence("rerandomisation", "property")
@pytest.mark.parametrize(("shift", "scale"), [(3.0, 1.0), (0.0, 0.5)])
def test_shift_and_scale_of_the_outcome_change_nothing(build, trial, shift, scale):
    moved = {who: {m: 2 * scale * v / 2 + shift for m, v in visits.items()} for who, visits in SCORES.items()}
    other = build(ARMS, moved, protocol=under((1, 1)))
    one, two = (of_tests(run_analysis(each, SLOPE, "control"))[0].p for each in (trial, other))
    assert two == pytest.approx(one, abs=1e-12)


def three_arms(build, block_size=None):
    arms = dict(
        zip("abcdefgh", ["low", "cells", "control", "cells", "low", "control", "cells", "control"], strict=True)
    )
    return build(arms, SCORES, protocol=under((1, 1, 1), block_size, arms=("cells", "control", "low")))


def test_of_three_arms_only_the_two_that_are_compared_are_drawn_anew(build):
    rows = of_tests(run_analysis(three_arms(build), SLOPE, "control"))
    assert [(row.contrast, row.rule) for row in rows] == [
        ("cells - control", "re-randomisation test (exact, 20 allocations)"),
        ("low - control", "re-randomisation test (exact, 10 allocations)"),
    ]
    scheme = scheme_of(three_arms(build, 6), ("cells", "control"))
    assert scheme.block_size == 4
    assert scheme.arms == ("cells", "control")
    assert scheme.members.tolist() == [1, 2, 3, 5, 6, 7]
    assert scheme.observed.tolist() == [0, 1, 0, 1, 0, 1]
    moved = scheme.under(three_arms(build), np.array([1, 1, 1, 0, 0, 0]))
    assert moved.participants["arm"].to_list() == [
        "low", "control", "control", "control", "low", "cells", "cells", "cells",
    ]  # fmt: skip
    assert scheme_of(three_arms(build, 6)).arms == ("cells", "control", "low")
    assert scheme_of(three_arms(build, 6)).block_size == 6
    assert scheme_of(three_arms(build, 7), ("cells", "low")).block_size == 4


def test_a_test_of_all_arms_draws_all_anew(build):
    events = [(who, 4.5 + i, "death") for i, who in enumerate("abcdefgh")]
    trial = replace(three_arms(build), events=build(ARMS, {}, events).events)
    planned = PlannedAnalysis(method="log_rank").model_copy(update={"rerandomisations": 3})
    tests = of_tests(run_analysis(trial, planned, "control"))
    assert [row.contrast for row in tests] == ["cells - control", "low - control", "all arms"]
    last = tests[-1]
    assert last.rule == "re-randomisation test (3 of 560 allocations)"
    assert "put the log_rank statistic at least as far" in last.estimand


@pytest.mark.evidence("rerandomisation", "bad_input")
def test_a_trial_that_was_not_randomised_is_refused(build):
    bare = run_analysis(build(ARMS, SCORES), SLOPE, "control")[-1]
    assert (bare.converged, bare.p, bare.estimate, bare.rule) == (False, None, None, RULE)
    assert (bare.method, bare.endpoint, bare.arm, bare.contrast) == (
        "slope_change",
        "alsfrs_r",
        "cells",
        "cells - control",
    )
    assert bare.warnings == (
        "expected a trial that its protocol randomised, to allocate its participants anew; got a trial without a "
        "protocol. Name one that says how (--protocol).",
    )
    cohorts = under((1, 1)).model_copy(update={"randomisation": None})
    assert run_analysis(build(ARMS, SCORES, protocol=cohorts), SLOPE, "control")[-1].warnings == (
        "expected a trial that its protocol randomised, to allocate its participants anew; hanyang-phase2 has no "
        "randomisation.",
    )


@pytest.mark.evidence("rerandomisation", "bad_input")
def test_an_arm_outside_the_ratio_and_an_empty_arm_are_refused(build, trial):
    with pytest.raises(DataError) as caught:
        scheme_of(trial, ("cells", "open"))
    assert str(caught.value) == (
        "expected a trial that its protocol randomised, to allocate its participants anew; arm open has no share in "
        "the allocation ratio (cells, control)."
    )
    alone = build(dict.fromkeys("abc", "cells"), SCORES, protocol=under((1, 1)))
    with pytest.raises(DataError) as caught:
        scheme_of(alone)
    assert str(caught.value) == "expected participants in two arms, to allocate them anew; got 3 in one arm."
    (row,) = of_tests(run_analysis(alone, SLOPE, "cells"))
    assert row.warnings == ("re-randomisation test: expected a contrast between arms; this analysis gave none",)
    assert (row.method, row.endpoint, row.converged) == ("slope_change", "alsfrs_r", False)


@pytest.mark.evidence("rerandomisation", "bad_input")
def test_an_analysis_without_an_estimate_is_not_tested(build, trial):
    followed = replace(trial, events=build(ARMS, {}, [(who, 5.0, "end_of_follow_up") for who in ARMS]).events)
    rows = run_analysis(followed, PlannedAnalysis(method="cox", rerandomisations=99), "control")
    assert rows[-1].warnings == (
        "re-randomisation test: expected an estimate to hold other allocations against; the method gave none (nobody "
        "died, so that no hazard ratio can be estimated)",
    )
    assert (rows[-1].endpoint, rows[-1].converged) == ("survival", False)


def planned_rows(trial, run, rows, most=200):
    planned = SLOPE.model_copy(update={"rerandomisations": most})
    return rerandomised(trial, planned, "control", rows, run)


def test_an_allocation_without_an_estimate_counts_as_extreme(trial):
    row = Result("slope_change", "alsfrs_r", arm="cells", contrast="cells - control", estimate=1.0)
    calls = []

    def run(other):
        calls.append(other.participants["arm"].to_list())
        if len(calls) % 10 == 0:
            return ()
        if len(calls) % 10 == 1:
            return (not_evaluable("slope_change", "alsfrs_r", "no", arm="cells", contrast="cells - control"),)
        return (replace(row, estimate=-1.0 if len(calls) % 10 == 2 else 0.5),)

    (test,) = planned_rows(trial, run, [row])
    assert len({tuple(arms) for arms in calls}) == 70
    assert all(sorted(arms) == sorted(ARMS.values()) for arms in calls)
    assert test.p == pytest.approx(0.3)
    assert test.warnings == ("14 of 70 allocations gave no estimate and count as at least as extreme",)
    calls.clear()
    (drawn,) = planned_rows(trial, run, [row], 40)
    assert drawn.p == pytest.approx(13 / 41)
    assert drawn.warnings == (
        "the Monte Carlo error of this p is 0.074, from 40 allocations",
        "8 of 40 allocations gave no estimate and count as at least as extreme",
    )


def test_a_row_without_estimate_beside_one_with_is_refused_alone(trial):
    row = Result("mmrm", "alsfrs_r", arm="cells", contrast="cells - control", time_months=1.0, estimate=1.0)
    lacking = replace(row, estimate=None, time_months=2.0, converged=False, warnings=("why.",))
    first, second = planned_rows(trial, lambda _: (row, lacking), [row, lacking])
    assert (first.p, first.rule) == (1.0, "re-randomisation test (exact, 70 allocations)")
    assert (second.p, second.converged, second.time_months) == (None, False, 2.0)
    assert second.warnings == (
        "re-randomisation test: expected an estimate to hold other allocations against; the method gave none (why)",
    )


def test_estimates_equal_but_for_rounding_are_as_extreme(trial):
    row = Result("slope_change", "alsfrs_r", arm="cells", contrast="cells - control", estimate=-2.0)
    near = planned_rows(trial, lambda _: (replace(row, estimate=2.0 - 1.9e-7),), [row])
    far = planned_rows(trial, lambda _: (replace(row, estimate=2.0 - 2.1e-7),), [row])
    assert (near[0].p, far[0].p) == (1.0, 0.0)


def test_progress_is_told(trial):
    told = []
    run_analysis(trial, SLOPE, "control", lambda *said: told.append(said))
    assert len(told) == 70
    assert told[0] == ("slope_change, cells - control: re-randomisation test", 1, 70)
    assert told[-1][1:] == (70, 70)


def test_how_far_a_row_is_from_no_difference():
    row = Result("win_ratio", "x", estimate=0.5, unit="win ratio")
    assert extremity(row) == pytest.approx(np.log(2))
    assert extremity(replace(row, estimate=2.0, unit="win odds")) == pytest.approx(np.log(2))
    assert extremity(replace(row, estimate=0.0)) == np.inf
    assert extremity(replace(row, estimate=-0.7, unit="log hazard ratio")) == 0.7
    assert extremity(replace(row, estimate=-0.7, unit="points")) == 0.7
    assert extremity(replace(row, estimate=-0.7, unit=None)) == 0.7
    assert extremity(replace(row, estimate=None, statistic=-3.0)) == 3.0
    assert extremity(replace(row, estimate=None)) is None
    assert extremity(None) is None


def test_the_same_row_of_another_run_is_found():
    row = Result("mmrm", "x", arm="a", contrast="a - b", time_months=3.0, rule="t (one)")
    other_time, other_rule = replace(row, time_months=6.0), replace(row, rule="z (one)")
    again = replace(row, rule="t (two)", estimate=1.0)
    other_arm = replace(row, arm="c", contrast="c - b")
    assert same_row(row, [other_arm, other_time, other_rule, again]) is again
    # Of a single row of the contrast, time and rule may differ: the method may choose them by the data.
    assert same_row(row, [replace(other_time, rule=None)]) is not None
    assert same_row(row, [other_arm]) is None
    assert same_row(row, []) is None
    assert same_row(row, [again, row]) is row
    assert same_row(row, [again, again]) is None
    assert same_row(row, [other_time, replace(row, time_months=9.0)]) is None


def test_blocks_that_the_order_of_the_table_cannot_give_are_told(build):
    arms = dict(zip("abcdefgh", ["cells"] * 4 + ["control"] * 4, strict=True))
    trial = build(arms, SCORES, protocol=under((1, 1), 4))
    scheme = scheme_of(trial)
    assert not scheme.possible
    (test,) = planned_rows(trial, *quick(trial))
    assert test.rule == "re-randomisation test (200 of about 36 allocations)"
    assert test.warnings[0] == IMPOSSIBLE
    assert scheme_of(build(ARMS, SCORES, protocol=under((1, 1), 4))).possible


def test_strata_that_are_not_known_are_told(build):
    trial = build(ARMS, SCORES, protocol=under((1, 1), 4, ("site", "onset_region")))
    people = trial.participants.with_columns(site=pl.Series(["n", None, "n", "s", "s", "s", None, "n"]))
    scheme = scheme_of(trial.with_tables({"participants": people.with_columns(onset_region=pl.lit("limb"))}))
    assert scheme.unknown == (
        "site, by which allocation is stratified, is not known of 2 of 8 participants, who are taken as a stratum of "
        "their own",
    )
    assert scheme.strata.tolist() == [0, 1, 0, 2, 2, 2, 1, 0]
    assert (
        scheme.words == "1:1 (cells:control), in blocks of 4 within site and onset region, each arm keeping its number"
    )
    one_block = scheme_of(build(ARMS, SCORES, protocol=under((1, 1), None, ("site",))))
    assert (one_block.unknown, set(one_block.strata.tolist())) == ((), {0})


def test_how_many_allocations_there_are(build):
    arms = {f"p{i:03d}": ("cells" if i % 2 else "control") for i in range(120)}
    assert scheme_of(build(arms, protocol=under((1, 1)))).number_words(10) == "about 9.7e+34"
    assert scheme_of(build(arms, protocol=under((1, 1), 4))).number_words(10) == "about 2.2e+23"
    twenty = dict(list(arms.items())[:20])
    assert scheme_of(build(twenty, protocol=under((1, 1)))).number_words(10) == "184,756"
    assert scheme_of(build(twenty, protocol=under((1, 1), 4))).number_words(10) == "about 7,800"
    assert scheme_of(build(twenty, protocol=under((1, 1), 4))).every(7775) is None
    assert scheme_of(build(twenty, protocol=under((1, 1), 4))).every(7776)[0].shape == (7776, 20)
    assert scheme_of(build(twenty, protocol=under((1, 1)))).every(1000) is None


def test_a_plan_runs_it_and_the_report_of_results_holds_it(trial):
    plan = Plan(analyses=(SLOPE, PlannedAnalysis(method="random_slope")))
    results = analyse_trial(trial, plan=plan)
    assert [is_rerandomised(row) for row in results] == [False] * 5 + [True, False]
    assert results.rows[5].planned
    assert results.analyses[5] == SLOPE
    assert results["slope_change"].primary.rule == "Welch t test"
    assert not is_rerandomised(results.rows[0])


def test_strategies_are_carried_out_anew_in_every_allocation(build):
    """Who was not dosed is left out; the other arm than their own decides who counts as such."""
    trial = build(ARMS, SCORES, doses=[("a", 0.0), ("d", 0.0), ("f", 0.0)], protocol=under((1, 1)))
    said = {"method": "slope_change", "rerandomisations": 99}
    said["intercurrent_events"] = [{"event": "not_dosed", "strategy": "principal_stratum"}]
    rows = run_analysis(trial, PlannedAnalysis.model_validate(said), "control")
    assert rows[-2].n == 7
    assert rows[-1].rule == "re-randomisation test (exact, 70 allocations)"
