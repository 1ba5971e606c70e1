"""All results of one analysis of one trial, as a frozen value that can be looked up, printed and written."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from leadin.analysis.answer import answer
from leadin.analysis.multiplicity import FamilyOfTests, family_lines
from leadin.analysis.provenance import Provenance
from leadin.analysis.result import Result
from leadin.analysis.results_json import json_text
from leadin.analysis.results_table import html_table, text_table
from leadin.analysis.told_apart import labels
from leadin.errors import UsageError
from leadin.protocols.nearest import nearest
from leadin.protocols.plan import Plan
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.finding import Finding
from leadin.trials.trial import Manifest

if TYPE_CHECKING:
    import pandas as pd

SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "method": pl.String,
    "endpoint": pl.String,
    "arm": pl.String,
    "contrast": pl.String,
    "time_months": pl.Float64,
    "estimate": pl.Float64,
    "standard_error": pl.Float64,
    "statistic": pl.Float64,
    "df": pl.Float64,
    "ci_low": pl.Float64,
    "ci_high": pl.Float64,
    "p": pl.Float64,
    "n": pl.Int64,
    "not_evaluable": pl.Int64,
    "unit": pl.String,
    "rule": pl.String,
    "planned": pl.Boolean,
    "estimand": pl.String,
    "converged": pl.Boolean,
    "warnings": pl.List(pl.String),
    "references": pl.List(pl.String),
    "analysis": pl.String,
}
"""Columns of the table of results, in the order of results.json."""


@dataclass(frozen=True, repr=False)
class MethodResults:
    """All rows of one method, in order. primary: the row that answers for the method, of the planned primary analysis
    where there is one: the first that holds an arm against the reference, else the first. labels: for each row what
    tells its analysis apart from others, None where nothing needs telling."""

    method: str
    rows: tuple[Result, ...]
    primary: Result
    labels: tuple[str | None, ...] = ()

    def __iter__(self) -> Iterator[Result]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, position: int) -> Result:
        return self.rows[position]

    def to_polars(self) -> pl.DataFrame:
        """One row per result; columns as in results.json."""
        return _frame(self.rows, self.labels)

    def to_pandas(self) -> pd.DataFrame:
        """The same as a pandas table."""
        return _pandas(self.rows, self.labels)

    def __repr__(self) -> str:
        return text_table(self.rows, everything=True, interval="Interval", labels=self.labels)

    def _repr_html_(self) -> str:
        return html_table(self.rows, everything=True, interval="Interval", labels=self.labels)


@dataclass(frozen=True, repr=False)
class Results:
    """Results of all analyses, in the order of the plan.

    rows: the results; analyses: for each row, the analysis that made it. reference: the arm that others are held
    against; None in a trial of one arm without a name. plan: None where none was given and everything that the tables
    can carry was run. provenance: versions, seed and hashes that made every row. manifest, findings: of the trial.
    multiplicity: what is shown at the familywise level; None where the plan says nothing of it.
    """

    rows: tuple[Result, ...]
    analyses: tuple[PlannedAnalysis, ...]
    reference: str | None
    plan: Plan | None
    provenance: Provenance
    manifest: Manifest
    findings: tuple[Finding, ...]
    multiplicity: FamilyOfTests | None = None

    @property
    def labels(self) -> tuple[str | None, ...]:
        """For each row what tells its analysis apart from others of one method and measure: the name that the plan
        gives it, else the settings in which they differ; None where nothing needs telling."""
        told = labels(self.analyses)
        return tuple(told[analysis] for analysis in self.analyses)

    @property
    def marks(self) -> tuple[str | None, ...]:
        """For each row what stands beside its method in a table: its label, and `exploratory` beside a plan that does
        not hold it."""
        marks = []
        for label, row in zip(self.labels, self.rows, strict=True):
            beside = "exploratory" if self.plan is not None and not row.planned else None
            marks.append(", ".join(text for text in (label, beside) if text) or None)
        return tuple(marks)

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of the methods with rows, in order."""
        return tuple(dict.fromkeys(row.method for row in self.rows))

    @property
    def primary(self) -> tuple[Result, ...]:
        """The answers of the planned primary analyses, one each: arm against reference, or the only one."""
        return tuple(answer(self.rows_of(analysis), self.reference, analysis) for analysis in self._primary_analyses)

    @property
    def _primary_analyses(self) -> tuple[PlannedAnalysis, ...]:
        made = zip(self.analyses, self.rows, strict=True)
        return tuple(dict.fromkeys(analysis for analysis, row in made if analysis.role == "primary" and row.planned))

    @property
    def interval(self) -> str:
        """What a column of intervals is called, with the level that all analyses share."""
        levels = {analysis.alpha for analysis in self.analyses}
        return f"{100 * (1 - levels.pop()):.4g} % interval" if len(levels) == 1 else "Interval"

    def rows_of(self, analysis: PlannedAnalysis) -> tuple[Result, ...]:
        """The rows that this analysis made."""
        return tuple(row for row, made_by in zip(self.rows, self.analyses, strict=True) if made_by == analysis)

    def __getitem__(self, method: str) -> MethodResults:
        rows = tuple(row for row in self.rows if row.method == method)
        if not rows:
            near = nearest(method, self.methods)
            hint = f" Did you mean {near!r}?" if near else ""
            raise UsageError(f"method: expected one of {', '.join(self.methods)}; got {method!r}.{hint}")
        told = tuple(mark for mark, row in zip(self.marks, self.rows, strict=True) if row.method == method)
        return MethodResults(method, rows, self._answer_of(method), told)

    def _answer_of(self, method: str) -> Result:
        """The answer of the first planned primary analysis of the method, else of all its rows."""
        first = [analysis for analysis in self._primary_analyses if analysis.method == method]
        made = [(row, by) for row, by in zip(self.rows, self.analyses, strict=True) if row.method == method]
        if first:
            return answer(self.rows_of(first[0]), self.reference, first[0])
        return answer([row for row, _ in made], self.reference, made[0][1])

    def __contains__(self, item: object) -> bool:
        """Whether there are rows of that method, or that row."""
        return item in self.methods or item in self.rows

    def __iter__(self) -> Iterator[Result]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def to_polars(self) -> pl.DataFrame:
        """One row per result; columns as in results.json."""
        return _frame(self.rows, self.labels)

    def to_pandas(self) -> pd.DataFrame:
        """The same as a pandas table."""
        return _pandas(self.rows, self.labels)

    def to_json(self) -> str:
        """The text of results.json: numbers unrounded, absent null, the same results the same text."""
        family = None if self.multiplicity is None else self.multiplicity.to_dict()
        return json_text(self.rows, self.manifest, self.findings, self.provenance, self.labels, family)

    def footer(self) -> list[str]:
        """The lines beneath a table of these results that it cannot hold: what is shown at the familywise level."""
        return [] if self.multiplicity is None else family_lines(self.multiplicity)

    def __repr__(self) -> str:
        table = text_table(self.rows, interval=self.interval, labels=self.marks)
        return "\n".join([table, *([""] if self.multiplicity else []), *self.footer()])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(line)}</p>" for line in self.footer())
        return html_table(self.rows, interval=self.interval, labels=self.marks) + notes


def _told(rows: tuple[Result, ...], labels: tuple[str | None, ...]) -> dict[str, list[Any]]:
    """The columns of a table of rows; labels: one a row, or none at all."""
    told = [{**asdict(row), "analysis": label} for row, label in zip(rows, labels or (None,) * len(rows), strict=True)]
    return {column: [row[column] for row in told] for column in SCHEMA}


def _frame(rows: tuple[Result, ...], labels: tuple[str | None, ...]) -> pl.DataFrame:
    return pl.DataFrame(_told(rows, labels), schema=SCHEMA)


def _pandas(rows: tuple[Result, ...], labels: tuple[str | None, ...]) -> pd.DataFrame:
    import pandas

    return pandas.DataFrame(_told(rows, labels), columns=list(SCHEMA))
