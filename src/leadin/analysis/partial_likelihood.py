"""Cox's partial likelihood with Efron's handling of ties, within strata: value, score and information.

References: Cox (1972), J R Stat Soc B 34:187-220, doi:10.1111/j.2517-6161.1972.tb00899.x; Efron (1977), J Am Stat
Assoc 72:557-565, doi:10.1080/01621459.1977.10480613.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Stratum:
    """Those of one stratum, the longest time first.

    rows (n,): their places in the data. died (n,). stop (m,): for each distinct time of death, so many of the first
    rows are at risk. deaths (m,): those who died then. death (d,): for each death which of the m times it fell on.
    tied (d,): its number, from 0, among the deaths of that time.
    """

    rows: NDArray[np.intp]
    died: Flags
    stop: NDArray[np.intp]
    deaths: NDArray[np.intp]
    death: NDArray[np.intp]
    tied: NDArray[np.intp]


@dataclass(frozen=True)
class Likelihood:
    """At some coefficients (k,): the log partial likelihood, its first derivative (k,) and minus its second (k, k)."""

    value: float
    score: Floats
    information: Floats


def strata_of(months: ArrayLike, event: ArrayLike, stratum: ArrayLike | None = None) -> tuple[Stratum, ...]:
    """The strata in which anybody died, from times (n,), events (n,) and labels of strata (n,)."""
    time, died = np.asarray(months, dtype=np.float64), np.asarray(event, dtype=np.bool_)
    of = np.zeros(time.size, dtype=np.intp) if stratum is None else np.unique(stratum, return_inverse=True)[1]
    return tuple(_strata(time, died, of))


def _strata(time: Floats, died: Flags, of: NDArray[np.intp]) -> Iterator[Stratum]:
    for one in np.unique(of[died]):
        rows = np.flatnonzero(of == one)
        rows = rows[np.argsort(-time[rows], kind="stable")]
        at, deaths = np.unique(-time[rows][died[rows]], return_counts=True)
        stop = np.searchsorted(-time[rows], at, side="right")
        death = np.repeat(np.arange(at.size), deaths)
        tied = np.arange(death.size) - np.repeat(np.cumsum(deaths) - deaths, deaths)
        yield Stratum(rows, died[rows], stop, deaths, death, tied)


def likelihood_at(beta: Floats, columns: Floats, strata: tuple[Stratum, ...]) -> Likelihood:
    """The likelihood of coefficients (k,) for columns (n, k). Of d tied deaths the j-th is judged among those at risk
    less j/d of the tied ones (Efron)."""
    k = columns.shape[1]
    value, score, information = 0.0, np.zeros(k), np.zeros((k, k))
    for stratum in strata:
        x = columns[stratum.rows]
        linear = x @ beta
        linear -= linear.max()
        weight = np.exp(linear)
        first = weight[:, None] * x
        second = first[:, :, None] * x[:, None, :]
        # One row per death: sums over those at risk, less the share of the tied ones.
        share = stratum.tied / stratum.deaths[stratum.death]
        totals = [_at_deaths(each, stratum, share) for each in (weight, first, second)]
        mean = totals[1] / totals[0][:, None]
        value += float(linear[stratum.died].sum() - np.log(totals[0]).sum())
        score += x[stratum.died].sum(axis=0) - mean.sum(axis=0)
        information += (totals[2] / totals[0][:, None, None]).sum(axis=0) - mean.T @ mean
    return Likelihood(value, score, information)


def _at_deaths(each: Floats, stratum: Stratum, share: Floats) -> Floats:
    at_risk = np.cumsum(each, axis=0)[stratum.stop - 1]
    tied = np.add.reduceat(each[stratum.died], np.cumsum(stratum.deaths) - stratum.deaths, axis=0)
    shape = (share.size, *(1,) * (each.ndim - 1))
    left: Floats = at_risk[stratum.death] - share.reshape(shape) * tied[stratum.death]
    return left


def never_falling(columns: Floats, strata: tuple[Stratum, ...]) -> Floats:
    """Rows (r, k) such that the likelihood never falls along a direction exactly where no row times it is negative.

    Along it whoever dies must stand highest of all at risk. Risk sets are nested, so that each death need be held only
    against those tied with it, those who leave before the next death, and one who dies next.
    """
    rows: list[Floats] = []
    for stratum in strata:
        x = columns[stratum.rows]
        starts = np.concatenate([[0], stratum.stop[:-1]])
        later: Floats | None = None
        for start, stop in zip(starts, stratum.stop, strict=True):
            here, died = x[start:stop], stratum.died[start:stop]
            dead = here[died]
            rows += [dead[0] - here[~died], dead[0] - dead[1:], dead[1:] - dead[0]]
            if later is not None:
                rows.append((dead[0] - later)[None, :])
            later = dead[0]
    return np.unique(np.concatenate(rows), axis=0)
