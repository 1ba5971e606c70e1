"""The speed gate: the engine's fits of this working tree against those of the commit it started from, in one job.

make speed-gate

Looks at the fits of which any source was changed. Fails where one takes more than a quarter longer AND more than 0.2 s
longer for its stated number of trials (about a second), by the shortest of interleaved rounds. Passes with a sentence
where there is nothing to compare: no history (a shallow clone), a base without the fits, or no source of them changed.
"""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
SLOWER = 0.25
SECONDS = 0.2
ROUNDS, MORE_ROUNDS = 2, 3
"""Rounds of all fits, and more of those that look slower after these."""
COMPARED = ("random_slope", "broken_stick", "mmrm", "survival", "joint_rank", "ancova")
SOURCE = "src/leadin/engine"
BRANCHES = ("origin/main", "main", "origin/master", "master")
"""Where the base is looked for, when SPEED_BASE names none."""

Times = Mapping[str, float | None]
Measure = Callable[[Sequence[str]], Times]


@dataclass(frozen=True)
class Compared:
    """Seconds of a fit in the base and in the working tree."""

    name: str
    base: float
    head: float

    @property
    def too_slow(self) -> bool:
        """More than a quarter and more than 0.2 s slower."""
        return self.head > (1.0 + SLOWER) * self.base and self.head - self.base > SECONDS

    def __str__(self) -> str:
        change = 100.0 * (self.head / self.base - 1.0)
        verdict = "too slow" if self.too_slow else "ok"
        return f"{self.name:<16}{self.base:>8.2f} s ->{self.head:>8.2f} s  {change:>+6.0f} %  {verdict}"


def compared(base: Measure, head: Measure, names: Sequence[str] = COMPARED) -> tuple[Compared, ...]:
    """The fits that both have, each by the shortest of its rounds.

    Rounds of the two follow each other, now the base first and now the head; only what looks slower is given more.
    """
    rounds: list[tuple[Times, Times]] = []
    looked_at = list(names)
    for number in range(ROUNDS + MORE_ROUNDS):
        if number >= ROUNDS:
            looked_at = [each.name for each in _shortest(rounds, looked_at) if each.too_slow]
        if not looked_at:
            break
        if number % 2:
            last = head(looked_at)
            rounds.append((base(looked_at), last))
        else:
            first = base(looked_at)
            rounds.append((first, head(looked_at)))
    return _shortest(rounds, names)


def _shortest(rounds: Sequence[tuple[Times, Times]], names: Sequence[str]) -> tuple[Compared, ...]:
    found = []
    for name in names:
        both = [[t for side in rounds if (t := side[which].get(name)) is not None] for which in (0, 1)]
        if both[0] and both[1]:
            found.append(Compared(name, min(both[0]), min(both[1])))
    return tuple(found)


def base_of(root: Path, named: str | None = None) -> tuple[str | None, str]:
    """The commit that the working tree started from, or None and why not.

    named: a commit, else the merge base with the first of BRANCHES that there is; on that branch itself the last
    commit where the engine has been edited since, and otherwise the commit before.
    """
    head = _git(root, "rev-parse", "HEAD")
    if head is None:
        return None, "no git history here"
    if named:
        commit = _git(root, "rev-parse", "--verify", "--quiet", f"{named}^{{commit}}")
        return commit, "" if commit else f"SPEED_BASE names no commit here: {named}"
    for branch in BRANCHES:
        merged = _git(root, "merge-base", "HEAD", branch)
        if merged is not None and merged != head:
            return merged, ""
        if merged is not None:
            break
    if changed(root, head):
        return head, ""
    before = _git(root, "rev-parse", "--verify", "--quiet", "HEAD^")
    return before, "" if before else "no commit before this one here (a shallow clone?)"


def changed(root: Path, base: str) -> set[str]:
    """The files of the engine that differ from those of a commit, those that git does not know included."""
    known = _git(root, "diff", "--name-only", base, "--", SOURCE)
    new = _git(root, "ls-files", "--others", "--exclude-standard", "--", SOURCE)
    return {*(known or "").splitlines(), *(new or "").splitlines()}


def sources_of(name: str, root: Path) -> set[str]:
    """The files of leadin that a fit is made of: its batch, and whatever that imports."""
    found: set[str] = set()
    left = [f"leadin.engine.batches.{name}"]
    while left:
        file = Path("src", *left.pop().split(".")).with_suffix(".py")
        if file.as_posix() in found or not (root / file).is_file():
            continue
        found.add(file.as_posix())
        for node in ast.walk(ast.parse((root / file).read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("leadin."):
                left += [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


def exported(root: Path, commit: str, folder: Path) -> Path:
    """The folder `src` of a commit, under `folder`."""
    archive = subprocess.run(["git", "archive", commit, "src"], cwd=root, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return folder / "src"


def measure_of(source: Path, *, must_run: bool, root: Path = ROOT) -> Measure:
    """Times the fits of the leadin in `source`, by the runs of the working tree, in a process of their own. must_run:
    raises CalledProcessError where they cannot be run; else nothing is found."""

    def measure(names: Sequence[str]) -> Times:
        path = os.pathsep.join(filter(None, (str(source), os.environ.get("PYTHONPATH"))))
        run = subprocess.run(
            [sys.executable, "-m", "benchmarks.engine_runs", *names],
            cwd=root,
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            if must_run:
                print(run.stderr, file=sys.stderr)
                run.check_returncode()
            return {}
        times: dict[str, float | None] = json.loads(run.stdout.strip().splitlines()[-1])
        return times

    return measure


def _git(root: Path, *words: str) -> str | None:
    try:
        run = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return run.stdout.strip() if run.returncode == 0 else None


def main() -> int:
    """0 where no fit is too slow or there is nothing to compare, else 1."""
    base, why = base_of(ROOT, os.environ.get("SPEED_BASE"))
    if base is None:
        print(f"speed gate: passed, nothing to compare with: {why}.")
        return 0
    edited = changed(ROOT, base)
    names = [name for name in COMPARED if sources_of(name, ROOT) & edited]
    if not names:
        print(f"speed gate: passed, the fits are made of what they are made of in {base[:9]}.")
        return 0
    with TemporaryDirectory() as folder:
        before = measure_of(exported(ROOT, base, Path(folder)), must_run=False)
        found = compared(before, measure_of(ROOT / "src", must_run=True), names)
    if not found:
        print(f"speed gate: passed, {base[:9]} has none of these fits: {', '.join(names)}.")
        return 0
    print(f"speed gate: {base[:9]} -> working tree, seconds of processor")
    print("\n".join(map(str, found)))
    left = [name for name in names if name not in {each.name for each in found}]
    if left:
        print(f"not compared, since one of them has it not: {', '.join(left)}")
    return int(any(each.too_slow for each in found))


if __name__ == "__main__":
    sys.exit(main())
