"""Columns of the table of participants as columns of a model: numbers as they are, words as one indicator a level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadin.errors import DataError
from leadin.protocols.nearest import nearest

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Covariates:
    """Covariates of n participants in k columns.

    participant_id (n,). values (n, k): NaN in all columns of a covariate that a participant lacks. titles (k,): the
    covariate's name, for a level `onset_region = bulbar`; a first level, that of most participants, has no column.
    source (k,): the covariate that each column belongs to. complete (n,): nothing is missing. balanced (k,): the value
    at which adjusted means are taken: of a number its mean, of a level 1 / number of levels, over the complete.
    """

    participant_id: tuple[str, ...]
    values: Floats
    titles: tuple[str, ...]
    source: tuple[str, ...]
    complete: NDArray[np.bool_]
    balanced: Floats

    def of(self, participants: Sequence[str]) -> Covariates:
        """The rows of those participants, in that order; each must be here."""
        place = {who: i for i, who in enumerate(self.participant_id)}
        rows = np.array([place[who] for who in participants], dtype=np.intp)
        return Covariates(
            tuple(participants), self.values[rows], self.titles, self.source, self.complete[rows], self.balanced
        )


def covariates(participants: pl.DataFrame, names: Sequence[str]) -> Covariates:
    """The columns `names` of the table of participants, in that order.

    Numbers and yes/no stay one column; of words, the level of most participants (of equals the first by name) is left
    out and each other level has a column. Raises DataError for a column that the table does not have, one without any
    value, and one that is the same in everybody.
    """
    ids = tuple(participants["participant_id"].to_list())
    columns: list[Floats] = []
    titles: list[str] = []
    source: list[str] = []
    balanced: list[float] = []
    for name in dict.fromkeys(names):
        made, levels = _columns(_column(participants, name), name)
        columns += made.values()
        titles += made
        source += [name] * len(made)
        balanced += [1.0 / levels if levels else float(np.nanmean(column)) for column in made.values()]
    values = np.column_stack(columns) if columns else np.empty((len(ids), 0))
    complete = np.asarray(np.isfinite(values).all(axis=1), dtype=np.bool_)
    return Covariates(ids, values, tuple(titles), tuple(source), complete, np.array(balanced, dtype=np.float64))


def without_constants(participants: pl.DataFrame, names: Sequence[str]) -> tuple[str, ...]:
    """Those of the columns that differ between participants; columns that are not there, or empty, stay to be refused.

    A plan is written before anybody knows that all will be on riluzole: what is the same in everybody adjusts nothing.
    """
    known = {name: participants[name].drop_nulls().n_unique() for name in names if name in participants.columns}
    return tuple(name for name in names if known.get(name) != 1)


def strata(participants: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    """One text (n,) per participant that names the stratum, from the values of all columns `names`, ` / ` between them;
    a missing value is a level of its own, `not known`. Everybody is in one stratum, named by nothing, without columns.

    Raises DataError for a column that the table does not have.
    """
    if not names:
        return pl.Series("stratum", [""] * participants.height, dtype=pl.String)
    parts = [_column(participants, name).cast(pl.String).fill_null("not known") for name in dict.fromkeys(names)]
    return pl.DataFrame(parts).select(stratum=pl.concat_str(pl.all(), separator=" / "))["stratum"]


def _column(participants: pl.DataFrame, name: str) -> pl.Series:
    if name not in participants.columns or name == "participant_id":
        known = [column for column in participants.columns if column != "participant_id"]
        near = nearest(name, known)
        hint = f" Did you mean {near!r}?" if near else ""
        raise DataError(f"{name}: expected a column of the participants ({', '.join(known)}); got none so named.{hint}")
    return participants[name]


def _columns(column: pl.Series, name: str) -> tuple[dict[str, Floats], int]:
    """The columns by title, and the number of levels; 0 levels: a number."""
    if column.dtype == pl.Boolean or column.dtype.is_numeric():
        number = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
        number = np.where(np.isfinite(number), number, np.nan)
        _refuse_constant(name, np.unique(number[np.isfinite(number)]).size)
        return {name: number}, 0
    words = column.cast(pl.String)
    counts = words.drop_nulls().value_counts().sort(["count", name], descending=[True, False])[name].to_list()
    _refuse_constant(name, len(counts))
    others = counts[1:]
    known = words.is_not_null().to_numpy()
    made = {
        f"{name} = {level}": np.where(known, (words == level).fill_null(False).to_numpy().astype(np.float64), np.nan)
        for level in sorted(others)
    }
    return made, len(counts)


def _refuse_constant(name: str, levels: int) -> None:
    if levels < 2:
        got = "the same in everybody" if levels else "empty in everybody"
        raise DataError(f"{name}: expected a covariate that differs between participants; it is {got}. Leave it out.")
