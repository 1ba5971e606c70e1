"""Cox's hazard ratio of one group to another, ties by Efron, from an event table.

With one indicator a death among those tied at a time is a term a w / (c + a w), w the hazard ratio, where a and c are
the numbers at risk in the two groups, less the share of the tied ones (Efron). The score falls with the log of w, so
that Newton's method, kept within the bracket that the score's sign leaves, always arrives.

References: Cox (1972), J R Stat Soc B 34:187-220, doi:10.1111/j.2517-6161.1972.tb00899.x; Efron (1977), J Am Stat Assoc
72:557-565, doi:10.1080/01621459.1977.10480613.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.fits import (
    CONVERGED,
    DF,
    ESTIMATE,
    MONOTONE,
    NO_EVENTS,
    NOT_CONVERGED,
    STANDARD_ERROR,
    STATISTIC,
    TOO_FEW,
    P,
)
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.normal_tail import two_sided_p

Floats = NDArray[np.float64]

CLOSE = 1e-10
"""A step (beside 1 + the log ratio) so small is the last; what it leaves is its square."""
MOST_STEPS = 100


@kernel
def fit_cox(
    risk: Floats,
    events: Floats,
    other_risk: Floats,
    other_events: Floats,
    m: int,
    both: bool,
    figures: Floats,
    terms: Floats,
    most_steps: int,
) -> int:
    """A group against another, from their rows of the event table: fills figures (5,), gives the code.

    MONOTONE where not both groups have an event while both are at risk: the likelihood then rises for ever. both:
    whether there is anybody in both groups. Scratch: terms (2, n).
    """
    d, mine = efron_terms(risk, events, other_risk, other_events, m, terms)
    dying = 0.0
    for u in range(m):
        dying += events[u] + other_events[u]
    for f in range(figures.size):
        figures[f] = math.nan
    if dying == 0.0:
        return NO_EVENTS
    if not both:
        return TOO_FEW
    if mine == 0 or mine == d:
        return MONOTONE
    beta, information, arrived = highest_likelihood(terms[0, :d], terms[1, :d], mine, most_steps)
    if not arrived:
        return NOT_CONVERGED
    figures[ESTIMATE] = beta
    figures[STANDARD_ERROR] = 1.0 / math.sqrt(information)
    figures[DF] = math.inf
    figures[STATISTIC] = beta * math.sqrt(information)
    figures[P] = two_sided_p(figures[STATISTIC])
    return CONVERGED


@kernel
def efron_terms(
    risk: Floats, events: Floats, other_risk: Floats, other_events: Floats, m: int, terms: Floats
) -> tuple[int, int]:
    """Fills terms (2, d), a and c of each event while both groups are at risk; says d, and how many are the group's."""
    d = mine = 0
    for u in range(m):
        if risk[u] > 0.0 and other_risk[u] > 0.0:
            tied = int(events[u] + other_events[u])
            for j in range(tied):
                share = j / tied
                terms[0, d] = risk[u] - share * events[u]
                terms[1, d] = other_risk[u] - share * other_events[u]
                d += 1
            mine += int(events[u])
    return d, mine


@kernel
def highest_likelihood(a: Floats, c: Floats, mine: int, most_steps: int) -> tuple[float, float, bool]:
    """The log ratio at which the score is 0, the information there, and whether it was reached.

    The sum of c / (c + a w) over the d terms is a whole number of events, at least 1, at that w; as a >= 1 / d and
    c <= its largest value, log w is at most log(d^2 max(c)), and at least the like with a and c exchanged.
    """
    d = a.size
    largest = 0.0
    for i in range(d):
        largest = max(largest, a[i], c[i])
    high = math.log(d * d * largest) + 1.0
    low, beta, information = -high, 0.0, 0.0
    for _ in range(most_steps):
        won, information = _expected(a, c, math.exp(beta))
        score = mine - won
        if score > 0.0:
            low = beta
        else:
            high = beta
        step = score / information
        if abs(step) <= CLOSE * (1.0 + abs(beta)) or high - low <= CLOSE * (1.0 + abs(beta)):
            return beta + step, information, True
        beta += step
        if not low < beta < high:
            beta = (low + high) / 2.0
    return beta, information, False


@kernel(sums=True)
def _expected(a: Floats, c: Floats, w: float) -> tuple[float, float]:
    """Events of the group expected at the ratio w, and the information."""
    won = information = 0.0
    for i in range(a.size):
        inverse = 1.0 / (c[i] + a[i] * w)
        share = a[i] * w * inverse
        won += share
        information += share * (c[i] * inverse)
    return won, information
