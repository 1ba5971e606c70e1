"""Data sets that survival code gets wrong: ties everywhere, three arms, nobody dying, arms that never meet.

Run from this folder: python make_edges.py ../data
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np


def write(folder: Path, name: str, arm: np.ndarray, time: np.ndarray, event: np.ndarray) -> None:
    rows = [f"{i + 1},{a},{t:g},{int(e)}" for i, (a, t, e) in enumerate(zip(arm, time, event, strict=True))]
    (folder / f"{name}_surv.csv").write_text("\n".join(["id,arm,time,event", *rows]) + "\n")


def main(folder: Path) -> None:
    draw = np.random.Generator(np.random.PCG64(20260101))
    # Whole months: deaths tie with deaths and with censorings, within and between the arms; some at time zero.
    arm = np.repeat([0, 1], 40)
    time = np.minimum(draw.integers(0, 14, 80), 12)
    write(folder, "x01_ties", arm, time, (time < 12) & (draw.random(80) < 0.7))
    # Three arms of different size and hazard.
    arm = np.repeat([0, 1, 2], (25, 30, 20))
    time = np.round(draw.exponential(np.array([14.0, 20.0, 9.0])[arm]), 2)
    write(folder, "x02_three_arms", arm, np.minimum(time, 24), time < 24)
    # Everybody dies, few participants.
    arm = np.repeat([0, 1], 6)
    write(folder, "x03_all_die", arm, np.round(draw.exponential(10, 12), 1), np.ones(12))
    # Two participants an arm.
    write(folder, "x04_four_people", np.array([0, 0, 1, 1]), np.array([2, 9, 4, 9]), np.array([1, 0, 1, 0]))
    # Nobody of arm 1 dies.
    arm = np.repeat([0, 1], 10)
    time = np.round(draw.uniform(1, 12, 20), 1)
    write(folder, "x05_one_arm_lives", arm, time, (arm == 0) & (time < 8))
    # Every death of arm 0 falls after the last time of arm 1: both arms have deaths, the likelihood is monotone.
    time = np.array([9, 10, 11, 12, 12, 12, 1, 2, 3, 4, 5, 6])
    write(folder, "x06_arms_part", np.repeat([0, 1], 6), time, np.array([1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 0, 1]))
    # A large effect, unbalanced: Newton's first steps are too long.
    arm = np.repeat([0, 1], (90, 8))
    time = np.round(draw.exponential(np.array([30.0, 1.5])[arm]), 3)
    write(folder, "x07_large_effect", arm, np.minimum(time, 18), time < 18)
    # One death an arm.
    time = np.array([3.5, 12, 12, 12, 12, 7.25, 12, 12, 12, 12])
    write(folder, "x08_one_death_an_arm", np.repeat([0, 1], 5), time, time < 12)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
