"""Tables and paragraphs as plain text that fits the terminal, or 100 columns in a pipe."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence

GAP = "  "


def page_width() -> int:
    """Columns to write to: the terminal's, between 60 and 120; 100 where there is none."""
    return max(60, min(120, shutil.get_terminal_size((100, 24)).columns))


def table(header: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Lines of a table; the last column takes what is left of `width` and wraps."""
    columns = [[header[i], *(row[i] for row in rows)] for i in range(len(header))]
    widths = [max(len(cell) for cell in column) for column in columns[:-1]]
    widths.append(max(20, width - sum(widths) - len(GAP) * len(widths)))
    lines = _row_lines(header, widths)
    lines.append(GAP.join("-" * min(w, max(len(cell) for cell in c)) for w, c in zip(widths, columns, strict=True)))
    for row in rows:
        lines.extend(_row_lines(row, widths))
    return lines


def _row_lines(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    cells = [textwrap.wrap(cell, w) or [""] for cell, w in zip(row, widths, strict=True)]
    height = max(map(len, cells))
    return [
        GAP.join((cell[i] if i < len(cell) else "").ljust(w) for cell, w in zip(cells, widths, strict=True)).rstrip()
        for i in range(height)
    ]


def labelled(rows: Sequence[tuple[str, str]], width: int, *, label_width: int) -> list[str]:
    """Rows of a label and a text that wraps beside it; a long label stands above its text."""
    lines = []
    for label, text in rows:
        wrapped = textwrap.wrap(
            text, max(20, width - label_width - len(GAP)), break_long_words=False, break_on_hyphens=False
        ) or [""]
        if len(label) > label_width:
            lines.append(label)
            label = ""
        lines.append(f"{label.ljust(label_width)}{GAP}{wrapped[0]}".rstrip())
        lines.extend(f"{' ' * label_width}{GAP}{line}" for line in wrapped[1:])
    return lines
