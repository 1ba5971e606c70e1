"""Tries one fault: plants it in a private copy of the project and runs the room's tests there."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from validation.mutation.faults import Fault

SECONDS = 240
COPIED = ("src", "tests", "validation", "examples", "docs", "pyproject.toml", "README.md", "mkdocs.yml")
_copies: list[Path] = []


@dataclass(frozen=True)
class Verdict:
    """What became of one fault: `killed` when a test failed or ran out of time. `change`: the line before and after."""

    fault: Fault
    killed: bool
    how: str
    change: str


def prepare_copy(root: Path) -> None:
    """Makes this worker's own copy of the project, removed when the worker ends."""
    copy = Path(tempfile.mkdtemp(prefix="leadin-mutation-")) / "project"
    copy.mkdir()
    for name in COPIED:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, copy / name)
    _copies.append(copy)
    atexit.register(shutil.rmtree, copy.parent, ignore_errors=True)


def try_fault(fault: Fault, room: str, tests: list[str]) -> Verdict:
    """Plants the fault, asks the tests that run its line (none named: all of the room), takes the fault out again."""
    copy = _copies[0]
    path = copy / fault.path
    source = path.read_text(encoding="utf-8")
    mutated = fault.planted(source)
    if mutated is None:
        raise ValueError(f"{fault.key} cannot be planted; draw another")
    path.write_text(mutated, encoding="utf-8")
    try:
        how = _ask(copy, fault, room, tests)
    finally:
        path.write_text(source, encoding="utf-8")
    return Verdict(fault, how != "survived", how, _changed_line(source, mutated))


def _ask(copy: Path, fault: Fault, room: str, tests: list[str]) -> str:
    name = f"test_{Path(fault.path).stem}.py"
    chosen = tests or [str(path) for path in sorted((copy / "tests" / room).rglob("test_*.py"))]
    nearest_first = sorted(chosen, key=lambda test: name not in test)
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *nearest_first]
    # No bytecode is written: a cached file of the same size and second as a mutant would hide it.
    environment = {**os.environ, "PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        run = subprocess.run(
            command, cwd=copy, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return "timeout"
    return "survived" if run.returncode == 0 else "failed"


def _changed_line(before: str, after: str) -> str:
    for old, new in zip(before.splitlines(), after.splitlines(), strict=False):
        if old != new:
            return f"{old.strip()}  ->  {new.strip()}"
    return "lines added or removed"
