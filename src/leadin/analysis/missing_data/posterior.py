"""Draws from the posterior of means and covariance of visits that are normal together, by data augmentation.

Given complete values and Jeffreys' prior |Sigma|^(-(p + 1) / 2), Sigma is inverse Wishart and the means of each arm are
normal; given those, missing values are normal given the observed ones. The two are drawn in turn (Tanner & Wong 1987,
doi:10.1080/01621459.1987.10478458; Schafer 1997, Analysis of Incomplete Multivariate Data, doi:10.1201/9781439821862).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from leadin.analysis.missing_data.incomplete_visits import Floats, IncompleteVisits, patterns
from leadin.engine.draws import Draws
from leadin.errors import DataError

BURN_IN = 200
BETWEEN = 20
"""Rounds before the first draw that is kept, and from one that is kept to the next."""
BLOCK = 256
"""Rounds whose random numbers are drawn at once; it does not change a number."""


@dataclass(frozen=True)
class Posterior:
    """d draws for a arms and p columns: means (d, a, p), covariances (d, a, p, p); a common covariance is the same in
    every arm."""

    means: Floats
    covariances: Floats


def posterior_draws(
    data: IncompleteVisits,
    draws: int,
    streams: Draws,
    *,
    common: bool = True,
    burn_in: int = BURN_IN,
    between: int = BETWEEN,
) -> Posterior:
    """So many draws of means and covariances given what was observed.

    Every participant and every arm has random numbers of its own, so that neither the order of the table nor the names
    of the arms change a draw. Needs more participants than columns in every covariance; raises DataError where the
    values do not vary in some direction.
    """
    chain = _Chain(data, common)
    means, covariances = [], []
    wanted = burn_in + between * (draws - 1) + 1
    for step, numbers in enumerate(_numbers(chain, streams, wanted)):
        mean, root = chain.parameters(numbers)
        if step >= burn_in and (step - burn_in) % between == 0:
            means.append(mean)
            covariances.append(root @ root.transpose(0, 2, 1))
        chain.fill(mean, root, numbers.values)
    found = np.array(covariances)[:, chain.block_of_arm]
    return Posterior(np.array(means), found)


@dataclass(frozen=True)
class _Numbers:
    """Random numbers of one round. below, diagonal: of the Wishart draw of each covariance; means (a, p); values
    (participants with something missing, p)."""

    below: Floats
    diagonal: Floats
    means: Floats
    values: Floats


class _Chain:
    """The completed values between rounds, and what of the two steps stays the same in each."""

    def __init__(self, data: IncompleteVisits, common: bool) -> None:
        self.data = data
        self.size = np.bincount(data.arm, minlength=len(data.arms)).astype(np.float64)
        # The covariance that each arm has: one for all, or its own.
        self.block_of_arm = np.zeros(self.size.size, dtype=np.intp) if common else np.arange(self.size.size)
        self.blocks = int(self.block_of_arm.max()) + 1
        self.df = np.bincount(self.block_of_arm, weights=self.size - 1.0)
        missing = data.missing
        self.rows = np.flatnonzero(missing.any(axis=1))
        self.mask = missing[self.rows]
        block = self.block_of_arm[data.arm[self.rows]]
        self.kinds, self.kind = patterns(np.column_stack([block[:, None] == np.arange(self.blocks), self.mask]))
        self.kind_mask = self.kinds[:, self.blocks :].astype(np.float64)
        self.kind_block = self.kinds[:, : self.blocks].argmax(axis=1)
        self.values = _filled(data)

    def parameters(self, numbers: _Numbers) -> tuple[Floats, Floats]:
        """Means (a, p) and a root (blocks, p, p) of each covariance, given the completed values."""
        p = self.values.shape[1]
        arm_means = np.array([self.values[self.data.arm == i].mean(axis=0) for i in range(self.size.size)])
        rest = self.values - arm_means[self.data.arm]
        block = self.block_of_arm[self.data.arm]
        squares = np.array([rest[block == b].T @ rest[block == b] for b in range(self.blocks)])
        try:
            scale = np.linalg.cholesky(squares)
        except np.linalg.LinAlgError as error:
            raise DataError(
                "imputation: expected baseline, visits and covariates of which none can be told from the others; some "
                "do not vary within arms, or are combinations of others. Leave out a covariate or name another month."
            ) from error
        # Bartlett: the inverse of a covariance is (scale^-T)(wishart)(wishart^T)(scale^-1).
        wishart = np.zeros((self.blocks, p, p))
        wishart[:, *np.tril_indices(p, -1)] = numbers.below
        wishart[:, np.arange(p), np.arange(p)] = np.sqrt(numbers.diagonal)
        root = np.asarray(np.linalg.solve(wishart, scale.transpose(0, 2, 1)), dtype=np.float64).transpose(0, 2, 1)
        own = root[self.block_of_arm]
        spread = np.einsum("apq,aq->ap", own, numbers.means) / np.sqrt(self.size)[:, None]
        return arm_means + spread, root

    def fill(self, means: Floats, root: Floats, normal: Floats) -> None:
        """Draws the missing values given the observed ones."""
        if self.rows.size == 0:
            return
        precision = np.linalg.inv(root @ root.transpose(0, 2, 1))
        mask = self.kind_mask
        # The precision of the missing part, with ones where a value was observed, so that all patterns have one size.
        part = precision[self.kind_block] * mask[:, :, None] * mask[:, None, :]
        part[:, np.arange(mask.shape[1]), np.arange(mask.shape[1])] += 1.0 - mask
        covariance = np.linalg.inv(part)
        spread = np.linalg.cholesky(covariance)
        centre = means[self.data.arm[self.rows]]
        seen = np.where(self.mask, 0.0, self.values[self.rows] - centre)
        pull = np.einsum("ip,ipq->iq", seen, precision[self.kind_block][self.kind])
        shift = np.einsum("ipq,iq->ip", covariance[self.kind], np.where(self.mask, pull, 0.0))
        drawn = centre - shift + np.einsum("ipq,iq->ip", spread[self.kind], np.where(self.mask, normal, 0.0))
        self.values[self.rows] = np.where(self.mask, drawn, self.values[self.rows])


def _filled(data: IncompleteVisits) -> Floats:
    """Where the chain starts: each hole takes the last value before it, moved by the mean course of its arm."""
    filled = data.values.copy()
    for number in range(len(data.arms)):
        mine = data.arm == number
        course = np.nanmean(filled[mine], axis=0)
        rest = filled[mine] - course
        for column in range(data.baseline, filled.shape[1]):
            before = rest[:, column - 1] if column > data.baseline else np.zeros(rest.shape[0])
            rest[:, column] = np.where(np.isnan(rest[:, column]), before, rest[:, column])
        filled[mine] = course + rest
    return filled


def _numbers(chain: _Chain, streams: Draws, rounds: int) -> Iterator[_Numbers]:
    """The random numbers of each round, in blocks of rounds."""
    data, p = chain.data, chain.values.shape[1]
    arms = [data.arm_key(number) for number in range(chain.size.size)]
    blocks = ["all"] if chain.blocks == 1 else arms
    people = [data.participants[row] for row in chain.rows]
    off = p * (p - 1) // 2
    for start in range(0, rounds, BLOCK):
        n = min(BLOCK, rounds - start)
        below = np.array([streams.normal(f"covariance below/{key}", n, off) for key in blocks])
        diagonal = np.array(
            [
                streams.generator(f"covariance diagonal/{key}").chisquare(chain.df[b] - np.arange(p), (n, p))
                for b, key in enumerate(blocks)
            ]
        )
        means = np.array([streams.normal(f"mean/{key}", n, p) for key in arms])
        values = np.array([streams.normal(f"value/{who}", n, p) for who in people]).reshape(len(people), n, p)
        for step in range(n):
            yield _Numbers(below[:, step], diagonal[:, step], means[:, step], values[:, step])
