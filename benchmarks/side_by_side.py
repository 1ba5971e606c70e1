"""Times of leadin and of its peers on the same data, told as ratios."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
VALIDATION = HERE.parent / "validation"
NO_R = "R was not found, so that its peers are left out. Install R (Rscript on the path) to have them."


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


def told(title: str, ours: float, peers: dict[str, float | None]) -> str:
    """A heading, leadin's line, and one for each peer: how many times leadin's time it took."""
    lines = [title, f"  {'leadin':<44}{1.0:>7.1f} x"]
    for name, found in peers.items():
        shown = f"{found / ours:>7.1f} x" if found is not None else "  not installed, left out"
        lines.append(f"  {name:<44}{shown}")
    return "\n".join(lines)
