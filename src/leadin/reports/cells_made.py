"""How the cells were made, arm by arm: isolations, lots, waiting, and who was never given any."""

from __future__ import annotations

from leadin.reports.arms import ReportArm, arm_called
from leadin.reports.numbers import ABSENT, number
from leadin.reports.tables import Column, Rows, Table
from leadin.reports.wording import capital, reason_words
from leadin.trials.manufacturing_summary import ArmManufacturing, Counts, ManufacturingSummary

TITLE = "How the cells were made."
LATE = "Late: after the window of the planned dose. Days: from enrolment, whole days."
KEPT = "Participants never given cells stay in their arm in every analysis."


def cells_made_table(
    summary: ManufacturingSummary, arms: tuple[ReportArm, ...], name: str = "cells-made"
) -> Table | None:
    """One column an arm that has lots or administrations; None when there is none."""
    shown = [(arm, label) for arm in summary.arms if (label := _label(arm, arms)) and (arm.lots_begun or arm.dosed)]
    if not shown:
        return None
    made = [arm for arm, _ in shown]
    rows = [(words, *(cell(arm) for arm in made)) for words, cell in _ROWS if any(cell(arm) != ABSENT for arm in made)]
    reasons = [
        (f"{what}: {reason_words(reason)}", *(str(dict(counts(arm)).get(reason, 0)) for arm in made))
        for what, counts in (("Rejected", _rejected), ("Never given cells", _never))
        for reason in _all_reasons([counts(arm) for arm in made])
    ]
    groups = [Rows(tuple(rows))]
    if reasons:
        groups.append(Rows(tuple(reasons), "Reasons"))
    columns = (
        Column(""),
        *(Column(f"{label}, n\u00a0=\u00a0{arm.participants}", numeric=True) for arm, label in shown),
    )
    notes = [LATE] if any(arm.dosed for arm in made) else []
    if any(arm.never_dosed for arm in made):
        notes.append(KEPT)
    notes += [
        f"{capital(product)}: at most {most} {'culture' if most == 1 else 'cultures'} ran at one time, each in a "
        "clean-room slot of its own."
        for product, most in summary.cultures_at_once
    ]
    return Table(name, TITLE, columns, tuple(groups), tuple(notes))


def _label(arm: ArmManufacturing, arms: tuple[ReportArm, ...]) -> str | None:
    found = arm_called(arms, arm.arm)
    return None if found is None else found.label


def _days(arm: ArmManufacturing) -> str:
    if arm.median_days is None:
        return ABSENT
    return f"{number(arm.median_days, 0)} ({number(arm.fewest_days, 0)} to {number(arm.most_days, 0)})"


def _of_lots(count: int, arm: ArmManufacturing) -> str:
    return f"{count} of {arm.lots_begun}" if arm.lots_begun else ABSENT


_ROWS = (
    ("Tissue samples taken", lambda arm: str(arm.isolations) if arm.isolations else ABSENT),
    ("Lots released", lambda arm: _of_lots(arm.lots_released, arm)),
    ("Lots given", lambda arm: _of_lots(arm.lots_given, arm)),
    ("Participants given cells", lambda arm: f"{arm.dosed} of {arm.participants}"),
    ("Days to the first dose, median (range)", _days),
    ("Doses given", lambda arm: str(arm.doses_given)),
    ("Doses late", lambda arm: ABSENT if arm.late is None or not arm.dosed else str(arm.late)),
)


def _rejected(arm: ArmManufacturing) -> Counts:
    return arm.rejected


def _never(arm: ArmManufacturing) -> Counts:
    return arm.why_never_dosed


def _all_reasons(counts: list[Counts]) -> list[str]:
    """Every reason once, the most frequent over all arms first."""
    total: dict[str, int] = {}
    for reasons in counts:
        for reason, count in reasons:
            total[reason] = total.get(reason, 0) + count
    return sorted(total, key=lambda reason: (-total[reason], reason))
