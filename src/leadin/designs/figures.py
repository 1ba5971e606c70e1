"""The figures of simulated trials, one question at a time, as arrays; and what gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Protocol as Interface

import numpy as np

from leadin.engine.fits import Codes, Floats


@dataclass(frozen=True)
class Figures:
    """Of R trials and C comparisons, all (R, C): estimate, standard error, two-sided p, interval at the level of the
    analysis, and code (`engine.fits.REASONS`). NaN is what a method does not give, and everything where the code is
    above SINGULAR."""

    estimate: Floats
    standard_error: Floats
    p: Floats
    low: Floats
    high: Floats
    codes: Codes

    def cut(self, first: int, count: int) -> Figures:
        """Those of trials first to first + count - 1."""
        return Figures(*(getattr(self, field.name)[first : first + count] for field in fields(Figures)))


def joined(parts: Sequence[Figures]) -> Figures:
    """The figures of several batches of trials as one, in order."""
    return Figures(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Figures)))


class Trials(Interface):
    """Trials of one protocol under one truth, with what is asked of each."""

    def figures(self, first: int, count: int, together: int = 1) -> tuple[Figures, ...]:
        """Of each question, for `count` trials from replicate `first` on; together: replicates that are joined into
        one large trial. Called from several threads at once."""
        ...
