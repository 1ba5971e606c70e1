"""Ratios against other programs: the same data, one run, one thread.

make bench, or python -m benchmarks [--write docs/benchmarks.md] [TOPIC...]

The data sets stand in `validation/`, or are made on the spot. Peers that are not installed are named. Figures are
ratios of processor time in this run only. With --write the tables take the place of those in the page.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks import change_at_a_visit, generator, joint_rank, page, random_slope, repeated_measures, safety, survival
from benchmarks.side_by_side import NO_R, Comparison, as_text

TOPICS: Mapping[str, Callable[[], tuple[Comparison, ...]]] = {
    "generator": generator.compared,
    "random_slope": random_slope.compared,
    "mmrm": repeated_measures.compared,
    "ancova": change_at_a_visit.compared,
    "joint_rank": joint_rank.compared,
    "survival": survival.compared,
    "safety": safety.compared,
}


def main(words: Sequence[str] | None = None) -> int:
    """Prints, for each method, a line a program: how many times leadin's time it took; with --write also the page."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks", description="Ratios against other programs.")
    asked.add_argument("topics", nargs="*", metavar="TOPIC", help=f"of {', '.join(TOPICS)}; none: all")
    asked.add_argument("--write", type=Path, metavar="PAGE", help="write the tables to this page as well")
    told = asked.parse_args(words)
    unknown = [topic for topic in told.topics if topic not in TOPICS]
    if unknown:
        asked.error(f"TOPIC: expected some of {', '.join(TOPICS)}; got {', '.join(unknown)}")
    if told.write and told.topics:
        asked.error("--write: expected all topics, so that the page holds one run; leave the topics out")
    if not shutil.which("Rscript"):
        print(f"{NO_R}\n")
    print("Time of processor, one thread, as a ratio to leadin's.\n")
    found: list[Comparison] = []
    for topic in told.topics or TOPICS:
        for comparison in TOPICS[topic]():
            print(f"{as_text(comparison)}\n", flush=True)
            found.append(comparison)
    if told.write:
        told.write.write_text(page.written(told.write.read_text(encoding="utf-8"), found), encoding="utf-8")
        print(f"written: {told.write}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
