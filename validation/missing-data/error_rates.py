"""Rejections, coverage, and standard error against spread, in simulated trials: writes error_rates.md in this folder.

Run by hand from anywhere: python validation/missing-data/error_rates.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from leadin.analysis.missing_data.completed_ancova import completed_ancova
from leadin.analysis.missing_data.incomplete_visits import IncompleteVisits
from leadin.analysis.missing_data.posterior import posterior_draws
from leadin.analysis.missing_data.reference_based import completed
from leadin.analysis.missing_data.rubin import pool
from leadin.engine.draws import Draws
from leadin.engine.streams import Streams

HERE = Path(__file__).parent
TRIALS, IMPUTATIONS = 1000, 25
MONTHS = np.array([0.0, 3, 6, 9])
NAMES = tuple(f"p{i:02d}" for i in range(48))
ARM = np.arange(48) % 2
ASSUMPTIONS = ("missing_at_random", "copy_increments", "copy_reference", "jump_to_reference")


def decline(draw: np.random.Generator, effect: float) -> IncompleteVisits:
    """Four visits of 24 + 24 participants; low scores make more of arm 1 leave than of arm 0 (missing at random)."""
    rates = 1.0 + 0.4 * draw.normal(size=48) - effect * ARM
    scores = 38 + 5 * draw.normal(size=(48, 1)) - rates[:, None] * MONTHS + 1.6 * draw.normal(size=(48, 4))
    last = np.full(48, 3)
    for visit in range(3, 0, -1):
        leaves = draw.random(48) < 1 / (1 + np.exp(2.5 + (0.5 + 2.5 * ARM) * (scores[:, visit - 1] - 33) / 5))
        last[leaves] = visit - 1
    seen = np.where(np.arange(4) <= last[:, None], scores, np.nan)
    return IncompleteVisits(NAMES, ARM, ("control", "cells"), seen, 1, last)


def main() -> None:
    """Both situations, every assumption."""
    lines = [
        "# How often imputation rejects and covers",
        "",
        f"Written by `error_rates.py`: {TRIALS} trials of 24 + 24 participants with visits at months 0, 3, 6 and 9, "
        f"{IMPUTATIONS} imputations each; level",
        "5 %, 95 % intervals. Monte Carlo error of a share of 5 %: "
        f"{100 * (0.05 * 0.95 / TRIALS) ** 0.5:.1f} %. Under an effect only missing at random is aimed at it.",
        "",
        "| effect at month 9 (points) | lost | assumption | mean estimate | spread | root mean squared SE | rejected "
        "| covered |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for slowing in (0.0, 0.35):
        draw = Streams(20260703).named(f"error rates, effect {slowing}")
        found: dict[str, list[tuple[float, float, bool, bool]]] = {name: [] for name in ASSUMPTIONS}
        lost, truth = 0.0, 9 * slowing
        for seed in range(TRIALS):
            data, draws = decline(draw, slowing), Draws(Streams(seed))
            lost += data.dropped.mean() / TRIALS
            posterior = posterior_draws(data, IMPUTATIONS, draws, burn_in=60, between=8)
            fit = completed_ancova(data.values[None, :, 0], np.empty((48, 0)), ARM, 2)
            for name in ASSUMPTIONS:
                tables = completed(data, posterior, name, draws)
                fits = fit.fit(tables[:, :, -1] - tables[:, :, 0])
                test = pool(fits.estimates[:, 0], fits.variances[:, 0], fits.df).test()
                covers = test.ci_low <= truth <= test.ci_high
                found[name].append((test.estimate, test.standard_error, test.p < 0.05, covers))
        for name, tests in found.items():
            estimate, error, rejected, covered = np.array(tests, dtype=float).T
            lines.append(
                f"| {truth:.2f} | {100 * lost:.0f} % | {name.replace('_', ' ')} | {estimate.mean():.3f} | "
                f"{estimate.std(ddof=1):.3f} | {np.sqrt((error**2).mean()):.3f} | {100 * rejected.mean():.1f} % | "
                f"{100 * covered.mean():.1f} % |"
            )
    (HERE / "error_rates.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
