"""A protocol in the form that kernels take: its timetable, its rules of entry, how its arms are filled."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from leadin.designs.collapse import visits_after
from leadin.designs.kernels import plan as words
from leadin.designs.kernels.plan import NONE, PLAN, Record
from leadin.disease.kernels import measurement, people
from leadin.disease.kernels.decline import STEP, describe_step
from leadin.disease.kernels.survival import clock
from leadin.disease.population import Population
from leadin.engine.collapsed import group_starts
from leadin.errors import UsageError
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.eligibility import Criterion
from leadin.protocols.protocol import Protocol
from leadin.simulation.measures import ENTRY_MEASURES, measured_at_entry
from leadin.simulation.places import by_arm
from leadin.simulation.timetable import Timetable

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LONGEST_STEP_DAYS = 31.0
"""Between visits as planned. The path is exact whatever the steps, the hazard of death nearly so: halving them moves no
survival by more than its Monte Carlo error (tested)."""
MOST_CANDIDATES = (50_000, 200)
"""Screening gives up after the first number of candidates, or the second for each planned, whichever is more."""
KINDS = {
    "alsfrs_r": measurement.SCORE,
    "svc_percent": measurement.CAPACITY,
    "fvc_percent": measurement.CAPACITY,
    "weight_kg": measurement.WEIGHT,
    "strength.left": measurement.STRENGTH_LEFT,
    "strength.right": measurement.STRENGTH_RIGHT,
}
"""Measures that the fast generator knows."""
NEEDS = {
    measurement.SCORE: people.NEEDS_DECLINE,
    measurement.CAPACITY: people.NEEDS_CAPACITY,
    measurement.WEIGHT: people.NEEDS_WEIGHT,
    measurement.STRENGTH_LEFT: people.NEEDS_STRENGTH,
    measurement.STRENGTH_RIGHT: people.NEEDS_STRENGTH,
}
BOUNDS = {
    "score": (words.BOUND_SCORE, people.NEEDS_DECLINE),
    "months_since_onset": (words.BOUND_ONSET, people.NEEDS_ONSET),
    "delta_fs": (words.BOUND_DELTA_FS, people.NEEDS_ONSET),
    "capacity": (words.BOUND_CAPACITY, people.NEEDS_CAPACITY),
    "age_years": (words.BOUND_AGE, people.NEEDS_AGE),
}
OCCASIONS = {"screening": words.SCREENING, "allocation": words.ALLOCATION, "baseline": words.BASELINE}
STRATA = {
    "site": words.BY_SITE,
    "onset_region": words.BY_ONSET,
    "sex": words.BY_SEX,
    "riluzole": words.BY_RILUZOLE,
}


def fast_plan(
    protocol: Protocol,
    population: Population,
    times: Timetable,
    planned: Sequence[int],
    sites: int,
    measures: Sequence[str],
    *,
    keep_seen: bool,
    longest_wait: float,
    longest_step: float = LONGEST_STEP_DAYS,
) -> Record:
    """The protocol as numbers: an array of one record (see `leadin.designs.kernels.plan.PLAN`).

    measures: those kept, all in KINDS; longest_wait: days by which somebody's own time zero may be late. Raises
    UsageError for a protocol with more visits, doses, arms or steps than a record holds.
    """
    entry_only = (each for each in measured_at_entry(protocol.eligibility.criteria) if each not in measures)
    all_measures = (*measures, *entry_only)
    before, after = _parts(times, longest_step)
    _check_room(protocol, population, times, max(before.sum(), after.sum() + np.ceil(longest_wait / longest_step)))
    fields = {
        **_when(population, times, longest_step),
        "opens": [visit.day - visit.days_early for visit in protocol.visits],
        "closes": [visit.day + visit.days_late for visit in protocol.visits],
        "lead_in_parts": before,
        "follow_up_parts": after,
        "belongs": _belongs(protocol, times),
        "origin": _origin(protocol, planned),
        **_what(protocol, population, measures, all_measures),
        "keep_seen": int(keep_seen),
        **_who(protocol, population, all_measures),
        **_normals(protocol, population, times, all_measures, int(before.sum()), int(after.sum())),
        **_which_arm(protocol, planned, sites),
        "doses": times.most_doses,
    }
    plan = np.zeros(1, dtype=PLAN).view(np.recarray)
    for name, value in fields.items():
        _put(plan[0], name, value)
    return plan


def _check_room(protocol: Protocol, population: Population, times: Timetable, steps: float) -> None:
    """Raises UsageError where a record has no room for so much."""
    for what, most, got in (
        ("visits", words.VISITS, times.visits.days.size),
        ("arms", words.ARMS, len(protocol.arms)),
        ("dosing days in an arm", words.DOSES, times.most_doses),
        ("bounds of the population", words.POPULATION_BOUNDS, len(population.entry)),
        ("steps of a path", words.STEPS_AT_MOST, int(steps)),
    ):
        if got > most:
            raise UsageError(
                f"{protocol.name}: expected at most {most} {what} to simulate many trials at once; got {got}. "
                "Simulate it one trial at a time, with leadin simulate."
            )


def _put(plan: Record, name: str, value: object) -> None:
    """Puts a number or an array into a field, its first places if the field holds more."""
    values = np.asarray(value)
    if values.ndim == 0:
        plan[name] = value
    else:
        plan[name][tuple(slice(length) for length in values.shape)] = values


def _when(population: Population, times: Timetable, longest_step: float) -> dict[str, object]:
    """Days, and tables of what goes by days."""
    baseline = times.baseline_visit
    return {
        "visits": times.visits.days.size,
        "days": times.visits.days,
        "early": times.visits.early,
        "late": times.visits.late,
        "lead_in": times.lead_in_visits,
        "step_table": _step_table(population),
        "clock_table": _clock_table(population, times),
        "longest_step": longest_step,
        "enrolment": times.enrolment,
        "latest": times.latest,
        "end": times.end,
        "screening_visit": _or_none(times.screening_visit),
        "allocation_visit": _or_none(times.allocation_visit),
        "baseline_visit": _or_none(baseline),
        "baseline_at_zero": int(baseline is not None and times.visits.days[baseline] == 0.0),
        "allocation": math.nan if times.allocation is None else times.allocation,
        "jittered": _jittered(times),
    }


def _what(
    protocol: Protocol, population: Population, kept: Sequence[str], measures: Sequence[str]
) -> dict[str, object]:
    """What is assessed, of which the first measures are kept."""
    return {
        "measure": [KINDS[measure] for measure in measures],
        "measures": len(measures),
        "error_sd": [_error_sd(population, KINDS[measure]) for measure in measures],
        "listed": np.array(
            [[measure in visit.measures for visit in protocol.visits] for measure in measures], dtype=np.int64
        ).reshape(len(measures), len(protocol.visits)),
        "kept": len(kept),
        "seen_place": _seen_places(protocol, kept, measures),
    }


def _who(protocol: Protocol, population: Population, measures: Sequence[str]) -> dict[str, object]:
    """Who may enter."""
    criteria = protocol.eligibility.criteria
    return {
        "criterion": _criteria(protocol, measures),
        "bound": _limits([(criterion.minimum, criterion.maximum) for criterion in criteria]),
        "criteria": len(criteria),
        "population_bound": _population_bounds(population),
        "population_bounds": len(population.entry),
    }


def _normals(
    protocol: Protocol, population: Population, times: Timetable, measures: Sequence[str], before: int, after: int
) -> dict[str, object]:
    """How many normals each part of a course takes; before, after: steps of the path before and after time zero."""
    traits = _traits(protocol, population, measures)
    earlier, visits, m = times.lead_in_visits, times.visits.days.size, len(measures)
    own = traits + _jittered(times) * earlier + 2 * before + m * earlier
    entry_normal, lead_in = _entry_normals(protocol, times, measures, own)
    return {
        "traits": traits,
        "entry_normal": entry_normal,
        "lead_in_normals": lead_in,
        "follow_up_normals": (_jittered(times) + m) * (visits - earlier) + 2 * after,
    }


def _which_arm(protocol: Protocol, planned: Sequence[int], sites: int) -> dict[str, object]:
    """How the places of the arms are filled."""
    how = protocol.randomisation
    strata = () if how is None else how.strata
    sizes = np.array(planned, dtype=np.int64)
    sharing, ratio = _sharing(protocol)
    return {
        "sharing": sharing,
        "sizes": sizes,
        "starts": group_starts(sizes),
        "arms": sizes.size,
        "ratio": ratio,
        "stratum": [STRATA[str(name)] for name in strata],
        "strata": len(strata),
        "sites": sites,
        "most_candidates": max(MOST_CANDIDATES[0], MOST_CANDIDATES[1] * int(sizes.sum())),
    }


def _jittered(times: Timetable) -> int:
    """1 where any visit has a window."""
    return int(bool((times.visits.early + times.visits.late).any()))


def _or_none(position: int | None) -> int:
    return NONE if position is None else position


def _belongs(protocol: Protocol, times: Timetable) -> int:
    """See `leadin.simulation.entry.allocation_days`."""
    how = protocol.randomisation
    if times.allocation is not None:
        return words.ON_ITS_DAY
    return words.AT_ZERO if how is not None and how.at == "baseline" else words.AT_ENROLMENT


def _origin(protocol: Protocol, planned: Sequence[int]) -> int:
    """See `leadin.trials.survival_times.survival_origin`."""
    if protocol.randomised:
        return words.FROM_ALLOCATION
    return words.FROM_ZERO if np.count_nonzero(planned) == 1 else words.FROM_ENROLMENT


def _parts(times: Timetable, longest_step: float) -> tuple[Ints, Ints]:
    """Steps between neighbouring times: by the planned gap, none where there never is a gap."""
    visits, k = times.visits.days, times.lead_in_visits
    enrolment = visits[0] if times.screening_visit is not None else times.enrolment
    before = np.diff(np.concatenate(([enrolment], visits[:k], [0.0])))
    after = np.diff(np.concatenate(([0.0], visits[k:], [times.latest])))

    def steps(gaps: Floats, ever: Ints) -> Ints:
        wanted = np.maximum(np.ceil(gaps / longest_step - 1e-9), 1).astype(np.int64)
        return np.where(ever > 0, wanted, 0)

    return steps(before, times.lead_in_parts), steps(after, times.follow_up_parts)


def _step_table(population: Population) -> Floats:
    table = np.empty((words.PARTS, words.GAP_DAYS, STEP))
    for parts in range(1, words.PARTS + 1):
        for gap in range(words.GAP_DAYS):
            describe_step(gap / parts / DAYS_PER_MONTH, population.decline.drift_months, table[parts - 1, gap])
    return table


def _clock_table(population: Population, times: Timetable) -> Floats:
    """The Weibull clock by whole days since the whole day of enrolment, of which it may be a little before."""
    ahead = times.enrolment - np.floor(times.enrolment) if times.screening_visit is None else 0.0
    survival = population.survival
    days = range(words.CLOCK_DAYS)
    return np.array(
        [clock((day - ahead) / DAYS_PER_MONTH, survival.scale_months, survival.weibull_shape) for day in days]
    )


def _error_sd(population: Population, kind: int) -> float:
    errors = {
        measurement.SCORE: population.score.measurement_sd,
        measurement.CAPACITY: population.breathing.measurement_sd,
        measurement.WEIGHT: population.weight.measurement_sd,
    }
    return float(errors.get(kind, population.strength.measurement_sd))


def _traits(protocol: Protocol, population: Population, measures: Sequence[str]) -> int:
    """How many normals a candidate's traits need."""
    needs = [people.NEEDS_DECLINE, *(NEEDS[KINDS[measure]] for measure in measures)]
    needs += [BOUNDS[bound.variable][1] for bound in population.entry]
    by_variable = {"age_years": people.NEEDS_AGE, "months_since_onset": people.NEEDS_ONSET}
    needs += [by_variable[c.variable] for c in protocol.eligibility.criteria if c.variable in by_variable]
    return max(needs)


def _entry_normals(protocol: Protocol, times: Timetable, measures: Sequence[str], first: int) -> tuple[Ints, int]:
    """Places of the normals of assessments made for entry alone (3, m), and how many normals the lead-in takes."""
    places = np.full((3, len(measures)), NONE, dtype=np.int64)
    needed = measured_at_entry(protocol.eligibility.criteria)
    asked = {criterion.at for criterion in protocol.eligibility.criteria} | {"screening"}
    visits = (times.screening_visit, times.allocation_visit, times.baseline_visit)
    for (occasion, number), visit in zip(OCCASIONS.items(), visits, strict=True):
        if visit is None and occasion in asked:
            for measure in needed:
                places[number, measures.index(measure)] = first
                first += 1
    return places, first


def _seen_places(protocol: Protocol, kept: Sequence[str], measures: Sequence[str]) -> Ints:
    """Where the value of a measure at a visit after time zero stands among those kept (m, v); see `visits_after`."""
    places = np.full((len(measures), len(protocol.visits)), NONE, dtype=np.int64)
    after = visits_after(protocol, kept)
    for v, visit in enumerate(protocol.visits):
        if visit in after:
            places[: len(kept), v] = after.index(visit)
    return places


def _criteria(protocol: Protocol, measures: Sequence[str]) -> Ints:
    names = [arm.name for arm in protocol.arms]
    rows = [_criterion(criterion, names, measures) for criterion in protocol.eligibility.criteria]
    return np.array(rows, dtype=np.int64).reshape(len(rows), 4)


def _criterion(criterion: Criterion, names: Sequence[str], measures: Sequence[str]) -> tuple[int, int, int, int]:
    measure = ENTRY_MEASURES.get(criterion.variable)
    variable = {
        "alsfrs_r_lost_in_lead_in": words.LOST_IN_LEAD_IN,
        "age_years": words.AGE,
        "months_since_onset": words.ONSET,
    }.get(criterion.variable, words.MEASURED)
    mask = sum(1 << names.index(arm) for arm in criterion.arms)
    return variable, NONE if measure is None else measures.index(measure), OCCASIONS[criterion.at], mask


def _limits(bounds: Sequence[tuple[float | None, float | None]]) -> Floats:
    rows = [(-np.inf if low is None else low, np.inf if high is None else high) for low, high in bounds]
    return np.array(rows, dtype=np.float64).reshape(len(rows), 2)


def _population_bounds(population: Population) -> Floats:
    limits = _limits([(bound.minimum, bound.maximum) for bound in population.entry])
    kinds = np.array([BOUNDS[bound.variable][0] for bound in population.entry], dtype=np.float64)
    return np.ascontiguousarray(np.column_stack((kinds, limits)))


def _sharing(protocol: Protocol) -> tuple[int, Ints]:
    """How places are shared out, and the places of each arm in a block."""
    how, nobody = protocol.randomisation, np.zeros(len(protocol.arms), dtype=np.int64)
    if by_arm(protocol):
        return words.BY_CRITERIA, nobody
    if how is None:
        return words.ONE_AFTER_THE_OTHER, nobody
    if how.block_size is None:
        return words.IN_ONE_BLOCK, nobody
    ratio = np.array([how.ratio.get(arm.name, 0) for arm in protocol.arms], dtype=np.int64)
    return words.IN_BLOCKS, ratio * max(1, how.block_size // int(ratio.sum()))
