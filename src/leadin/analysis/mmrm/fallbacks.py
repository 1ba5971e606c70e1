"""The planned covariance structure, and where it cannot be fitted the next one: each failure is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leadin.analysis.mmrm.fit import MmrmFit, fit_mmrm
from leadin.analysis.mmrm.structures import structure_named
from leadin.analysis.mmrm.visit_model import ModelRows
from leadin.errors import ConvergenceError
from leadin.protocols.planned_analysis import CovarianceStructure, PlannedAnalysis


@dataclass(frozen=True)
class Tried:
    """fit: of the first structure that could be fitted, None where none could. failures: a sentence for each before."""

    fit: MmrmFit | None
    failures: tuple[str, ...]


def planned_structures(planned: PlannedAnalysis) -> tuple[CovarianceStructure, ...]:
    """The planned structure and its fallbacks, each once."""
    return tuple(dict.fromkeys((planned.covariance, *planned.covariance_fallbacks)))


def first_that_fits(rows: ModelRows, structures: Sequence[CovarianceStructure], visits: Sequence[str]) -> Tried:
    """Fit with each structure in turn until one converges; `visits`: the names of all visits.

    Raises DataError for what no structure can mend, such as redundant columns.
    """
    failures: list[str] = []
    labels = [visits[visit] for visit in rows.visit]
    for name in structures:
        try:
            fit = fit_mmrm(
                rows.value,
                rows.columns,
                labels,
                rows.participant,
                structure=name,
                visits=visits,
                names=rows.names,
            )
        except ConvergenceError as error:
            failures.append(f"the {structure_named(name).label} covariance could not be fitted: {error}")
            continue
        return Tried(fit, tuple(failures))
    return Tried(None, tuple(failures))
