"""A protocol as numbers, in the form that kernels take: when, what, who may enter, how arms are filled."""

from __future__ import annotations

from typing import Any

import numpy as np

from leadin.disease.kernels.decline import STEP
from leadin.disease.kernels.people import NORMALS, TRAITS, UNIFORMS
from leadin.engine.kernels.philox import ROOM

Record = Any

VISITS, MEASURES, ARMS, DOSES, CRITERIA, POPULATION_BOUNDS, STRATA = 128, 6, 16, 64, 100, 16, 4
PARTS, GAP_DAYS, CLOCK_DAYS, STEPS_AT_MOST = 4, 128, 2048, 512
"""How much a record holds. Gaps and days beyond the tables are worked out on the spot; more of the rest is refused."""
NORMALS_AT_MOST = NORMALS + VISITS + 2 * STEPS_AT_MOST + MEASURES * (VISITS + 3)

AT_ZERO, ON_ITS_DAY, AT_ENROLMENT = range(3)
"""When a candidate comes to belong to an arm."""
SCREENING, ALLOCATION, BASELINE = range(3)
"""Occasions on which criteria are judged, in order."""
FROM_ALLOCATION, FROM_ENROLMENT, FROM_ZERO = range(3)
"""Where the survival clock starts."""
IN_BLOCKS, IN_ONE_BLOCK, ONE_AFTER_THE_OTHER, BY_CRITERIA = range(4)
"""How places are shared out among arms."""
MEASURED, LOST_IN_LEAD_IN, AGE, ONSET = range(4)
"""What a criterion bounds."""
BOUND_SCORE, BOUND_ONSET, BOUND_DELTA_FS, BOUND_CAPACITY, BOUND_AGE = range(5)
"""What a bound of the population is on."""
BY_SITE, BY_ONSET, BY_SEX, BY_RILUZOLE = range(4)
"""Variables of stratification."""
NONE: Any = np.int64(-1)


PLAN = np.dtype(
    [
        ("days", np.float64, (VISITS,)),
        ("early", np.float64, (VISITS,)),
        ("late", np.float64, (VISITS,)),
        ("opens", np.float64, (VISITS,)),
        ("closes", np.float64, (VISITS,)),
        ("visits", np.int64),
        ("lead_in", np.int64),
        ("lead_in_parts", np.int64, (VISITS + 1,)),
        ("follow_up_parts", np.int64, (VISITS + 1,)),
        ("step_table", np.float64, (PARTS, GAP_DAYS, STEP)),
        ("clock_table", np.float64, (CLOCK_DAYS,)),
        ("longest_step", np.float64),
        ("enrolment", np.float64),
        ("latest", np.float64),
        ("end", np.float64),
        ("screening_visit", np.int64),
        ("allocation_visit", np.int64),
        ("baseline_visit", np.int64),
        ("baseline_at_zero", np.int64),
        ("allocation", np.float64),
        ("belongs", np.int64),
        ("origin", np.int64),
        ("measure", np.int64, (MEASURES,)),
        ("measures", np.int64),
        ("error_sd", np.float64, (MEASURES,)),
        ("listed", np.int64, (MEASURES, VISITS)),
        ("kept", np.int64),
        ("keep_seen", np.int64),
        ("seen_place", np.int64, (MEASURES, VISITS)),
        ("criterion", np.int64, (CRITERIA, 4)),
        ("bound", np.float64, (CRITERIA, 2)),
        ("criteria", np.int64),
        ("population_bound", np.float64, (POPULATION_BOUNDS, 3)),
        ("population_bounds", np.int64),
        ("traits", np.int64),
        ("jittered", np.int64),
        ("entry_normal", np.int64, (3, MEASURES)),
        ("lead_in_normals", np.int64),
        ("follow_up_normals", np.int64),
        ("sharing", np.int64),
        ("sizes", np.int64, (ARMS,)),
        ("starts", np.int64, (ARMS + 1,)),
        ("arms", np.int64),
        ("ratio", np.int64, (ARMS,)),
        ("stratum", np.int64, (STRATA,)),
        ("strata", np.int64),
        ("sites", np.int64),
        ("doses", np.int64),
        ("most_candidates", np.int64),
    ],
    align=True,
)
"""A protocol's timetable and rules; days from the scheduled time zero.

days, early, late: of all `visits`, of which the first `lead_in` are at or before time zero. opens, closes: first and
last day of their windows as the protocol has them; early and late may be narrower, so that visits keep apart.
lead_in_parts, follow_up_parts: steps of the path between neighbours of enrolment, lead-in visits and time zero, and of
time zero, later visits and `latest`. step_table: what drift does in a step, by parts and whole days of a gap.
clock_table: the Weibull clock by whole days since the whole day of enrolment. longest_step: of a wait, days.

screening_visit, allocation_visit, baseline_visit: positions, NONE where there is none. allocation: its day, NaN where
none is named. belongs: AT_ZERO, ... origin: FROM_ALLOCATION, ... (above).

measure, error_sd: kind of each of `measures`, see `leadin.disease.kernels.measurement`. listed: 1 where a visit takes
it. kept: the first so many are collapsed, the others are for entry alone. keep_seen: 1 to keep values at visits.
seen_place: where among the kept values of a measure that of a visit stands, NONE: nowhere.

criterion: variable, measure, occasion, arm mask; bound: lowest and highest. population_bound: variable, lowest,
highest. traits: how many normals traits need. jittered: 1 where visits have windows. entry_normal: place of the normal
of an assessment made for entry alone, NONE where a visit has it. lead_in_normals, follow_up_normals: how many are
drawn.

sharing: IN_BLOCKS, ... sizes, starts: of `arms`. ratio: places in a block. stratum: BY_SITE, ... doses: most of any
arm. most_candidates: screening gives up after so many.
"""

SCRATCH = np.dtype(
    [
        ("words", np.uint64, (NORMALS_AT_MOST + UNIFORMS + VISITS + ROOM,)),
        ("normals", np.float64, (NORMALS_AT_MOST + ROOM,)),
        ("uniforms", np.float64, (UNIFORMS + VISITS + 2,)),
        ("traits", np.float64, (TRAITS,)),
        ("entry", np.float64, (3, MEASURES)),
        ("nodes", np.float64, (VISITS + 4,)),
        ("day", np.float64, (STEPS_AT_MOST + 2,)),
        ("lost", np.float64, (STEPS_AT_MOST + 2,)),
        ("score", np.float64, (STEPS_AT_MOST + 2,)),
        ("effect", np.float64, (3, STEPS_AT_MOST + 2)),
        ("visit_day", np.float64, (VISITS,)),
        ("value", np.float64, (MEASURES, VISITS)),
        ("dose_day", np.float64, (DOSES,)),
        ("dose", np.float64, (DOSES,)),
        ("side", np.float64, (DOSES, 4)),
        ("given", np.float64, (DOSES,)),
        ("at_work", np.float64, (DOSES,)),
        ("step", np.float64, (STEP,)),
        ("left", np.int64, (ARMS,)),
        ("enrolment", np.float64),
        ("drift", np.float64),
        ("drift_sd", np.float64),
        ("hazard", np.float64, (1,)),
        ("hazard_at_zero", np.float64),
        ("hazard_known", np.int64),
        ("lowest", np.float64),
        ("lead_day", np.float64, (STEPS_AT_MOST + 2,)),
        ("lead_score", np.float64, (STEPS_AT_MOST + 2,)),
        ("lead_steps", np.int64),
        ("death", np.float64),
        ("drop_out", np.float64),
        ("wait", np.float64),
        ("waiting", np.int64),
        ("steps", np.int64),
        ("first_dose", np.float64),
        ("last_dose", np.float64),
        ("dosed", np.int64),
        ("acts", np.int64),
    ],
    align=True,
)
"""What one worker writes while he simulates one participant after the other; days from the scheduled time zero.

Of a candidate: traits, values by measure and visit, and for entry by occasion and measure; enrolment; drift and, where
known, cumulative hazard at time zero; lowest: score of the lead-in; lead_day, lead_score: its `lead_steps` steps;
death, drop_out: infinite when not at all.
Along the path: day, points lost untreated, score, effect of each step on function and on the strength of either side.
Of his doses: days, NaN for none, in doses of half effect, shares by side, those given. wait: days by which his own time
zero is later; waiting, steps: steps of the path before it, and in all. dosed, acts: 1 or 0.
"""
