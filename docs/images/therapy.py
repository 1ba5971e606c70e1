"""Draws `therapy.svg`: the effect over time of four schedules under one therapy, with nothing but the rules of
`leadin.disease.exposure`.

    python docs/images/therapy.py
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np

from leadin.disease.exposure import exposure, mean_effect, saturated
from leadin.disease.load_therapy import load_therapy
from leadin.months import DAYS_PER_MONTH

THERAPY = "hypothetical-waning"
SCHEDULES = {
    "one injection": (0,),
    "two, 26 days apart": (0, 26),
    "four, weekly": (0, 7, 14, 21),
    "two, then a booster each quarter": (0, 26, 117, 208, 299),
}
MONTHS = 12


def effects(days: np.ndarray) -> dict[str, np.ndarray]:
    """E on each day (m,) by schedule, each injection one dose of half effect (70 million cells)."""
    therapy = load_therapy(THERAPY)
    curves = {}
    for name, given in SCHEDULES.items():
        x = exposure(days[None, :], np.array([given], dtype=float), np.ones((1, len(given))), therapy)
        curves[name] = saturated(x, therapy)[0]
    return curves


def mean_effects() -> dict[str, float]:
    """The mean of E over the year, by schedule."""
    therapy, year = load_therapy(THERAPY), np.array([[0.0, MONTHS * DAYS_PER_MONTH]])
    return {
        name: float(mean_effect(year, np.array([given], dtype=float), np.ones((1, len(given))), therapy)[0, 0])
        for name, given in SCHEDULES.items()
    }


def draw(path: Path) -> None:
    """Four panels on one pair of axes' scales, injections marked below, the mean of the year in words."""
    mpl.use("Agg")
    mpl.rcParams.update({"svg.hashsalt": "leadin", "svg.fonttype": "none", "font.size": 9})
    import matplotlib.pyplot as plt

    days = np.linspace(-15.0, MONTHS * DAYS_PER_MONTH, 1_500)
    curves, means = effects(days), mean_effects()
    figure, panels = plt.subplots(2, 2, figsize=(7.2, 4.2), sharex=True, sharey=True, layout="constrained")
    for panel, (name, given) in zip(panels.flat, SCHEDULES.items(), strict=True):
        panel.plot(days / DAYS_PER_MONTH, 100 * curves[name], color="#1f5f8b", linewidth=1.8)
        panel.plot(np.array(given) / DAYS_PER_MONTH, [-3.5] * len(given), "^", color="#b4541a", markersize=5)
        panel.axhline(60, color="#777777", linewidth=0.8, linestyle=":")
        panel.set_title(name, fontsize=9, loc="left")
        panel.text(MONTHS, 50, f"mean of the year {100 * means[name]:.0f} %", ha="right")
        panel.spines[["top", "right"]].set_visible(False)
        panel.set_ylim(-7, 66)
        panel.set_xticks(range(0, MONTHS + 1, 3))
    for panel in panels[:, 0]:
        panel.set_ylabel("decline slowed by, %")
    for panel in panels[1]:
        panel.set_xlabel("months from time zero")
    figure.savefig(path, format="svg", metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_suffix(".svg"))
