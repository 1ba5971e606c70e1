"""Entry: criteria act on what was measured, places are filled, and what nobody meets is told."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from leadin.engine.draws import Draws
from leadin.engine.streams import Streams
from leadin.errors import UsageError
from leadin.protocols.eligibility import Criterion
from leadin.simulation.candidates import draw_candidates
from leadin.simulation.entry import NO_CRITERION, Outcome, entry_value, judge, told
from leadin.simulation.participants import simulate_arrays
from leadin.simulation.places import NO_ARM, by_arm, place
from leadin.simulation.timetable import timetable

SCORE = Criterion(variable="alsfrs_r", minimum=31, maximum=40)
LOST = Criterion(variable="alsfrs_r_lost_in_lead_in", at="baseline", minimum=3)
BREATH = Criterion(variable="svc_percent", at="baseline", minimum=70)
AGE = Criterion(variable="age_years", maximum=70)
ONSET = Criterion(variable="months_since_onset", at="baseline", maximum=20)
WEIGHT = Criterion(variable="weight_kg", minimum=60)
ALL = (SCORE, LOST, BREATH, AGE, ONSET, WEIGHT)


def candidates_of(protocol, population, n=4_000, seed=1):
    times = timetable(protocol)
    return draw_candidates(protocol, population, times, 1, Draws(Streams(seed)), n), times


def test_values_come_from_the_visits_that_judge_them(build, pro_act):
    candidates, times = candidates_of(build(criteria=ALL, measures=("alsfrs_r", "svc_percent")), pro_act)
    scores = candidates.observed["alsfrs_r"]
    assert np.array_equal(entry_value(SCORE, candidates, times), scores[:, 0])
    assert np.array_equal(entry_value(LOST, candidates, times), scores[:, 0] - scores[:, 3])
    assert np.array_equal(entry_value(BREATH, candidates, times), candidates.observed["svc_percent"][:, 3])
    assert np.array_equal(entry_value(AGE, candidates, times), candidates.people.age_years)
    waited = entry_value(ONSET, candidates, times) - candidates.people.months_since_onset
    assert waited == pytest.approx(-candidates.enrolment_day / 30.4375)
    at_screening = ONSET.model_copy(update={"at": "screening"})
    assert np.array_equal(entry_value(at_screening, candidates, times), candidates.people.months_since_onset)


def test_without_a_visit_entry_is_judged_by_an_assessment_of_its_own(build, pro_act):
    visits = [{"name": "later", "day": 30, "measures": ["alsfrs_r"]}]
    decline = pro_act.decline.model_copy(update={"steady_at_enrolment": 0.0})
    population = pro_act.model_copy(update={"decline": decline})
    candidates, times = candidates_of(build(3, 6, visits=visits, criteria=ALL), population)
    lost = entry_value(LOST, candidates, times)
    assert np.array_equal(lost, np.rint(lost))
    assert lost.mean() == pytest.approx(3 * decline.rate_mean - 0.2, abs=0.2)  # less what the top of the scale hides
    assert entry_value(WEIGHT, candidates, times).mean() == pytest.approx(77, abs=5)


def test_bounds_are_inclusive_and_the_first_criterion_failed_is_told(build, steady):
    candidates, times = candidates_of(build(criteria=(SCORE, AGE, LOST)), steady)
    outcome, failed = judge((SCORE, AGE, LOST), candidates, times)
    score, age, lost = (entry_value(criterion, candidates, times) for criterion in (SCORE, AGE, LOST))
    wrong_score = (score < 31) | (score > 40)
    too_old = ~wrong_score & (age > 70)
    there = candidates.death_day > 0
    too_slow = ~wrong_score & ~too_old & there & (lost < 3)
    assert np.array_equal(failed == 0, wrong_score)
    assert np.array_equal(failed == 1, too_old)
    assert np.array_equal(failed == 2, too_slow)
    assert np.array_equal(outcome == Outcome.SCREEN_FAILURE, wrong_score | too_old)
    assert np.array_equal(outcome == Outcome.RUN_IN_FAILURE, too_slow)
    dead = ~wrong_score & ~too_old & ~there
    assert dead.any()
    assert np.array_equal(outcome == Outcome.LEFT_IN_LEAD_IN, dead)
    assert np.array_equal(outcome == Outcome.ENTERED, failed + dead == NO_CRITERION)
    assert {31.0, 40.0} <= set(score[outcome == Outcome.ENTERED])
    assert 3.0 in lost[outcome == Outcome.ENTERED]


@pytest.mark.parametrize("planned", [1, 7, 64])
def test_randomised_at_baseline_the_planned_number_is_there_at_time_zero(build, pro_act, planned):
    protocol = build(doses=(0,), controlled=True, planned=planned, criteria=(SCORE,))
    arrays = simulate_arrays(protocol, pro_act, streams=Streams(2))
    assert np.bincount(arrays.arm[arrays.in_arm]).tolist() == [planned, planned]
    assert np.array_equal(arrays.in_arm, arrays.outcome == Outcome.ENTERED)
    assert arrays.outcome[-1] == Outcome.ENTERED
    assert (arrays.last_day[arrays.in_arm] > 0).all()


def test_randomised_at_screening_those_who_leave_in_the_lead_in_stay_in_their_arm(build, pro_act):
    how = {"ratio": {"cells": 1, "control": 1}, "at": "screening"}
    protocol = build(doses=(0,), controlled=True, planned=200, criteria=(SCORE, LOST), randomisation=how)
    arrays = simulate_arrays(protocol, pro_act, streams=Streams(2))
    left = arrays.outcome == Outcome.LEFT_IN_LEAD_IN
    assert left.any()
    assert arrays.in_arm[left].all()
    assert np.array_equal(arrays.in_arm, (arrays.outcome == Outcome.ENTERED) | left)
    assert np.bincount(arrays.arm[arrays.in_arm]).tolist() == [200, 200]
    assert (arrays.arm[arrays.outcome == Outcome.RUN_IN_FAILURE] == NO_ARM).all()
    assert not arrays.dosed[left].any()


def test_cohorts_without_randomisation_are_filled_one_after_the_other(build, pro_act):
    protocol = build(doses=(0,), planned=5)
    second = protocol.arms[0].model_copy(update={"name": "second", "planned": 3})
    protocol = protocol.model_copy(update={"arms": (*protocol.arms, second)})
    arrays = simulate_arrays(protocol, pro_act, streams=Streams(1))
    assert arrays.arm[arrays.in_arm].tolist() == [0] * 5 + [1] * 3


EARLY = Criterion(variable="alsfrs_r", minimum=38, arms=("first",))
ADVANCED = Criterion(variable="alsfrs_r", maximum=34, arms=("second",))
LATE_BREATH = Criterion(variable="svc_percent", at="baseline", minimum=90, arms=("first",))


def cohorts(build, criteria, planned=(5, 3), **changes):
    """Cohorts without randomisation, as `first`, `second` and `third`, with cells on day 0."""
    protocol = build(doses=(0,), measures=("alsfrs_r", "svc_percent"), **changes)
    names = zip(("first", "second", "third"), planned, strict=False)
    arms = tuple(protocol.arms[0].model_copy(update={"name": name, "planned": n}) for name, n in names)
    eligibility = protocol.eligibility.model_copy(update={"criteria": criteria})
    return protocol.model_copy(update={"arms": arms, "eligibility": eligibility})


def same(one, two):
    for field in dataclasses.fields(one):
        a, b = getattr(one, field.name), getattr(two, field.name)
        if isinstance(a, np.ndarray):
            assert np.array_equal(a, b, equal_nan=a.dtype.kind == "f"), field.name
    for measure, values in one.observed.items():
        assert np.array_equal(values, two.observed[measure], equal_nan=True), measure
    assert np.array_equal(one.people.score, two.people.score)


def placed_one_by_one(protocol, candidates, times, planned):
    """The plain twin: one candidate after the other, the open arms asked in order."""
    leaves = np.minimum(candidates.death_day, candidates.drop_out_day)
    criteria, left, outcomes, failures, arms = protocol.eligibility.criteria, list(planned), [], [], []
    stage = {"screening": Outcome.SCREEN_FAILURE, "baseline": Outcome.RUN_IN_FAILURE}
    judged = {"screening": candidates.visit_days[:, 0], "baseline": candidates.visit_days[:, times.baseline_visit]}
    values = [entry_value(criterion, candidates, times) for criterion in criteria]
    for row in range(leaves.size):
        told_of = []
        for position, arm in enumerate(protocol.arms):
            if not left[position]:
                continue
            verdict = (Outcome.ENTERED if leaves[row] > 0 else Outcome.LEFT_IN_LEAD_IN, NO_CRITERION)
            for at in ("baseline", "screening"):
                for number in reversed(range(len(criteria))):
                    each, value = criteria[number], values[number][row]
                    low, high = (-np.inf if each.minimum is None else each.minimum), each.maximum
                    outside = value < low or (high is not None and value > high)
                    there = at == "screening" or leaves[row] > judged[at][row]
                    if each.at == at and (not each.arms or arm.name in each.arms) and outside and there:
                        verdict = (stage[at], number)
            told_of.append((position, *verdict))
        fitting = [each for each in told_of if each[1] >= Outcome.LEFT_IN_LEAD_IN]
        position, outcome, failed = fitting[0] if fitting else max(told_of, key=lambda each: each[1])
        outcomes.append(outcome)
        failures.append(failed)
        arms.append(position if fitting else NO_ARM)
        if fitting:
            left[position] -= 1
        if not any(left):
            break
    return outcomes, failures, arms, left


@pytest.mark.parametrize("planned", [(5, 3), (1, 40), (40, 1), (0, 4), (9, 0, 9), (4_000, 2)])
@pytest.mark.parametrize("criteria", [(EARLY, ADVANCED), (AGE, LATE_BREATH, ADVANCED), (EARLY, LOST), (ADVANCED,)])
def test_everybody_goes_to_the_first_open_arm_whose_criteria_he_meets(build, pro_act, criteria, planned):
    protocol = cohorts(build, criteria, planned)
    candidates, times = candidates_of(protocol, pro_act, n=1_500, seed=3)
    placed = place(protocol, candidates, times, planned)
    outcomes, failures, arms, left = placed_one_by_one(protocol, candidates, times, planned)
    assert placed.arm.tolist() == arms
    assert placed.outcome.tolist() == outcomes
    assert placed.failed.tolist() == failures
    assert placed.left == tuple(left)
    assert np.array_equal(placed.fills, placed.arm != NO_ARM)


def test_arms_with_criteria_of_their_own_differ_as_they_ask(build, pro_act):
    arrays = simulate_arrays(cohorts(build, (AGE, EARLY, ADVANCED), (50, 30)), pro_act, streams=Streams(1))
    score = arrays.observed["alsfrs_r"][:, 0]
    assert np.bincount(arrays.arm[arrays.in_arm]).tolist() == [50, 30]
    assert score[arrays.arm == 0].min() >= 38
    assert score[arrays.arm == 1].max() <= 34
    assert (arrays.people.age_years[arrays.in_arm] <= 70).all()
    assert (np.diff(arrays.arm[arrays.in_arm]) < 0).any(), "the arms are filled side by side"
    outside = ~arrays.in_arm
    assert set(arrays.failed_criterion[outside]) == {0, 1, 2}
    full = np.flatnonzero(arrays.arm == 0)[-1]
    rest = arrays.failed_criterion[full + 1 :]
    assert (rest != 1).all(), "who comes after the first arm is full is not asked for it"
    between = (score > 34) & (score < 38) & (arrays.people.age_years <= 70)
    assert (arrays.failed_criterion[:full][between[:full]] == 1).all()
    assert between[:full].any()


def test_criteria_that_name_every_arm_are_those_that_name_none(build, pro_act):
    """The road by arm gives exactly what arms filled one after the other give."""
    plain = (SCORE, LOST, AGE)
    every = tuple(criterion.model_copy(update={"arms": ("first", "second")}) for criterion in plain)
    one, two = (cohorts(build, criteria, (7, 5)) for criteria in (plain, every))
    assert not by_arm(one)
    assert by_arm(two)
    for replicate in range(5):
        same(*(simulate_arrays(each, pro_act, slowing=0.2, streams=Streams(2, replicate)) for each in (one, two)))


@pytest.mark.parametrize("batch", [1, 7, 1_000])
def test_batches_never_change_a_trial_with_criteria_by_arm(build, pro_act, batch):
    protocol = cohorts(build, (EARLY, ADVANCED, LATE_BREATH), (9, 6))
    whole = simulate_arrays(protocol, pro_act, slowing=0.2, streams=Streams(4))
    same(whole, simulate_arrays(protocol, pro_act, slowing=0.2, streams=Streams(4), batch=batch))


def test_who_fails_one_arm_at_screening_and_another_later_was_in_the_lead_in(build, steady):
    """He is told by the arm in which he came furthest."""
    later = Criterion(variable="svc_percent", at="baseline", minimum=95, arms=("second",))
    arrays = simulate_arrays(cohorts(build, (EARLY, later), (400, 30)), steady, streams=Streams(1))
    before = np.arange(arrays.arm.size) < np.flatnonzero(arrays.arm == 1)[-1]
    neither = before & ~arrays.in_arm & (arrays.observed["alsfrs_r"][:, 0] < 38)
    assert neither.sum() > 20
    assert (arrays.outcome[neither] == Outcome.RUN_IN_FAILURE).all()
    assert (arrays.failed_criterion[neither] == 1).all()
    assert arrays.attended[neither, 3].all(), "their baseline visit is in the tables"


def test_an_arm_that_nobody_fits_is_told_however_full_the_others_are(build, pro_act):
    nobody = Criterion(variable="alsfrs_r", minimum=48.5, arms=("second",))
    with pytest.raises(UsageError) as caught:
        simulate_arrays(cohorts(build, (nobody,), (2_000, 3)), pro_act, streams=Streams(1))
    message = str(caught.value)
    assert message.startswith("monthly, eligibility.criteria: expected criteria that people of this population meet; ")
    assert "got 2,000 of 2,003 participants after screening " in message
    assert "alsfrs_r at screening at least 48.5 for second (" in message
    assert message.endswith(" failed). Widen them.")
    seen = int(message.partition("after screening ")[2].partition(":")[0].replace(",", ""))
    assert 50_000 <= seen <= 150_000


@pytest.mark.parametrize("batch", [1, 7, 1_000])
def test_batches_never_change_a_trial(build, pro_act, batch):
    protocol = build(doses=(0, 26), controlled=True, planned=9, criteria=(SCORE, LOST))
    whole = simulate_arrays(protocol, pro_act, slowing=0.2, streams=Streams(4))
    other = simulate_arrays(protocol, pro_act, slowing=0.2, streams=Streams(4), batch=batch)
    for field in dataclasses.fields(whole):
        one, two = getattr(whole, field.name), getattr(other, field.name)
        if isinstance(one, np.ndarray):
            assert np.array_equal(one, two, equal_nan=one.dtype.kind == "f"), field.name
    assert np.array_equal(whole.observed["alsfrs_r"], other.observed["alsfrs_r"], equal_nan=True)
    assert np.array_equal(whole.people.score, other.people.score)


def test_a_stricter_criterion_never_makes_new_people(build, pro_act):
    """The same candidates come in the same order; criteria only choose among them."""
    free = simulate_arrays(build(planned=50), pro_act, streams=Streams(3))
    strict = simulate_arrays(build(planned=20, criteria=(SCORE,)), pro_act, streams=Streams(3))
    n = min(free.arm.size, strict.arm.size)
    assert np.array_equal(free.people.score[:n], strict.people.score[:n])
    assert np.array_equal(free.visit_days[:n, :4], strict.visit_days[:n, :4])


def test_a_criterion_that_nobody_meets(build, pro_act):
    protocol = build(planned=10, criteria=(AGE, Criterion(variable="alsfrs_r", minimum=48.5)))
    with pytest.raises(UsageError) as caught:
        simulate_arrays(protocol, pro_act, streams=Streams(1))
    message = str(caught.value)
    assert message.startswith(
        "monthly, eligibility.criteria: expected criteria that people of this population meet; got 0 of 10 "
        "participants after screening "
    )
    assert "alsfrs_r at screening at least 48.5 (" in message
    assert "age_years at screening at most 70 (" in message
    assert message.index("alsfrs_r at") < message.index("age_years at"), "the criterion failed most often comes first"
    assert message.endswith(" failed). Widen them.")


def test_a_criterion_that_one_in_a_thousand_meets_is_met(build, pro_act):
    arrays = simulate_arrays(
        build(planned=10, criteria=(Criterion(variable="alsfrs_r", maximum=19),)), pro_act, streams=Streams(1)
    )
    assert arrays.in_arm.sum() == 10
    assert arrays.arm.size > 1_000
    assert arrays.observed["alsfrs_r"][arrays.in_arm, 0].max() <= 19


def test_screening_gives_up_early_however_many_are_planned(build, pro_act):
    protocol = build(planned=50_000, criteria=(Criterion(variable="alsfrs_r", maximum=19),))
    with pytest.raises(UsageError) as caught:
        simulate_arrays(protocol, pro_act, streams=Streams(1))
    seen = int(str(caught.value).partition("after screening ")[2].partition(":")[0].replace(",", ""))
    assert 50_000 <= seen <= 150_000


def test_a_lead_in_that_nobody_survives(build, pro_act):
    deadly = pro_act.model_copy(update={"survival": pro_act.survival.model_copy(update={"scale_months": 0.01})})
    with pytest.raises(UsageError, match="all died or left before time zero"):
        simulate_arrays(build(planned=5, controlled=True, doses=(0,)), deadly, streams=Streams(1))


def test_nobody_planned(build, pro_act):
    with pytest.raises(UsageError, match=r"monthly: expected at least one planned participant; got none\. Give"):
        simulate_arrays(build(planned=0), pro_act, streams=Streams(1))


@pytest.mark.parametrize(
    ("criterion", "words"),
    [
        (SCORE, "alsfrs_r at screening from 31 to 40"),
        (LOST, "alsfrs_r_lost_in_lead_in at baseline at least 3"),
        (AGE, "age_years at screening at most 70"),
        (EARLY, "alsfrs_r at screening at least 38 for first"),
    ],
)
def test_criteria_in_words(criterion, words):
    assert told(criterion) == words


def test_one_place_filled_by_who_leaves_is_a_trial_where_others_could_enter(build, pro_act):
    """The only participant leaves before he is judged; the search for somebody who could stay leaves no trace."""
    protocol = build(6, 6, planned=1, criteria=({"variable": "alsfrs_r", "at": "baseline", "minimum": 30},))
    left = 0
    for replicate in range(200):
        arrays = simulate_arrays(protocol, pro_act, streams=Streams(1, replicate))
        assert arrays.in_arm.sum() == 1
        assert arrays.failed_criterion.size == arrays.arm.size
        left += int((arrays.outcome == Outcome.LEFT_IN_LEAD_IN)[arrays.in_arm][0])
    assert left > 1
