"""Which fatal events an analysis counts and which compete with them, and each participant's time under them.

A competing event ends the time at risk of the counted one: whoever has it can no longer have the other first.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.fatal_events import fatal_kinds
from leadin.trials.survival_times import survival_times
from leadin.trials.trial import Trial


@dataclass(frozen=True)
class Causes:
    """Kinds of fatal event that count, and those that compete with them, each in the order of the protocol.

    planned: the plan named those that count; then `counted` may hold kinds that the protocol does not call fatal.
    """

    counted: tuple[str, ...]
    competing: tuple[str, ...]
    planned: bool

    @property
    def kinds(self) -> tuple[str, ...]:
        """All of them: what counts, then what competes."""
        return (*self.counted, *self.competing)

    @property
    def event(self) -> str:
        """What is counted, in a sentence: `a fatal event`, `death`, `death or tracheostomy`."""
        return kinds_words(self.counted) if self.planned else "a fatal event"


def kinds_words(kinds: tuple[str, ...]) -> str:
    """Kinds of event as they stand in a sentence: `death or permanent ventilation`."""
    return " or ".join(kind.replace("_", " ") for kind in kinds)


def causes_of(trial: Trial, planned: PlannedAnalysis) -> Causes:
    """What `planned.fatal_events` says; without it, everything that the protocol counts as fatal."""
    declared = fatal_kinds(trial.protocol)
    if not planned.fatal_events:
        return Causes(declared, (), False)
    counted = (
        *(kind for kind in declared if kind in planned.fatal_events),
        *(kind for kind in dict.fromkeys(planned.fatal_events) if kind not in declared),
    )
    return Causes(counted, tuple(kind for kind in declared if kind not in counted), True)


def times_under(trial: Trial, causes: Causes) -> pl.DataFrame:
    """As `survival_times`, with `event` True where the time ended in a counted event, and one column more: `competing`,
    True where it ended in a competing one."""
    # Of two on one day the protocol's first is taken, whichever of them counts.
    declared = tuple(kind for kind in fatal_kinds(trial.protocol) if kind in causes.kinds)
    times = survival_times(trial, (*declared, *(kind for kind in causes.kinds if kind not in declared)))
    if not causes.competing:
        return times.with_columns(competing=pl.lit(False))
    fatal, counted = pl.col("event"), pl.col("kind").is_in(list(causes.counted))
    return times.with_columns(event=fatal & counted, competing=fatal & ~counted)


def competing_words(causes: Causes) -> str:
    """What becomes of competing events in a model of the hazard, one sentence to add to an estimand; else nothing."""
    if not causes.competing:
        return ""
    several = len(causes.competing) > 1
    return (
        f" {kinds_words(causes.competing).capitalize()} {'compete: they end' if several else 'competes: it ends'} the "
        "time at risk (cause-specific hazard), which says how fast the event comes to those still at risk, not how "
        "many have it."
    )


def in_words_of(causes: Causes, reason: str) -> str:
    """A reason that speaks of dying, in the words of what is counted: `nobody had tracheostomy`."""
    only_death = causes.counted == ("death",)
    return reason if only_death or not causes.planned else reason.replace("died", f"had {kinds_words(causes.counted)}")
