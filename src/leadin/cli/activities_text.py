"""A schedule of activities as text: lead-in and follow-up side by side where they fit, else one below the other."""

from __future__ import annotations

from leadin.cli.text_table import GAP
from leadin.protocols.activities import ActivityColumn, ScheduleOfActivities

_WINDOW = "Window, days"
_TITLES = {"lead-in": "Lead-in", "follow-up": "Treatment and follow-up"}


def activities_text(table: ScheduleOfActivities, width: int) -> list[str]:
    """Lines of the table, in as many blocks as the width asks for, and its footnotes."""
    labels = max(len(_WINDOW), *(len(row.label) for row in table.rows))
    heads = [_head(column) for column in table.columns]
    widths = [max(len(text) for text in (*heads[i], *(row.marks[i] for row in table.rows))) for i in range(len(heads))]
    lines: list[str] = []
    shown: set[str] = set()
    gap = next((gap for gap in (GAP, " ") if _fits(table, widths, width - labels, len(gap))), GAP)
    for block in _blocks(table, widths, width - labels, len(gap)):
        period = table.columns[block[0]].period
        lines.append(_TITLES[period] + (" (continued)" if period in shown else ""))
        shown.add(period)
        lines.extend(_block_lines(table, block, heads, widths, labels, gap))
        lines.append("")
    return [*lines, *table.footnotes]


def _head(column: ActivityColumn) -> list[str]:
    """The name, a word a line, then the day and the window."""
    return [*column.name.split(), f"{column.day:+d}" if column.day else "0", column.window()]


def _fits(table: ScheduleOfActivities, widths: list[int], room: int, gap: int) -> bool:
    """True when each period takes one block."""
    return len(_blocks(table, widths, room, gap)) == len({column.period for column in table.columns})


def _blocks(table: ScheduleOfActivities, widths: list[int], room: int, gap: int) -> list[list[int]]:
    """Positions of the columns of each block: a new one at time zero, and wherever the room is used up."""
    blocks: list[list[int]] = []
    used = 0
    for i, column in enumerate(table.columns):
        need = widths[i] + gap
        if not blocks or table.columns[blocks[-1][-1]].period != column.period or used + need > room:
            blocks.append([])
            used = 0
        blocks[-1].append(i)
        used += need
    return blocks


def _block_lines(
    table: ScheduleOfActivities, block: list[int], heads: list[list[str]], widths: list[int], labels: int, gap: str
) -> list[str]:
    height = max(len(heads[i]) for i in block)
    rows = [("", [heads[i][:-2][row] if row < len(heads[i]) - 2 else "" for i in block]) for row in range(height - 2)]
    rows.append(("Day", [heads[i][-2] for i in block]))
    rows.append((_WINDOW, [heads[i][-1] for i in block]))
    ruled = len(rows)
    rows.extend((row.label, [row.marks[i] for i in block]) for row in table.rows if any(row.marks[i] for i in block))
    lines = [
        gap.join(
            [label.ljust(labels), *(cell.center(widths[i]) for cell, i in zip(cells, block, strict=True))]
        ).rstrip()
        for label, cells in rows
    ]
    lines.insert(ruled, "-" * max(map(len, lines)))
    return lines
