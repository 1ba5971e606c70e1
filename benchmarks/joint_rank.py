"""Joint ranks of survival and function: every pair of 200 participants, up to 12 visits."""

from __future__ import annotations

import numpy as np
import polars as pl

from benchmarks.engine_runs import milliseconds_a_trial
from benchmarks.side_by_side import VALIDATION, Comparison, from_r, milliseconds
from leadin.engine.composite_pairs import Courses, compare_all, courses
from leadin.engine.rank_sum import mid_ranks

LONG = VALIDATION / "mixed-models" / "data" / "w1_01_long.csv"
SURVIVAL = VALIDATION / "survival" / "data" / "w1_01_surv.csv"


def compared() -> tuple[Comparison, ...]:
    """Against a double loop in base R, as one writes it."""
    of = both()
    plain = {"leadin, one trial": milliseconds([(of,)] * 9, rank_with_leadin)}
    peers = from_r("joint_rank.R", ("base R, a loop over all pairs",), SURVIVAL, LONG)
    ours = ("leadin, many trials", milliseconds_a_trial("joint_rank"))
    return (Comparison(f"Joint ranks of {of.time.size} participants", ours, {**plain, **peers}),)


def both() -> Courses:
    """Survival, and the change from time zero at each visit after it."""
    people, visits = pl.read_csv(SURVIVAL), pl.read_csv(LONG).filter(pl.col("time") >= 0)
    wide = people.select("id").join(
        visits.pivot("time", index="id", values="y"), on="id", how="left", maintain_order="left"
    )
    months = sorted((name for name in wide.columns if name != "id"), key=float)
    values = wide.select(pl.col(months).cast(pl.Float64)).to_numpy()
    return courses(people["time"], people["event"] == 1, values[:, 1:] - values[:, :1])


def rank_with_leadin(of: Courses) -> np.ndarray:
    """Scores of all participants, ranked."""
    return mid_ranks(compare_all(of, of).sign.sum(axis=1, dtype=np.int64))
