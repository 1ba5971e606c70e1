"""Our Kaplan-Meier, log-rank and Cox beside R's survival on every data set: writes agreement.md in this folder.

Run by hand from anywhere: python validation/survival/compare.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from leadin.analysis.cox import hazard_ratio
from leadin.analysis.kaplan_meier import survival_curve
from leadin.analysis.log_rank import log_rank_test
from leadin.errors import ConvergenceError

HERE = Path(__file__).parent
COLUMNS = ("log hazard ratio", "its SE", "its p", "chi-square", "its p", "survival", "interval")


def relative(ours: float, theirs: float) -> float:
    """Relative difference; absolute where the reference is zero."""
    return abs(ours - theirs) / (abs(theirs) or 1.0)


def cells(entry: dict[str, Any], arm: int, table: np.ndarray) -> list[float | str]:
    """Differences of one pair of arms, the given one against arm 0."""
    pair = next(pair for pair in entry["pairs"] if pair["arm"] == arm)
    mine = table[np.isin(table["arm"], (0, arm))]
    out: list[float | str]
    try:
        fit = hazard_ratio(mine["time"], mine["event"] == 1, mine["arm"] == arm)
        theirs = pair["cox"]
        out = [relative(fit.log_ratio, theirs["estimate"]), relative(fit.standard_error, theirs["standard_error"])]
        out.append(relative(fit.p, theirs["p"]))
    except ConvergenceError:
        out = ["none" if pair["cox"]["warning"] else "DIFFERS", "", ""]
    test = log_rank_test(mine["time"], mine["event"] == 1, mine["arm"])
    out += [relative(test.chi_square, pair["log_rank"]["chi_square"]), relative(test.p, pair["log_rank"]["p"])]
    theirs = next(curve for curve in entry["curves"] if curve["arm"] == arm)["steps"]
    chosen = table[table["arm"] == arm]
    curve = survival_curve(chosen["time"], chosen["event"] == 1)
    steps = slice(len(curve.months) - len(theirs["months"]), None)
    out.append(float(np.abs(curve.survival[steps] - theirs["survival"]).max()))
    limits = np.array([[np.nan if x is None else x for x in theirs[side]] for side in ("low", "high")])
    ours = np.array([curve.low[steps], curve.high[steps]])
    same = (np.isnan(limits) == np.isnan(ours)).all()
    out.append(float(np.nanmax(np.abs(limits - ours), initial=0.0)) if same else "DIFFERS")
    return out


def main() -> None:
    """Compare everything and write the table."""
    lines = [
        "# Agreement with R's survival",
        "",
        "Written by `compare.py`. Relative differences; of survival and its interval the largest absolute one over all",
        "steps. `none`: no finite hazard ratio fits best; leadin says so, R warns and prints a large number.",
        "",
        f"| data, arm against 0 | {' | '.join(COLUMNS)} |",
        f"|---{'|---' * len(COLUMNS)}|",
    ]
    for entry in json.loads((HERE / "expected.json").read_text()):
        table = np.genfromtxt(HERE / "data" / f"{entry['dataset']}_surv.csv", delimiter=",", names=True)
        for pair in entry["pairs"]:
            told = (x if isinstance(x, str) else f"{x:.1e}" for x in cells(entry, pair["arm"], table))
            lines.append(f"| {entry['dataset']}, {pair['arm']} | {' | '.join(told)} |")
    (HERE / "agreement.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
