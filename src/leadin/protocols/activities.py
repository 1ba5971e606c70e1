"""The schedule of activities as clinicians read it: what is done, at which visit, on which day, within which window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from leadin.protocols.lots import planned_lots
from leadin.protocols.product import Administration
from leadin.protocols.protocol import Arm, Protocol
from leadin.protocols.visits import CoIntervention, Measure, Visit

MEASURE_LABELS: dict[Measure, str] = {
    "alsfrs_r": "ALSFRS-R",
    "svc_percent": "SVC, % predicted",
    "fvc_percent": "FVC, % predicted",
    "weight_kg": "Weight, kg",
    "strength.left": "Strength, left",
    "strength.right": "Strength, right",
}
"""How people write the measures."""


def window_words(early: int, late: int) -> str:
    """`±7`, `-3 +7`, `-7`; `0` for the day alone."""
    if early == late:
        return f"±{early}" if early else "0"
    return " ".join(f"{sign}{days}" for sign, days in (("-", early), ("+", late)) if days)


@dataclass(frozen=True)
class ActivityColumn:
    """A visit, or a day on which something is done between visits. early and late: its window in days before and after;
    None where the day has none."""

    name: str
    day: int
    early: int | None
    late: int | None
    period: Literal["lead-in", "follow-up"]

    def window(self) -> str:
        """The window in words, nothing where there is none."""
        return "" if self.early is None or self.late is None else window_words(self.early, self.late)


@dataclass(frozen=True)
class ActivityRow:
    """One activity: a mark for each column, `X`, or `X` and a footnote letter, or nothing."""

    label: str
    marks: tuple[str, ...]


@dataclass(frozen=True)
class ScheduleOfActivities:
    """Rows of marks under columns in order of day; footnotes by letter, then those that speak of the whole table."""

    columns: tuple[ActivityColumn, ...]
    rows: tuple[ActivityRow, ...]
    footnotes: tuple[str, ...]


def schedule_of_activities(protocol: Protocol) -> ScheduleOfActivities:
    """The table of a protocol. The baseline visit stands in the follow-up, under the first injection."""
    columns = _columns(protocol)
    letters = _Letters(protocol)
    rows = [
        *_entry_rows(protocol, columns, letters),
        *_measure_rows(protocol, columns),
        *_procedure_rows(protocol, columns, letters),
        *_co_intervention_rows(protocol, columns, letters),
        _row("Adverse events", columns, {column.day: "X" for column in columns[1:]}),
    ]
    return ScheduleOfActivities(columns, tuple(rows), (*letters.footnotes(), *_general_notes(protocol)))


class _Letters:
    """Footnote letters for arms: a mark that does not hold for every arm says for which it does."""

    def __init__(self, protocol: Protocol) -> None:
        self._all = tuple(arm.name for arm in protocol.arms)
        self._letters: dict[tuple[str, ...], str] = {}

    def mark(self, arms: Iterable[str]) -> str:
        wanted = set(arms)
        named = tuple(name for name in self._all if name in wanted)
        if named == self._all:
            return "X"
        letter = self._letters.setdefault(named, "abcdefghijklmnopqrstuvwxyz"[len(self._letters) % 26])
        return f"X {letter}"

    def footnotes(self) -> tuple[str, ...]:
        return tuple(
            f"{letter}: {'arm' if len(arms) == 1 else 'arms'} {', '.join(arms)} only"
            for arms, letter in self._letters.items()
        )


def _columns(protocol: Protocol) -> tuple[ActivityColumn, ...]:
    columns: dict[int, ActivityColumn] = {}
    for co in protocol.co_interventions:
        for day in co.days:
            columns[day] = ActivityColumn(co.name, day, None, None, _period(day))
    for arm in protocol.arms:
        for lot in planned_lots(arm, protocol):
            if lot.isolated_day is not None:
                dose = arm.administrations[lot.administrations[0]]
                columns[lot.isolated_day] = _column("isolation", lot.isolated_day, dose)
    for arm in protocol.arms:
        for dose in arm.administrations:
            columns[dose.day] = _column("injection", dose.day, dose)
    if protocol.randomisation is not None and protocol.randomisation.day is not None:
        day = protocol.randomisation.day
        columns.setdefault(day, ActivityColumn("allocation", day, None, None, _period(day)))
    for visit in protocol.visits:
        columns[visit.day] = _column(visit.name, visit.day, visit)
    return tuple(columns[day] for day in sorted(columns))


def _column(name: str, day: int, window: Visit | Administration) -> ActivityColumn:
    """A column with the window of a visit, or of the dose that an isolation or injection belongs to."""
    return ActivityColumn(name, day, window.days_early, window.days_late, _period(day))


def _period(day: int) -> Literal["lead-in", "follow-up"]:
    return "lead-in" if day < 0 else "follow-up"


def _row(label: str, columns: tuple[ActivityColumn, ...], marks: dict[int, str]) -> ActivityRow:
    return ActivityRow(label, tuple(marks.get(column.day, "") for column in columns))


def _entry_rows(protocol: Protocol, columns: tuple[ActivityColumn, ...], letters: _Letters) -> list[ActivityRow]:
    first = protocol.visits[0].day
    baseline = protocol.baseline_visit
    judged = {first: "X"}
    for stage, visit in (("allocation", protocol.allocation_visit), ("baseline", baseline)):
        asked = [criterion.arms for criterion in protocol.eligibility.criteria if criterion.at == stage]
        if visit is not None and asked and visit.day != first:
            judged[visit.day] = letters.mark(chain.from_iterable(asked)) if all(asked) else "X"
    rows = [_row("Consent", columns, {first: "X"}), _row("Eligibility", columns, judged)]
    if protocol.randomisation is not None:
        at_baseline = protocol.randomisation.at == "baseline" and baseline is not None
        day = baseline.day if at_baseline and baseline is not None else first
        day = day if protocol.randomisation.day is None else protocol.randomisation.day
        rows.append(_row("Randomisation", columns, {day: "X"}))
    return rows


def _measure_rows(protocol: Protocol, columns: tuple[ActivityColumn, ...]) -> list[ActivityRow]:
    return [
        _row(label, columns, {visit.day: "X" for visit in protocol.visits if measure in visit.measures})
        for measure, label in MEASURE_LABELS.items()
        if any(measure in visit.measures for visit in protocol.visits)
    ]


def _procedure_rows(protocol: Protocol, columns: tuple[ActivityColumn, ...], letters: _Letters) -> list[ActivityRow]:
    """Isolations by tissue and injections by product and route, each with the arms it belongs to."""
    tissue = {product.name: product.source_tissue for product in protocol.products}
    done: dict[str, dict[int, set[str]]] = {}
    for arm in protocol.arms:
        for lot in planned_lots(arm, protocol):
            if lot.isolated_day is not None:
                label = f"Isolation, {tissue[lot.product]}" if tissue[lot.product] else "Isolation"
                done.setdefault(label, {}).setdefault(lot.isolated_day, set()).add(arm.name)
    several = len(protocol.products) > 1
    for arm in protocol.arms:
        for dose in arm.administrations:
            label = f"Injection of {dose.product}, {dose.route}" if several else f"Injection, {dose.route}"
            done.setdefault(label, {}).setdefault(dose.day, set()).add(arm.name)
    return [
        _row(label, columns, {day: letters.mark(arms) for day, arms in days.items()}) for label, days in done.items()
    ]


def _co_intervention_rows(
    protocol: Protocol, columns: tuple[ActivityColumn, ...], letters: _Letters
) -> list[ActivityRow]:
    return [
        _row(co.name.capitalize(), columns, {day: letters.mark(_arms_of(co, protocol.arms)) for day in co.days})
        for co in protocol.co_interventions
        if co.days
    ]


def _arms_of(co: CoIntervention, arms: tuple[Arm, ...]) -> tuple[str, ...]:
    return co.arms or tuple(arm.name for arm in arms)


def _general_notes(protocol: Protocol) -> tuple[str, ...]:
    notes = ["Day 0 is the scheduled day of the first injection; windows are in days around the scheduled day."]
    if not any(arm.administrations for arm in protocol.arms):
        notes = ["Day 0 is time zero; windows are in days around the scheduled day."]
    for co in protocol.co_interventions:
        if not co.days:
            dose = ", ".join(part for part in (co.dose, co.frequency) if part)
            arms = f", arms {', '.join(co.arms)}" if co.arms else ""
            notes.append(f"Throughout{arms}: {co.name}{f' ({dose})' if dose else ''}.")
    notes.append("Adverse events are recorded throughout, and asked for at every contact after the first.")
    return tuple(notes)
