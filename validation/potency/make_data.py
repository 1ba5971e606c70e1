"""Makes lots.csv and visits.csv: secretion before and after differentiation, and a score over time.

Run by hand: python validation/potency/make_data.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
MONTHS = (-3, -2, -1, 0, 1, 2, 3, 4, 5, 6)


def main() -> None:
    """Write the tables. Arm b has nine with lots, few enough for an exact rank correlation."""
    draw = np.random.Generator(np.random.PCG64(20261129))
    lots, visits = ["lot,id,arm,before,after,given"], ["id,arm,month,score"]
    for who in range(1, 39):
        arm = "a" if who <= 24 else "b" if who <= 33 else "control"
        rate, before, potency = draw.gamma(2.8, 0.36), draw.lognormal(0.0, 0.5), draw.normal(1.2, 0.5)
        for k in range(1, 1 + (0 if arm == "control" else 1 + (who % 3 == 0))):
            one = np.round(before * draw.lognormal(0.0, 0.1), 3)
            two = np.round(one * np.exp(potency + draw.normal(0.0, 0.2)), 3)
            told = [f"{one:.3f}", f"{two:.3f}"]
            if who == 5:
                told[1] = ""
            if who == 7:
                told[1] = "0"
            given = 0 if who == 9 and k == 2 else 1
            lots.append(f"L{who}-{k},{who},{arm},{told[0]},{told[1]},{given}")
        last = 6 if who % 6 else int(draw.integers(1, 6))
        for month in MONTHS:
            if month <= last:
                change = 0.25 * potency * max(month, 0) if arm != "control" else 0.0
                score = round(38.0 - rate * month + change + draw.normal(0.0, 1.6))
                visits.append(f"{who},{arm},{month},{score}")
    (HERE / "lots.csv").write_text("\n".join(lots) + "\n")
    (HERE / "visits.csv").write_text("\n".join(visits) + "\n")


if __name__ == "__main__":
    main()
