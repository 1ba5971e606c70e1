"""Records of arrays whose first axis is the participant: taking some rows, and joining records end to end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Record = TypeVar("Record")


def take(record: Record, rows: NDArray[np.generic] | slice) -> Record:
    """The same record with only these rows; dataclasses and mappings are entered, arrays are indexed."""
    taken: Record = _each(lambda values: values[0][rows], [record])
    return taken


def join(records: Sequence[Record]) -> Record:
    """The rows of all records, in order. The records have the same fields."""
    if len(records) == 1:
        return records[0]
    joined: Record = _each(np.concatenate, records)
    return joined


def _each(change: Any, records: Sequence[Any]) -> Any:
    first = records[0]
    if is_dataclass(first) and not isinstance(first, type):
        return type(first)(
            **{
                field.name: _each(change, [getattr(record, field.name) for record in records])
                for field in fields(first)
            }
        )
    if isinstance(first, Mapping):
        return {key: _each(change, [record[key] for record in records]) for key in first}
    return change(records)
