"""What a listing of SAS PROC MIXED says, with the number of decimals that it says it to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

Printed = tuple[float, int]
"""A number and how many decimals were printed."""


@dataclass(frozen=True)
class Listing:
    """deviance: -2 REML log-likelihood at the last iteration. covariance: parameters by name. effects: by effect and
    level, as they stand ('ARMCD TRT'): estimate, standard error, df, t, and lower and upper bound where printed. means,
    differences: least-squares means and their differences, likewise."""

    deviance: Printed
    covariance: dict[str, Printed]
    effects: dict[str, tuple[Printed, ...]]
    means: dict[str, tuple[Printed, ...]]
    differences: dict[str, tuple[Printed, ...]]


NUMBER = re.compile(r"-?\d*\.?\d+")
P_VALUE = re.compile(r"<\.\d+|[01]\.\d{4}")


def read(path: Path) -> Listing:
    """Read one listing."""
    lines = path.read_text().splitlines()
    iterations = [line.split() for line in _section(lines, "Iteration History", "Convergence criteria")]
    last = [parts for parts in iterations if len(parts) >= 3 and parts[0].isdigit()][-1]
    covariance = {}
    for line in _section(lines, "Covariance Parameter Estimates", "Fit Statistics"):
        parts = line.split()
        place = next((i for i, part in enumerate(parts) if i and NUMBER.fullmatch(part)), None)
        if place is not None and parts[0] not in ("The", "Cov"):
            covariance[parts[0]] = printed(parts[place])
    effects = _rows(_section(lines, "Solution for Fixed Effects", "Type 3 Tests"))
    means = _rows(_section(lines, "  Least Squares Means", "Differences of Least"))
    differences = _rows(_section(lines, "Differences of Least Squares Means", "Tests of Effect"))
    return Listing(printed(last[2]), covariance, effects, means, differences)


def printed(text: str) -> Printed:
    """A number as printed."""
    return float(text), len(text.split(".")[1]) if "." in text else 0


def _section(lines: list[str], start: str, end: str) -> list[str]:
    begin = next((i for i, line in enumerate(lines) if start in line), None)
    if begin is None:
        return []
    rest = lines[begin + 1 :]
    stop = next((i for i, line in enumerate(rest) if end in line), len(rest))
    return rest[:stop]


def _rows(lines: list[str]) -> dict[str, tuple[Printed, ...]]:
    """Rows of words, then estimate, error, whole df, t, p, and perhaps alpha, lower, upper."""
    found = {}
    for line in lines:
        words = line.split()
        for i in range(4, len(words)):
            before = words[i - 4 : i]
            if P_VALUE.fullmatch(words[i]) and before[2].isdigit() and all(NUMBER.fullmatch(word) for word in before):
                found[" ".join(words[: i - 4])] = tuple(printed(word) for word in (*before, *words[i + 2 :]))
    return found
