"""The courses of participants from time zero on: paths drawn once, and what becomes of them under the doses that come.

Days here are counted from the SCHEDULED time zero; a participant whose first dose makes his time zero waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.disease.effect import ConstantSlowing, Effect, StepEffects, constant_effects, spared_loss, therapy_effects
from leadin.disease.exposure import half_effect_doses
from leadin.disease.population import Population
from leadin.disease.progression import untreated_loss
from leadin.disease.survival import cumulative_hazard, month_of_death
from leadin.engine.draws import Draws
from leadin.months import DAYS_PER_MONTH
from leadin.simulation.candidates import Candidates
from leadin.simulation.doses import Doses
from leadin.simulation.sides import EITHER, sides_of_doses
from leadin.simulation.timetable import LONGEST_STEP_DAYS, Timetable, grid, jittered

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

JUST_AFTER = 0.01
WAITING_STEPS = 8
"""Steps of a wait that are drawn together; a longer wait takes more of these blocks, each a stream of its own."""


@dataclass(frozen=True)
class Lived:
    """What became of n participants under their doses.

    days (n, k + 1): of the path, of which the first `waiting` steps lie before a participant's own time zero. visits
    (v,): columns of the follow-up visits. lost (n, k + 1): points lost by then, untreated. true_score (n, k + 1).
    effects: of each step; None: no effect at all. given (n, d), dosed (n,): as it came. death_day (n,): infinite when
    the path ends before. time_zero (n,): of the participant's own, 0 for who was never dosed.
    """

    days: Floats
    waiting: int
    visits: Ints
    lost: Floats
    true_score: Floats
    effects: StepEffects | None
    given: Flags
    dosed: Flags
    death_day: Floats
    time_zero: Floats


class Courses:
    """The random numbers of n participants after time zero, drawn once, so that what becomes of them can be asked again
    and again under other doses. arm (n,): position of each one's arm."""

    def __init__(
        self, candidates: Candidates, arm: Ints, effect: Effect, population: Population, times: Timetable, draws: Draws
    ) -> None:
        n = arm.size
        self._candidates, self._effect, self._population, self._times = candidates, effect, population, times
        self._draws, self._waits = draws, [np.zeros((n, 0, 2))]
        window = times.follow_up_window
        jitter = draws.normal("visits/follow_up", n, window.days.size)
        self.visit_days = jittered(window, population.attendance.visit_jitter_days, jitter)
        """Follow-up visits (n, v), from a participant's own time zero."""
        self._normals = draws.normal("drift/follow_up", n, int(times.follow_up_parts.sum()), 2)
        either = any(shares[:, EITHER].any() for shares in times.sides)
        left = draws.uniform("treated_side", n) < 0.5 if either else np.zeros(n, dtype=np.bool_)
        self.treated_side = np.where(left, "left", "right") if either else np.full(n, "")
        """The side (n,) that doses planned for either side are given to; '' where no protocol arm has any."""
        self._sides = sides_of_doses(arm, times.sides, times.most_doses, left)
        self._responds = np.ones(n, dtype=np.bool_)
        if not isinstance(effect, ConstantSlowing):
            self._responds = draws.uniform("therapy/responder", n) < effect.responder_share

    def lived(self, doses: Doses) -> Lived:
        """What becomes of everybody under these doses. The same doses give the same courses, however often asked.

        Who is dosed is decided without effect, which nothing given later can undo: the dosed live to their first dose.
        A later dose is given to who lives to it under the doses before. Doses after `Timetable.latest` come too late.
        """
        path = self._path(doses.wait)
        usable = np.where(doses.days <= self._times.latest + doses.wait[:, None], doses.days, np.nan)
        score, death = path.untreated()
        stays = self._candidates.drop_out_day
        first = usable.min(axis=1, initial=np.inf, where=~np.isnan(usable))
        dosed = first < np.minimum(death, stays)
        effects: StepEffects | None = None
        if isinstance(self._effect, ConstantSlowing):
            if self._effect.share > 0.0 and dosed.any():
                sides = None if self._sides is None else self._sides * ~np.isnan(usable)[:, :, None]
                effects = constant_effects(self._effect, dosed, path.after, sides)
                score, death = path.under(effects.function)
                death = np.where(dosed, np.maximum(death, first + JUST_AFTER), death)
            given = dosed[:, None] & (usable < np.minimum(death, stays)[:, None])
        else:
            given = dosed[:, None] & (usable < stays[:, None])
            effects, score, death, given = self._under_therapy(path, doses, given, first)
        return Lived(
            days=path.days,
            waiting=path.waiting,
            visits=path.visits,
            lost=path.lost,
            true_score=score,
            effects=effects,
            given=given,
            dosed=dosed,
            death_day=death,
            time_zero=np.where(dosed, doses.wait, 0.0),
        )

    def _under_therapy(
        self, path: _Path, doses: Doses, given: Flags, first: Floats
    ) -> tuple[StepEffects, Floats, Floats, Flags]:
        """Effects, true score, day of death and doses given.

        Doses act only after they are given. So those that come after the death they lead to are taken away, which
        moves no earlier event, until none is left that does.
        """
        assert not isinstance(self._effect, ConstantSlowing)
        weights = half_effect_doses(doses.cells, doses.potency, self._effect)
        missed = np.full(first.shape, np.inf)  # the first dose that death took away
        while True:
            dose_days = np.where(given, doses.days, np.nan)
            effects = therapy_effects(
                self._effect, path.days, dose_days, np.where(given, weights, 0.0), self._responds, self._sides
            )
            score, death = path.under(effects.function)
            too_late = given & (doses.days >= death[:, None]) & (doses.days > first[:, None])
            if not too_late.any():
                # Within the step of a dose the hazard knows of it a little early: death keeps on its side of each.
                last = np.max(doses.days, axis=1, initial=-np.inf, where=given)
                return effects, score, np.maximum(np.minimum(death, missed), last + JUST_AFTER), given
            missed = np.minimum(missed, np.min(doses.days, axis=1, initial=np.inf, where=too_late))
            given = given & ~too_late

    def _path(self, wait: Floats) -> _Path:
        times, n = self._times, wait.size
        blocks = int(np.ceil(wait.max(initial=0.0) / (WAITING_STEPS * LONGEST_STEP_DAYS)))
        while len(self._waits) <= blocks:
            self._waits.append(self._draws.normal(f"drift/wait/{len(self._waits)}", n, WAITING_STEPS, 2))
        waiting = blocks * WAITING_STEPS
        nodes = np.concatenate((np.zeros((n, 1)), self.visit_days, np.full((n, 1), times.latest)), axis=1)
        after, columns = grid(nodes, times.follow_up_parts)
        before = np.minimum(LONGEST_STEP_DAYS * np.arange(waiting), wait[:, None])
        days = np.concatenate((before, after + wait[:, None]), axis=1)
        normals = np.concatenate((*self._waits[: blocks + 1], self._normals), axis=1)
        return _Path(days, waiting, columns[1:-1] + waiting, normals, self._candidates, self._population)


class _Path:
    """The untreated loss along a grid of days, and what follows from it under an effect."""

    def __init__(
        self, days: Floats, waiting: int, visits: Ints, normals: Floats, before: Candidates, population: Population
    ) -> None:
        self.days, self.waiting, self.visits = days, waiting, visits
        self._before, self._population = before, population
        self._months = days / DAYS_PER_MONTH
        self.lost = untreated_loss(self._months, before.people.rate, before.drift, normals, population).lost
        self.after = np.arange(self.lost.shape[1] - 1) >= waiting

    def untreated(self) -> tuple[Floats, Floats]:
        """True ALSFRS-R (n, k + 1) along the grid and day of death (n,) with no effect."""
        return self._with(self.lost)

    def under(self, effect: Floats) -> tuple[Floats, Floats]:
        """The same under the effect (n, k) of each step."""
        return self._with(self.lost - spared_loss(np.diff(self.lost, axis=1), effect))

    def _with(self, lost: Floats) -> tuple[Floats, Floats]:
        before = self._before
        score = before.people.score[:, None] - lost
        clock = self._months - before.enrolment_day[:, None] / DAYS_PER_MONTH
        hazard = before.hazard[:, None] + cumulative_hazard(clock, score, self._population.survival)
        day = DAYS_PER_MONTH * month_of_death(self._months, hazard, before.threshold)
        return score, np.where(before.death_day <= 0.0, before.death_day, day)
