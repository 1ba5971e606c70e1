"""The fields of a REDCap-style project that hold a trial: one instrument a table, one field a column or measure."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

RECORDS, DICTIONARY = "records.csv", "data_dictionary.csv"
LEADING = ("record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance")
"""Columns of every REDCap export that say what a row is about."""
HEADER = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)
"""The columns of a REDCap data dictionary."""
MARK = "leadin: "
"""Before the column or measure that a field holds, in the annotation of the field."""
PREFIXES = {
    "participants": "",
    "assessments": "as_",
    "lots": "lot_",
    "administrations": "adm_",
    "events": "ev_",
    "adverse_events": "ae_",
}
LONGEST_NAME = 26
"""Letters of a field name that REDCap advises."""
_TYPES = {
    "String": ("text", ""),
    "Float64": ("text", "number"),
    "Int64": ("text", "integer"),
    "Boolean": ("yesno", ""),
}


@dataclass(frozen=True)
class Field:
    """name: of the field. table and column (or `measure alsfrs_r`): what it holds. kind: String, Float64, Int64 or
    Boolean.
    """

    name: str
    table: str
    column: str
    kind: str

    def row(self) -> tuple[str, ...]:
        """Its row of the data dictionary."""
        form, check = _TYPES[self.kind]
        label = self.column.removeprefix("measure ").replace("_", " ")
        said = {
            "Variable / Field Name": self.name,
            "Form Name": self.table,
            "Field Type": form,
            "Field Label": label,
            "Text Validation Type OR Show Slider Number": check,
            "Field Annotation": f"{MARK}{self.table}.{self.column}",
        }
        return tuple(said.get(column, "") for column in HEADER)


def field_name(table: str, column: str, used: Iterable[str]) -> str:
    """A name that REDCap takes: small letters, digits and underscores, a letter first, unlike those `used`."""
    plain = unicodedata.normalize("NFKD", column.removeprefix("measure ")).encode("ascii", "ignore").decode().lower()
    name = re.sub("[^a-z0-9]+", "_", PREFIXES[table] + plain).strip("_")
    name = (name if re.match("[a-z]", name) else f"x_{name}".strip("_"))[:LONGEST_NAME].rstrip("_")
    taken, number, found = set(used), 1, name
    while found in taken:
        number += 1
        found = f"{name[: LONGEST_NAME - len(str(number)) - 1]}_{number}"
    return found


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Rows as CSV, lines ended as Unix does."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()
