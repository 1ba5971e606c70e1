"""A trial of the fast generator, played again by the plain simulation with the very same random numbers.

Nothing is drawn anew: every stream that the plain code asks for is answered with the numbers that the kernels used. So
what comes out must be the same number by number: who enters, which arm, deaths, doses, values at visits, what is kept.
The plain code has no shortcuts; where the fast one does not look for a death, it must have been right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.special import ndtr

from leadin.designs import manufacturing_runs
from leadin.designs.collapse import collapse
from leadin.designs.fast_generator import FastGenerator, strata_of
from leadin.designs.kernels.allocation import arm_by_criteria, arm_by_turn
from leadin.designs.kernels.candidate import draw_candidate
from leadin.designs.kernels.collapse import collapse as collapse_one
from leadin.designs.kernels.course import draw_course, live
from leadin.designs.kernels.entry import belongs_to_population, fills_place
from leadin.designs.kernels.follow_up import observe_follow_up
from leadin.designs.kernels.plan import BY_CRITERIA, NONE, SCRATCH
from leadin.designs.kernels.purposes import ARMS, EVERYBODY, FIRST_DOSE, WAITING
from leadin.designs.kernels.trial import take_doses
from leadin.disease.effect import ConstantSlowing
from leadin.disease.kernels import people as place
from leadin.disease.load import load_population
from leadin.disease.load_therapy import load_therapy
from leadin.engine.kernels.normals import normals
from leadin.engine.kernels.uniforms import uniforms
from leadin.protocols.eligibility import Criterion
from leadin.protocols.library.names import library_names
from leadin.protocols.load import load_protocol
from leadin.simulation import courses
from leadin.simulation.doses import Doses
from leadin.simulation.follow_up import follow_up
from leadin.simulation.making import Making
from leadin.simulation.measures import measures_of
from leadin.simulation.participants import NO_ARM, _everybody, arms_of, sites_of
from leadin.simulation.rows import take
from leadin.simulation.screening import screen
from leadin.simulation.timetable import timetable

SEED = 7
KEYS = np.uint32(SEED), np.uint32(0)
WAITING_STEPS = 8
EFFECTS = {
    "none": ConstantSlowing(0.0),
    "slowing": ConstantSlowing(0.3),
    **{name: load_therapy(f"hypothetical-{name}") for name in ("waning", "lasting", "some-respond")},
}
POPULATIONS = ("pro-act", "severe", "early-stage", "korean-phase2", "fast-progressor")


@dataclass(frozen=True)
class Played:
    """What the kernels drew and did, candidate by candidate, and for those in an arm after time zero."""

    lead_in: np.ndarray
    uniforms: np.ndarray
    belongs: np.ndarray
    arm: np.ndarray
    slot: np.ndarray
    course: np.ndarray
    waits: np.ndarray
    first_dose: np.ndarray
    later: np.ndarray
    death: np.ndarray
    followed: np.ndarray
    run: int
    sums: np.ndarray
    seen: np.ndarray
    survival: np.ndarray


def played(made: FastGenerator, strata: int, replicate: int) -> Played:
    """`simulate_trial`, kernel by kernel."""
    nature, plan, cure = made.nature[0], made.plan[0], made.cure[0]
    scratch = np.zeros(1, dtype=SCRATCH).view(np.recarray)[0]
    n, m, after = int(made.sizes.sum()), int(plan.measures), int(plan.visits - plan.lead_in)
    words = np.zeros(max(n, 2 * plan.follow_up_normals) + 100, dtype=np.uint64)
    turns, spare = np.zeros(n + 1), np.zeros(10_000)
    uniforms(turns, words, n + 1, EVERYBODY, np.uint32(replicate), ARMS, *KEYS)
    run = int(turns[n] * made.runs.wait.shape[0])
    blocks = np.zeros((strata, made.sizes.size), dtype=np.int64)
    scratch.left[: plan.arms] = made.sizes
    sums, seen = np.empty((plan.kept, 16, n)), np.empty((plan.kept, made.months.size, n))
    survival, told, entered = np.empty((2, n)), [], 0
    while entered < n:
        row, other = np.uint32(len(told)), np.uint32(replicate)
        draw_candidate(nature, plan, scratch, row, other, *KEYS)
        mine = {
            "lead_in": scratch.normals[: plan.lead_in_normals].copy(),
            "uniforms": scratch.uniforms[: place.UNIFORMS + plan.lead_in].copy(),
            "belongs": belongs_to_population(plan, scratch),
            "arm": NO_ARM,
            "slot": -1,
            "course": np.zeros(plan.follow_up_normals),
            "waits": np.zeros(2 * WAITING_STEPS),
            "first_dose": np.zeros(m),
            "later": np.zeros(after),
            "death": scratch.death,
            "followed": False,
        }
        told.append(mine)
        if not mine["belongs"]:
            continue
        if plan.sharing == BY_CRITERIA:
            arm = arm_by_criteria(plan, scratch)
        else:
            arm = arm_by_turn(plan, scratch, blocks, turns[entered]) if fills_place(plan, scratch, NONE) else NO_ARM
        if arm == NO_ARM:
            continue
        slot = int(plan.starts[arm + 1] - scratch.left[arm])
        scratch.left[arm] -= 1
        entered += 1
        followed = min(scratch.death, scratch.drop_out) > 0.0
        runs = made.runs
        mine["followed"] = followed
        if followed:
            take_doses(
                plan, scratch, runs.dose_days[run, slot], runs.doses[run, slot], runs.wait[run, slot], runs.sides[slot]
            )
            draw_course(nature, plan, scratch, row, other, *KEYS)
            mine["course"] = scratch.normals[: plan.follow_up_normals].copy()
            mine["later"] = scratch.uniforms[place.UNIFORMS + plan.lead_in :][:after].copy()
            live(nature, plan, cure, scratch)
            mine["death"] = scratch.death
            observe_follow_up(nature, plan, cure, scratch, row, other, *KEYS)
            normals(spare, words, 2 * WAITING_STEPS, row, other, WAITING, *KEYS)
            mine["waits"] = spare[: 2 * WAITING_STEPS].copy()
            normals(spare, words, m, row, other, FIRST_DOSE, *KEYS)
            mine["first_dose"] = spare[:m].copy()
        collapse_one(nature, plan, scratch, followed, slot, sums, seen, survival)
        mine["arm"], mine["slot"] = int(arm), slot
    arrays = {name: np.array([each[name] for each in told]) for name in told[0]}
    return Played(**arrays, run=run, sums=sums, seen=seen, survival=survival)


class Given:
    """Random streams whose numbers are given by name, for n people each."""

    def __init__(self, numbers):
        self._numbers = numbers

    def normal(self, name, n, *shape):
        return np.reshape(self._numbers[name], (n, *shape))

    uniform = exponential = normal


def of_lead_in(made, measures, protocol, told: Played):
    """The numbers of `draw_candidates`."""
    plan, z, u = made.plan[0], told.lead_in, told.uniforms
    k, m, at, n = int(plan.lead_in), int(plan.measures), int(plan.traits), len(told.arm)
    steps = int(plan.lead_in_parts.sum())
    known = np.zeros((n, place.NORMALS))
    known[:, : plan.traits] = z[:, : plan.traits]
    jitter = z[:, at : at + k] if plan.jittered else np.zeros((n, k))
    at += k * int(plan.jittered)
    path, at = z[:, at : at + 2 * steps], at + 2 * steps
    errors = z[:, at : at + k * m].reshape(n, k, m)
    numbers = {
        "people/bulbar": u[:, place.U_BULBAR],
        "people/male": u[:, place.U_MALE],
        "people/riluzole": u[:, place.U_RILUZOLE],
        "people/site": u[:, place.U_SITE],
        "people/diagnostic_delay": np.full(n, 0.5),
        "people/age": ndtr(known[:, place.Z_AGE]),
        "decline/rate": ndtr(known[:, place.Z_RATE]),
        "people/score": ndtr(known[:, place.Z_SCORE]),
        "people/months_since_onset": ndtr(known[:, place.Z_ONSET]),
        "people/strength": known[:, place.Z_STRENGTH],
        "people/strength_side": known[:, place.Z_SIDE],
        "people/capacity": known[:, place.Z_CAPACITY],
        "people/capacity_loss": known[:, place.Z_CAPACITY_LOSS],
        "people/weight_loss": known[:, place.Z_WEIGHT_LOSS],
        "people/height": known[:, place.Z_HEIGHT],
        "people/body_mass_index": ndtr(known[:, place.Z_MASS]),
        "visits/lead_in": jitter,
        "drift/start": known[:, place.Z_DRIFT],
        "drift/lead_in": path,
        "death": -np.log(1.0 - u[:, place.U_DEATH]),
        "drop_out": -np.log(1.0 - u[:, place.U_DROP_OUT]),
        "missed/lead_in": u[:, place.UNIFORMS :],
        "lost": np.full(n, 0.5),
    }
    for i, measure in enumerate(measures):
        numbers[f"measurement/{measure}/lead_in"] = errors[:, :, i]
        for occasion, name in enumerate(("screening", "allocation", "baseline")):
            if plan.entry_normal[occasion, i] != NONE:
                numbers[f"measurement/{measure}/{name}"] = z[:, plan.entry_normal[occasion, i]]
            else:
                numbers[f"measurement/{measure}/{name}"] = np.zeros(n)
    return numbers


def of_course(made, measures, told: Played, rows):
    """The numbers of `follow_up`, for those in an arm."""
    plan, z = made.plan[0], told.course[rows]
    after, m, n = int(plan.visits - plan.lead_in), int(plan.measures), rows.size
    at, steps = after * int(plan.jittered), int(plan.follow_up_parts.sum())
    errors = z[:, at + 2 * steps :].reshape(n, after, m)
    numbers = {
        "visits/follow_up": z[:, :after] if plan.jittered else np.zeros((n, after)),
        "drift/follow_up": z[:, at : at + 2 * steps],
        "drift/wait/1": told.waits[rows],
        "treated_side": told.uniforms[rows, place.U_SIDE],
        "therapy/responder": told.uniforms[rows, place.U_RESPONDS],
        "missed/follow_up": told.later[rows],
    }
    for i, measure in enumerate(measures):
        numbers[f"measurement/{measure}/follow_up"] = errors[:, :, i]
        numbers[f"measurement/{measure}/first_dose"] = told.first_dose[rows, i]
    return numbers


def same_trial(monkeypatch, protocol, population, effect, n, replicate=3):
    """Plays a trial both ways, holds them together, and gives what was played."""
    monkeypatch.setattr(manufacturing_runs, "FEWEST_RUNS", 4)
    monkeypatch.setattr(manufacturing_runs, "RUNS", 4)
    monkeypatch.setattr(manufacturing_runs, "QUEUED_RUNS", 2)
    planned = [n for _ in protocol.arms]
    measures = measures_of(protocol)
    sites, times = sites_of(protocol, population, sum(planned)), timetable(protocol)
    made = FastGenerator(protocol, planned=planned, population=population, effect=effect, seed=SEED, measures=measures)
    told = played(made, strata_of(protocol, sites), replicate)
    alone = made.generate(replicate, 1)
    for name in ("sums", "seen", "survival"):
        np.testing.assert_array_equal(getattr(alone, name)[0], getattr(told, name))

    plan = made.plan[0]
    monkeypatch.setattr(courses, "LONGEST_STEP_DAYS", float(plan.longest_step))
    times.__dict__["lead_in_parts"] = plan.lead_in_parts[: plan.lead_in + 1].copy()
    times.__dict__["follow_up_parts"] = plan.follow_up_parts[: plan.visits - plan.lead_in + 1].copy()
    draws = Given(of_lead_in(made, measures, protocol, told))
    screened = screen(protocol, population, times, sites, planned, draws, batch=len(told.arm))
    belonging = np.flatnonzero(told.belongs)
    rows = belonging[screened.counted]
    np.testing.assert_array_equal(rows, np.flatnonzero(told.arm != NO_ARM))
    if protocol.randomisation is None:
        np.testing.assert_array_equal(arms_of(protocol, screened, planned, draws), told.arm[rows])
    runs, slot = made.runs, told.slot[rows]
    doses = Doses(
        days=runs.dose_days[told.run, slot],
        cells=np.full(runs.doses.shape[1:], np.nan)[slot],
        potency=np.where(np.isnan(runs.doses), 1.0, runs.doses)[told.run, slot],
        wait=runs.wait[told.run, slot],
    )
    entered = take(screened.candidates, screened.counted)
    after = follow_up(
        entered, told.arm[rows], doses, effect, population, times, Given(of_course(made, measures, told, rows))
    )
    followed, death = told.followed[rows], told.death[rows]
    death = np.where(death <= after.end_day, death, np.inf)  # what lies beyond is not looked for
    assert death[followed] == pytest.approx(after.death_day[followed], abs=1e-5)
    arm = np.full(screened.outcome.size, NO_ARM)
    arm[screened.counted] = told.arm[rows]
    nothing = np.zeros((rows.size, doses.days.shape[1], 0))
    making = Making(doses, (), nothing.astype(np.int64), nothing)
    arrays = _everybody(protocol, screened, arm, np.flatnonzero(arm != NO_ARM), making, after, times)
    plain = collapse(protocol, arrays, measures)
    np.testing.assert_allclose(told.survival, plain.survival[0], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(told.seen, plain.seen[0], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(told.sums, plain.sums[0], rtol=1e-11, atol=1e-11)
    return told, after


ROTATING = [
    (name, list(EFFECTS)[number % len(EFFECTS)], POPULATIONS[number // 2 % len(POPULATIONS)])
    for number, name in enumerate(library_names())
]


@pytest.mark.parametrize(("name", "effect", "population"), ROTATING)
def test_every_protocol_of_the_library_goes_the_same_way(name, effect, population, monkeypatch):
    protocol = load_protocol(name)
    if population == "severe" and protocol.eligibility.criteria:  # next to none of them may enter
        population = "korean-phase2"
    same_trial(monkeypatch, protocol, load_population(population), EFFECTS[effect], 40 // len(protocol.arms) + 2)


@pytest.mark.slow
@pytest.mark.parametrize("effect", EFFECTS)
def test_every_protocol_under_every_effect(effect, monkeypatch):
    people = load_population("pro-act")
    for name in library_names():
        protocol = load_protocol(name)
        same_trial(monkeypatch, protocol, people, EFFECTS[effect], 100 // len(protocol.arms) + 1, replicate=11)


def with_visits(name, days, *, early=7, late=7, **changes):
    """A protocol of the library with visits on other days, all of the first one's measures."""
    protocol = load_protocol(name)
    first = protocol.visits[0]
    visits = tuple(
        first.model_copy(
            update={"name": f"day {day}", "day": day, "days_early": early, "days_late": late if day else 0}
        )
        for day in days
    )
    return protocol.model_copy(update={"visits": visits, **changes})


def randomised(name, **changes):
    protocol = load_protocol(name)
    return protocol.model_copy(update={"randomisation": protocol.randomisation.model_copy(update=changes)})


def with_criteria(name, *criteria):
    protocol = load_protocol(name)
    made = tuple(Criterion.model_validate(criterion) for criterion in criteria)
    return protocol.model_copy(update={"eligibility": protocol.eligibility.model_copy(update={"criteria": made})})


def with_slots(name, slots):
    protocol = load_protocol(name)
    products = tuple(
        product.model_copy(
            update={"manufacturing": product.manufacturing.model_copy(update={"clean_room_slots": slots})}
        )
        for product in protocol.products
    )
    return protocol.model_copy(update={"products": products})


UNUSUAL = {
    "a baseline visit that may fall on time zero": with_visits("hanyang-phase2", (-60, -3, 30, 60, 150), late=5),
    "a first visit that may fall on the day of enrolment": with_visits("hanyang-phase1", (-23, -2, 25, 60), late=3),
    "weekly visits, and waits longer than any gap": with_visits(
        "hanyang-phase1", range(-14, 85, 7), early=2, late=2, lead_in_months=0.5, follow_up_months=2.8
    ),
    "visits on their very days": with_visits("nurown-phase2a", (-90, -45, 0, 45, 90, 200), early=0, late=0),
    "no visit after time zero but the last": with_visits("hanyang-phase2", (-30, 0, 500)),
    "no visit before time zero": with_visits("nurown-us-phase2", (20, 50, 100)),
    "a first visit that may be early": with_visits("hadassah-repeated", (-100, 0, 30), early=40),
    "at baseline, in blocks within strata": randomised(
        "hanyang-phase2", day=None, block_size=4, strata=("site", "onset_region", "sex", "riluzole")
    ),
    "at screening": randomised("nurown-us-phase2", day=None, at="screening", block_size=8),
    "every criterion on every occasion": with_criteria(
        "hanyang-phase2",
        {"variable": "alsfrs_r", "at": "screening", "minimum": 20, "maximum": 47},
        {"variable": "alsfrs_r", "at": "allocation", "minimum": 20},
        {"variable": "alsfrs_r_lost_in_lead_in", "at": "allocation", "minimum": 0, "maximum": 9},
        {"variable": "alsfrs_r_lost_in_lead_in", "at": "baseline", "minimum": 1, "maximum": 9},
        {"variable": "svc_percent", "at": "baseline", "minimum": 50},
        {"variable": "weight_kg", "at": "allocation", "maximum": 90},
        {"variable": "age_years", "at": "baseline", "minimum": 40},
        {"variable": "months_since_onset", "at": "screening", "minimum": 6},
        {"variable": "months_since_onset", "at": "allocation", "maximum": 40},
        {"variable": "months_since_onset", "at": "baseline", "maximum": 39},
    ),
    "criteria of single arms": with_criteria(
        "nurown-phase1-2",
        {"variable": "alsfrs_r", "at": "screening", "minimum": 35, "arms": ("muscle",)},
        {"variable": "svc_percent", "at": "baseline", "maximum": 80, "arms": ("spinal-fluid",)},
        {"variable": "age_years", "at": "screening", "minimum": 45},
    ),
    "three slots for everybody's cells": with_slots("hanyang-phase1", 3),
    "few slots in a randomised trial": with_slots("nurown-us-phase3", 4),
}


@pytest.mark.parametrize("what", UNUSUAL)
def test_unusual_protocols_go_the_same_way(what, monkeypatch):
    protocol, people = UNUSUAL[what], load_population("fast-progressor")
    same_trial(monkeypatch, protocol, people, EFFECTS["some-respond"], 60 // len(protocol.arms))


@pytest.mark.slow
@pytest.mark.parametrize("effect", EFFECTS)
def test_unusual_protocols_under_every_effect(effect, monkeypatch):
    for protocol in UNUSUAL.values():
        same_trial(monkeypatch, protocol, load_population("pro-act"), EFFECTS[effect], 60, replicate=5)


@pytest.mark.parametrize("effect", ["slowing", "lasting", "some-respond"])
@pytest.mark.parametrize("name", ["hadassah-repeated", "nurown-us-phase3"])
def test_deaths_between_doses_take_the_later_ones_away(name, effect, monkeypatch):
    protocol, people = load_protocol(name), load_population("pro-act")
    deadly = people.survival.model_copy(update={"scale_months": people.survival.scale_months / 3.0})
    population = people.model_copy(update={"survival": deadly})
    told, after = same_trial(monkeypatch, protocol, population, EFFECTS[effect], 80)
    planned = ~np.isnan(after.dose_days)
    lost = planned & ~after.given & (after.dose_days >= after.death_day[:, None])
    assert (lost.any(axis=1) & after.dosed).sum() > 5
    assert (lost.all(axis=1)).any()
    assert (told.death[told.followed] < np.inf).sum() > 20


@pytest.mark.parametrize("early", [7, 40])
def test_who_waits_and_is_never_dosed_is_seen_on_days_counted_from_the_scheduled_time_zero(early, monkeypatch):
    protocol = with_visits("hanyang-phase1", (-30, 0, 20, 34, 50, 62, 90, 150, 200), early=early, late=early)
    arm = protocol.arms[0]
    doses = tuple(dose.model_copy(update={"day": dose.day + 60}) for dose in arm.administrations)
    later = protocol.model_copy(update={"arms": (arm.model_copy(update={"administrations": doses}),)})
    _, after = same_trial(monkeypatch, later, load_population("fast-progressor"), EFFECTS["slowing"], 300)
    assert (~after.dosed & (after.time_zero == 0.0)).any()
