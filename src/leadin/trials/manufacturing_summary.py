"""What became of the cells of each arm: isolations, lots, doses that came late, and who was never given any."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from leadin.protocols.protocol import Protocol
from leadin.trials.trial import Trial

CULTURES_AT_ONCE = "cultures_at_once."
"""Begins the entries of a simulated trial's manifest that say how many cultures of a product ran at one time."""

Counts = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class ArmManufacturing:
    """One arm that is given cells, or of which lots are recorded.

    isolations: tissue samples taken. lots_begun: also from stock. lots_given: to a participant at least once. rejected:
    reasons as recorded, most frequent first. median_days, fewest_days, most_days: from enrolment to the first
    administration, in those dosed; None without any. doses_given: days on which a participant was given cells; late:
    those of them after the window of the dose, the first given being the first planned and so on; None without a
    protocol. In a trial without randomisation the first dose is time zero, and never late. never_dosed: participants,
    and why, most frequent first.
    """

    arm: str
    participants: int
    isolations: int
    lots_begun: int
    lots_released: int
    lots_given: int
    rejected: Counts
    dosed: int
    median_days: float | None
    fewest_days: float | None
    most_days: float | None
    doses_given: int
    late: int | None
    never_dosed: int
    why_never_dosed: Counts


@dataclass(frozen=True)
class ManufacturingSummary:
    """The arms in order of their names in the protocol, else in the tables. cultures_at_once: by product, the most that
    ran at one time, which is how many clean-room slots the trial needed; known of simulated trials alone."""

    arms: tuple[ArmManufacturing, ...]
    cultures_at_once: Counts

    def to_polars(self) -> pl.DataFrame:
        """One row an arm; reasons in words, `too few cells 3; failed sterility 1`."""
        rows: list[dict[str, Any]] = [dataclasses.asdict(arm) for arm in self.arms]
        for row in rows:
            for name in ("rejected", "why_never_dosed"):
                row[name] = "; ".join(f"{reason} {count}" for reason, count in row[name])
        return pl.DataFrame(rows, schema=_COLUMNS)


_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "arm": pl.String,
    "participants": pl.Int64,
    "isolations": pl.Int64,
    "lots_begun": pl.Int64,
    "lots_released": pl.Int64,
    "lots_given": pl.Int64,
    "rejected": pl.String,
    "dosed": pl.Int64,
    "median_days": pl.Float64,
    "fewest_days": pl.Float64,
    "most_days": pl.Float64,
    "doses_given": pl.Int64,
    "late": pl.Int64,
    "never_dosed": pl.Int64,
    "why_never_dosed": pl.String,
}


def manufacturing_summary(trial: Trial) -> ManufacturingSummary:
    """The summary of the tables as they stand; missing days and outcomes are passed over."""
    arms = trial.participants.drop_nulls("arm").select("participant_id", "arm").unique("participant_id", keep="first")
    names = _arm_names(trial)
    return ManufacturingSummary(
        arms=tuple(_summary(trial, name, arms.filter(pl.col("arm") == name)) for name in names),
        cultures_at_once=tuple(_peaks(trial)),
    )


def _arm_names(trial: Trial) -> list[str]:
    """Arms that were meant to have cells, or that have lots or administrations."""
    meant = [] if trial.protocol is None else [arm.name for arm in trial.protocol.arms if arm.administrations]
    touched = pl.concat([trial.lots.select("participant_id"), trial.administrations.select("participant_id")])
    found = trial.participants.join(touched, on="participant_id", how="semi")["arm"].drop_nulls().unique().sort()
    return [*meant, *(name for name in found.to_list() if name not in meant)]


def _summary(trial: Trial, name: str, people: pl.DataFrame) -> ArmManufacturing:
    lots = trial.lots.join(people, on="participant_id", how="semi")
    doses = trial.administrations.join(people, on="participant_id", how="semi").filter(pl.col("day").is_finite())
    events = trial.events.join(people, on="participant_id", how="semi")
    rejected = lots.filter(pl.col("outcome").str.starts_with("rejected"))["outcome"].str.strip_prefix("rejected: ")
    never = people.join(doses, on="participant_id", how="anti")
    why = events.filter(pl.col("kind") == "not_dosed").join(never, on="participant_id", how="semi")["detail"]
    days = _days_to_first_dose(events, doses)
    return ArmManufacturing(
        arm=name,
        participants=people.height,
        isolations=lots.filter(pl.col("isolated_day").is_finite()).height,
        lots_begun=lots.height,
        lots_released=lots.filter(pl.col("outcome") == "released").height,
        lots_given=lots.join(doses, on="lot_id", how="semi").height,
        rejected=_counts(rejected),
        dosed=doses["participant_id"].n_unique(),
        median_days=_number(days.median()),
        fewest_days=_number(days.min()),
        most_days=_number(days.max()),
        doses_given=doses.select("participant_id", "day").n_unique(),
        late=None if trial.protocol is None else _late(trial.protocol, name, doses),
        never_dosed=never.height,
        why_never_dosed=_counts(why.fill_null("reason not recorded")),
    )


def _days_to_first_dose(events: pl.DataFrame, doses: pl.DataFrame) -> pl.Series:
    enrolled = events.filter((pl.col("kind") == "enrolled") & pl.col("day").is_finite())
    first = doses.group_by("participant_id").agg(dosed=pl.col("day").min())
    since = enrolled.group_by("participant_id").agg(enrolled=pl.col("day").min())
    return first.join(since, on="participant_id").select(days=pl.col("dosed") - pl.col("enrolled"))["days"]


def _late(protocol: Protocol, name: str, doses: pl.DataFrame) -> int:
    """Dosing days after the window of the planned one; none for an arm that the protocol does not know."""
    planned = next((arm for arm in protocol.arms if arm.name == name), None)
    if planned is None or not planned.administrations:
        return 0
    closes: dict[int, int] = {}
    for dose in planned.administrations:
        closes[dose.day] = max(closes.get(dose.day, dose.day), dose.day + dose.days_late)
    windows = pl.DataFrame({"number": range(len(closes)), "closes": [float(closes[day]) for day in sorted(closes)]})
    given = (
        doses.select("participant_id", "day")
        .unique()
        .with_columns(number=(pl.col("day").rank("ordinal").over("participant_id") - 1).cast(pl.Int64))
    )
    return given.join(windows, on="number").filter(pl.col("day") > pl.col("closes")).height


def _counts(words: pl.Series) -> Counts:
    return tuple(sorted(Counter(words.drop_nulls().to_list()).items(), key=lambda item: (-item[1], item[0])))


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _peaks(trial: Trial) -> Iterator[tuple[str, int]]:
    for key, value in trial.manifest.simulation or ():
        if key.startswith(CULTURES_AT_ONCE) and value.isdecimal():
            yield key.removeprefix(CULTURES_AT_ONCE), int(value)
