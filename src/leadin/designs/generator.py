"""What makes the trials of a design: anything that gives collapsed trials by replicate number."""

from __future__ import annotations

from typing import Protocol as Interface

from leadin.engine.collapsed import Collapsed, Floats, Ints


class Generator(Interface):
    """Trials of one protocol under one truth."""

    @property
    def sizes(self) -> Ints:
        """Participants of each arm (A,), in the protocol's order."""
        ...

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures that are collapsed (M,), in order."""
        ...

    @property
    def months(self) -> Floats:
        """Scheduled months of the visits after time zero that list any of the measures (k,), see `visits_after`."""
        ...

    def generate(self, first: int, count: int) -> Collapsed:
        """Replicates first to first + count - 1: each a function of the seed and its number alone. Called from several
        threads at once."""
        ...
