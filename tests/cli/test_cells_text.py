"""The lines on how the cells were made."""

from __future__ import annotations

from dataclasses import replace

from leadin.cli.cells_text import cells_lines
from leadin.trials.manufacturing_summary import ArmManufacturing, ManufacturingSummary

ARM = ArmManufacturing("cells", 3, 6, 6, 4, 3, (), 2, 95.4, 91.0, 120.0, 3, 1, 1, ())


def test_a_line_an_arm_and_a_line_a_product() -> None:
    assert cells_lines(ManufacturingSummary((ARM,), (("msc", 4), ("ntf", 1)))) == [
        "Arm cells: 4 of 6 lots released, first dose in the median 95 days after enrolment (91 to 120), "
        "2 of 3 participants given cells",
        "msc: at most 4 cultures at one time",
        "ntf: at most 1 culture at one time",
    ]


def test_nobody_was_given_cells() -> None:
    nobody = replace(ARM, lots_released=0, dosed=0, median_days=None, never_dosed=3)
    assert cells_lines(ManufacturingSummary((nobody,), ())) == [
        "Arm cells: 0 of 6 lots released, 0 of 3 participants given cells"
    ]


def test_an_arm_without_cells_has_no_line() -> None:
    assert cells_lines(ManufacturingSummary((replace(ARM, lots_begun=0, dosed=0),), ())) == []
