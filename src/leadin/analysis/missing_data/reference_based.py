"""What a missing value is drawn from, given means and covariance: missing at random, or as the reference arm goes on.

Carpenter, Roger & Kenward (2013), J Biopharm Stat 23:1352-1371, doi:10.1080/10543406.2013.834911. A participant is
taken as seen up to his last visit. Values missing before it are drawn given his others, in his own arm. Values after it
are normal with mean `after + B (seen - before)`, B the regression of later on earlier columns:

| assumption | before | after | B and residual covariance |
|---|---|---|---|
| missing at random | means of his arm | means of his arm | his arm |
| jump to reference | means of his arm | means of the reference | reference |
| copy increments | means of his arm | his arm's last mean, moved by the reference's mean changes | reference |
| copy reference | means of the reference | means of the reference | reference |

Means are those at one and the same baseline (and covariates) in all arms: a difference between arms at baseline is
chance, or is adjusted for, and must not move the profile that a participant is sent along.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.analysis.missing_data.incomplete_visits import Floats, IncompleteVisits, patterns
from leadin.analysis.missing_data.posterior import Posterior
from leadin.engine.draws import Draws
from leadin.protocols.imputation import ImputationAssumption


@dataclass(frozen=True)
class Continuation:
    """How a participant goes on after `s` columns seen of p: mean = after + (seen - before) @ coefficients, covariance.

    Arrays lead with the draws: before (d, s), after (d, p - s), coefficients (d, s, p - s), covariance (d, p - s,
    p - s).
    """

    before: Floats
    after: Floats
    coefficients: Floats
    covariance: Floats


def at_equal_lead(means: Floats, covariances: Floats, lead: int) -> Floats:
    """The means (d, a, p) of each arm at the same value of the first `lead` columns: their mean over arms.

    covariances (d, a, p, p). The first columns come out equal in all arms.
    """
    if means.shape[1] == 1:
        return means
    moved = means[..., :lead].mean(axis=1, keepdims=True) - means[..., :lead]
    slopes = np.linalg.solve(covariances[..., :lead, :lead], covariances[..., :lead, lead:])
    later = means[..., lead:] + np.einsum("dal,dalv->dav", moved, slopes)
    return np.concatenate([means[..., :lead] + moved, later], axis=-1)


def continuation(
    posterior: Posterior, arm: int, seen: int, assumption: ImputationAssumption, lead: int
) -> Continuation:
    """How participants of an arm go on who were seen in the first `seen` columns. Arm 0 is the reference; its own
    participants go on as missing at random. lead: columns at which arms are made equal."""
    means = at_equal_lead(posterior.means, posterior.covariances, lead)
    own, reference = means[:, arm], means[:, 0]
    before, after, source = own[:, :seen], own[:, seen:], arm
    if assumption != "missing_at_random":
        after, source = reference[:, seen:], 0
    if assumption == "copy_increments":
        after = after + (own[:, seen - 1] - reference[:, seen - 1])[:, None]
    if assumption == "copy_reference":
        before = reference[:, :seen]
    covariance = posterior.covariances[:, source]
    early, cross = covariance[:, :seen, :seen], covariance[:, :seen, seen:]
    coefficients = np.asarray(np.linalg.solve(early, cross), dtype=np.float64)
    rest = covariance[:, seen:, seen:] - covariance[:, seen:, :seen] @ coefficients
    return Continuation(before, after, coefficients, (rest + rest.transpose(0, 2, 1)) / 2.0)


def completed(data: IncompleteVisits, posterior: Posterior, assumption: ImputationAssumption, streams: Draws) -> Floats:
    """The table (d, n, p) with every hole filled, once a draw of the posterior.

    Each participant has random numbers of his own, the same under every assumption.
    """
    d, (n, p) = posterior.means.shape[0], data.values.shape
    tables = np.broadcast_to(data.values, (d, n, p)).copy()
    holes = np.flatnonzero(data.missing.any(axis=1))
    normal = np.zeros((d, n, p))
    for row in holes:
        normal[:, row] = streams.normal(f"imputation/{data.participants[row]}", d, p)
    for arm in range(len(data.arms)):
        for last in np.unique(data.last[holes]):
            group = holes[(data.arm[holes] == arm) & (data.last[holes] == last)]
            seen = int(last) + 1
            if group.size == 0:
                continue
            _fill_between(tables, normal, group, seen, posterior, arm, data)
            if seen < p:
                on = continuation(posterior, arm, seen, assumption, data.lead)
                centre = on.after[:, None] + (tables[:, group, :seen] - on.before[:, None]) @ on.coefficients
                root = np.linalg.cholesky(on.covariance)
                tables[:, group, seen:] = centre + normal[:, group, seen:] @ root.transpose(0, 2, 1)
    return tables


def _fill_between(
    tables: Floats,
    normal: Floats,
    group: NDArray[np.intp],
    seen: int,
    posterior: Posterior,
    arm: int,
    data: IncompleteVisits,
) -> None:
    """Fills holes among the columns seen, in the participant's own arm, given the others of those columns."""
    kinds, kind = patterns(data.missing[group, :seen])
    mean, covariance = posterior.means[:, arm, :seen], posterior.covariances[:, arm, :seen, :seen]
    for number, hole in enumerate(kinds):
        rows = group[kind == number]
        there = ~hole
        if not hole.any():
            continue
        cross = covariance[:, there][:, :, hole]
        slopes = np.linalg.solve(covariance[:, there][:, :, there], cross)
        rest = covariance[:, hole][:, :, hole] - cross.transpose(0, 2, 1) @ slopes
        root = np.linalg.cholesky((rest + rest.transpose(0, 2, 1)) / 2.0)
        values, noise = tables[:, rows, :seen], normal[:, rows, :seen]
        centre = mean[:, None, hole] + (values[:, :, there] - mean[:, None, there]) @ slopes
        values[:, :, hole] = centre + noise[:, :, hole] @ root.transpose(0, 2, 1)
        tables[:, rows, :seen] = values
