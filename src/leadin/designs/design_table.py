"""A design as a table for people: a block for each comparison of each analysis, a line for each n and slowing."""

from __future__ import annotations

import html
import math
import textwrap
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from leadin.months import month_words

if TYPE_CHECKING:
    from leadin.designs.design import Cell, Design

HEADINGS = (
    "n",
    "slowing",
    "p<alpha %",
    "favour %",
    "estimate",
    "SD",
    "mean SE",
    "value",
    "bias",
    "cover %",
    "not eval.",
)
ABSENT = "-"
HOW = (
    "p<alpha: share of ALL replicates with two-sided p below alpha, one that is not evaluable counting as no: power, "
    "and where slowing is 0 the false-positive rate. favour: share of all replicates with p below alpha and the "
    "estimate on the side of the arm. estimate, SD, mean SE: over evaluable replicates. value: of the same estimand in "
    "about {participants} participants under the same truth, exactly 0 where chance alone makes the arms and nothing "
    "works; bias: estimate minus value. cover: share of intervals that hold the value. In brackets: Monte Carlo "
    "standard errors."
)
"""How each column is counted."""
WIDTH = 100
"""Columns that the sentences beneath a plain table are wrapped to."""


def heading(cell: Cell) -> str:
    """Which comparison of which analysis a block is of."""
    beside = [cell.method] if cell.analysis != cell.method else []
    if cell.label is not None and cell.label != cell.analysis:
        beside.append(cell.label)
    named = f"{cell.analysis} ({', '.join(beside)})" if beside else cell.analysis
    who = cell.contrast if cell.contrast.startswith(f"{cell.arm} - ") else f"{cell.arm}: {cell.contrast}"
    parts = [f"{named}, {cell.endpoint}", who]
    parts.append(cell.rule or "")
    parts.append("" if cell.time_months is None else f"month {month_words(cell.time_months)}")
    parts.append(cell.unit or "")
    parts.append(f"alpha {cell.alpha:g}")
    return ", ".join(part for part in parts if part)


def blocks(design: Design) -> list[tuple[str, list[tuple[str, ...]]]]:
    """Heading and lines of each block."""
    key = heading
    return [(name, [line(cell) for cell in cells]) for name, cells in groupby(design.cells, key=key)]


def line(cell: Cell) -> tuple[str, ...]:
    """The texts under HEADINGS."""
    return (
        str(cell.n),
        f"{cell.slowing:g}",
        _share(cell.power, cell.mcse),
        _share(cell.favouring, None),
        *(_number(x) for x in (cell.mean_estimate, cell.sd_estimate, cell.mean_standard_error, cell.value)),
        _with_error(cell.bias, cell.bias_mcse),
        _share(cell.coverage, cell.coverage_mcse),
        f"{cell.not_evaluable:,}",
    )


def text_table(design: Design) -> str:
    """The design as plain text."""
    made = blocks(design)
    every = [HEADINGS, *(texts for _, lines in made for texts in lines)]
    widths = [max(len(texts[column]) for texts in every) for column in range(len(HEADINGS))]
    told: list[str] = []
    for name, lines in made:
        told += [name, _row(HEADINGS, widths), *(_row(texts, widths) for texts in lines), ""]
    below = [line for text in footer(design) for line in textwrap.wrap(text, WIDTH, break_on_hyphens=False)]
    return "\n".join([*told, *below])


def html_table(design: Design) -> str:
    """The design as a table for a notebook."""
    head = "".join(f"<th>{html.escape(text)}</th>" for text in HEADINGS)
    rows = []
    for name, lines in blocks(design):
        rows.append(f'<tr><th colspan="{len(HEADINGS)}" style="text-align:left">{html.escape(name)}</th></tr>')
        rows += ["<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in texts) + "</tr>" for texts in lines]
    below = "".join(f"<p>{html.escape(text)}</p>" for text in footer(design))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>{below}"


def footer(design: Design) -> list[str]:
    """What stands beneath the table: the arms, how the columns are counted, why replicates were not evaluable, what of
    the plan is not counted."""
    sizes = {cell.n: cell.sizes for cell in design.cells}
    arms = "; ".join(f"n {n}: {', '.join(f'{arm} {k}' for arm, k in arms.items())}" for n, arms in sizes.items())
    told = [
        f"Arms (at the protocol's own n as it says, else in its ratio, whole participants): {arms}.",
        HOW.format(participants=f"{design.made_with['value_participants']:,}"),
    ]
    reasons: dict[str, int] = {}
    for cell in design.cells:
        for reason, number in cell.reasons.items():
            reasons[reason] = reasons.get(reason, 0) + number
    if reasons:
        listed = "; ".join(f"{reason} ({number:,})" for reason, number in reasons.items())
        told.append(f"Not evaluable, over all lines: {listed}.")
    singular = sum(cell.singular for cell in design.cells)
    if singular:
        told.append(f"Singular fits, which count as evaluable, over all lines: {singular:,}.")
    return [*told, *(f"Not counted: {reason}" for reason in design.told)]


def _row(texts: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(text.rjust(width) for text, width in zip(texts, widths, strict=True)).rstrip()


def _share(share: float | None, error: float | None) -> str:
    """A share in per cent with its Monte Carlo error."""
    if share is None:
        return ABSENT
    return f"{100 * share:.1f}" if error is None else f"{100 * share:.1f} ({100 * error:.1f})"


def _with_error(value: float | None, error: float | None) -> str:
    if value is None or error is None:
        return _number(value)
    digits = _decimals(error)
    return f"{value:.{digits}f} ({error:.{digits}f})"


def _number(value: float | None) -> str:
    return ABSENT if value is None else f"{value:.{_decimals(value)}f}"


def _decimals(value: float) -> int:
    """Decimals that leave three figures of numbers below 10, fewer of larger ones."""
    size = abs(value)
    return 3 if size < 10 else max(0, 3 - int(math.log10(size)))
