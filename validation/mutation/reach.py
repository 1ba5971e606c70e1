"""Which tests run which line: only those need to be asked about a fault in it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import coverage

Reach = dict[str, dict[int, list[str]]]
"""Tests by file and line; none for a line that runs on import or in a fixture, whose values any test may use."""
NO_TEST = ""
"""How coverage calls what runs outside every test function."""

SETTINGS = """[run]
dynamic_context = test_function
source = {source}
data_file = {data}
"""


def reach_of(room: str, root: Path) -> Reach:
    """Runs the room's tests once under coverage; raises RuntimeError when they do not pass as they are."""
    with tempfile.TemporaryDirectory(prefix="leadin-reach-") as folder:
        data_file = Path(folder) / "data"
        settings = Path(folder) / "settings"
        settings.write_text(SETTINGS.format(source=root / "src" / "leadin" / room, data=data_file), encoding="utf-8")
        command = [sys.executable, "-m", "coverage", "run", f"--rcfile={settings}", "-m", "pytest", "-q", "-x"]
        command += ["-p", "no:cacheprovider", "-p", "no:xdist", str(root / "tests" / room)]
        environment = {**os.environ, "PYTHONPATH": str(root / "src")}
        run = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise RuntimeError(f"the tests of {room} fail before any fault is planted:\n{run.stdout[-2000:]}")
        data = coverage.CoverageData(str(data_file))
        data.read()
        known = _collected(room, root)
        return {
            str(Path(file).relative_to(root)): {
                line: [] if NO_TEST in contexts else sorted(known & {_test(context) for context in contexts})
                for line, contexts in data.contexts_by_lineno(file).items()
            }
            for file in data.measured_files()
        }


def tests_of(reach: Reach, path: str, line: int) -> list[str]:
    """The tests that run this line (or, inside a long statement, the nearest line above it); empty: any might."""
    lines = reach.get(path, {})
    for near in range(line, max(0, line - 8), -1):
        if near in lines:
            return lines[near]
    return []


def _collected(room: str, root: Path) -> set[str]:
    """Every test function of the room as pytest names it: what it does not know must not be asked for."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", f"tests/{room}"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    return {line.split("[")[0] for line in listed.splitlines() if "::" in line}


def _test(context: str) -> str:
    """`tests.analysis.test_cox.test_ties` as pytest writes it: `tests/analysis/test_cox.py::test_ties`."""
    parts = context.split(".")
    at = next((k for k, part in enumerate(parts) if part.startswith("test_")), len(parts))
    return "/".join(parts[: at + 1]) + ".py::" + "::".join(parts[at + 1 :])
