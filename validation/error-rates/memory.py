"""How much memory and time a million replicates take: writes memory.csv, a line for each run, each in a fresh process.

Run by hand from anywhere, on a machine with nothing else to do: python validation/error-rates/memory.py
Column peak_mb is the largest resident size of the process (Linux), imports and compiled code included.
"""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
W1 = HERE.parents[1] / "benchmarks" / "protocols" / "w1.yaml"
NINE = "random_slope,broken_stick,mmrm,ancova,slope_change,responders,log_rank,cox,joint_rank"
RUNS = (
    ("hanyang-phase2", 24, "random_slope", 10_000, 1),
    ("hanyang-phase2", 24, "random_slope", 1_000_000, 2),
    (str(W1), 200, "random_slope", 10_000, 1),
    (str(W1), 200, "random_slope", 10_000, 2),
    (str(W1), 200, "random_slope", 1_000_000, 2),
    (str(W1), 200, NINE, 10_000, 2),
    (str(W1), 200, NINE, 100_000, 2),
)
COLUMNS = (
    "protocol",
    "n",
    "analyses",
    "replicates",
    "threads",
    "peak_mb",
    "seconds",
    "processor_seconds",
    "per_processor_second",
)
PROGRAM = """
import resource, sys, time
import leadin
protocol, n, analyses, replicates, threads = sys.argv[1:]
said = dict(n=int(n), slowing=0.0, analysis=analyses.split(","), threads=int(threads))
leadin.design(protocol, replicates=256, **said)  # loads what is compiled
started, used = time.perf_counter(), time.process_time()
leadin.design(protocol, replicates=int(replicates), **said)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(peak, time.perf_counter() - started, time.process_time() - used)
"""


def main() -> None:
    """Every run; the file is written after each."""
    rows: list[tuple[object, ...]] = []
    for run in RUNS:
        words = [str(word) for word in run]
        first = [*words[:3], "1", "1"]  # compiles
        subprocess.run([sys.executable, "-c", PROGRAM, *first], capture_output=True, check=True)
        done = subprocess.run([sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, check=True)
        peak, seconds, used = map(float, done.stdout.split())
        named = (Path(run[0]).stem, run[1], run[2].replace(",", " "), *run[3:])
        rows.append((*named, round(peak), round(seconds, 1), round(used, 1), round(run[3] / used)))
        print(*rows[-1], flush=True)
        with (HERE / "memory.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(rows)


if __name__ == "__main__":
    main()
