"""How the cells were made, a line an arm."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leadin.trials.manufacturing_summary import ArmManufacturing, ManufacturingSummary


def cells_lines(summary: ManufacturingSummary) -> list[str]:
    """Lots, days to the first dose and participants given cells of each arm; then the slots each product needed."""
    lines = [_arm(arm) for arm in summary.arms if arm.lots_begun or arm.dosed]
    return lines + [
        f"{product}: at most {most} {'culture' if most == 1 else 'cultures'} at one time"
        for product, most in summary.cultures_at_once
    ]


def _arm(arm: ArmManufacturing) -> str:
    parts = [f"{arm.lots_released} of {arm.lots_begun} lots released"]
    if arm.median_days is not None:
        parts.append(
            f"first dose in the median {arm.median_days:.0f} days after enrolment "
            f"({arm.fewest_days:.0f} to {arm.most_days:.0f})"
        )
    parts.append(f"{arm.dosed} of {arm.participants} participants given cells")
    return f"Arm {arm.arm}: {', '.join(parts)}"
