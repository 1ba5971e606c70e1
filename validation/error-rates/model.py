"""`random_slope` on data of exactly its own model, small and large: writes model.csv.

Normal intercepts and slopes, independent normal errors, everybody seen at every visit, no effect: whatever rejection is
left above 5 % comes from the test itself, which takes the estimated variances for the true ones. Run by hand from
anywhere: python validation/error-rates/model.py
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from leadin.engine.batches.completion import completed
from leadin.engine.batches.random_slope import random_slope
from leadin.engine.collapsed import AFTER, BASE, COUNT, SUMS, TT, TY, YY, ZERO, T, Y

HERE = Path(__file__).parent
TRIALS, CHUNK, SEED = 100_000, 1_000, 20261206
SIZES = (10, 12, 32, 100)
MONTHS = np.arange(7.0)
SCORE_SD, RATE_SD, ERROR_SD = 5.0, 0.6, 1.6


def trials(draw: np.random.Generator, count: int, size: int) -> np.ndarray:
    """Sums of `count` trials of two arms of `size`, as `leadin.engine.collapsed` lays them out."""
    n = 2 * size
    level = 38.0 + SCORE_SD * draw.normal(size=(count, n, 1))
    rate = -1.0 + RATE_SD * draw.normal(size=(count, n, 1))
    y = level + rate * MONTHS + ERROR_SD * draw.normal(size=(count, n, MONTHS.size))
    sums = np.zeros((count, 1, SUMS, n))
    t, later = MONTHS[1:], y[..., 1:]
    terms = {COUNT: np.ones_like(later), T: t, TT: t * t, Y: later, TY: t * later, YY: later * later}
    for place, term in terms.items():
        sums[:, 0, AFTER + place] = np.broadcast_to(term, later.shape).sum(axis=2)
    sums[:, 0, ZERO], sums[:, 0, ZERO + 1] = 1.0, y[..., 0]
    sums[:, 0, BASE], sums[:, 0, BASE + 1] = 0.0, y[..., 0]
    return sums


def main() -> None:
    """Every size."""
    with (HERE / "model.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("n", "replicates", "seed", "rejected", "rejected_mcse", "sd_estimate", "mean_standard_error"))
        for size in SIZES:
            draw = np.random.default_rng((SEED, size))
            parts = [
                completed(random_slope(trials(draw, CHUNK, size), np.array([size, size])))
                for _ in range(TRIALS // CHUNK)
            ]
            rejected = np.mean([part.rejected.mean() for part in parts])
            error = np.sqrt(rejected * (1 - rejected) / TRIALS)
            spread = np.concatenate([part.estimate for part in parts]).std(ddof=1)
            told = np.mean([part.standard_error.mean() for part in parts])
            writer.writerow((2 * size, TRIALS, SEED, *(f"{x:.6g}" for x in (rejected, error, spread, told))))


if __name__ == "__main__":
    main()
