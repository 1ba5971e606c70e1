"""Who may enter, judged by the kernels and by the plain code, on candidates put together by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from leadin.designs.fast_plan import fast_plan
from leadin.designs.kernels.entry import allocation_day, belongs_to_population, fills_place
from leadin.designs.kernels.plan import NONE, SCRATCH
from leadin.disease.belonging import belongs
from leadin.disease.entry_bounds import EntryBound
from leadin.disease.kernels.people import AGE, CAPACITY, CAPACITY_LOSS, ONSET
from leadin.disease.load import load_population
from leadin.engine.draws import Draws
from leadin.engine.streams import Streams
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.eligibility import Criterion
from leadin.protocols.load import load_protocol
from leadin.simulation.candidates import draw_candidates
from leadin.simulation.entry import allocation_days, fills_a_place, judge
from leadin.simulation.measures import measured_at_entry
from leadin.simulation.timetable import timetable

N = 400
BOUNDED = (
    {"variable": "alsfrs_r", "at": "screening", "minimum": 30, "maximum": 46},
    {"variable": "alsfrs_r", "at": "allocation", "minimum": 28},
    {"variable": "alsfrs_r_lost_in_lead_in", "at": "allocation", "maximum": 6},
    {"variable": "alsfrs_r_lost_in_lead_in", "at": "baseline", "minimum": -4},
    {"variable": "fvc_percent", "at": "baseline", "minimum": 50, "maximum": 110},
    {"variable": "age_years", "at": "screening", "minimum": 30, "maximum": 75},
    {"variable": "months_since_onset", "at": "screening", "minimum": 6},
    {"variable": "months_since_onset", "at": "allocation", "maximum": 40},
    {"variable": "months_since_onset", "at": "baseline", "maximum": 39},
)
OF_ARMS = (
    {"variable": "alsfrs_r", "at": "screening", "minimum": 38, "arms": ("muscle",)},
    {"variable": "alsfrs_r", "at": "baseline", "maximum": 37, "arms": ("spinal-fluid",)},
    {"variable": "age_years", "at": "baseline", "minimum": 45},
)


def protocol_of(name, criteria, how=None):
    protocol = load_protocol(name)
    made = tuple(Criterion.model_validate(criterion) for criterion in criteria)
    changes = {"eligibility": protocol.eligibility.model_copy(update={"criteria": made})}
    if how is not None:
        changes["randomisation"] = protocol.randomisation.model_copy(update=how)
    return protocol.model_copy(update=changes)


CASES = {
    "a day of allocation": protocol_of("hanyang-phase2", BOUNDED),
    "allocation before every visit": protocol_of("hanyang-phase2", BOUNDED, {"day": -200}),
    "at baseline": protocol_of("hanyang-phase2", BOUNDED[:1] + BOUNDED[3:7], {"day": None}),
    "at screening": protocol_of("hanyang-phase2", BOUNDED[:1] + BOUNDED[3:7], {"day": None, "at": "screening"}),
    "no randomisation": protocol_of("hanyang-phase1", BOUNDED[:1] + BOUNDED[3:7]),
    "criteria of arms": protocol_of("nurown-phase1-2", OF_ARMS),
}


def by_hand(protocol, population, times, random):
    """Candidates of whom many fail, die or leave on the very days that decide."""
    drawn = draw_candidates(protocol, population, times, 2, Draws(Streams(1, 1)), N)
    moments = np.concatenate(([-120, -30.5, -1, 0.0, 5, np.inf], times.visits.days, drawn.enrolment_day[:3]))
    measures = measured_at_entry(protocol.eligibility.criteria)

    def values():
        return {
            measure: random.integers(20, 120 if "percent" in measure else 48, N).astype(float) for measure in measures
        }

    return replace(
        drawn,
        death_day=random.choice(moments, N),
        drop_out_day=random.choice(np.concatenate((moments, np.full(10, np.inf))), N),
        at_screening=values(),
        at_allocation=values(),
        at_baseline=values(),
    )


@pytest.mark.parametrize("case", CASES)
def test_places_are_filled_by_the_same_candidates(case):
    protocol, population = CASES[case], load_population("pro-act")
    times, criteria = timetable(protocol), protocol.eligibility.criteria
    people, measures = by_hand(protocol, population, times, np.random.default_rng(4)), measured_at_entry(criteria)
    planned = [5 for _ in protocol.arms]
    plan = fast_plan(protocol, population, times, planned, 2, measures, keep_seen=False, longest_wait=0.0)[0]
    scratch = np.zeros(1, dtype=SCRATCH).view(np.recarray)[0]
    outcome, _ = judge(criteria, people, times)
    whole = fills_a_place(protocol, people, outcome, times)
    arms = [
        fills_a_place(protocol, people, judge(criteria, people, times, arm.name)[0], times) for arm in protocol.arms
    ]
    days = allocation_days(protocol, times, people.enrolment_day)
    for row in range(N):
        scratch.enrolment, scratch.death, scratch.drop_out = (
            people.enrolment_day[row],
            people.death_day[row],
            people.drop_out_day[row],
        )
        scratch.visit_day[: times.lead_in_visits] = people.visit_days[row]
        scratch.traits[[AGE, ONSET]] = people.people.age_years[row], people.people.months_since_onset[row]
        for occasion, values in enumerate((people.at_screening, people.at_allocation, people.at_baseline)):
            for number, measure in enumerate(measures):
                scratch.entry[occasion, number] = values[measure][row]
        assert allocation_day(plan, scratch.enrolment) == days[row]
        if case != "criteria of arms":
            assert fills_place(plan, scratch, NONE) == whole[row]
        for number, fills in enumerate(arms):
            assert fills_place(plan, scratch, number) == fills[row]
    assert 0 < np.sum(arms) < N * len(arms)


def test_who_belongs_to_a_population_is_told_alike():
    bounds = (
        EntryBound(variable="score", minimum=20, maximum=46),
        EntryBound(variable="months_since_onset", maximum=40),
        EntryBound(variable="delta_fs", minimum=0.1, maximum=1.5),
        EntryBound(variable="capacity", minimum=60),
        EntryBound(variable="age_years", minimum=35),
    )
    protocol, whole = load_protocol("hanyang-phase2"), load_population("pro-act")
    times, scratch = timetable(protocol), np.zeros(1, dtype=SCRATCH).view(np.recarray)[0]
    drawn = draw_candidates(protocol, whole, times, 2, Draws(Streams(1, 1)), N)
    score = np.random.default_rng(3).uniform(-5, 60, N)  # the true score may leave the scale
    for chosen in (*((bound,) for bound in bounds), bounds):
        population = whole.model_copy(update={"entry": chosen})
        plan = fast_plan(protocol, population, times, [5, 5], 2, (), keep_seen=False, longest_wait=0.0)[0]
        mine = []
        for row in range(N):
            people = drawn.people
            scratch.lead_score[0], scratch.enrolment = score[row], drawn.enrolment_day[row]
            scratch.traits[[AGE, ONSET]] = people.age_years[row], people.months_since_onset[row]
            scratch.traits[[CAPACITY, CAPACITY_LOSS]] = people.capacity[row], people.capacity_loss[row]
            mine.append(belongs_to_population(plan, scratch))
        plain = belongs(population, drawn.people, drawn.enrolment_day / DAYS_PER_MONTH, score)
        np.testing.assert_array_equal(mine, plain)
        assert 0 < plain.sum() < N
