"""The making of one lot: from a tissue sample to released cells, or to the reason why there are none.

Growth is exponential. In doublings, relative to the cells needed, a culture that started s doublings above the typical
one and doubles every tau days holds, t days after isolation,

    log2(reserve) + s + t / tau - expansion_days / doubling_days

which is why a plan of any length and any dose is met by a typical culture. It is harvested on the planned day, or when
it holds enough, or at the end of the longest extension with what is there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.disease.cell_rates import Cells
from leadin.disease.lot_release import NO_SAMPLE, RELEASED, TOO_FEW, failed_tests, viability
from leadin.disease.secretion import fold_change, secretion_before
from leadin.protocols.product import Manufacturing

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class CultureChance:
    """Random numbers of the cultures of n participants. person (n, 3): normal, for the start, the growth and the
    secretion of each one's cells. lot (n, a, 3): normal, for start, growth and fold change of each culture. uniform (n,
    a, 3): for sample, release tests and viability of each culture."""

    person: Floats
    lot: Floats
    uniform: Floats


@dataclass(frozen=True)
class Cultures:
    """What a culture of each sample would give, each (n, a): for n participants and a samples of each.

    failure: RELEASED, or why there are no cells (`lot_release.FAILURES`). growth_days: from isolation to the harvest,
    NaN without one. days: from isolation until release or until the culture is given up. share: of the cells needed,
    what is there, at most 1. fold: change of secretion by differentiation, NaN where there is none.
    """

    failure: Ints
    growth_days: Floats
    days: Floats
    share: Floats
    fold: Floats


def grow(made: Manufacturing, cells: Cells, chance: CultureChance) -> Cultures:
    """The cultures of all samples, each as if it were begun.

    A sample is inadequate with `inadequate_share`; its culture is given up after `first_look_days`, at the latest on
    the planned day of harvest.
    """
    doubling, start = _growth(made, cells, chance)
    planned, extension = float(made.expansion_days), float(cells.longest_extension_days)
    lacking = planned / cells.doubling_days - np.log2(cells.reserve) - start
    growth_days = np.minimum(np.maximum(np.ceil(doubling * lacking), planned), planned + extension)
    share = np.exp2(np.minimum(growth_days / doubling - lacking, 0.0))
    failure = failed_tests(made.release_tests, cells.release_failures, chance.uniform[..., 1])
    failure[share < cells.fewest_share] = TOO_FEW
    no_sample = chance.uniform[..., 0] < cells.inadequate_share
    failure[no_sample] = NO_SAMPLE
    tested = float(made.differentiation_days + made.release_days)
    days = growth_days + (tested if not tested else np.where(failure == TOO_FEW, 0.0, tested))
    days[no_sample] = min(cells.first_look_days, made.expansion_days)
    growth_days[no_sample] = np.nan
    differentiated = made.differentiation_days > 0
    fold = fold_change(cells, chance.lot[..., 2]) if differentiated else np.full(days.shape, np.nan)
    return Cultures(failure=failure, growth_days=growth_days, days=days, share=share, fold=fold)


@dataclass(frozen=True)
class Findings:
    """What is measured on each culture (n, a): viability, %, NaN without a harvest; secretion before and after
    differentiation, relative to the mean lot before, NaN where it is not measured."""

    viability: Floats
    before: Floats
    after: Floats


def findings(made: Manufacturing, cells: Cells, chance: CultureChance, cultures: Cultures) -> Findings:
    """Viability and secretion of the same cultures. Secretion is measured where cells are differentiated, and before
    it where the protocol lists a release test of secretion."""
    failure = cultures.failure
    harvested = failure != NO_SAMPLE
    measured = harvested & (made.differentiation_days > 0 or "secretion" in made.release_tests)
    before = np.where(measured, secretion_before(cells, chance.person[:, 2])[:, None], np.nan)
    return Findings(
        viability=np.where(harvested, viability(cells, failure, chance.uniform[..., 2]), np.nan),
        before=before,
        after=np.where(failure != TOO_FEW, before * cultures.fold, np.nan),
    )


def potency(cells: Cells, cultures: Cultures) -> Floats:
    """Potency (n, a): the fold change relative to the population's mean, 1 where it is not measured."""
    return np.where(np.isnan(cultures.fold), 1.0, cultures.fold / cells.fold_mean)


def _growth(made: Manufacturing, cells: Cells, chance: CultureChance) -> tuple[Floats, Floats]:
    """Doubling time (n, a), days, and start (n, a), doublings above the typical. What differs between the passages of a
    lot averages out over them and the first culture."""
    passages = cells.passages if made.passages is None else made.passages
    between_passages = cells.doubling_passage_cv**2 / (passages + 1)
    person, lot = np.log1p(cells.doubling_person_cv**2), np.log1p(between_passages)
    doubling = cells.doubling_days * np.exp(
        np.sqrt(person) * chance.person[:, None, 1] + np.sqrt(lot) * chance.lot[..., 1] - (person + lot) / 2
    )
    start = cells.seeded_person_sd * chance.person[:, None, 0] + cells.seeded_sample_sd * chance.lot[..., 0]
    return doubling, start


def released(cultures: Cultures) -> Flags:
    """Which cultures end in a released lot (n, a)."""
    flags: Flags = cultures.failure == RELEASED
    return flags
