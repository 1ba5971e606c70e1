"""The fast generator as a whole: a replicate is a function of seed and number; what it cannot do is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from leadin.designs import manufacturing_runs
from leadin.designs.fast_generator import FastGenerator
from leadin.designs.fast_plan import fast_plan
from leadin.disease.effect import ConstantSlowing
from leadin.disease.entry_bounds import EntryBound
from leadin.disease.load import load_population
from leadin.disease.load_therapy import load_therapy
from leadin.engine.collapsed import BASE, BEFORE, EVENT, MONTHS, ZERO
from leadin.errors import UsageError
from leadin.protocols.eligibility import Criterion
from leadin.protocols.load import load_protocol
from leadin.simulation.timetable import timetable

ARRAYS = ("sums", "seen", "survival", "filled")


@pytest.fixture(autouse=True)
def few_runs(monkeypatch):
    monkeypatch.setattr(manufacturing_runs, "RUNS", 8)
    monkeypatch.setattr(manufacturing_runs, "FEWEST_RUNS", 8)


def same(one, other):
    return all(np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True) for name in ARRAYS)


def rows(trials, at):
    return {name: getattr(trials, name)[at] for name in ARRAYS}


@pytest.fixture
def made():
    return FastGenerator(
        load_protocol("nurown-phase2a"),
        planned=(4, 5, 6),
        effect=load_therapy("hypothetical-some-respond"),
        measures=("svc_percent", "alsfrs_r"),
    )


def test_a_trial_without_any_cells_is_simulated():
    protocol = load_protocol("siwek-2020")
    alone = protocol.model_copy(update={"arms": (protocol.arms[0].model_copy(update={"administrations": ()}),)})
    trials = FastGenerator(alone, planned=(40,), effect=ConstantSlowing(0.5)).generate(0, 5)
    assert trials.filled.all()
    untreated = FastGenerator(alone, planned=(40,)).generate(0, 5)
    assert same(trials, untreated)


def test_a_replicate_is_the_same_alone_and_in_any_chunk(made):
    whole = made.generate(0, 40)
    assert whole.sums.shape == (40, 2, 16, 15)
    assert whole.seen.shape == (40, 2, made.months.size, 15)
    assert whole.survival.shape == (40, 2, 15)
    assert whole.filled.all()
    for first, count in ((0, 1), (7, 1), (39, 1), (3, 20), (20, 20)):
        part = made.generate(first, count)
        for name, expected in rows(whole, slice(first, first + count)).items():
            np.testing.assert_array_equal(getattr(part, name), expected)
    assert same(made.generate(0, 40), whole)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_threads_share_a_generator(made, threads):
    whole = made.generate(0, 60)
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(lambda first: made.generate(first, 5), range(55, -1, -5)))
    for first, part in zip(range(55, -1, -5), parts, strict=True):
        for name, expected in rows(whole, slice(first, first + 5)).items():
            np.testing.assert_array_equal(getattr(part, name), expected)


def test_another_seed_or_replicate_is_another_trial(made):
    protocol = load_protocol("nurown-phase2a")

    def of(seed):
        return FastGenerator(protocol, planned=(4, 5, 6), seed=seed, runs=made.runs).generate(3, 1)

    assert same(of(1), of(1))
    seen = [of(seed).survival for seed in (1, 2, 1 << 32, (1 << 32) + 1)]
    assert all((seen[i] != seen[j]).any() for i in range(4) for j in range(i))
    two = made.generate(3, 2)
    assert (two.sums[0] != two.sums[1]).any()
    late = made.generate((1 << 32) - 1, 1)
    assert late.filled.all()
    assert (late.survival[0] != made.generate(0, 1).survival[0]).any()


def test_the_first_who_come_are_the_same_in_a_larger_trial():
    protocol = load_protocol("oec-china-2010")  # one arm, nobody waits
    small = FastGenerator(protocol, planned=(5,)).generate(2, 3)
    large = FastGenerator(protocol, planned=(50,)).generate(2, 3)
    for part in (slice(BEFORE, BEFORE + 6), slice(ZERO, BASE + 2)):
        np.testing.assert_array_equal(small.sums[:, :, part], large.sums[:, :, part, :5])


def test_slowing_changes_nothing_before_the_first_dose_and_nobody_without_cells():
    protocol = load_protocol("lenzumestrocel-surveillance")  # the second arm is given no cells
    none, much = (
        FastGenerator(protocol, planned=(30, 20), effect=ConstantSlowing(share)).generate(1, 4) for share in (0.0, 0.6)
    )
    for part in (slice(BEFORE, BEFORE + 6), slice(ZERO, BASE + 2)):
        np.testing.assert_array_equal(none.sums[:, :, part], much.sums[:, :, part])
    for name in ("sums", "seen", "survival"):
        np.testing.assert_array_equal(getattr(none, name)[..., 30:], getattr(much, name)[..., 30:])
    assert (none.seen[..., :30] != much.seen[..., :30]).any()
    later = ~np.isnan(none.seen + much.seen)
    assert (much.seen - none.seen)[later].mean() > 1.0


def test_values_at_visits_may_be_left_out(made):
    protocol = load_protocol("nurown-phase2a")
    with_them, without = (
        FastGenerator(protocol, planned=(4, 5, 6), keep_seen=keep, runs=made.runs).generate(0, 3)
        for keep in (True, False)
    )
    assert without.seen.shape == (3, 1, 0, 15)
    np.testing.assert_array_equal(without.sums, with_them.sums)
    np.testing.assert_array_equal(without.survival, with_them.survival)


def test_a_measure_that_no_visit_lists_is_never_seen():
    trials = FastGenerator(load_protocol("hanyang-phase1"), planned=(4,), measures=("alsfrs_r", "svc_percent"))
    trials = trials.generate(0, 2)
    assert (trials.sums[:, 1, :BASE] == 0.0).all()
    assert np.isnan(trials.sums[:, 1, BASE:]).all()
    assert np.isnan(trials.seen[:, 1]).all()
    assert (trials.sums[:, 0, ZERO] == 1.0).any()


def nobody(name="hanyang-phase2"):
    protocol = load_protocol(name)
    criterion = Criterion(variable="alsfrs_r", at="screening", minimum=200.0)
    return protocol.model_copy(
        update={"eligibility": protocol.eligibility.model_copy(update={"criteria": (criterion,)})}
    )


def test_criteria_that_nobody_meets_are_refused_before_anything_is_simulated():
    with pytest.raises(UsageError, match=r"^hanyang-phase2, eligibility.criteria: .* got 0 of 20 .* at least 200 "):
        FastGenerator(nobody(), planned=(10, 10))
    with pytest.raises(UsageError, match="expected at least one planned participant; got none"):
        FastGenerator(load_protocol("hanyang-phase2"), planned=(0, 0))
    whole = load_population("pro-act")
    empty = whole.model_copy(update={"entry": (EntryBound(variable="age_years", minimum=109),)})
    with pytest.raises(UsageError, match=r"entry: expected bounds"):
        FastGenerator(load_protocol("hanyang-pilot"), planned=(10,), population=empty)


def test_a_trial_that_is_not_filled_says_so_and_spoils_no_other(made):
    protocol = load_protocol("hanyang-phase2")
    whole = FastGenerator(protocol, planned=(10, 10))
    expected = whole.generate(0, 200)
    screened = 25  # some replicates have seen enough by then, others have not
    whole.plan[0]["most_candidates"] = screened
    trials = whole.generate(0, 200)
    assert 5 < trials.filled.sum() < 195
    for name in ("sums", "seen", "survival"):
        mine, all_of_it = getattr(trials, name), getattr(expected, name)
        np.testing.assert_array_equal(mine[trials.filled], all_of_it[trials.filled])
    assert (trials.sums[~trials.filled] == 0.0).all()
    assert np.isnan(trials.seen[~trials.filled]).all()
    assert (trials.survival[~trials.filled] == 0.0).all()


def test_screening_gives_up_after_so_many_candidates():
    protocol, population = load_protocol("hanyang-phase2"), load_population("pro-act")
    for planned, most in (((10, 10), 50_000), ((200, 100), 60_000)):
        plan = fast_plan(
            protocol, population, timetable(protocol), planned, 2, ("alsfrs_r",), keep_seen=False, longest_wait=0.0
        )[0]
        assert plan.most_candidates == most
    made = FastGenerator(protocol, planned=(10, 10))
    made.plan[0].bound[0] = 200.0, 300.0  # nobody is so old
    assert made.generate(0, 2).filled.tolist() == [False, False]


def larger(what):
    protocol = load_protocol("hanyang-phase1")
    if what == "visits":
        first = protocol.visits[0]
        days = range(-20, 109)
        return protocol.model_copy(update={"visits": tuple(first.model_copy(update={"day": day}) for day in days)})
    arm = protocol.arms[0]
    if what == "arms":
        arms = tuple(arm.model_copy(update={"name": f"arm-{number}"}) for number in range(17))
        return protocol.model_copy(update={"arms": arms})
    dose = arm.administrations[0]
    doses = tuple(dose.model_copy(update={"day": day, "days_late": 0}) for day in range(65))
    return protocol.model_copy(update={"arms": (arm.model_copy(update={"administrations": doses}),)})


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("visits", "at most 128 visits to simulate many trials at once; got 129."),
        ("arms", "at most 16 arms to simulate many trials at once; got 17."),
        ("doses", "at most 64 dosing days in an arm to simulate many trials at once; got 65."),
    ],
)
def test_a_protocol_that_is_too_large_is_refused(what, said):
    protocol, population = larger(what), load_population("pro-act")
    planned = [2 for _ in protocol.arms]
    with pytest.raises(UsageError) as refused:
        fast_plan(
            protocol, population, timetable(protocol), planned, 2, ("alsfrs_r",), keep_seen=True, longest_wait=0.0
        )
    assert str(refused.value) == (
        f"hanyang-phase1: expected {said} Simulate it one trial at a time, with leadin simulate."
    )


def test_a_population_or_a_path_that_is_too_large_is_refused():
    protocol, population = load_protocol("hanyang-phase1"), load_population("pro-act")
    bounds = tuple(EntryBound(variable="age_years", minimum=18) for _ in range(17))
    many = population.model_copy(update={"entry": bounds})
    times = timetable(protocol)
    with pytest.raises(UsageError, match=r"at most 16 bounds of the population .* got 17"):
        fast_plan(protocol, many, times, [2], 2, ("alsfrs_r",), keep_seen=True, longest_wait=0.0)
    with pytest.raises(UsageError, match=r"at most 512 steps of a path .* got 5"):
        fast_plan(
            protocol, population, times, [2], 2, ("alsfrs_r",), keep_seen=True, longest_wait=0.0, longest_step=0.71
        )
    with pytest.raises(UsageError, match=r"at most 512 steps of a path .* got 6"):
        fast_plan(protocol, population, times, [2], 2, ("alsfrs_r",), keep_seen=True, longest_wait=20_000.0)


def test_trials_as_large_as_a_record_holds_are_simulated():
    protocol = load_protocol("hanyang-phase1")
    first = protocol.visits[0]
    days = range(-20, 108)
    visits = tuple(first.model_copy(update={"day": day, "days_early": 0, "days_late": 0}) for day in days)
    arms = tuple(protocol.arms[0].model_copy(update={"name": f"arm-{number}"}) for number in range(16))
    full = protocol.model_copy(update={"visits": visits, "arms": arms, "follow_up_months": 3.0, "lead_in_months": 1.0})
    measures = ("alsfrs_r", "svc_percent", "fvc_percent", "weight_kg", "strength.left", "strength.right")
    trials = FastGenerator(full, planned=(1,) * 16, measures=measures).generate(0, 3)
    assert trials.filled.all()
    assert np.isfinite(trials.survival).all()
    assert np.nanmax(trials.sums[:, :, BEFORE]) > 15


@pytest.mark.parametrize("n", [20, 100, 1_000_000])
def test_larger_trials_have_fewer_runs(n, monkeypatch):
    monkeypatch.undo()
    assert manufacturing_runs._fitting(256, 50_000, n) == {20: 256, 100: 256, 1_000_000: 32}[n]
    assert manufacturing_runs._fitting(256, 50_000, 500) == 100


@pytest.mark.parametrize("name", ["pro-act", "korean-phase2", "fast-progressor"])  # of whom the share is said
def test_without_effect_and_criteria_as_many_live_12_months_as_the_population_says(name):
    protocol, population = load_protocol("siwek-2020"), load_population(name)
    stay = population.attendance.model_copy(update={"drop_out_per_month": 0.0, "drop_out_per_month_intrathecal": 0.0})
    first = protocol.visits[0]
    alone = protocol.model_copy(
        update={
            "visits": tuple(first.model_copy(update={"day": day, "days_late": 0}) for day in (0, 400)),
            "arms": (protocol.arms[0].model_copy(update={"administrations": ()}),),
            "lead_in_months": 0.0,
            "follow_up_months": 14.0,
            "eligibility": protocol.eligibility.model_copy(update={"criteria": ()}),
        }
    )
    everybody = population.model_copy(update={"attendance": stay, "entry": ()})
    trials = FastGenerator(alone, planned=(2_000,), population=everybody, keep_seen=False).generate(0, 60)
    months, event = trials.survival[:, MONTHS], trials.survival[:, EVENT]
    alive = np.mean(~((event == 1.0) & (months <= 12.0)))
    says = population.survival.alive_at_12_months
    error = np.sqrt(says * (1.0 - says) / months.size)
    assert abs(alive - says) < 4.0 * error + 0.0005  # the scale was solved on a sample, deaths are in whole days
