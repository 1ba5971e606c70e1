"""Adverse events by system organ class and preferred term, arm by arm: participants, events, grades, rates.

Who is counted: in an arm where anybody was given cells, those who were; in the other arms everybody known of after
time zero. Whoever was known last on the day of the first administration counts: an event of that day is an event.
What is counted: events that started at or after time zero. Exposure runs from time zero to the last known day, at most
to death or the end of follow-up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from leadin.analysis.arms import arms_of, in_arm
from leadin.engine.intervals import clopper_pearson, poisson_rate
from leadin.months import DAYS_PER_MONTH
from leadin.trials.fatal_events import first_events
from leadin.trials.trial import Trial

NOT_CLASSIFIED = "Not classified"
"""The system organ class of events that name none."""
GRADES = (1, 2, 3, 4, 5)
PER = 100.0
"""Rates are events per so many person-months."""
RELATED = frozenset(
    {"related", "possibly related", "probably related", "definitely related", "yes", "y", "certain"}
    | {"possible", "possibly", "probable", "probably", "definite", "definitely"}
)
"""Words for relatedness, in any letter case, that count as related."""
UNRELATED = frozenset(
    {"not related", "unrelated", "no", "n", "none", "not suspected", "definitely not related", "probably not related"}
    | {"unlikely", "unlikely related", "not likely related", "remote", "doubtful"}
)
"""Words that count as not related. Any other word, and none, says nothing: such events are counted apart."""


@dataclass(frozen=True)
class AdverseEvents:
    """The adverse events of a trial and who could have had them.

    people: participant_id, arm, with_cells (their arm was given any), first_dose (day; null in other arms), died (their
    exposure ended with death), months (exposure). events: participant_id, arm, start_day, system_organ_class, term,
    grade, serious, related, emergent (started on the day of the first administration or later; in arms that were given
    none, from time zero on); grade, serious and related are null where the table does not say. baseline: the same
    columns, of events of these people that started before time zero. before: events of anybody that started before
    time zero; they are not counted.
    """

    people: pl.DataFrame
    events: pl.DataFrame
    baseline: pl.DataFrame
    before: int


def adverse_events_of(trial: Trial) -> AdverseEvents:
    """Who is counted and what is counted, as the module says."""
    ends = _last_days(trial)
    doses = trial.administrations.group_by("participant_id").agg(first_dose=pl.col("day").min())
    people = (
        trial.participants.select("participant_id", "arm")
        .join(doses, on="participant_id", how="left", maintain_order="left")
        .join(ends, on="participant_id", how="left", maintain_order="left")
        .with_columns(dosed=pl.col("first_dose").is_not_null())
        .with_columns(with_cells=pl.col("dosed").any().over(pl.col("arm").fill_null("")))
        .filter(pl.when("dosed").then(pl.col("end") >= 0.0).otherwise(~pl.col("with_cells") & (pl.col("end") > 0.0)))
        .select(
            "participant_id",
            "arm",
            "with_cells",
            "first_dose",
            "died",
            months=pl.col("end") / DAYS_PER_MONTH,
            end="end",
        )
    )
    word = pl.col("relatedness").str.to_lowercase().str.strip_chars()
    told = (
        trial.adverse_events.join(people, on="participant_id", maintain_order="left")
        .filter(pl.col("start_day") <= pl.col("end"))
        .select(
            "participant_id",
            "arm",
            "start_day",
            pl.col("system_organ_class").fill_null(NOT_CLASSIFIED),
            "term",
            "serious",
            grade=pl.col("ctcae_grade"),
            related=pl.when(word.is_in(list(RELATED))).then(True).when(word.is_in(list(UNRELATED))).then(False),
            emergent=pl.col("start_day") >= pl.col("first_dose").fill_null(0.0),
        )
    )
    after = pl.col("start_day") >= 0.0
    before = trial.adverse_events.filter(pl.col("start_day") < 0.0).height
    return AdverseEvents(people.drop("end"), told.filter(after), told.filter(~after), before)


def _last_days(trial: Trial) -> pl.DataFrame:
    """The day exposure ends, the last known day, at most that of death or of the end of follow-up; whether by death."""
    known = [
        trial.assessments.filter(pl.col("value").is_not_null()).select("participant_id", "day"),
        trial.administrations.select("participant_id", "day"),
        trial.adverse_events.select("participant_id", day="start_day"),
        trial.events.select("participant_id", "day"),
    ]
    last = pl.concat(known).group_by("participant_id").agg(end=pl.col("day").max())
    over = first_events(trial.events, ("death", "end_of_follow_up")).select("participant_id", "kind", over="day")
    return last.join(over, on="participant_id", how="left").select(
        "participant_id",
        end=pl.min_horizontal("end", "over"),
        died=((pl.col("kind") == "death") & (pl.col("over") <= pl.col("end"))).fill_null(False),
    )


def safety_table(trial: Trial, level: float = 0.95) -> pl.DataFrame:
    """One row per arm for all events together, for each system organ class, and for each preferred term.

    Columns: arm; system_organ_class and term (both null: all events; term null: the class); n, participants at risk;
    participants, with at least one event, and their proportion with its exact interval ci_low, ci_high; grade_1 to
    grade_5 and grade_unknown: those participants by their worst grade; serious_participants, related_participants,
    serious_related_participants: those with at least one such event; events, of them serious, related, serious_related
    and emergent, and those that do not say: serious_unknown, related_unknown; person_months; rate, events per 100
    person-months, with its exact interval rate_low, rate_high; at_risk_months, until the first event; incidence,
    participants with a first event per 100 of those, with its exact interval incidence_low, incidence_high. A class or
    term that an arm did not have stands with zeros, so that its upper bound can be read. Classes and terms by falling
    number of participants, then by name.
    """
    harm = adverse_events_of(trial)
    at_risk = {arm: in_arm(harm.people, arm) for arm in arms_of(trial)}
    groups = [(None, None), *_groups(harm.events)]
    rows = []
    for soc, term in groups:
        mine = harm.events
        if soc is not None:
            mine = mine.filter(pl.col("system_organ_class") == soc)
        if term is not None:
            mine = mine.filter(pl.col("term") == term)
        named = {"system_organ_class": soc, "term": term}
        rows += [{**named, **_row(people, in_arm(mine, arm), arm, level)} for arm, people in at_risk.items()]
    return pl.DataFrame(rows, schema=_SCHEMA)


_SCHEMA = {
    "arm": pl.String,
    "system_organ_class": pl.String,
    "term": pl.String,
    "n": pl.Int64,
    "participants": pl.Int64,
    "proportion": pl.Float64,
    "ci_low": pl.Float64,
    "ci_high": pl.Float64,
    **{f"grade_{grade}": pl.Int64 for grade in GRADES},
    "grade_unknown": pl.Int64,
    "serious_participants": pl.Int64,
    "related_participants": pl.Int64,
    "serious_related_participants": pl.Int64,
    "events": pl.Int64,
    "serious": pl.Int64,
    "related": pl.Int64,
    "serious_related": pl.Int64,
    "emergent": pl.Int64,
    "serious_unknown": pl.Int64,
    "related_unknown": pl.Int64,
    "person_months": pl.Float64,
    "rate": pl.Float64,
    "rate_low": pl.Float64,
    "rate_high": pl.Float64,
    "at_risk_months": pl.Float64,
    "incidence": pl.Float64,
    "incidence_low": pl.Float64,
    "incidence_high": pl.Float64,
}


def _groups(events: pl.DataFrame) -> list[tuple[str, str | None]]:
    """Every class, each followed by its terms."""
    by_class = _by_frequency(events, "system_organ_class")
    groups: list[tuple[str, str | None]] = []
    for soc in by_class:
        mine = events.filter(pl.col("system_organ_class") == soc)
        groups += [(soc, None), *((soc, term) for term in _by_frequency(mine, "term"))]
    return groups


def _by_frequency(events: pl.DataFrame, column: str) -> list[str]:
    counted = events.group_by(column).agg(people=pl.col("participant_id").n_unique())
    return counted.sort(["people", column], descending=[True, False])[column].to_list()


def _row(people: pl.DataFrame, mine: pl.DataFrame, arm: str | None, level: float) -> dict[str, object]:
    """people: of the arm, at risk; mine: their events."""
    n, months = people.height, float(np.sum(people["months"].to_numpy()))
    # One pass over the events: an event that does not say is not picked.
    each = mine.group_by("participant_id").agg(
        pl.col("grade").max(),
        pl.col("serious").any(),
        pl.col("related").any(),
        serious_related=(pl.col("serious") & pl.col("related")).any(),
        first=pl.col("start_day").min(),
    )
    worst, affected = each["grade"], each.height
    interval = clopper_pearson(affected, n, level)
    return {
        "arm": arm,
        "n": n,
        "participants": affected,
        "proportion": affected / n if n else None,
        "ci_low": float(interval.low),
        "ci_high": float(interval.high),
        **{f"grade_{grade}": int((worst == grade).sum()) for grade in GRADES},
        "grade_unknown": int(worst.null_count()),
        "serious_participants": int(each["serious"].sum()),
        "related_participants": int(each["related"].sum()),
        "serious_related_participants": int(each["serious_related"].sum()),
        "events": mine.height,
        "serious": int(mine["serious"].sum()),
        "related": int(mine["related"].sum()),
        "serious_related": int((mine["serious"] & mine["related"]).sum()),
        "emergent": int(mine["emergent"].sum()),
        "serious_unknown": mine["serious"].null_count(),
        "related_unknown": mine["related"].null_count(),
        **rate_columns(mine.height, months, level),
        **_incidence_columns(people, each, level),
    }


def affected_by(events: pl.DataFrame, which: pl.Expr) -> int:
    """Participants with at least one of the events that `which` picks; those that do not say are not picked."""
    return events.filter(which)["participant_id"].n_unique()


def first_event_months(people: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Per participant of `people`, in order: participant_id, arm, months from time zero to the first of the events or
    to the end of exposure, event (True where it is an event), died (True where it is death without one)."""
    first = events.group_by("participant_id").agg(first=pl.col("start_day").min())
    joined = people.join(first, on="participant_id", how="left", maintain_order="left")
    # numpy divides; polars multiplies by the reciprocal, which is off in the last digit.
    first_months = pl.Series(joined["first"].to_numpy() / DAYS_PER_MONTH, dtype=pl.Float64).fill_nan(None)
    return joined.select(
        "participant_id",
        "arm",
        months=pl.coalesce(pl.lit(first_months), "months"),
        event=pl.col("first").is_not_null(),
        died=pl.col("died") & pl.col("first").is_null(),
    )


def _incidence_columns(people: pl.DataFrame, each: pl.DataFrame, level: float) -> dict[str, float | None]:
    """each: whoever had an event, with the day of the `first`."""
    days = people.join(each, on="participant_id", how="left", maintain_order="left")["first"].to_numpy()
    had = ~np.isnan(days)
    at_risk = float(np.sum(np.where(had, days / DAYS_PER_MONTH, people["months"].to_numpy())))
    told = rate_columns(int(had.sum()), at_risk, level)
    return {
        "at_risk_months": told["person_months"],
        "incidence": told["rate"],
        "incidence_low": told["rate_low"],
        "incidence_high": told["rate_high"],
    }


def rate_columns(events: int, months: float, level: float) -> dict[str, float | None]:
    """person_months, and events per 100 of them with the exact interval; no rate where there was no time."""
    if months <= 0.0:
        return {"person_months": 0.0, "rate": None, "rate_low": None, "rate_high": None}
    interval = poisson_rate(events, months / PER, level)
    rate = {"rate": events / months * PER, "rate_low": float(interval.low), "rate_high": float(interval.high)}
    return {"person_months": months, **rate}
