"""What an analysis estimates, in the five attributes of ICH E9(R1), for every row of results and as a table.

Reference: ICH E9(R1) (2019), Addendum on estimands and sensitivity analysis in clinical trials.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from leadin.analysis.intercurrent_events import handled
from leadin.analysis.result import Result
from leadin.protocols.estimand import Estimand, IntercurrentEvent
from leadin.protocols.estimand_words import EVENTS, estimand_words, strategy_words
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.strategies import Strategies
from leadin.trials.trial import Trial


@dataclass(frozen=True)
class EstimandRow:
    """The estimand of one analysis: its method, measure and role, and the attributes in words. refused: the warnings
    on strategies of the plan that the method cannot carry out."""

    planned: PlannedAnalysis
    treatment: str
    population: str
    variable: str
    events: str
    summary: str
    refused: tuple[str, ...] = ()


def estimand_row(trial: Trial, planned: PlannedAnalysis, known: Strategies, compared: str | None) -> EstimandRow:
    """The estimand that the analysis will carry out on this trial. compared: the arms, in words; None: not said."""
    words, given = estimand_words(planned, compared), handled(trial, planned, known)
    return EstimandRow(
        planned,
        words.treatment,
        words.population,
        words.variable,
        events_words(given.events),
        words.summary,
        given.warnings,
    )


def events_words(events: Iterable[IntercurrentEvent]) -> str:
    """Every event under its strategy: `while alive for death; treatment policy for other therapy and not being
    dosed`, each assumption said once. `none` where there is none."""
    groups: dict[tuple[str, str | None], list[str]] = {}
    for item in events:
        free = item.strategy == "while_alive" and item.event != "death"
        strategy = "while free of it" if free else strategy_words(item.event, item.strategy)
        groups.setdefault((strategy, item.assumption), []).append(EVENTS[item.event])
    told = [
        f"{strategy} for {_listed(names)}{f' ({assumption})' if assumption else ''}"
        for (strategy, assumption), names in groups.items()
    ]
    return "; ".join(told) or "none"


def with_attributes(row: Result, planned: PlannedAnalysis, events: Sequence[IntercurrentEvent]) -> str | None:
    """The estimand of a row: the method's own sentence, then treatment condition, intercurrent events, and what the
    plan words in its own way. None where the row has none."""
    if row.estimand is None:
        return None
    words = estimand_words(planned, _compared(row))
    parts = [row.estimand, f"Treatment: {words.treatment}."]
    said = planned.estimand or Estimand()
    parts += [
        f"{name.capitalize()}, as planned: {text.rstrip('.')}."
        for name in ("population", "variable", "summary")
        if (text := getattr(said, name)) is not None
    ]
    if events:
        parts.append(f"Intercurrent events: {events_words(events)}.")
    return " ".join(parts)


def _compared(row: Result) -> str:
    """`arm cells against arm control`, `arm cells`, or `all participants`."""
    if row.arm is None:
        return "all participants"
    start = f"{row.arm} - "
    if row.contrast is not None and row.contrast.startswith(start):
        return f"arm {row.arm} against arm {row.contrast.removeprefix(start)}"
    return f"arm {row.arm}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
