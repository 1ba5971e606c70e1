"""Fit a mixed model for repeated measures by restricted maximum likelihood (REML), from plain arrays.

y = X beta + e; observations of one participant at different visits vary together by a covariance structure,
participants are independent. Missing visits are missing at random and simply not there.

References: Mallinckrodt, Lane, Schnell, Peng & Mancuso (2008), Recommendations for the primary analysis of continuous
endpoints in longitudinal clinical trials, Drug Inf J 42:303-319, doi:10.1177/009286150804200402.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leadin.analysis.mixed_model_input import check_columns, checked_names, finite_array
from leadin.analysis.mmrm.kenward_roger import kenward_roger_factor
from leadin.analysis.mmrm.likelihood import (
    AtCovariance,
    VisitArrays,
    along,
    at_covariance,
    slope_and_curvature,
    visit_arrays,
)
from leadin.analysis.mmrm.optimum import reml_optimum, search_unit
from leadin.analysis.mmrm.structures import Derivatives, Floats, Structure, structure_named
from leadin.analysis.satterthwaite import ContrastTest, VarianceUncertainty, contrast_test
from leadin.analysis.trust_region import Attempt
from leadin.errors import DataError
from leadin.protocols.planned_analysis import CovarianceStructure, DegreesOfFreedom


@dataclass(frozen=True)
class MmrmFit:
    """A fitted model of p fixed effects at m visits.

    coefficients (p,) with their model-based `covariance` (p, p). visits (m,): in order; visit_covariance (m, m): Sigma.
    theta (k,): the parameters of the structure. reml_log_likelihood: as SAS and R's mmrm count it. n: observations;
    participants: how many have one. uncertainty: Hessian of the REML deviance by theta, its inverse, and the gradient
    of the covariance of the coefficients. attempts: all runs of the optimiser, the best first. arrays, at, sigma: what
    the deviance was made of at the optimum, in units of the scale of `arrays`.
    """

    structure: Structure
    names: tuple[str, ...]
    visits: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    theta: Floats
    visit_covariance: Floats
    reml_log_likelihood: float
    n: int
    participants: int
    uncertainty: VarianceUncertainty
    attempts: tuple[Attempt, ...]
    arrays: VisitArrays
    at: AtCovariance
    sigma: Derivatives

    def adjusted_covariance(self, *, linear: bool = False) -> Floats:
        """Kenward and Roger's covariance of the coefficients (p, p); linear: without second derivatives of Sigma."""
        spread = 2.0 * self.uncertainty.inverse
        factor = kenward_roger_factor(self.arrays, self.at, self.sigma, spread, linear)
        return _on_columns(self.arrays, self.at.root @ factor @ self.at.root.T)

    def test(
        self,
        contrast: ArrayLike | str,
        degrees_of_freedom: DegreesOfFreedom = "satterthwaite",
        level: float = 0.95,
    ) -> ContrastTest:
        """Test a linear combination (p,) of the coefficients, or one coefficient by name; Kenward and Roger's ways
        adjust the standard error too.

        Raises DataError for an unknown name and for a contrast of the wrong shape, not finite, or all zero.
        """
        adjusted = None
        if degrees_of_freedom != "satterthwaite":
            adjusted = self.adjusted_covariance(linear=degrees_of_freedom == "kenward_roger_linear")
        weights = self._weights(contrast)
        return contrast_test(self.coefficients, self.covariance, self.uncertainty, weights, level, adjusted=adjusted)

    def _weights(self, contrast: ArrayLike | str) -> ArrayLike:
        if not isinstance(contrast, str):
            return contrast
        if contrast not in self.names:
            raise DataError(f"contrast: expected one of {', '.join(self.names)}; got {contrast!r}")
        return np.array([float(name == contrast) for name in self.names])


def fit_mmrm(
    y: ArrayLike,
    fixed: ArrayLike,
    visit: ArrayLike,
    participant: ArrayLike,
    *,
    structure: CovarianceStructure = "unstructured",
    visits: Sequence[object] | None = None,
    names: Sequence[str] | None = None,
) -> MmrmFit:
    """Fit by REML: outcome y (n,), fixed effects (n, p), label of the visit (n,) and of the participant (n,).

    visits: all labels in the order of time, by default those that occur, sorted; a visit that nobody was seen at is
    left out. names: of the fixed effects, `x1`, `x2`, ... by default. Missing values are not allowed: leave such rows
    out. Raises DataError for shapes that do not match, missing or infinite numbers, an unknown visit, a participant
    seen twice at one, redundant fixed effects (by name), an outcome that is constant or reproduced exactly;
    ConvergenceError, in one line with all attempts, when the structure cannot be fitted.
    """
    outcome, x = finite_array("y", y, 1), finite_array("fixed", fixed, 2)
    labels, place, index = _checked_places(outcome.size, x.shape[0], visit, participant, visits)
    titles = checked_names(names, x.shape[1])
    if outcome.size <= x.shape[1]:
        raise DataError(f"y: expected more observations than the {x.shape[1]} fixed effects; got {outcome.size}")
    if np.ptp(outcome) == 0.0:
        raise DataError(f"y: expected an outcome that varies; all {outcome.size} values are {outcome[0]:g}")
    check_columns(x, "fixed", titles)
    arrays = visit_arrays(outcome, x, place, index, len(labels))
    if arrays.scale <= 1e-10 * float(outcome.std()):
        raise DataError(
            "y: the fixed effects reproduce the outcome exactly; nothing is left to vary between participants"
        )
    kind = structure_named(structure)
    attempts = reml_optimum(arrays, kind, labels)
    return _fit_at(kind, arrays, titles, labels, attempts)


def _checked_places(
    n: int, rows: int, visit: ArrayLike, participant: ArrayLike, visits: Sequence[object] | None
) -> tuple[tuple[str, ...], NDArray[np.intp], NDArray[np.intp]]:
    """Labels of the visits that occur, in order; the number of each row's visit (n,) and participant (n,)."""
    at, who = np.asarray(visit), np.asarray(participant)
    for name, shape in (("fixed", (rows,)), ("visit", at.shape), ("participant", who.shape)):
        if shape != (n,):
            raise DataError(f"{name}: expected one row for each of the {n} outcomes; got shape {shape}")
    order = np.unique(at).tolist() if visits is None else list(visits)
    numbers = {label: number for number, label in enumerate(order)}
    unknown = [label for label in at.tolist() if label not in numbers]
    if unknown:
        raise DataError(f"visit: expected one of {', '.join(map(str, order))}; got {unknown[0]!r}")
    found, index = np.unique(who, return_inverse=True)
    index = index.reshape(-1)
    place = np.array([numbers[label] for label in at.tolist()], dtype=np.intp)
    occur, place = np.unique(place, return_inverse=True)
    place = place.reshape(-1)
    twice = np.bincount(index * occur.size + place)
    if twice.size and twice.max() > 1:
        first = int(twice.argmax())
        raise DataError(
            f"visit: expected each participant once at a visit; got {found[first // occur.size]} "
            f"{twice.max()} times at {order[occur[first % occur.size]]}"
        )
    return tuple(str(order[number]) for number in occur), place, index


def _fit_at(
    structure: Structure,
    arrays: VisitArrays,
    names: tuple[str, ...],
    visits: tuple[str, ...],
    attempts: tuple[Attempt, ...],
) -> MmrmFit:
    theta = structure.parameters(np.array(attempts[0].end), search_unit(arrays))
    sigma = structure.covariance(theta, arrays.m)
    at = at_covariance(arrays, sigma.value)
    hessian = slope_and_curvature(arrays, at, sigma)[1]
    forms = along(at, sigma.first)[:, :-1, :-1]
    grown = 2.0 * ((arrays.n - arrays.p) * np.log(arrays.scale) + np.log(np.abs(np.diag(arrays.r))).sum())
    coefficients = np.asarray(
        np.linalg.solve(arrays.r, arrays.least_squares + arrays.scale * at.gamma), dtype=np.float64
    )
    inverse = np.asarray(np.linalg.inv(hessian), dtype=np.float64)
    return MmrmFit(
        structure=structure,
        names=names,
        visits=visits,
        coefficients=coefficients,
        covariance=_on_columns(arrays, at.root @ at.root.T),
        theta=structure.rescaled(theta, arrays.m, arrays.scale),
        visit_covariance=arrays.scale**2 * sigma.value,
        reml_log_likelihood=-0.5 * (at.value + float(grown)),
        n=arrays.n,
        participants=arrays.x.shape[0],
        uncertainty=VarianceUncertainty(hessian, inverse, 0, _on_columns(arrays, at.root @ forms @ at.root.T)),
        attempts=attempts,
        arrays=arrays,
        at=at,
        sigma=sigma,
    )


def _on_columns(arrays: VisitArrays, covariance: Floats) -> Floats:
    """A covariance (..., p, p) of coefficients on the basis, of the scaled outcome, as one of the coefficients."""
    back = arrays.scale * np.linalg.inv(arrays.r)
    return back @ covariance @ back.T
