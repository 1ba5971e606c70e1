"""The fast generator: whole trials as functions of (seed, replicate), each collapsed as it is made."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadin.designs.collapse import visits_after
from leadin.designs.fast_nature import cure, fast_nature
from leadin.designs.fast_plan import fast_plan
from leadin.designs.kernels.plan import SCRATCH, Record
from leadin.designs.kernels.trial import simulate_trials
from leadin.designs.manufacturing_runs import Runs, manufacturing_runs
from leadin.disease.effect import ConstantSlowing, Effect
from leadin.disease.load import load_population
from leadin.disease.population import Population
from leadin.engine.collapsed import SUMS, Collapsed
from leadin.engine.kernels.philox import ROOM
from leadin.engine.running import Run, on_cpu
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.protocol import Protocol
from leadin.simulation.participants import sites_of
from leadin.simulation.timetable import timetable

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LOW = 0xFFFFFFFF
NO_EFFECT = ConstantSlowing(0.0)


class FastGenerator:
    """Trials of one protocol under one truth, collapsed; a replicate is the same alone, in any chunk, on any thread.

    planned: participants per arm. effect: a constant slowing or a therapy. measures: those collapsed, in order; see
    `fast_plan.KINDS`. keep_seen: whether values at visits are kept, for analyses at visits. months (k,): of the
    visits after time zero that list any of them. runs: of manufacturing, where they are at hand; they are those of the
    same protocol, population and numbers.

    Raises UsageError when next to nobody meets the entry criteria, and for a protocol that is too large (`fast_plan`).
    """

    def __init__(
        self,
        protocol: Protocol,
        *,
        planned: Sequence[int],
        population: str | Path | Population = "pro-act",
        effect: Effect = NO_EFFECT,
        seed: int = 1,
        measures: Sequence[str] = ("alsfrs_r",),
        keep_seen: bool = True,
        runs: Runs | None = None,
    ) -> None:
        nature, times = load_population(population), timetable(protocol)
        sites = sites_of(protocol, nature, sum(planned))
        routes = [dose.route for arm in protocol.arms for dose in arm.administrations]
        self.runs = runs or manufacturing_runs(protocol, nature, times, planned, sites, effect, seed)
        longest_wait = float(self.runs.wait.max(initial=0.0))
        self.plan = fast_plan(
            protocol, nature, times, planned, sites, measures, keep_seen=keep_seen, longest_wait=longest_wait
        )
        observed = times.latest + longest_wait - times.enrolment + float(times.visits.early.max(initial=0.0))
        self.nature, self.cure = fast_nature(nature, routes, observed / DAYS_PER_MONTH), cure(effect)
        self.sizes: Ints = np.array(planned, dtype=np.int64)
        self.measures = tuple(measures)
        self.months: Floats = np.array([visit.day for visit in visits_after(protocol, measures)]) / DAYS_PER_MONTH
        self._keys = np.uint32(seed & LOW), np.uint32(seed >> 32 & LOW)
        self._times = self.months.size if keep_seen else 0
        self._strata = strata_of(protocol, sites)
        self._of_thread = threading.local()
        self._run: Run = on_cpu
        self._made: Callable[..., Any] = np.empty

    def elsewhere(self, run: Run, made: Callable[..., Any] = np.empty) -> FastGenerator:
        """The same trials, made by `run`, into arrays of `made`: those of `engine.gpu` stay on the GPU."""
        other = copy(self)
        other._run, other._made = run, made
        return other

    def generate(self, first: int, count: int) -> Collapsed:
        """Replicates first, first + 1, ..., first + count - 1. The arrays are the caller's to keep."""
        n, m = int(self.sizes.sum()), len(self.measures)
        sums = self._made((count, m, SUMS, n), np.float64)
        seen = self._made((count, m, self._times, n), np.float64)
        survival = self._made((count, 2, n), np.float64)
        screened = np.empty(count, dtype=np.int64)
        runs = self.runs
        asked = (
            first,
            *self._keys,
            self.nature,
            self.plan,
            self.cure,
            runs.dose_days,
            runs.doses,
            runs.wait,
            runs.sides,
        )
        scratch, out = self._scratch(), (sums, seen, survival, screened)
        self._run(
            simulate_trials,
            count,
            (*asked, *scratch, *out),
            scratch=range(len(asked), len(asked) + len(scratch)),
            written=range(len(asked) + len(scratch), len(asked) + len(scratch) + len(out)),
        )
        return Collapsed(self.sizes, sums, seen, survival, screened > 0)

    def _scratch(self) -> tuple[Floats, NDArray[np.uint64], Ints, Record]:
        """The scratch space of this thread: of a trial, and of one participant."""
        of_thread = self._of_thread
        if not hasattr(of_thread, "record"):
            places = int(self.sizes.sum()) + 1 + ROOM
            of_thread.turns = np.zeros(places)
            of_thread.words = np.zeros(places, dtype=np.uint64)
            of_thread.blocks = np.zeros((self._strata, self.sizes.size), dtype=np.int64)
            of_thread.record = np.zeros(1, dtype=SCRATCH).view(np.recarray)
        return of_thread.turns, of_thread.words, of_thread.blocks, of_thread.record


def strata_of(protocol: Protocol, sites: int) -> int:
    """How many strata the protocol's allocation tells apart."""
    how = protocol.randomisation
    names = () if how is None else how.strata
    return int(np.prod([sites if name == "site" else 2 for name in names], initial=1))
