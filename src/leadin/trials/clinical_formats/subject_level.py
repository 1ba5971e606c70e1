"""What a row a participant (ADSL, DM) says beside who he is: time zero, what became of him, that he was treated."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence

import polars as pl

from leadin.trials.checks.places import SHOWN, counted, listed
from leadin.trials.clinical_formats.carried import DATA_SET, Zeros
from leadin.trials.clinical_formats.disposition import end_kind
from leadin.trials.clinical_formats.forms import whole_date
from leadin.trials.finding import Finding, Severity
from leadin.trials.schema import SCHEMAS, Columns

FIRST_TREATMENT = ("TRTSDT", "RFSTDTC", "RFXSTDTC")
"""Dates of the first administration, which is time zero: of ADaM, and of SDTM, whose study days count from RFSTDTC."""
TREATED = ("TRTSDT", "RFXSTDTC")
"""Dates that only those have who were treated."""
OTHER_ZEROS = ("RANDDT", "RFICDTC")
"""In their place, for participants who were never treated: randomisation, or consent."""
_DATED = (
    ("RANDDT", "randomised"),
    ("ENRLDT", "enrolled"),
    ("RFICDTC", "screened"),
    ("DTHDT", "death"),
    ("DTHDTC", "death"),
)
_ENDS = ("EOSDT", "RFENDT", "RFPENDTC")
_REASONS = ("DCDECOD", "DCSREAS", "ARMNRS")


def zeros_of(rows: pl.DataFrame, people: str = "USUBJID") -> tuple[Zeros, tuple[str, ...]]:
    """The date of time zero of each participant: first treatment, else randomisation, else consent; and those whose
    date is not that of a treatment. Participants without any of them, or with a part of a date alone, have none.
    """
    zeros, others = {}, []
    for row in rows.select(people, *_held(rows, (*FIRST_TREATMENT, *OTHER_ZEROS))).iter_rows(named=True):
        first = _first_date(row, FIRST_TREATMENT)
        zero = first or _first_date(row, OTHER_ZEROS)
        if row[people] is not None and zero is not None:
            zeros[str(row[people])] = zero
            if first is None:
                others.append(str(row[people]))
    return zeros, tuple(others)


def _held(rows: pl.DataFrame, names: Sequence[str]) -> list[str]:
    return [name for name in names if name in rows.columns and rows[name].dtype == pl.String]


def _first_date(row: dict[str, object], names: Sequence[str]) -> datetime.date | None:
    dates = (whole_date(str(row[name])) for name in names if row.get(name) is not None)
    return next((date for date in dates if date is not None), None)


def events_of(name: str, rows: pl.DataFrame, zeros: Zeros) -> pl.DataFrame:
    """The events that the data set `name` says of participants: randomised, enrolled, consent, death, end of taking
    part (by status and reason; on the day of a death nothing beside it). A row a participant and kind.
    """
    found = [event for row in rows.iter_rows(named=True) for event in _events(row, zeros)]
    schema: Columns = {**SCHEMAS["events"], DATA_SET: pl.String}
    return pl.DataFrame([(*event, name) for event in found], schema=schema, orient="row")


def _events(row: dict[str, object], zeros: Zeros) -> Iterator[tuple[str, float, str, str | None]]:
    who = str(row["USUBJID"])
    zero = zeros.get(who)
    if zero is None:
        return
    kinds = set()
    for name, dated in _DATED:
        date = _first_date(row, (name,))
        if date is not None and dated not in kinds:
            kinds.add(dated)
            yield who, float((date - zero).days), dated, None
    end = _first_date(row, _ENDS)
    if end is None or "death" in kinds:
        return
    reason = next((str(row[name]) for name in _REASONS if row.get(name)), None)
    status = "COMPLETED" if "RFPENDTC" in row and reason is None else row.get("EOSSTT")
    kind = end_kind(None if status is None else str(status), reason)
    if kind is not None and kind not in kinds:
        yield who, float((end - zero).days), kind, reason if kind == "withdrawal" else None


def administrations_of(name: str, rows: pl.DataFrame, zeros: Zeros) -> pl.DataFrame:
    """One administration for each participant who was treated: where the safety population is flagged (SAFFL), those in
    it, else those with a date of first treatment; on that date, else at time zero. Route, cells and lot are not known.
    """
    schema: Columns = {**SCHEMAS["administrations"], DATA_SET: pl.String}
    given = []
    for row in rows.iter_rows(named=True):
        first = _first_date(row, TREATED)
        if row["USUBJID"] is None or not _treated(row):
            continue
        who = str(row["USUBJID"])
        day = 0.0 if first is None or who not in zeros else float((first - zeros[who]).days)
        given.append({"participant_id": who, "day": day, DATA_SET: name})
    return pl.DataFrame(given, schema=schema)


def _treated(row: dict[str, object]) -> bool:
    if "SAFFL" in row:
        return row["SAFFL"] == "Y"
    return any(row.get(name) is not None for name in TREATED)


def doubts(name: str, rows: pl.DataFrame, others: Sequence[str], events: pl.DataFrame) -> Iterator[Finding]:
    """What a row a participant leaves open: time zero without a treatment, the safety population against treatment
    dates, deaths without a day.
    """
    disputed = [str(row["USUBJID"]) for row in rows.iter_rows(named=True) if _flag_disputed(row)]
    dead = set(events.filter(pl.col("kind") == "death")["participant_id"])
    died = [str(row["USUBJID"]) for row in rows.iter_rows(named=True) if row.get("DTHFL") == "Y"]
    undated = [who for who in died if who not in dead]
    found: tuple[tuple[str, Severity, Sequence[str], str, str], ...] = (
        (
            "time-zero-without-treatment",
            "note",
            others,
            "without a date of first treatment",
            "Their days are counted from randomisation or consent.",
        ),
        (
            "safety-population-disputed",
            "warning",
            disputed,
            "whose SAFFL and date of first treatment disagree",
            "SAFFL is followed; correct one of the two.",
        ),
        (
            "death-without-day",
            "warning",
            undated,
            "with DTHFL = Y and no day of death in any data set",
            "Not among the deaths; add the date.",
        ),
    )
    for id, severity, who, what, advice in found:
        if who:
            number = counted(len(who), f"participant of {name}", f"participants of {name}")
            text = f"{number} {what} ({listed(list(who[:SHOWN]), len(who))}). {advice}"
            yield Finding(id, severity, "participants", (), text)


def _flag_disputed(row: dict[str, object]) -> bool:
    dated = [name for name in TREATED if name in row]
    if "SAFFL" not in row or not dated:
        return False
    return (row["SAFFL"] == "Y") != any(row[name] is not None for name in dated)
