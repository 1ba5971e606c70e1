"""Carrying out a plan's strategies for intercurrent events (ICH E9(R1)), and saying where a method cannot.

Treatment policy needs nothing: the data are used whatever happened. Hypothetical and while-alive strategies leave out
visits after the event; a principal stratum leaves out those to whom the event happened; where one visit is compared
(`ancova`) the last value before the event, or the worst one, stands at it. Anything else is up to a method, or is not
carried out: the method then takes its own way, and the first warning of every row says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from leadin.analysis.measures import measure_name
from leadin.analysis.standing_values import KINDS, SETTLING, standing_values, worst_value
from leadin.analysis.visit_grid import visit_grid
from leadin.errors import DataError
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.estimand import IntercurrentEvent, IntercurrentEventKind, Strategy
from leadin.protocols.estimand_words import EVENTS, strategy_words
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.strategies import Strategies
from leadin.trials.fatal_events import first_events
from leadin.trials.schema import SCHEMAS, conform
from leadin.trials.trial import Trial

AT_A_VISIT = ("ancova",)
"""Methods that compare one visit, at which a value can stand for those to whom an event happened before it."""
OTHERS: Mapping[tuple[IntercurrentEventKind, Strategy], str] = {
    ("death", "composite"): "joint_rank, win_ratio and ancova can",
    ("death", "while_alive"): "slope_change and ancova can",
    ("death", "hypothetical"): "random_slope, broken_stick, mmrm and ancova can",
    ("death", "treatment_policy"): "nothing is measured after death",
    ("death", "principal_stratum"): "who would live under either treatment is not known of anybody",
}
"""Where a strategy for death that a method does not know is at home."""
AT_RANDOM = "values after it go on as those of participants of the same arm with the same {known}: missing at random"
ASSUMED: Mapping[str, str] = {
    **dict.fromkeys(("random_slope", "broken_stick"), AT_RANDOM.format(known="values so far")),
    "mmrm": AT_RANDOM.format(known="values so far"),
    "ancova": "those who were not seen would have changed as those of the same arm with the same baseline",
}
"""What a method assumes under a hypothetical strategy where the plan does not say."""
BEFORE_IT = "values before it tell what would have followed without it"
IMPUTED: Mapping[str, str] = {
    "missing_at_random": AT_RANDOM.format(known="values so far"),
    "jump_to_reference": "values after it jump to the mean of the reference arm",
    "copy_increments": "values after it follow the mean changes of the reference arm",
    "copy_reference": "values after it are those of a participant of the reference arm",
}
"""What is assumed under a hypothetical strategy where values are imputed."""


@dataclass(frozen=True)
class Handled:
    """The trial that a method is given; what a plan asked beyond the method's own ways, as one sentence each; warnings
    of what is not carried out; the strategy carried out for each event, with its assumption; the analysis, its settings
    as the strategies want them; remarks on those for whom a value stands."""

    trial: Trial
    sentences: tuple[str, ...]
    warnings: tuple[str, ...]
    events: tuple[IntercurrentEvent, ...]
    planned: PlannedAnalysis
    remarks: tuple[str, ...] = ()


def handled(trial: Trial, planned: PlannedAnalysis, known: Strategies) -> Handled:
    """The trial after the strategies of `planned`, as far as the method knows them."""
    sentences: list[str] = []
    warnings: list[str] = []
    taken = {event: _own(planned, event, ways[0]) for event, ways in known.items()}
    if planned.method == "responders" and planned.died == "excluded":
        taken["death"] = _own(planned, "death", "while_alive")
    before = trial
    for item in planned.intercurrent_events:
        mine = known.get(item.event, ("treatment_policy",))
        reason = _refusal(planned, item, mine)
        if reason is not None:
            taken[item.event] = _own(planned, item.event, mine[0])
            warnings.append(reason)
            continue
        taken[item.event] = item if item.assumption else _own(planned, item.event, item.strategy)
        if item.strategy != mine[0]:
            trial, sentence = _carried_out(trial, planned, item)
            sentences += [sentence] if sentence else []
    if planned.method == "responders" and taken["death"].strategy == "while_alive":
        planned = planned.model_copy(update={"died": "excluded"})
    remarks: tuple[str, ...] = ()
    # Imputation lets values stand by itself: they must not teach it how the living go on.
    if planned.method in AT_A_VISIT and planned.imputation is None:
        trial, remarks = _standing(before, trial, planned, tuple(taken.values()))
    return Handled(trial, tuple(sentences), tuple(warnings), tuple(taken.values()), planned, remarks)


def _own(planned: PlannedAnalysis, event: IntercurrentEventKind, strategy: Strategy) -> IntercurrentEvent:
    """The strategy with the assumption that the method makes under it."""
    assumption = None
    if strategy == "hypothetical":
        assumption = ASSUMED.get(planned.method, BEFORE_IT)
        if planned.imputation is not None:
            assumption = IMPUTED[planned.imputation.assumption]
    return IntercurrentEvent(event=event, strategy=strategy, assumption=assumption)


def _refusal(planned: PlannedAnalysis, item: IntercurrentEvent, mine: tuple[Strategy, ...]) -> str | None:
    """Why the strategy is not carried out, and what is done instead; None where it is carried out."""
    asked, done = item.strategy.replace("_", " "), mine[0].replace("_", " ")
    start = f"the plan asks {asked!r} for {EVENTS[item.event]}; {planned.method}"
    if item.strategy not in mine:
        others = OTHERS.get((item.event, item.strategy))
        where = f" ({others})" if others and planned.method not in others else ""
        return f"{start} cannot do that{where} and takes {done!r}: see the estimand"
    worst = worst_value(planned.measure)
    if planned.method in AT_A_VISIT and item.strategy == "composite" and worst is None:
        return (
            f"{start} knows no worst value of the {measure_name(planned.measure)} and takes {done!r}: see the estimand"
        )
    return None


def _carried_out(trial: Trial, planned: PlannedAnalysis, item: IntercurrentEvent) -> tuple[Trial, str]:
    event, asked = item.event, strategy_words(item.event, item.strategy)
    if event == "not_dosed":
        dosed = trial.participants.join(_not_dosed(trial), on="participant_id", how="anti", maintain_order="left")
        sentence = f"As planned, participants who were not dosed are left out ({asked})."
        return trial.with_tables({"participants": dosed}), sentence
    if planned.method in AT_A_VISIT and item.strategy in SETTLING:
        stands = "their last value before it" if item.strategy == "while_alive" else "the worst value"
        sentence = f"As planned, of those with {EVENTS[event]} before the visit {stands} counts ({asked})."
        return _until(trial, event), sentence
    if planned.method == "responders" and event == "death":
        return trial, f"As planned, those who died without both slopes are left out ({asked})."
    if item.strategy in ("treatment_policy", "composite"):
        return trial, ""
    return _until(trial, event), f"As planned, visits after {EVENTS[event]} are left out ({asked})."


def _until(trial: Trial, event: IntercurrentEventKind) -> Trial:
    """The trial without visits after the event."""
    first = first_events(conform("events", trial.events), KINDS[event]).select("participant_id", happened="day")
    seen = (
        trial.assessments.join(first, on="participant_id", how="left", maintain_order="left")
        .filter(pl.col("happened").is_null() | (pl.col("day") <= pl.col("happened")))
        .drop("happened")
    )
    return trial.with_tables({"assessments": seen})


def _standing(
    before: Trial, trial: Trial, planned: PlannedAnalysis, events: tuple[IntercurrentEvent, ...]
) -> tuple[Trial, tuple[str, ...]]:
    """The trial with an assessment on the day of the compared visit for each value that stands at it."""
    if not any(item.strategy in SETTLING for item in events):
        return trial, ()
    try:
        grid = visit_grid(before, planned.measure)
        visit = grid.visit_at(planned.month)
    except DataError:
        # The method says the same, in a row of its own.
        return trial, ()
    standing = standing_values(before, grid, visit, events)
    table = grid.participants.select(
        "participant_id",
        day=pl.lit(float(grid.months[visit]) * DAYS_PER_MONTH),
        measure=pl.lit(planned.measure),
        value=pl.Series(standing.values, dtype=pl.Float64),
        visit=pl.lit(grid.names[visit]),
    ).filter(pl.col("value").is_finite())
    seen = conform("assessments", trial.assessments).select(*SCHEMAS["assessments"])
    return trial.with_tables({"assessments": pl.concat([seen, table])}), standing.remarks


def _not_dosed(trial: Trial) -> pl.DataFrame:
    """Whoever an event says was not dosed, and in an arm where anybody was given cells those who were given none."""
    told = trial.events.filter(pl.col("kind").is_in(list(KINDS["not_dosed"]))).select("participant_id")
    given = trial.administrations["participant_id"].unique()
    people = trial.participants.select("participant_id", "arm", dosed=pl.col("participant_id").is_in(given.implode()))
    with_cells = people.filter(pl.col("dosed").any().over(pl.col("arm").fill_null("")))
    return pl.concat([told, with_cells.filter(~pl.col("dosed")).select("participant_id")])
