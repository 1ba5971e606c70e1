"""What chance alone shows: the same protocol with no effect at all, over many simulated trials.

Each participant is compared with himself, so that selection by decline, regression to the mean and noise look like
change; how much of it a design shows without any treatment is told here, with the slopes, the responder rules and the
model that analyse the real trial.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from leadin.analysis.measures import measure_unit
from leadin.analysis.rerandomisation import Progress
from leadin.analysis.responder_rules import SpecialCases, either, judge, rules_of
from leadin.analysis.slopes import FEWEST_VISITS, PairedSlopes, paired_slopes
from leadin.designs.imitated import can_be_imitated, imitated
from leadin.designs.untreated_model import mean_change
from leadin.disease.load import load_population
from leadin.disease.population import Population
from leadin.engine.streams import Streams
from leadin.errors import UsageError
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.problems import shown
from leadin.protocols.protocol import Protocol
from leadin.simulation.participants import SimulatedArrays, simulate_arrays
from leadin.simulation.simulate import planned_numbers
from leadin.simulation.timetable import timetable

if TYPE_CHECKING:
    import polars as pl

Floats = NDArray[np.float64]

MOST_POINTS = 2_000
"""Pairs of slopes kept for the figure."""


EQUAL_WITHIN = 1e-9
"""A figure within this of the one seen is as large: a sum leaves that much."""


@dataclass(frozen=True)
class ChanceLevel:
    """One figure over simulated trials without effect: its mean, the range from low to high that holds 95 % of trials,
    the Monte Carlo error of the mean, and the number of trials that gave the figure at all.

    method: `slope_change` and `broken_stick` (unit of the measure per month, follow-up minus lead-in; mean of the arm)
    or `responders` (share of the arm, 0 to 1). endpoint, rule: as in the results of that method. n: participants
    counted in the arm, mean over trials. analysis: the settings that the figure depends on; figures: of every trial
    that gave one.
    """

    method: str
    endpoint: str
    arm: str
    rule: str | None
    mean: float
    low: float
    high: float
    mcse: float
    trials: int
    n: float
    analysis: PlannedAnalysis | None = field(default=None, repr=False)
    figures: tuple[float, ...] = field(default=(), repr=False)

    def at_least(self, value: float) -> int:
        """In how many of the trials the figure is at least as large as `value`: slower decline, more responders."""
        return sum(figure >= value - EQUAL_WITHIN for figure in self.figures)


@dataclass(frozen=True)
class Chance:
    """What a protocol shows with no effect. levels: in the order of the plan (or of the default analyses), arms in the
    protocol's order. endpoint: the measure of lead_in and follow_up, slopes per month of simulated participants in the
    same order, at most MOST_POINTS of them, for the figure."""

    protocol: str
    population: str
    replicates: int
    seed: int
    levels: tuple[ChanceLevel, ...]
    endpoint: str
    lead_in: tuple[float, ...]
    follow_up: tuple[float, ...]

    def level(
        self, method: str, endpoint: str, arm: str, rule: str | None = None, analysis: PlannedAnalysis | None = None
    ) -> ChanceLevel | None:
        """The level of that figure, by those settings (None: by the first that has it); None when there is none."""
        for level in self.levels:
            if (level.method, level.endpoint, level.arm, level.rule) == (method, endpoint, arm, rule) and (
                analysis is None or level.analysis is None or level.analysis == analysis
            ):
                return level
        return None

    def to_polars(self) -> pl.DataFrame:
        """The levels as a table."""
        import polars as pl

        hidden = ("analysis", "figures")
        told = [{key: value for key, value in vars(level).items() if key not in hidden} for level in self.levels]
        return pl.DataFrame(told, infer_schema_length=None)


def chance_level(
    protocol: Protocol,
    *,
    replicates: int = 200,
    seed: int = 1,
    population: str | Path | Population = "pro-act",
    analyses: Sequence[PlannedAnalysis] | None = None,
    n: Mapping[str, int] | None = None,
    progress: Progress | None = None,
) -> Chance:
    """Simulates the protocol `replicates` times with no effect and collapses each trial to its slope changes, responder
    shares and, of one arm, the change of slope of the broken-stick model.

    analyses: those whose figures are wanted, else the plan's (see `imitated`). n: participants per arm, instead of the
    protocol's, for the arms it names. progress: told after each trial. A trial whose figure cannot be had is not
    counted among its `trials`. Raises UsageError when the protocol cannot show a change of slope, for want of visits
    (see `can_be_imitated`), for fewer than 2 replicates, an unknown arm and an unknown population.
    """
    if isinstance(replicates, bool) or not isinstance(replicates, int) or replicates < 2:
        raise UsageError(f"replicates: expected a whole number from 2 on; got {shown(replicates)}.")
    wanted = [each for each in imitated(protocol, analyses) if can_be_imitated(protocol, each)]
    if not wanted:
        raise UsageError(
            f"{protocol.name}: expected at least {FEWEST_VISITS} visits with the ALSFRS-R up to time zero and "
            f"{FEWEST_VISITS} after it, to compare slopes; got fewer. What chance shows is not defined here."
        )
    nature, times, numbers = load_population(population), timetable(protocol), planned_numbers(protocol, n)
    sloped = [each for each in wanted if each.method != "broken_stick"]
    figures: dict[_Key, list[tuple[float, int]]] = {}
    points: list[PairedSlopes] = []
    for replicate in range(1, replicates + 1):
        streams = Streams(seed, replicate)
        arrays = simulate_arrays(protocol, nature, streams=streams, times=times, planned=numbers)
        slopes = _SlopesOf(arrays)
        told: set[_Key] = set()
        for key, value, counted in _figures(protocol, wanted, arrays, slopes):
            if key not in told:  # a plan may ask for one figure twice
                figures.setdefault(key, []).append((value, counted))
                told.add(key)
        if sloped and sum(int(pairs.evaluable.sum()) for pairs in points) < MOST_POINTS:
            points.append(slopes[sloped[0].measure, sloped[0].share_baseline])
        if progress is not None:
            progress("the same design with no treatment", replicate, replicates)
    lead_in, follow_up = (
        np.concatenate([np.empty(0), *(getattr(pairs, name)[pairs.evaluable] for pairs in points)])[:MOST_POINTS]
        for name in ("lead_in", "follow_up")
    )
    return Chance(
        protocol=protocol.name,
        population=nature.name,
        replicates=replicates,
        seed=seed,
        levels=tuple(_level(key, values) for key, values in figures.items()),
        endpoint=(sloped or wanted)[0].measure,
        lead_in=tuple(lead_in.tolist()),
        follow_up=tuple(follow_up.tolist()),
    )


_Key = tuple[PlannedAnalysis, str, str, str | None]
"""The settings, the endpoint, the arm and the rule of a figure."""


class _SlopesOf(dict[tuple[str, bool], PairedSlopes]):
    """Slopes of everybody screened by measure and sharing of the baseline, fitted when first asked for."""

    def __init__(self, arrays: SimulatedArrays) -> None:
        super().__init__()
        self._arrays = arrays
        self._months = arrays.visit_days / DAYS_PER_MONTH

    def __missing__(self, key: tuple[str, bool]) -> PairedSlopes:
        measure, share_baseline = key
        values = self._arrays.observed.get(measure, np.full(self._months.shape, np.nan))
        inside = np.where(self._arrays.in_arm[:, None], values, np.nan)
        self[key] = paired_slopes(self._months, inside, share_baseline=share_baseline)
        return self[key]


def _figures(
    protocol: Protocol,
    analyses: list[PlannedAnalysis],
    arrays: SimulatedArrays,
    slopes: Mapping[tuple[str, bool], PairedSlopes],
) -> Iterator[tuple[_Key, float, int]]:
    """Every figure of one trial, with the number of participants behind it; none where nobody can be counted."""
    arms = [(arm.name, arrays.arm == position) for position, arm in enumerate(protocol.arms)]
    for planned in analyses:
        if planned.method == "slope_change":
            pairs = slopes[planned.measure, planned.share_baseline]
            for name, mine in arms:
                who = mine & pairs.evaluable
                if who.any():
                    change = float(np.mean(pairs.follow_up[who] - pairs.lead_in[who]))
                    yield (planned, planned.measure, name, None), change, int(who.sum())
        elif planned.method == "broken_stick":
            for name, mine in arms:
                fitted = mean_change(arrays, mine, planned.measure)
                if fitted is not None:
                    yield (planned, planned.measure, name, None), *fitted
        else:
            for endpoint, rule, responder, counted in _judged(planned, arrays, slopes):
                for name, mine in arms:
                    who = mine & counted
                    if who.any():
                        share = float(np.mean(responder[who]))
                        yield (planned, endpoint, name, rule), share, int(who.sum())


def _judged(
    planned: PlannedAnalysis, arrays: SimulatedArrays, slopes: Mapping[tuple[str, bool], PairedSlopes]
) -> Iterator[tuple[str, str, NDArray[np.bool_], NDArray[np.bool_]]]:
    """Endpoint, rule, who responded and who counts, in the order of `analysis.responders`."""
    cases = SpecialCases(planned.non_declining, planned.died, planned.missing)
    measures = tuple(dict.fromkeys((planned.measure, *planned.either_of)))
    died = np.isfinite(arrays.death_day)
    rounds = [(measures, rules_of(planned.relative, ()))] if len(measures) > 1 else []
    rounds.append((measures[:1], rules_of(planned.relative, planned.absolute, measure_unit(planned.measure))))
    for names, rules in rounds:
        pairs = [slopes[measure, planned.share_baseline] for measure in names]
        for rule in rules:
            one = reduce(either, [judge(p.lead_in, p.follow_up, p.evaluable, died, rule, cases) for p in pairs])
            yield " or ".join(names), rule.name, one.responder, one.counted


def _level(key: _Key, values: list[tuple[float, int]]) -> ChanceLevel:
    figures = np.array([value for value, _ in values])
    analysis, endpoint, arm, rule = key
    low, high = np.quantile(figures, [0.025, 0.975])
    return ChanceLevel(
        method=analysis.method,
        endpoint=endpoint,
        arm=arm,
        rule=rule,
        mean=float(figures.mean()),
        low=float(low),
        high=float(high),
        mcse=float(figures.std(ddof=1) / np.sqrt(figures.size)) if figures.size > 1 else float("nan"),
        trials=figures.size,
        n=float(np.mean([n for _, n in values])),
        analysis=analysis,
        figures=tuple(figures.tolist()),
    )
