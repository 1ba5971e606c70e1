"""Ratios against other programs: the same data, one run, one thread.

make bench

The data sets stand in `validation/`, or are made on the spot. Peers that are not installed are named. Figures are
ratios of processor time in this run only.
"""

from __future__ import annotations

import shutil
import sys

from benchmarks import joint_rank, random_slope, repeated_measures, safety, survival
from benchmarks.side_by_side import NO_R


def main() -> int:
    """Prints, for each method, a line a program: how many times leadin's time it took."""
    if not shutil.which("Rscript"):
        print(f"{NO_R}\n")
    print("Time of processor, one thread, as a ratio to leadin's.\n")
    for topic in (random_slope, repeated_measures, joint_rank, survival, safety):
        print(f"{topic.compared()}\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
