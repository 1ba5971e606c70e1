"""Times of leadin and of its peers on the same data, told as ratios."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
VALIDATION = HERE.parent / "validation"
NO_R = "R was not found, so that its peers are left out. Install R (Rscript on the path) to have them."
ABSENT = "not installed, left out"


@dataclass(frozen=True)
class Comparison:
    """One piece of work, and how long each program takes for it.

    ours: leadin, and which part of it; None where this version has it not. peers: milliseconds of processor by name;
    None where a program is not installed. stored: milliseconds measured elsewhere, for programs that cannot be had.
    """

    title: str
    ours: tuple[str, float | None]
    peers: Mapping[str, float | None]
    stored: Mapping[str, float] = field(default_factory=dict)

    def ratios(self) -> list[tuple[str, str]]:
        """Each program with how many times leadin's time it took, in words."""
        name, taken = self.ours
        if taken is None:
            return [(name, "not in this version")]
        rows = [(name, "1")]
        for peer, found in self.peers.items():
            if found is not None:
                rows.append((peer, ratio(found / taken)))
            elif peer in self.stored:
                rows.append((f"{peer} (stored: {self.stored[peer]:g} ms)", ratio(self.stored[peer] / taken)))
            else:
                rows.append((peer, ABSENT))
        return rows


def ratio(times: float) -> str:
    """To two or three figures: `0.87`, `4.3`, `15`, `1,640`."""
    if times < 10:
        return f"{times:.2g}"
    digits = 10 ** max(0, len(str(int(times))) - 3)
    return f"{round(times / digits) * digits:,}"


def as_text(comparison: Comparison) -> str:
    """A heading, and a line for each program."""
    lines = [f"  {name:<56}{f'{times} x' if times[0].isdigit() else times:>10}" for name, times in comparison.ratios()]
    return "\n".join([comparison.title, *lines])


def as_table(comparison: Comparison) -> str:
    """A heading and a table in Markdown."""
    rows = [f"| {name} | {times} |" for name, times in comparison.ratios()]
    return "\n".join(
        [f"### {comparison.title}", "", "| program | time, as a multiple of the first |", "|---|---|", *rows]
    )


def milliseconds(data: Sequence[tuple[Any, ...]], fit: Callable[..., object]) -> float:
    """Milliseconds of processor a fit, the mean over the data sets, after one fit to warm up. Of processor: what else
    the machine does must not move a ratio."""
    fit(*data[0])
    began = time.process_time()
    for columns in data:
        fit(*columns)
    return 1000 * (time.process_time() - began) / len(data)


def from_r(program: str, names: Sequence[str], *arguments: object) -> dict[str, float | None]:
    """Milliseconds of processor by name, as the R program beside this file prints them in JSON on its last line; None
    where R, or a package that it needs, is absent."""
    peers: dict[str, float | None] = dict.fromkeys(names)
    if shutil.which("Rscript"):
        command = ["Rscript", str(HERE / program), *map(str, arguments)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode == 0:
            peers |= json.loads(run.stdout.strip().splitlines()[-1])
    return peers
