"""Carrying out a plan's strategies for intercurrent events (ICH E9(R1)), and saying where a method cannot.

Treatment policy needs nothing: the data are used whatever happened. Hypothetical and while-alive strategies leave out
visits after the event; a principal stratum leaves out those to whom the event happened. Anything else is up to a
method, or is not carried out, and then said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from leadin.protocols.planned_analysis import IntercurrentEventKind, PlannedAnalysis, Strategy
from leadin.trials.fatal_events import first_events
from leadin.trials.trial import Trial

Strategies = Mapping[IntercurrentEventKind, tuple[Strategy, ...]]
"""For each intercurrent event the strategies that a method knows; the first is what it does where a plan says
nothing."""

KINDS: Mapping[IntercurrentEventKind, tuple[str, ...]] = {
    "death": ("death",),
    "ventilation": ("tracheostomy", "permanent_ventilation"),
    "other_therapy": ("other_therapy",),
    "not_dosed": ("not_dosed",),
}
WORDS: Mapping[IntercurrentEventKind, str] = {
    "death": "death",
    "ventilation": "permanent ventilation",
    "other_therapy": "other therapy",
    "not_dosed": "not being dosed",
}


@dataclass(frozen=True)
class Handled:
    """The trial that a method is given, what a plan asked beyond the method's own ways as one sentence each, and
    warnings of what is not carried out."""

    trial: Trial
    sentences: tuple[str, ...]
    warnings: tuple[str, ...]


def handled(trial: Trial, planned: PlannedAnalysis, known: Strategies) -> Handled:
    """The trial after the strategies of `planned`, as far as the method knows them."""
    sentences: list[str] = []
    warnings: list[str] = []
    for item in planned.intercurrent_events:
        mine = known.get(item.event, ("treatment_policy",))
        asked, event = item.strategy.replace("_", " "), WORDS[item.event]
        if item.strategy not in mine:
            done = mine[0].replace("_", " ")
            warnings.append(
                f"the plan asks {asked!r} for {event}; {planned.method} cannot do that and takes {done!r}: see the "
                "estimand"
            )
        elif item.strategy != mine[0]:
            trial, sentence = _carried_out(trial, item.event, item.strategy)
            sentences.append(sentence)
    return Handled(trial, tuple(sentences), tuple(warnings))


def _carried_out(trial: Trial, event: IntercurrentEventKind, strategy: Strategy) -> tuple[Trial, str]:
    asked = strategy.replace("_", " ")
    if event == "not_dosed":
        dosed = trial.participants.join(_not_dosed(trial), on="participant_id", how="anti", maintain_order="left")
        sentence = f"As planned, participants who were not dosed are left out ({asked})."
        return trial.with_tables({"participants": dosed}), sentence
    first = first_events(trial.events, KINDS[event]).select("participant_id", happened="day")
    seen = (
        trial.assessments.join(first, on="participant_id", how="left", maintain_order="left")
        .filter(pl.col("happened").is_null() | (pl.col("day") <= pl.col("happened")))
        .drop("happened")
    )
    return trial.with_tables({"assessments": seen}), f"As planned, visits after {WORDS[event]} are left out ({asked})."


def _not_dosed(trial: Trial) -> pl.DataFrame:
    """Whoever an event says was not dosed, and in an arm where anybody was given cells those who were given none."""
    told = trial.events.filter(pl.col("kind").is_in(list(KINDS["not_dosed"]))).select("participant_id")
    given = trial.administrations["participant_id"].unique()
    people = trial.participants.select("participant_id", "arm", dosed=pl.col("participant_id").is_in(given.implode()))
    with_cells = people.filter(pl.col("dosed").any().over(pl.col("arm").fill_null("")))
    return pl.concat([told, with_cells.filter(~pl.col("dosed")).select("participant_id")])
