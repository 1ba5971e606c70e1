"""The tables of a run in a page of the documentation, between two marks."""

from __future__ import annotations

import datetime
import importlib.metadata
import platform
import shutil
import subprocess
from collections.abc import Sequence

from benchmarks.side_by_side import Comparison, as_table

FROM, TO = "<!-- tables: from here", "<!-- tables: to here -->"
PYTHON = ("numpy", "scipy", "numba", "lifelines", "statsmodels", "mixedlm")
FROM_R = ("lme4", "lmerTest", "nlme", "mmrm", "survival")


def written(page: str, found: Sequence[Comparison], today: datetime.date | None = None) -> str:
    """The page with these tables in place of those between the marks. Raises ValueError for a page without them."""
    before, mark, rest = page.partition(FROM)
    old, end, after = rest.partition(TO)
    if not mark or not end:
        raise ValueError(f"page: expected the marks {FROM!r} and {TO!r}")
    said = old.partition("\n")[0]
    date = (today or datetime.date.today()).isoformat()
    tables = "\n\n".join(as_table(comparison) for comparison in found)
    return f"{before}{mark}{said}\n\nRun of {date}: {versions()}.\n\n{tables}\n\n{end}{after}"


def versions() -> str:
    """Of what was compared, as far as it is installed."""
    told = [f"Python {platform.python_version()}"]
    for name in PYTHON:
        try:
            told.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return ", ".join([*told, *_of_r()])


def _of_r() -> list[str]:
    if not shutil.which("Rscript"):
        return []
    asked = (
        "cat('R', as.character(getRversion()), '\\n'); "
        f"for (p in c({', '.join(repr(name) for name in FROM_R)})) "
        "if (nzchar(system.file(package = p))) cat(p, as.character(packageVersion(p)), '\\n')"
    )
    run = subprocess.run(["Rscript", "-e", asked], capture_output=True, text=True, check=False)
    return [line.strip() for line in run.stdout.splitlines() if line.strip()]
