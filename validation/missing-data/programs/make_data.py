"""Makes the data and the parameters that the R programs read (numpy alone).

Run by hand in this folder: python programs/make_data.py
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).parents[1]
MONTHS = (0, 2, 4, 6, 8)


def decline(draw: np.random.Generator, n: int, slowing: float) -> tuple[np.ndarray, np.ndarray]:
    """Scores (n, visits) and arms (n,): a rate and a level each, noise at each visit."""
    arm = np.arange(n) % 2
    level, rate = 38 + 5 * draw.normal(size=n), 1.0 + 0.4 * draw.normal(size=n)
    slope = rate * (1 - slowing * arm)
    return level[:, None] - slope[:, None] * MONTHS + 1.6 * draw.normal(size=(n, len(MONTHS))), arm


def leaving(draw: np.random.Generator, scores: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Who low scores make leave, each time after a visit that was made (missing at random), and a few gaps.

    strength (n,): how much low scores do.
    """
    seen = scores.copy()
    for visit in range(1, len(MONTHS)):
        low = 1 / (1 + np.exp(2.2 + strength * (scores[:, visit - 1] - 35) / 5))
        gone = np.isnan(seen[:, visit - 1]) | (draw.random(scores.shape[0]) < low)
        seen[gone, visit] = np.nan
    gap = (draw.random(scores.shape[0]) < 0.06) & ~np.isnan(seen[:, 3])
    seen[gap, 2] = np.nan
    return seen


def write_trial(name: str, n: int, slowing: float, strengths: tuple[float, float]) -> None:
    draw = np.random.Generator(np.random.PCG64([2013, n]))
    scores, arm = decline(draw, n, slowing)
    seen = np.round(leaving(draw, scores, np.array(strengths)[arm]), 2)
    with (HERE / "data" / f"{name}.csv").open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["id", "arm", *(f"m{month}" for month in MONTHS)])
        for i, row in enumerate(seen):
            values = ["" if np.isnan(value) else f"{value:.2f}" for value in row]
            out.writerow([f"p{i:03d}", "cells" if arm[i] else "control", *values])


def parameters() -> None:
    """Fixed means and covariances of two arms, and participants of the treated arm with every kind of hole."""
    draw = np.random.Generator(np.random.PCG64(71))
    roots = draw.normal(size=(2, 5, 5))
    covariances = 20 + 3 * np.einsum("apq,arq->apr", roots, roots) + np.eye(5)
    means = np.array([[38.0, 36, 34, 32, 30], [37.0, 36, 35.5, 34.2, 33]])
    people = []
    for last in range(1, 6):
        for hole in ((), (1,), (2,), (1, 2), (0,)):
            values = np.round(means[1] + 4 * draw.normal(size=5), 2)
            seen = [None if k >= last or k in hole else float(values[k]) for k in range(5)]
            if last < 1 + max(hole, default=0) + 1 and hole:
                continue
            people.append({"last": last, "values": seen})
    text = {"means": means.tolist(), "covariances": covariances.tolist(), "lead": 1, "people": people}
    (HERE / "data" / "parameters.json").write_text(json.dumps(text, indent=1) + "\n")


if __name__ == "__main__":
    write_trial("small", 60, 0.3, (1.0, 1.0))
    # Low scores make the treated leave, not the others: those who are left mislead.
    write_trial("large", 400, 0.3, (0.0, 3.0))
    parameters()
