"""What chance alone shows: the same protocol with no effect at all, over many simulated trials.

Each participant is compared with himself, so that selection by decline, regression to the mean and noise look like
change; arms that are alike differ by chance. How much of either a design shows without any treatment is told here, with
the very analyses that were made of the real trial, by the fast engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from leadin.analysis.rerandomisation import Progress
from leadin.designs.grid import MOST_REPLICATES, thread_number
from leadin.designs.imitated import LeftOut, imitated
from leadin.disease.load import load_population
from leadin.disease.population import Population
from leadin.errors import UsageError
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.problems import shown
from leadin.protocols.protocol import Protocol
from leadin.simulation.simulate import planned_numbers

if TYPE_CHECKING:
    import polars as pl

REPLICATES = 2_000
MOST_POINTS = 2_000
"""Pairs of slopes kept for the figure."""
EQUAL_WITHIN = 1e-9
"""A figure within this of the one seen is as large: a sum leaves that much."""


@dataclass(frozen=True)
class ChanceLevel:
    """One figure over simulated trials without effect: its mean, the range from low to high that holds 95 % of trials,
    the Monte Carlo error of the mean, and the number of trials that gave the figure at all.

    method, endpoint, rule: as in the results of that method. arm, contrast: the arm, and what it is held against as in
    the results (`cells - control`); contrast None: of the arm by itself. mean, low, high, in the unit of the results:
    of `slope_change`, `broken_stick` and `random_slope` of the measure per month, of `responders` shares from 0 to 1,
    of `cox` log hazard ratios, of `joint_rank` ranks, of `log_rank` deaths beyond those expected. time_months: of the
    visit that is compared, of methods that compare at one. n: participants counted in the arm, mean over trials; None
    of figures that are not an arm against its own lead-in.

    false_positive: share of all trials in which the analysis finds p below its alpha, those without an estimate counted
    as not; false_positive_mcse: its Monte Carlo error; None where no effect is tested. analysis: the settings that the
    figure depends on; figures: of every trial that gave one.
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
    n: float | None
    analysis: PlannedAnalysis | None = field(default=None, repr=False)
    figures: tuple[float, ...] = field(default=(), repr=False)
    contrast: str | None = None
    time_months: float | None = None
    false_positive: float | None = None
    false_positive_mcse: float | None = None

    def at_least(self, value: float) -> int:
        """In how many of the trials the figure is at least as large as `value`: slower decline, more responders."""
        return sum(figure >= value - EQUAL_WITHIN for figure in self.figures)


@dataclass(frozen=True)
class Chance:
    """What a protocol shows with no effect. levels: in the order of the plan (or of the default analyses), arms in the
    protocol's order, those of one arm by itself before those between arms. endpoint: the measure of lead_in and
    follow_up, slopes per month of simulated participants in the same order, at most MOST_POINTS of them, for the
    figure. left_out: analyses of which nothing is shown, and why."""

    protocol: str
    population: str
    replicates: int
    seed: int
    levels: tuple[ChanceLevel, ...]
    endpoint: str
    lead_in: tuple[float, ...]
    follow_up: tuple[float, ...]
    left_out: tuple[LeftOut, ...] = ()

    def level(
        self,
        method: str,
        endpoint: str,
        arm: str,
        rule: str | None = None,
        analysis: PlannedAnalysis | None = None,
        contrast: str | None = None,
    ) -> ChanceLevel | None:
        """The level of that figure, by those settings (None: by the first that has it); None when there is none."""
        wanted = (method, endpoint, arm, rule, contrast)
        for level in self.levels:
            if (level.method, level.endpoint, level.arm, level.rule, level.contrast) == wanted and (
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
    replicates: int = REPLICATES,
    seed: int = 1,
    population: str | Path | Population = "pro-act",
    analyses: Sequence[PlannedAnalysis] | None = None,
    n: Mapping[str, int] | None = None,
    reference: str | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Chance:
    """Simulates the protocol `replicates` times with no effect and analyses each trial.

    analyses: those whose figures are wanted, else the plan's (see `imitated`). n: participants per arm, instead of the
    protocol's, for the arms it names. reference: the arm that others are held against, instead of the protocol's.
    threads: None: one for each core; no figure depends on them. progress: told of each batch of trials. A trial whose
    figure cannot be had is not counted among its `trials`. What cannot be simulated, or not fast, is told in
    `left_out`. Raises UsageError for fewer than 2 replicates, an unknown arm and an unknown population.
    """
    if isinstance(replicates, bool) or not isinstance(replicates, int) or not 2 <= replicates <= MOST_REPLICATES:
        raise UsageError(f"replicates: expected a whole number from 2 on; got {shown(replicates)}.")
    nature, sizes, number = load_population(population), planned_numbers(protocol, n), thread_number(threads)
    wanted = imitated(protocol, analyses)
    levels: tuple[ChanceLevel, ...] = ()
    lead_in: tuple[float, ...] = ()
    follow_up: tuple[float, ...] = ()
    left_out = wanted.left_out
    if wanted.analyses:
        from leadin.designs.null_trials import Order, shown_by_chance  # with it comes the compiler

        made = shown_by_chance(Order(protocol, nature, sizes, wanted, replicates, seed, reference), number, progress)
        levels, lead_in, follow_up = made.levels, made.lead_in, made.follow_up
        left_out = (*left_out, *made.left_out)
    return Chance(
        protocol=protocol.name,
        population=nature.name,
        replicates=replicates,
        seed=seed,
        levels=levels,
        endpoint=wanted.endpoint,
        lead_in=lead_in,
        follow_up=follow_up,
        left_out=left_out,
    )
