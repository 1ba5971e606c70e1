"""Boundaries that stop a sequence of trials of one kind (each with the event or without) once events are too many.

A boundary is a tuple with one entry for n = 1, 2, ..., N: the smallest number of events among the first n that stops;
None where no number does. All kinds here never fall as n grows. What a boundary does under a true share of events is
computed exactly, by recursion over the number of events among the first n of all paths that have not stopped.

References: Ivanova, Qaqish & Schell (2005), Continuous toxicity monitoring in phase II trials in oncology, Biometrics
61:540-545, doi:10.1111/j.1541-0420.2005.00311.x; Geller, Follman, Leifer & Carter (2003), Design of early trials in
stem cell transplantation: a hybrid frequentist-Bayesian approach, in: Advances in Clinical Trial Biostatistics,
doi:10.1201/9780203912645; Goldman (1987), Issues in designing sequential stopping
rules for monitoring side effects in clinical trials, Control Clin Trials 8:327-337, doi:10.1016/0197-2456(87)90155-3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from leadin.errors import DataError

Floats = NDArray[np.float64]
Boundary: TypeAlias = tuple[int | None, ...]


@dataclass(frozen=True)
class Crossing:
    """What a boundary does. stops_at (N,): probability of stopping at n = 1, ..., N. ever: of stopping at all.
    expected: the expected number of trials made, N where it never stops."""

    stops_at: Floats
    ever: float
    expected: float


def posterior_above(events: int, n: int, prior: tuple[float, float], share: float) -> float:
    """Probability that the true share of events exceeds `share`, after `events` of `n`, from a Beta prior (a, b)."""
    a, b = prior
    # The upper tail as the lower tail of the mirrored distribution: 1 minus a number near 1 would lose digits.
    return float(betainc(b + n - events, a + events, 1.0 - share))


def tail_probability(events: int, n: int, share: float) -> float:
    """Probability of `events` or more of n when each happens with probability `share`."""
    return float(betainc(events, n - events + 1.0, share)) if events > 0 else 1.0


def bayesian_boundary(
    most: int, prior: tuple[float, float], tolerated: float, certainty: float, first_look: int = 1
) -> Boundary:
    """Stops at n when the posterior probability of a share above `tolerated` exceeds `certainty`.

    most: N. prior: a and b of the Beta prior, both > 0. first_look: no stop before that n. Raises DataError for a
    prior that stops with no event among the first `first_look`.
    """
    _check(most, tolerated, first_look)
    entries: list[int | None] = []
    events = 0
    for n in range(1, most + 1):
        while events <= n and posterior_above(events, n, prior, tolerated) <= certainty:
            events += 1
        if events == 0 and n >= first_look:
            raise DataError(
                f"prior: expected one that does not stop when nothing has happened; got one that is surer than "
                f"{certainty:g} that the share exceeds {tolerated:g} after 0 of {n}. Lower its mean or its weight."
            )
        entries.append(events if events <= n and n >= first_look else None)
    return tuple(entries)


def exact_boundary(most: int, tolerated: float, alpha: float, first_look: int = 1) -> Boundary:
    """Stops at n when so many events, or more, have a probability of at most c under the share `tolerated`.

    The same c at every n (as Pocock did): the largest that keeps the probability of ever stopping, under `tolerated`,
    at most `alpha`. Raises DataError where no boundary does.
    """
    _check(most, tolerated, first_look)
    n, events = _possible(most)
    # The upper tail of a binomial is a Beta's lower one; where there are more events than n, any number will do.
    tail = betainc(events, np.maximum(n - events, 0.0) + 1.0, tolerated)
    return _searched(-tail, tolerated, alpha, first_look)


def likelihood_ratio_boundary(
    most: int, tolerated: float, unacceptable: float, alpha: float, first_look: int = 1
) -> Boundary:
    """Stops at n when the likelihood of the share `unacceptable` is at least c times that of `tolerated`: Wald's
    sequential test, cut off at `most`, with its upper bound alone.

    c is the smallest that keeps the probability of ever stopping, under `tolerated`, at most `alpha`. Raises DataError
    where no boundary does.
    """
    _check(most, tolerated, first_look)
    if not tolerated < unacceptable < 1.0:
        raise DataError(f"unacceptable: expected a share between {tolerated:g} and 1; got {unacceptable!r}.")
    n, events = _possible(most)
    ratio = events * np.log(unacceptable / tolerated) + (n - events) * np.log((1 - unacceptable) / (1 - tolerated))
    return _searched(ratio, tolerated, alpha, first_look)


def _possible(most: int) -> tuple[Floats, Floats]:
    """n as a column and numbers of events as a row, from 1 to N."""
    counted = np.arange(1.0, most + 1.0)
    return counted[:, None], counted[None, :]


def _searched(score: Floats, tolerated: float, alpha: float, first_look: int) -> Boundary:
    """The boundary of the smallest score that stops seldom enough; score (N, N): of n (rows) and events (columns)."""
    most = len(score)
    n, events = _possible(most)
    # More events than n do not happen: no score is above theirs, and none of theirs is looked at.
    score = np.where(events <= n, score, np.inf)
    looked = np.unique(score[first_look - 1 :][np.isfinite(score[first_look - 1 :])])
    low, high = 0, looked.size
    # The lower the score that stops, the oftener it does: the lowest allowed one is found by halving.
    while low < high:
        middle = (low + high) // 2
        if crossing(_from_score(score, float(looked[middle]), first_look), tolerated).ever <= alpha:
            high = middle
        else:
            low = middle + 1
    if low == looked.size:
        raise DataError(
            f"alpha: expected an error that some boundary for {most} can keep; got {alpha:g}, and even {most} events "
            f"of {most} are likelier than that under a share of {tolerated:g}. Raise alpha, or plan for more."
        )
    return _from_score(score, float(looked[low]), first_look)


def crossing(boundary: Boundary, share: float) -> Crossing:
    """What the boundary does when each trial has the event with probability `share`, by itself."""
    stops = np.zeros(len(boundary))
    going = np.array([1.0])
    for k, entry in enumerate(boundary):
        going = np.concatenate([going * (1.0 - share), [0.0]]) + np.concatenate([[0.0], going * share])
        going, stops[k] = _stopped(going, entry)
    n = np.arange(1.0, len(boundary) + 1.0)
    left = float(going.sum())
    return Crossing(stops, float(stops.sum()), float(stops @ n) + left * len(boundary))


def share_of_orders(boundary: Boundary, events: int, n: int) -> float:
    """Of all orders in which `events` events can fall among `n` trials, the share in which the boundary is reached on
    the way or at the end. n is at most the length of the boundary; DataError otherwise."""
    if not 0 <= events <= n <= len(boundary):
        raise DataError(f"events, n: expected 0 <= events <= n <= {len(boundary)}; got {events} and {n}.")
    reached = 0.0
    going = np.array([1.0])
    for k in range(n):
        # Among those left, each is as likely as any other to have one of the events that are left.
        left = np.clip((events - np.arange(going.size)) / (n - k), 0.0, 1.0)
        going = np.concatenate([going * (1.0 - left), [0.0]]) + np.concatenate([[0.0], going * left])
        going, stopped = _stopped(going, boundary[k])
        reached += stopped
    return min(1.0, reached)


def _stopped(going: Floats, entry: int | None) -> tuple[Floats, float]:
    """The paths that go on, and the probability of those that stop here."""
    if entry is None or entry >= going.size:
        return going, 0.0
    return going[:entry], float(going[entry:].sum())


def _from_score(score: Floats, least: float, first_look: int) -> Boundary:
    smallest = (score < least).sum(axis=1) + 1
    return tuple(int(entry) if n >= max(first_look, entry) else None for n, entry in enumerate(smallest, 1))


def _check(most: int, tolerated: float, first_look: int) -> None:
    if not 1 <= first_look <= most:
        raise DataError(f"first_look: expected a number between 1 and {most}; got {first_look}.")
    if not 0.0 < tolerated < 1.0:
        raise DataError(f"tolerated: expected a share between 0 and 1; got {tolerated!r}.")
