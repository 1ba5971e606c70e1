"""Makes data.csv: strength of both limbs of participants of two dosed arms and one that was never dosed, with ties,
missing visits, doses on both sides, at no side and on none.

Run by hand: python validation/paired-side/make_data.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
MONTHS = (-1, 0, 1, 2, 3, 4, 5, 6)
SITES = {
    "left": "lumbar cord, left",
    "right": "RIGHT lumbar cord",
    "both": "lumbar cord, left and right",
    "none": "cord",
}


def main() -> None:
    """Write the table: one row a visit."""
    draw = np.random.Generator(np.random.PCG64(20261128))
    lines = ["id,arm,site,side,month,left,right"]
    plan = [("low", 11), ("high", 9), ("none", 4)]
    who = 0
    for arm, n in plan:
        for k in range(n):
            who += 1
            side = "" if arm == "none" else "both" if k == 0 else "none" if k == 1 else "left" if k % 2 else "right"
            gain = {"low": 0.3, "high": 1.1, "none": 0.0}[arm]
            start, rates = draw.normal(70, 12, 2), draw.gamma(2.8, 0.8) + draw.normal(0, 0.5, 2)
            if side in ("left", "right"):
                rates[0 if side == "left" else 1] -= gain
            last = 6 if k % 4 else int(draw.integers(1, 6))
            for month in MONTHS:
                if month > last:
                    continue
                values = np.round(start - rates * month + draw.normal(0, 2.5, 2))
                told = ["" if draw.random() < 0.05 else f"{value:.0f}" for value in values]
                lines.append(f'{who},{arm},"{SITES.get(side, "")}",{side},{month},{told[0]},{told[1]}')
    (HERE / "data.csv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
