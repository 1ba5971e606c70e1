"""A data set made to fit a SAS transport file of version 5, and everything that had to change for it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

import polars as pl

from leadin.trials.clinical_formats.data_set import DataSet, Variable
from leadin.trials.clinical_formats.forms import whole_date
from leadin.trials.clinical_formats.loss_report import Loss
from leadin.trials.clinical_formats.xpt import LARGEST, LONGEST_LABEL, LONGEST_NAME, LONGEST_TEXT, SMALLEST, XPT_NAME

_FORMAT = re.compile(r"[A-Za-z][A-Za-z0-9]{0,30}\.?\d*|\d{1,3}(\.\d*)?")
EXACT_INTEGER = 2**53


def fitting_xpt(data: DataSet) -> tuple[DataSet, tuple[Loss, ...]]:
    """`data` as version 5 can hold it, and what changed: names (8 letters), labels (40 bytes), text (200 bytes, no
    blanks at its end), true and false (Y and N), numbers beyond the range of a transport file (missing, or zero), dates
    of which only a part is known (text). Letters beyond ASCII stay, as UTF-8, and are told.
    """
    losses: list[Loss] = []
    variables, columns = [], []
    used: set[str] = set()
    for each in data.variables:
        place = f"{data.name}.{each.name}"
        cells = data.rows[each.name]
        name = _name(each.name, used)
        used.add(name)
        if name != each.name:
            losses.append(
                Loss("warning", place, f"The name is longer or other than version 5 allows: written as {name}.")
            )
        label = each.label.encode()[:LONGEST_LABEL].decode(errors="ignore")
        if label != each.label:
            losses.append(Loss("warning", place, f"The label is cut to {LONGEST_LABEL} bytes: {label!r}."))
        each = replace(each, name=name, label=label, display_format=_format(each.display_format))
        each, cells = _fitting_cells(each, cells, place, losses)
        variables.append(each)
        columns.append(cells.alias(name))
    title = data.label.encode()[:LONGEST_LABEL].decode(errors="ignore")
    if title != data.label:
        losses.append(Loss("warning", data.name, f"The label is cut to {LONGEST_LABEL} bytes: {title!r}."))
    name = data.name[:LONGEST_NAME]
    if name != data.name:
        losses.append(Loss("warning", data.name, f"The name is cut to {LONGEST_NAME} letters: {name}."))
    return DataSet(name, title, tuple(variables), pl.DataFrame(columns), data.study), tuple(losses)


def _name(name: str, used: set[str]) -> str:
    """`name` as version 5 allows it, and unlike the others."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
    short = re.sub("[^A-Z0-9_]", "_", plain)[:LONGEST_NAME]
    short = short if XPT_NAME.fullmatch(short) else f"_{short}"[:LONGEST_NAME]
    number = 1
    found = short
    while found in used:
        number += 1
        found = f"{short[: LONGEST_NAME - len(str(number))]}{number}"
    return found


def _format(form: str | None) -> str | None:
    return form if form is not None and _FORMAT.fullmatch(form) else None


def _fitting_cells(each: Variable, cells: pl.Series, place: str, losses: list[Loss]) -> tuple[Variable, pl.Series]:
    if each.stored is pl.Boolean:
        losses.append(Loss("note", place, "True and false are written as Y and N."))
        words = cells.replace_strict({True: "Y", False: "N"}, default=None, return_dtype=pl.String)
        return replace(each, kind="string"), words
    if each.stored is pl.String:
        return _fitting_text(each, cells, place, losses)
    numbers = cells.cast(pl.Float64)
    wide = numbers.is_not_null() & ~(numbers.abs() < LARGEST).fill_null(True)
    tiny = (numbers != 0.0) & (numbers.abs() < SMALLEST)
    inexact = cells.abs() > EXACT_INTEGER if cells.dtype == pl.Int64 else pl.Series([False])
    for hit, text in (
        (wide, "{} numbers are too large for a transport file and are missing in it."),
        (tiny, "{} numbers are too near to zero for a transport file and are zero in it."),
        (inexact, "{} whole numbers beyond 2^53 are rounded."),
    ):
        count = int(hit.sum())
        if count:
            losses.append(Loss("warning", place, text.format(count)))
    fitted = pl.select(pl.when(~wide).then(pl.when(tiny).then(0.0).otherwise(numbers))).to_series()
    return replace(each, kind="float"), fitted


def _fitting_text(each: Variable, cells: pl.Series, place: str, losses: list[Loss]) -> tuple[Variable, pl.Series]:
    if each.target is not None:
        if all(cell is None or whole_date(cell) is not None for cell in cells) and each.kind in ("date", "datetime"):
            return each, cells
        losses.append(Loss("note", place, "Dates of which only a part is known are written as text."))
        each = replace(each, kind="string", target=None, display_format=None)
    bare = cells.str.strip_chars_end(" ")
    cut = pl.Series(
        cells.name,
        [None if cell is None else cell.encode()[:LONGEST_TEXT].decode(errors="ignore").rstrip(" ") for cell in bare],
        dtype=pl.String,
    )
    long = bare.str.len_bytes() > LONGEST_TEXT
    foreign = cut.str.contains(r"[^\x00-\x7F]")
    for severity, hit, text in (
        ("warning", bare != cells, "{} cells lose blanks at their end."),
        ("warning", long, f"{{}} cells are cut to {LONGEST_TEXT} bytes."),
        ("note", foreign, "{} cells have letters beyond ASCII, written as UTF-8: tell whoever reads the file."),
    ):
        count = int(hit.sum())
        if count:
            losses.append(Loss("warning" if severity == "warning" else "note", place, text.format(count)))
    return each, pl.select(pl.when(pl.lit(cut) != "").then(pl.lit(cut))).to_series()
