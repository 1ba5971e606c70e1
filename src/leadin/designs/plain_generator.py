"""The plain generator: each trial simulated in full, then collapsed. Slow; the twin that the fast one is held to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from leadin.designs.collapse import collapse, visits_after
from leadin.disease.population import Population
from leadin.disease.therapy import Therapy
from leadin.engine.collapsed import Collapsed, Floats, Ints
from leadin.engine.streams import Streams
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.protocol import Protocol
from leadin.simulation.participants import simulate_arrays
from leadin.simulation.timetable import Timetable, timetable


@dataclass(frozen=True)
class PlainGenerator:
    """Trials of a protocol in a population, `planned` participants in each arm, under a constant slowing or a therapy.

    Replicates are those of `simulate_trial` of the same seed. Fulfils `Generator`.
    """

    protocol: Protocol
    population: Population
    planned: tuple[int, ...]
    measures: tuple[str, ...]
    seed: int = 1
    slowing: float = 0.0
    therapy: Therapy | None = None

    @cached_property
    def times(self) -> Timetable:
        """The protocol's timetable."""
        return timetable(self.protocol)

    @cached_property
    def sizes(self) -> Ints:
        """Participants of each arm (A,)."""
        return np.array(self.planned, dtype=np.int64)

    @cached_property
    def months(self) -> Floats:
        """Scheduled months of the visits after time zero that list any of the measures (k,)."""
        return np.array([visit.day for visit in visits_after(self.protocol, self.measures)]) / DAYS_PER_MONTH

    def generate(self, first: int, count: int) -> Collapsed:
        """Replicates first to first + count - 1. Raises UsageError where next to nobody meets the entry criteria."""
        return stacked([self._one(replicate) for replicate in range(first, first + count)])

    def _one(self, replicate: int) -> Collapsed:
        arrays = simulate_arrays(
            self.protocol,
            self.population,
            slowing=self.slowing,
            therapy=self.therapy,
            streams=Streams(self.seed, replicate),
            planned=self.planned,
            times=self.times,
        )
        return collapse(self.protocol, arrays, self.measures)


def stacked(parts: Sequence[Collapsed]) -> Collapsed:
    """Several batches of trials as one, in order; at least one."""
    return Collapsed(
        parts[0].sizes,
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("sums", "seen", "survival", "filled")),
    )


def pooled(trials: Collapsed, together: int) -> Collapsed:
    """Each `together` trials in a row joined into one large trial, arm by arm; filled where all of them were."""

    def joined(array: Floats) -> Floats:
        count = array.shape[0] // together
        ends = np.cumsum(trials.sizes)
        parts = []
        for low, high in zip(ends - trials.sizes, ends, strict=True):
            arm = array[..., low:high].reshape(count, together, *array.shape[1:-1], high - low)
            whole = together * (high - low)  # said, since an array of no measures or times leaves nothing to infer from
            parts.append(np.moveaxis(arm, 1, -2).reshape(count, *array.shape[1:-1], whole))
        return np.concatenate(parts, axis=-1)

    return Collapsed(
        trials.sizes * together,
        joined(trials.sums),
        joined(trials.seen),
        joined(trials.survival),
        np.all(trials.filled.reshape(-1, together), axis=1),
    )
