"""Results as a short table for people: in a terminal, in a notebook, in plain text."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from leadin.analysis.adverse_event_kinds import KIND_RULES
from leadin.analysis.adverse_event_shares import SHARE
from leadin.analysis.cumulative_incidence import TOLD_APART
from leadin.analysis.joint_rank import ADJUSTED_MEAN as ADJUSTED_MEAN_RANK
from leadin.analysis.joint_rank import MEAN as MEAN_RANK
from leadin.analysis.joint_rank import PAIRS
from leadin.analysis.missing_data.deltas import deltas_of
from leadin.analysis.mmrm.mmrm import ADJUSTED_MEAN
from leadin.analysis.reading_scale import LOG, is_share, read
from leadin.analysis.responders import WILSON
from leadin.analysis.result import Result
from leadin.analysis.stopping import is_stopping_row
from leadin.months import month_words

COLUMNS = ("Method", "Endpoint", "What", "Estimate", "", "p", "n", "Unit")
"""Headings; the empty one is that of the interval, which says its level."""
NUMBERS = (False, False, False, True, True, True, True, False)
"""Which columns hold numbers and are aligned right."""
ABSENT = "-"
OF_ONE_ARM = (ADJUSTED_MEAN, MEAN_RANK, ADJUSTED_MEAN_RANK)
"""Rules of what an arm had by itself, beside a comparison that stands in the table."""


def short(rows: Sequence[Result]) -> tuple[Result, ...]:
    """The rows that a short table shows: no second interval of one share, no single kinds of adverse or fatal event, no
    means or ranks of one arm, nor what decided how many pairs; of safety the shares of each kind and the stopping
    rules."""
    return tuple(row for row in rows if not _is_detail(row))


def _is_detail(row: Result) -> bool:
    if row.method == "safety":
        return (row.rule not in KIND_RULES or row.unit != SHARE) and not is_stopping_row(row)
    if row.rule in OF_ONE_ARM or row.unit == PAIRS or deltas_of(row.rule) is not None:
        return True
    return row.rule is not None and row.rule.endswith((WILSON, TOLD_APART))


def headings(interval: str) -> tuple[str, ...]:
    """The headings of the columns; `interval` is that of the intervals, e.g. `95 % interval`."""
    return tuple(heading or interval for heading in COLUMNS)


def shown_labels(rows: Sequence[Result], labels: Sequence[str | None]) -> tuple[str | None, ...]:
    """Of the labels of `rows` those of the rows that a short table shows."""
    return tuple(label for row, label in zip(rows, labels, strict=True) if not _is_detail(row)) if labels else ()


def table_cells(rows: Sequence[Result], labels: Sequence[str | None] = ()) -> list[tuple[str, ...]]:
    """One tuple of texts per row, under the headings; labels: what tells the analysis of each row apart, if anything
    does."""
    return [_cells(row, label) for row, label in zip(rows, labels or (None,) * len(rows), strict=True)]


def reasons(rows: Sequence[Result]) -> list[str]:
    """One line per distinct reason for which something was not estimated: methods and reason."""
    by_reason: dict[str, list[str]] = {}
    for row in rows:
        if not row.converged and row.warnings:
            named = by_reason.setdefault(row.warnings[0], [])
            if row.method not in named:
                named.append(row.method)
    return [f"{', '.join(methods)}: {reason}" for reason, methods in by_reason.items()]


def text_table(
    rows: Sequence[Result], *, interval: str, everything: bool = False, labels: Sequence[str | None] = ()
) -> str:
    """The table as plain text, with what was not estimated and how many rows are not shown beneath it."""
    shown = tuple(rows) if everything else short(rows)
    cells = [headings(interval), *table_cells(shown, labels if everything else shown_labels(rows, labels))]
    widths = [max(len(row[i]) for row in cells) for i in range(len(COLUMNS))]
    lines = ["  ".join(_aligned(row, widths)).rstrip() for row in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([*lines, *footer(rows, shown)])


def html_table(
    rows: Sequence[Result], *, interval: str, everything: bool = False, labels: Sequence[str | None] = ()
) -> str:
    """The same as an HTML table."""
    shown = tuple(rows) if everything else short(rows)
    told = table_cells(shown, labels if everything else shown_labels(rows, labels))
    head = "".join(f'<th scope="col">{html.escape(text)}</th>' for text in headings(interval))
    body = "".join("<tr>" + "".join(_html_cell(text, i) for i, text in enumerate(cells)) + "</tr>" for cells in told)
    notes = "".join(f"<p>{html.escape(line)}</p>" for line in footer(rows, shown))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"


def footer(rows: Sequence[Result], shown: Sequence[Result]) -> list[str]:
    """Lines beneath the table: reasons, and how many rows stand elsewhere."""
    lines = [f"Not estimated, {line}" for line in reasons(shown)]
    lines += [f"{row.arm or 'all'}, {row.rule}: {row.warnings[0]}" for row in shown if _stands(row)]
    hidden = len(rows) - len(shown)
    if hidden:
        lines.append(
            f"{hidden} more rows (single adverse events, second intervals, adjusted means and the like) in the "
            "JSON and in `to_polars()`."
        )
    return lines


def _stands(row: Result) -> bool:
    """Whether a row says where a trial stands against a stopping rule."""
    return is_stopping_row(row) and row.converged and bool(row.warnings)


def _html_cell(text: str, column: int) -> str:
    style = ' style="text-align:right"' if NUMBERS[column] else ""
    return f"<td{style}>{html.escape(text)}</td>"


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [
        text.rjust(width) if number else text.ljust(width)
        for text, width, number in zip(row, widths, NUMBERS, strict=True)
    ]


@dataclass(frozen=True)
class _Shown:
    """The numbers of a row as people read them: shares in per cent, the log of a ratio as the ratio."""

    value: float | None
    error: float | None
    low: float | None
    high: float | None
    unit: str
    most_decimals: int = 6


def _shown(row: Result) -> _Shown:
    unit, values = row.unit or "", read(row)
    if is_share(row):
        return _Shown(*values, unit.replace("proportion", "%"), most_decimals=1)
    return _Shown(*values, unit.removeprefix(LOG))


def _cells(row: Result, label: str | None) -> tuple[str, ...]:
    shown = _shown(row)
    decimals = decimals_for(shown.error, shown.low, shown.high)
    decimals = None if decimals is None else min(decimals, shown.most_decimals)
    spread = ABSENT
    if shown.low is not None and shown.high is not None:
        spread = f"{_number(shown.low, decimals)} to {_number(shown.high, decimals)}"
    if shown.value is not None:
        estimate = _number(shown.value, decimals)
    elif row.statistic is not None:
        estimate = f"statistic {_number(row.statistic, None)}"
    else:
        estimate = "not estimated"
    method = f"{row.method} ({label})" if label else row.method
    return (method, row.endpoint, _what(row), estimate, spread, p_text(row.p), _n(row), shown.unit)


def _n(row: Result) -> str:
    """Participants, of a share with how many it counts."""
    if row.n is None:
        return ABSENT
    shares = is_share(row) or is_stopping_row(row)
    counted = row.contrast is None and row.statistic is not None and shares
    return f"{row.statistic:.0f} of {row.n}" if counted else str(row.n)


def _what(row: Result) -> str:
    """What is estimated: the contrast or the arm, when, and by which rule or test."""
    what = row.contrast or row.arm or "all"
    if row.contrast is not None and row.arm is not None and not row.contrast.startswith(f"{row.arm} - "):
        what = f"{row.arm}: {row.contrast}"
    when = "" if row.time_months is None else f"month {month_words(row.time_months)}"
    # Told once: not again after `month 6 - baseline`, nor before `change at month 12`.
    said = when and any(re.search(rf"\b{when}\b(?!\.\d)", words or "") for words in (row.contrast, row.rule))
    return ", ".join(part for part in (what, "" if said else when, row.rule) if part)


def decimals_for(error: float | None, low: float | None, high: float | None) -> int | None:
    """Decimals that keep two digits of the standard error (or of a quarter of the interval); None without either."""
    if not error and low is not None and high is not None:
        error = (high - low) / 4.0
    if not error or not math.isfinite(error):
        return None
    return min(6, max(0, 1 - math.floor(math.log10(float(f"{error:.1e}")))))


def _number(value: float, decimals: int | None) -> str:
    text = f"{value:.3g}" if decimals is None else f"{value:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0.0 else text


def p_text(p: float | None) -> str:
    """A p value as people read it: 0.03, 0.004, <0.001; never rounded onto 0.05, and not up to 1."""
    if p is None:
        return ABSENT
    if p < 0.001:
        return "<0.001"
    if p > 0.99:
        return ">0.99" if p < 1.0 else "1"
    decimals = 2 if p >= 0.01 else 3
    while float(f"{p:.{decimals}f}") == 0.05 != p and decimals < 6:
        decimals += 1
    return f"{p:.{decimals}f}"
