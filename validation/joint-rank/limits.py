"""Where joint rank and win statistics mislead, by simulation: writes limits.md beside this file.

python validation/joint-rank/limits.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leadin.engine.composite_pairs import Courses, compare_all
from leadin.engine.rank_sum import rank_sum_test
from leadin.engine.streams import Streams
from leadin.engine.win_statistics import log_win_odds, log_win_ratio, net_benefit, win_shares
from leadin.errors import DataError

MONTHS = np.array([1.0, 2, 3, 4, 6, 9, 12, 15, 18, 24])
Signs = NDArray[np.int8]


def people(
    draw: np.random.Generator, n: int, *, leave: float = 0.0, hidden: float = 0.0, slowing: float = 0.0, end: float = 12
) -> Courses:
    """n courses: who declines faster dies earlier. leave: share that leaves at any time, for no reason; hidden: share
    that leaves two months before death; slowing: of the rate; end: of follow-up, in months."""
    start = np.round(draw.normal(37, 5, n))
    rate = draw.gamma(2.8, 0.36, n) * (1 - slowing)
    death = draw.weibull(1.5, n) * 24 / (0.5 + rate / 2)
    left = np.where(draw.random(n) < leave, draw.uniform(0, end, n), end)
    left = np.where(draw.random(n) < hidden, np.minimum(left, np.maximum(death - 2, 0.1)), left)
    time, event = np.minimum(death, left), death <= left
    noise = 1.6 * draw.normal(size=(n, MONTHS.size))
    change = np.round(start[:, None] - rate[:, None] * MONTHS + noise) - start[:, None]
    change[(time[:, None] < MONTHS) | (end < MONTHS)] = np.nan
    return Courses(np.round(time * 30.4) / 30.4, event, change)


def signs(first: Courses, second: Courses) -> Signs:
    """All against all, the first group first."""
    both = Courses(*(np.concatenate(pair) for pair in zip(_parts(first), _parts(second), strict=True)))
    return compare_all(both, both).sign


def _parts(courses: Courses) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    return courses.time, courses.event, courses.outcome


def rejections(name: str, n: int, trials: int, **first: float) -> dict[str, float]:
    """Shares of trials of n an arm without effect that reject at 5 %, and the win ratio that they find."""
    draw = Streams(20260602).named(name)
    hits = dict.fromkeys(("Wilcoxon", "win ratio", "win odds", "net benefit"), 0.0)
    ratios = []
    for _ in range(trials):
        told = first or {"leave": 0.33}
        sign = signs(people(draw, n, **told), people(draw, n, leave=told.get("leave", 0.0)))
        score = sign.sum(axis=1)
        hits["Wilcoxon"] += rank_sum_test(score[:n], score[n:]).p < 0.05
        shares = win_shares([sign[:n, n:]])
        for rule, estimate in (("win ratio", log_win_ratio), ("win odds", log_win_odds), ("net benefit", net_benefit)):
            try:
                made = estimate(shares)
            except DataError:
                continue
            hits[rule] += abs(made.value) > 1.959964 * made.standard_error
        if shares.won and shares.lost:
            ratios.append(np.log(shares.won / shares.lost))
    return {**{rule: hit / trials for rule, hit in hits.items()}, "found": float(np.exp(np.mean(ratios)))}


def main() -> None:
    lines = [
        "# Where joint rank and win statistics mislead",
        "",
        "Written by `limits.py`. Rejections at 5 % in trials without any effect; Monte Carlo errors 0.3 to 1.2 points.",
        "",
        "| trial | Wilcoxon | win ratio | win odds | net benefit | win ratio found |",
        "|---|---|---|---|---|---|",
    ]
    for n in (6, 8, 12, 20, 40):
        found = rejections(f"small {n}", n, 4000)
        lines.append(_row(f"{n} an arm, a third leave for no reason", found))
    for hidden in (0.25, 0.5, 1.0):
        found = rejections(f"hidden {hidden}", 60, 1500, hidden=hidden)
        lines.append(_row(f"60 an arm; {hidden:.0%} of one arm leave two months before they die", found))
    lines += ["", "| months of follow-up, decline and hazard slowed alike | win ratio |", "|---|---|"]
    for end in (3, 6, 12, 24):
        draw = Streams(20260602).named(f"follow-up {end}")
        shares = win_shares([compare_all(people(draw, 6000, slowing=0.35, end=end), people(draw, 6000, end=end)).sign])
        lines.append(f"| {end} | {shares.won / shares.lost:.2f} |")
    (Path(__file__).resolve().parent / "limits.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _row(trial: str, found: dict[str, float]) -> str:
    shares = " | ".join(f"{100 * found[rule]:.1f} %" for rule in ("Wilcoxon", "win ratio", "win odds", "net benefit"))
    return f"| {trial} | {shares} | {found['found']:.2f} |"


if __name__ == "__main__":
    main()
