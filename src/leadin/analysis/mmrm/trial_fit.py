"""The fitted model of one trial, and the adjusted means of its arms at the visits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadin.analysis.mmrm.fallbacks import first_that_fits, planned_structures
from leadin.analysis.mmrm.fit import MmrmFit
from leadin.analysis.mmrm.structures import Floats
from leadin.analysis.mmrm.visit_model import VisitModel, model_rows, visit_model
from leadin.analysis.satterthwaite import ContrastTest
from leadin.errors import ConvergenceError
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.trial import Trial

SPACING = 1.25
"""Visits are evenly spaced when no gap between two is more than so many times another."""


@dataclass(frozen=True)
class TrialMmrm:
    """A fitted model and what it was fitted to. failures: structures tried before, as sentences."""

    planned: PlannedAnalysis
    model: VisitModel
    fit: MmrmFit
    failures: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """Warnings that hold for every row: structures that failed, what was left out, uneven visits."""
        structure = self.fit.structure
        told = self.failures
        if told:
            told = (*told, f"the {structure.label} covariance was used instead")
        gaps = np.diff(np.array([0.0, *(self.model.months[visit] for visit in self.model.visits)]))[1:]
        in_order = structure.name.endswith(("autoregressive", "toeplitz"))
        if in_order and gaps.size > 1 and gaps.max() > SPACING * gaps.min():
            told = (*told, f"the visits are not evenly spaced; {structure.label} covariance goes by their order alone")
        return (*told, *self.model.notes)

    def mean(self, arm: int, visit: int) -> Floats:
        """The contrast (p,) that is the adjusted mean of that arm at that visit; both must be in the model."""
        weights = np.zeros(len(self.fit.names))
        weights[self.model.cells.index((arm, visit))] = 1.0
        return weights

    def test(self, contrast: Floats) -> ContrastTest:
        """Test at the planned level with the planned degrees of freedom."""
        return self.fit.test(contrast, self.planned.degrees_of_freedom, 1.0 - self.planned.alpha)


@dataclass(frozen=True)
class AdjustedMeans:
    """Adjusted (least-squares) means of one arm at the visits it has one at (v,), each with its own interval.

    names, months (v,): of the visits. mean, standard_error, low, high (v,): pointwise, at the planned level. seen (v,):
    participants seen there. baseline: the mean baseline of all participants of the model, at which the means are taken.
    """

    arm: str | None
    names: tuple[str, ...]
    months: Floats
    mean: Floats
    standard_error: Floats
    low: Floats
    high: Floats
    seen: tuple[int, ...]
    baseline: float


def fit_trial_mmrm(trial: Trial, planned: PlannedAnalysis, reference: str | None = None) -> TrialMmrm:
    """The model of a trial that `usable_trial` has been through, with the first of the planned structures that fits.

    Raises DataError and UsageError as `visit_model` and `fit_mmrm` do; ConvergenceError where no structure fits.
    """
    model = visit_model(trial, planned, reference)
    tried = first_that_fits(model_rows(model), planned_structures(planned), model.names)
    if tried.fit is None:
        raise ConvergenceError("; ".join(tried.failures))
    return TrialMmrm(planned, model, tried.fit, tried.failures)


def adjusted_means(fitted: TrialMmrm) -> tuple[AdjustedMeans, ...]:
    """For each arm, the reference first: its means at the mean baseline and covariates, levels weighted equally."""
    model, made = fitted.model, []
    for number, arm in enumerate(model.arms):
        visits = [visit for visit in model.visits if model.why_not(number, visit) is None]
        tests = [fitted.test(fitted.mean(number, visit)) for visit in visits]
        mean, error, low, high = np.array(
            [(t.estimate, t.standard_error, t.ci_low, t.ci_high) for t in tests], dtype=np.float64
        ).T
        made.append(
            AdjustedMeans(
                arm=arm,
                names=tuple(model.names[visit] for visit in visits),
                months=model.months[visits],
                mean=mean,
                standard_error=error,
                low=low,
                high=high,
                seen=tuple(int(n) for n in model.seen[number, visits]),
                baseline=model.baseline_mean,
            )
        )
    return tuple(made)
