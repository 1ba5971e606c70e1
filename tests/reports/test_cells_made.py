"""The table of how the cells were made: every count beside its arm, reasons below, slots in a note."""

from __future__ import annotations

from dataclasses import replace

from leadin.reports.arms import ReportArm
from leadin.reports.cells_made import KEPT, LATE, cells_made_table
from leadin.reports.palette import look
from leadin.trials.manufacturing_summary import ArmManufacturing, ManufacturingSummary

CELLS = ReportArm("cells", "cells", ("P1", "P2", "P3"), False, look(0))
STOCK = ReportArm("stock", "from stock", ("P4",), False, look(2))
MADE = ArmManufacturing(
    arm="cells",
    participants=3,
    isolations=6,
    lots_begun=6,
    lots_released=4,
    lots_given=3,
    rejected=(("failed sterility", 1), ("inadequate sample", 1)),
    dosed=2,
    median_days=95.0,
    fewest_days=91.0,
    most_days=120.0,
    doses_given=3,
    late=1,
    never_dosed=1,
    why_never_dosed=(("no cells could be made", 1),),
)
GIVEN = replace(
    MADE,
    arm="stock",
    participants=1,
    isolations=0,
    lots_begun=1,
    lots_released=1,
    lots_given=1,
    rejected=(("inadequate sample", 2),),
    dosed=1,
    late=None,
    never_dosed=0,
    why_never_dosed=(),
)


def test_counts_and_reasons_of_one_arm() -> None:
    table = cells_made_table(ManufacturingSummary((MADE,), (("msc", 4),)), (CELLS,))
    assert table is not None
    assert [column.title for column in table.columns] == ["", "cells, n\u00a0=\u00a03"]
    assert table.groups[0].rows == (
        ("Tissue samples taken", "6"),
        ("Lots released", "4 of 6"),
        ("Lots given", "3 of 6"),
        ("Participants given cells", "2 of 3"),
        ("Days to the first dose, median (range)", "95 (91 to 120)"),
        ("Doses given", "3"),
        ("Doses late", "1"),
    )
    assert table.groups[1].rows == (
        ("Rejected: failed sterility", "1"),
        ("Rejected: inadequate sample", "1"),
        ("Never given cells: no cells could be made", "1"),
    )
    slots = "Msc: at most 4 cultures ran at one time, each in a clean-room slot of its own."
    assert table.notes == (LATE, KEPT, slots)


def test_one_culture_at_a_time() -> None:
    """Where slots are few, what ran is not what was needed, and the note does not say so."""
    table = cells_made_table(ManufacturingSummary((MADE,), (("msc", 1),)), (CELLS,))
    assert table is not None
    assert table.notes[-1] == "Msc: at most 1 culture ran at one time, each in a clean-room slot of its own."


def test_arms_stand_side_by_side_and_what_is_not_known_is_a_dash() -> None:
    table = cells_made_table(ManufacturingSummary((MADE, GIVEN), ()), (CELLS, STOCK))
    assert table is not None
    rows = {row[0]: row[1:] for row in table.groups[0].rows}
    assert rows["Tissue samples taken"] == ("6", "–")
    assert rows["Doses late"] == ("1", "–")
    # The most frequent reason over all arms comes first.
    assert table.groups[1].rows[0] == ("Rejected: inadequate sample", "1", "2")


def test_nothing_made_and_nothing_given_is_no_table() -> None:
    nothing = replace(MADE, lots_begun=0, dosed=0)
    assert cells_made_table(ManufacturingSummary((nothing,), ()), (CELLS,)) is None
    assert cells_made_table(ManufacturingSummary((), ()), (CELLS,)) is None
