"""The re-randomisation test of any contrast between arms: how often would the protocol's own randomisation alone give a
difference as large as the one seen?

Participants, their order and everything recorded of them stay as they are; only who is in which arm is drawn anew, by
the ratio, the blocks and the strata of the protocol, each arm keeping its number. Of each new allocation the method
estimates the contrast again. Of three or more arms, only the two that are compared are drawn anew.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from leadin.analysis.allocation_scheme import Scheme, scheme_of
from leadin.analysis.result import Result, not_evaluable
from leadin.engine.streams import Streams
from leadin.errors import DataError
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.trial import Trial

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Run = Callable[[Trial], tuple[Result, ...]]
Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""

RULE = "re-randomisation test"
OVERALL = "all arms"
"""The contrast of a test of all arms at once."""
SEED = 20260501
"""Seed of the streams `re-randomisation/METHOD/ENDPOINT/CONTRAST`, so that the same trial gives the same p."""
EQUAL_WITHIN = 1e-7
"""Estimates that differ by less than this share of the one seen are as extreme: an optimiser and the order of a sum
leave that much."""
COUNTED = 50
"""Drawn allocations from which the number of all is told, where they are not equally likely."""
REFERENCES = (
    "Fisher (1935), The design of experiments, Oliver and Boyd, Edinburgh",
    "Rosenberger, Uschner & Wang (2019), Randomization: the forgotten component of the randomized clinical trial, Stat "
    "Med 38:1-12, doi:10.1002/sim.7901",
    "Phipson & Smyth (2010), Permutation P-values should never be zero, Stat Appl Genet Mol Biol 9:39, "
    "doi:10.2202/1544-6115.1585",
)


def is_rerandomised(row: Result) -> bool:
    """Whether a row holds the p of a re-randomisation test."""
    return row.rule is not None and RULE in row.rule


def beside(row: Result, rows: Sequence[Result]) -> Result | None:
    """Of `rows`, the re-randomisation test of the same estimate; None without one."""
    if is_rerandomised(row):
        return None
    rule = RULE if row.rule is None else f"{row.rule}, {RULE}"
    return next(
        (
            each
            for each in rows
            if is_rerandomised(each) and _key(each) == _key(row) and (each.rule or "").startswith((rule, RULE))
        ),
        None,
    )


def _key(row: Result) -> tuple[object, ...]:
    return (row.method, row.endpoint, row.arm, row.contrast, row.time_months, row.estimate)


def rerandomised(
    trial: Trial,
    planned: PlannedAnalysis,
    reference: str | None,
    rows: Sequence[Result],
    run: Run,
    progress: Progress | None = None,
) -> tuple[Result, ...]:
    """One row for each contrast between arms in `rows`, with its estimate and the p of the re-randomisation test.

    trial: a usable one, before any strategy for intercurrent events. run: the analysis of a trial, those strategies
    included; no rows where it fails. The p counts allocations whose estimate is at least as far from no difference as
    the one seen (of a test without estimate: whose statistic is at least as large); one that gives no estimate counts
    as such. Exact over all allocations where there are no more than `planned.rerandomisations`, else (1 + count) / (1 +
    drawn). A trial that its protocol did not randomise is refused in a row.
    """
    asked = [row for row in rows if _compares_arms(row, reference)]
    if not asked:
        reason = f"{RULE}: expected a contrast between arms; this analysis gave none"
        return (not_evaluable(planned.method, _endpoint(planned, rows), reason, rule=RULE, references=REFERENCES),)
    made: list[Result] = []
    for contrast in dict.fromkeys(row.contrast for row in asked):
        mine = [row for row in asked if row.contrast == contrast]
        arms = None if contrast == OVERALL else (str(mine[0].arm), str(reference))
        try:
            scheme = scheme_of(trial, arms)
        except DataError as error:
            made += [_refused(row, str(error)) for row in mine]
            continue
        made += _tested(trial, planned, mine, scheme, run, progress)
    return tuple(made)


def _endpoint(planned: PlannedAnalysis, rows: Sequence[Result]) -> str:
    return rows[0].endpoint if rows else planned.measure


def _compares_arms(row: Result, reference: str | None) -> bool:
    between = row.arm is not None and row.contrast == f"{row.arm} - {reference}"
    return between or row.contrast == OVERALL


@dataclass(frozen=True)
class _Count:
    """Of the allocations: how many were looked at and what share of them is at least as extreme, those without an
    estimate included, whose number is `failed`."""

    share: float
    looked_at: int
    failed: int


def _tested(
    trial: Trial,
    planned: PlannedAnalysis,
    rows: Sequence[Result],
    scheme: Scheme,
    run: Run,
    progress: Progress | None,
) -> list[Result]:
    seen = [extremity(row) for row in rows]
    if all(each is None for each in seen):
        return [_refused(row, _no_estimate(row)) for row in rows]
    most = int(planned.rerandomisations or 0)
    every = scheme.every(most) if scheme.possible else None
    if every is not None:
        groups, weights = every
    else:
        name = f"re-randomisation/{planned.method}/{rows[0].endpoint}/{rows[0].contrast}"
        generator = Streams(SEED).named(name)
        groups = np.array([scheme.draw(generator) for _ in range(most)])
        weights = np.full(most, 1.0 / most)
    said = f"{planned.method}, {rows[0].contrast}: {RULE}"
    values = np.full((len(groups), len(rows)), np.nan)
    for i, group in enumerate(groups):
        found = run(scheme.under(trial, group))
        for j, row in enumerate(rows):
            value = None if seen[j] is None else extremity(same_row(row, found))
            values[i, j] = np.nan if value is None else value
        if progress is not None:
            progress(said, i + 1, len(groups))
    made = []
    for j, row in enumerate(rows):
        observed = seen[j]
        if observed is None:
            made.append(_refused(row, _no_estimate(row)))
            continue
        count = _counted(values[:, j], weights, observed)
        made.append(_row(row, rows, scheme, count, exact=every is not None))
    return made


def _counted(values: Floats, weights: Floats, observed: float) -> _Count:
    failed = np.isnan(values)
    extreme = failed | (values >= observed - EQUAL_WITHIN * abs(observed))
    return _Count(math.fsum(weights[extreme]), values.size, int(failed.sum()))


def extremity(row: Result | None) -> float | None:
    """How far a row is from no difference: of its estimate, of a ratio the logarithm, without one of its statistic;
    None where it has neither."""
    if row is None:
        return None
    if row.estimate is None:
        return None if row.statistic is None else abs(row.statistic)
    unit = row.unit or ""
    if unit.startswith("log ") or not ("ratio" in unit or "odds" in unit):
        return abs(row.estimate)
    return abs(math.log(row.estimate)) if row.estimate > 0.0 else math.inf


def same_row(row: Result, found: Sequence[Result]) -> Result | None:
    """The row of another run that says the same as `row`: of its contrast, where there are several of its time, and
    then of its rule but for what stands in brackets, which tells how it was computed; None without one."""
    alike = [each for each in found if (each.arm, each.contrast) == (row.arm, row.contrast)]
    for same in (_same_time, _same_stem, _same_rule):
        if len(alike) > 1:
            alike = [each for each in alike if same(each, row)]
    return alike[0] if len(alike) == 1 else None


def _same_time(one: Result, other: Result) -> bool:
    return one.time_months == other.time_months


def _same_stem(one: Result, other: Result) -> bool:
    return (one.rule or "").partition(" (")[0] == (other.rule or "").partition(" (")[0]


def _same_rule(one: Result, other: Result) -> bool:
    return one.rule == other.rule


def _row(row: Result, rows: Sequence[Result], scheme: Scheme, count: _Count, *, exact: bool) -> Result:
    if exact:
        how, p = f"exact, {_number(count.looked_at)} allocations", min(count.share, 1.0)
    else:
        how = f"{_number(count.looked_at)} of {scheme.number_words(COUNTED)} allocations"
        p = (1.0 + round(count.share * count.looked_at)) / (1.0 + count.looked_at)
    several = sum(each.time_months == row.time_months for each in rows) > 1
    stem = f"{row.rule}, {RULE}" if several and row.rule else RULE
    return replace(
        row,
        rule=f"{stem} ({how})",
        standard_error=None,
        statistic=None,
        df=None,
        ci_low=None,
        ci_high=None,
        p=p,
        converged=True,
        estimand=_estimand(row, scheme),
        warnings=(*scheme.warnings, *_notes(count, p, exact=exact)),
        references=REFERENCES,
    )


def _notes(count: _Count, p: float, *, exact: bool) -> tuple[str, ...]:
    notes = []
    if not exact:
        error = math.sqrt(p * (1.0 - p) / count.looked_at)
        notes.append(f"the Monte Carlo error of this p is {error:.2g}, from {_number(count.looked_at)} allocations")
    if count.failed:
        notes.append(
            f"{_number(count.failed)} of {_number(count.looked_at)} allocations gave no estimate and count as at least "
            "as extreme"
        )
    return tuple(notes)


def _estimand(row: Result, scheme: Scheme) -> str:
    what = f"the {row.method} {'estimate' if row.estimate is not None else 'statistic'}"
    return (
        f"Whether nobody's outcome depends on the arm ({row.contrast}): the share of allocations by the protocol's own "
        f"randomisation ({scheme.words}) that put {what} at least as far from no difference as it was seen, everything "
        "else as recorded."
    )


def _refused(row: Result, reason: str) -> Result:
    return replace(
        Result(row.method, row.endpoint, arm=row.arm, contrast=row.contrast, time_months=row.time_months),
        rule=RULE,
        converged=False,
        warnings=(reason,),
        references=REFERENCES,
    )


def _no_estimate(row: Result) -> str:
    why = f" ({row.warnings[0].rstrip('.')})" if row.warnings else ""
    return f"{RULE}: expected an estimate to hold other allocations against; the method gave none{why}"


def _number(count: int) -> str:
    return f"{count:,}"
