"""The page as typst source: calls of the functions of templates/report.typ, every word as a quoted string."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.resources import files

from leadin.reports.drawing import FONTS, text_width
from leadin.reports.page import Block, Page
from leadin.reports.picture import Picture
from leadin.reports.redo import Commands, References
from leadin.reports.tables import Bullets, Entries, Heading, Table

PORTRAIT, LANDSCAPE = 498.0, 745.0
"""Points between the margins of an A4 page, upright and turned."""
SIZES, WIDE_SIZES = (9.5, 8.5, 7.5), (8.5, 8.0, 7.5, 7.0)
"""Sizes of type of a table in points, the first that fits is taken; an upright page before a turned one."""
NARROWER = 0.83
"""Width of the text font beside the one in which text is measured, with some room to spare."""
BETWEEN, AFTER_NUMBER = 5.5, 7.5
"""Points that a column takes besides its words, and one of words after one of numbers takes more."""
SHORT = 16
"""A table of no more rows than this stays on one page."""
WIDEST = 420.0
"""A cell is broken into lines rather than made wider than this."""
FIGURE_FONT = "font-family:'DejaVu Sans'"


def typst_text(page: Page) -> str:
    """The whole document: the look, then the words."""
    look = files("leadin.reports").joinpath("templates/report.typ").read_text(encoding="utf-8")
    stamp = f"({quoted(f'{page.stamp.capitalize()}')}, {quoted(page.stamp)})" if page.simulated else "none"
    title = f"{page.title} (simulated trial)" if page.simulated else page.title
    head = _call("report.with", title=quoted(title), generator=quoted(f"leadin {page.version}"), stamp=stamp)
    first = _call(
        "opening",
        title=quoted(page.title),
        done=quoted(page.what_was_done),
        origin=quoted(page.origin),
        simulated=_truth(page.simulated),
    )
    lines = [look, f"#show: {head}", f"#{first}", _heading(2, "1. In short")]
    lines += [f"#finding({quoted(sentence.about)}, {quoted(sentence.text)})" for sentence in page.sentences]
    for section in page.sections:
        lines.append(_heading(2, section.title))
        lines += [_block(block, page.numbering) for block in section.blocks]
    return "\n\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A string of typst. Characters that no page can show (controls, halves of a pair) become U+FFFD."""
    plain = re.sub(r"[\n\t\r]", " ", text)
    plain = re.sub("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", "\ufffd", plain)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _call(name: str, **arguments: str) -> str:
    return f"{name}({', '.join(f'{key}: {value}' for key, value in arguments.items())})"


def _array(items: Iterable[str]) -> str:
    """An array; the comma after the last item makes one of a single item too."""
    return "(" + "".join(f"{item}, " for item in items) + ")"


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _or_none(text: str | None) -> str:
    return "none" if text is None else quoted(text)


def _heading(level: int, text: str) -> str:
    return f"#heading(level: {level}, {quoted(text)})"


def _block(block: Block, numbering: dict[str, int]) -> str:
    match block:
        case Picture():
            return _picture(block, numbering[block.name])
        case Table():
            return _table(block, numbering[block.name])
        case Bullets():
            title = [] if block.title is None else [_heading(3, block.title)]
            return "\n".join([*title, *(f"#list({quoted(item)})" for item in block.items)])
        case References():
            items = (_array((quoted(i.text), _or_none(i.url), _or_none(i.label))) for i in block.items)
            return f"{_heading(3, block.title)}\n#references({_array(items)})"
        case Commands():
            return f"#commands({_array(map(quoted, block.lines))})"
        case Entries():
            told = ((each.title, _array(_pair(*line) for line in each.lines)) for each in block.entries)
            return "\n".join(f"#entry({quoted(title)}, {lines})" for title, lines in told)
        case Heading():
            return _heading(3, block.text)
        case _:
            return f"#par({quoted(block.text)})"


def _pair(first: str, second: str) -> str:
    return _array((quoted(first), quoted(second)))


def _picture(picture: Picture, number: int) -> str:
    width = re.search(r'width="([\d.]+)pt"', picture.svg)
    points = min(float(width[1]) if width is not None else PORTRAIT, PORTRAIT)
    call = _call(
        "picture",
        number=str(number),
        title=quoted(picture.title),
        caption=quoted(picture.caption),
        alt=quoted(picture.finding),
        width=f"{points:g}pt",
        svg=quoted(picture.svg.replace(f"font-family:{FONTS}", FIGURE_FONT)),
    )
    return f"#{call}"


def _table(table: Table, number: int) -> str:
    size, turned, widths = table_layout(table)
    call = _call(
        "sheet",
        number=str(number),
        caption=quoted(table.caption),
        size=f"{size:g}pt",
        widths=_array(f"{width:.1f}pt" for width in widths),
        numeric=_array(_truth(column.numeric) for column in table.columns),
        spans=_array(_array((_or_none(title), str(span))) for title, span in table.header_groups),
        heads=_array(quoted(column.title) for column in table.columns),
        groups=_array(
            _array((_or_none(group.title), _array(_array(map(quoted, row)) for row in group.rows)))
            for group in table.groups
        ),
        below=_array(map(quoted, table.notes)),
        whole=_truth(sum(len(group.rows) for group in table.groups) <= SHORT),
    )
    return f"#landscape({call})" if turned else f"#{call}"


def table_layout(table: Table) -> tuple[float, bool, tuple[float, ...]]:
    """Size of type in points, whether the page is turned, and the width of each column in points.

    No column is narrower than its longest word, none wider than its longest cell but the first, which takes what is
    left. The smallest type on a turned page is the last resort, and then columns share the page as they can.
    """
    sizes = WIDE_SIZES if table.wide else SIZES
    choices = [(size, False) for size in sizes] + [(size, True) for size in sizes]
    for size, turned in choices:
        least, soft, natural = _column_widths(table, size)
        room = LANDSCAPE if turned else PORTRAIT
        if sum(least) <= room:
            return size, turned, _shared(least, natural if sum(natural) <= room else soft, room)
    share = LANDSCAPE / sum(least)
    return size, turned, tuple(width * share for width in least)


def _shared(least: Sequence[float], natural: Sequence[float], room: float) -> tuple[float, ...]:
    spare = room - sum(least)
    wanted = [wide - narrow for wide, narrow in zip(natural, least, strict=True)]
    share = min(spare / sum(wanted), 1.0) if sum(wanted) > 0 else 0.0
    widths = [narrow + share * more for narrow, more in zip(least, wanted, strict=True)]
    return (widths[0] + room - sum(widths), *widths[1:])


def _column_widths(table: Table, size: float) -> tuple[list[float], list[float], list[float]]:
    """Of each column the width of its longest word, of its longest cell with its heading in two lines, and with its
    heading in one."""
    widths = []
    for position, column in enumerate(table.columns):
        body = [row[position] for group in table.groups for row in group.rows]
        # Numbers with their intervals stay on one line, as on the page.
        words = [_wide(word, size, False) for text in body for word in _words(text, column.numeric)]
        words += [_wide(word, size, True) for word in _words(column.title, False)]
        after = position > 0 and table.columns[position - 1].numeric and not column.numeric
        between = BETWEEN + (AFTER_NUMBER if after else 0.0)
        least = max(words)
        cell = max(least, min(max((_wide(text, size, False) for text in body), default=0.0), WIDEST))
        head = min(_wide(column.title, size, True), WIDEST)
        widths.append([width + between for width in (least, max(cell, 0.6 * head), max(cell, head))])
    least_, soft, natural = map(list, zip(*widths, strict=True))
    return least_, soft, natural


def _words(text: str, together: bool) -> list[str]:
    return [text] if together else re.split("[ \u200b-]", text)


@lru_cache(maxsize=4096)
def _wide(text: str, size: float, bold: bool) -> float:
    return text_width(text, size, bold) * NARROWER
