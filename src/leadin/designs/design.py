"""The operating characteristics of a design, as frozen values: cells of a grid, as a table, as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from leadin.designs.design_table import html_table, text_table

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

POWER = "power"
FALSE_POSITIVE = "false-positive rate"


@dataclass(frozen=True)
class Cell:
    """What one comparison of one analysis does at one number of participants under one slowing. Absent is None.

    n: participants in all; sizes: of each arm. called: what `power` is, `power` or, without slowing,
    `false-positive rate`. analysis: as the plan names it; label: what tells it apart from others of one method and
    measure, None where nothing needs telling; method, endpoint, rule, time_months, arm, contrast, unit: as in results.
    alpha: two-sided.

    power: share of ALL replicates with p < alpha; favouring: of all, those whose estimate lies on the side of the arm
    as well; None where p asks nothing (a mean of one arm held against zero). mean_estimate, sd_estimate,
    mean_standard_error: over evaluable replicates. value: of the estimand, in `value_participants` participants under
    the same truth; bias: mean_estimate - value; coverage: share of evaluable replicates whose interval holds the value.
    mcse and others of that ending: Monte Carlo standard errors; that of the bias includes that of the value.

    not_evaluable: replicates without an estimate, reasons: how many for each reason; singular: those with an estimate
    at the edge of the model. seconds, trials_per_second: of the replicates at this n and slowing, for all analyses.
    """

    n: int
    sizes: Mapping[str, int]
    slowing: float
    called: str
    analysis: str
    label: str | None
    method: str
    endpoint: str
    rule: str | None
    time_months: float | None
    arm: str
    contrast: str
    unit: str | None
    alpha: float
    replicates: int
    power: float | None
    mcse: float | None
    favouring: float | None
    favouring_mcse: float | None
    mean_estimate: float | None
    sd_estimate: float | None
    mean_standard_error: float | None
    value: float | None
    value_mcse: float | None
    bias: float | None
    bias_mcse: float | None
    coverage: float | None
    coverage_mcse: float | None
    not_evaluable: int
    reasons: Mapping[str, int]
    singular: int
    seconds: float
    trials_per_second: float


@dataclass(frozen=True, repr=False)
class Design:
    """Cells by analysis, comparison, n and slowing.

    made_with: what the cells follow from, all but the time they took (protocol, population, seed, ...). told: analyses
    of the plan that are not counted, and why. seconds: in all; trials_per_second: replicates, values included.
    """

    protocol: str
    made_with: Mapping[str, Any]
    cells: tuple[Cell, ...]
    told: tuple[str, ...]
    seconds: float
    trials_per_second: float

    def __iter__(self) -> Iterator[Cell]:
        return iter(self.cells)

    def __len__(self) -> int:
        return len(self.cells)

    def to_json(self) -> str:
        """The text of `leadin design --json`: numbers unrounded, absent null."""
        said = {
            "design": dict(self.made_with),
            "cells": [asdict(cell) for cell in self.cells],
            "not_counted": list(self.told),
            "seconds": self.seconds,
            "trials_per_second": self.trials_per_second,
        }
        return json.dumps(said, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    def to_polars(self) -> pl.DataFrame:
        """One row per cell; `sizes` and `reasons` as text."""
        import polars as pl

        rows = [
            {
                **asdict(cell),
                "sizes": ", ".join(f"{arm} {number}" for arm, number in cell.sizes.items()),
                "reasons": "; ".join(f"{number} {reason}" for reason, number in cell.reasons.items()),
            }
            for cell in self.cells
        ]
        return pl.DataFrame(rows, schema={name: _TYPES[kind] for name, kind in Cell.__annotations__.items()})

    def to_pandas(self) -> pd.DataFrame:
        """The same as a pandas table."""
        import pandas as pd

        frame = self.to_polars()
        return pd.DataFrame({name: frame[name].to_list() for name in frame.columns})

    def __repr__(self) -> str:
        return text_table(self)

    def _repr_html_(self) -> str:
        return html_table(self)


_TYPES: dict[str, Any] = {
    "int": int,
    "float": float,
    "float | None": float,
    "str": str,
    "str | None": str,
    "Mapping[str, int]": str,
}


def known(number: float) -> float | None:
    """The number, or None where it is none."""
    return float(number) if math.isfinite(number) else None
