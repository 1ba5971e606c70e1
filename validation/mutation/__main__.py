"""Can the tests fail? Plants single faults in the code, one at a time, and counts how many the tests notice.

    make mutate                                   300 mutants of each of protocols, trials and analysis
    python -m validation.mutation --rooms trials --per-room 50 --jobs 2 --seed 20261122
    python -m validation.mutation --survivors     only those that survived the last run, after tests were added

Every possible single fault of a room is listed (cosmic-ray's operators), a seeded sample is drawn, and each sampled
fault is tried in a copy of the project against those of the room's tests that run its line. Faults in annotations are
not drawn: annotations are never evaluated here (PEP 563), so no test could see them. Writes `verdicts.json`,
`results.json` and `survivors.md` beside this file; a reason written into `reasons.json` for a survivor (keyed by its
change, as printed there) is carried into the table.
"""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from validation.mutation.faults import Fault, list_faults, sample
from validation.mutation.reach import reach_of, tests_of
from validation.mutation.record import read_verdicts, write_record
from validation.mutation.trial_run import Verdict, prepare_copy, try_fault

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ROOMS = ("protocols", "trials", "analysis")
RECORDED_EVERY = 10


def main(arguments: list[str]) -> int:
    """Runs the sample and writes the record; 0 when every room kills at least the asked share, else 1."""
    options = _parse(arguments)
    verdicts = read_verdicts(HERE)
    with ProcessPoolExecutor(options.jobs, initializer=prepare_copy, initargs=(ROOT,)) as pool:
        for room in options.rooms:
            drawn = (
                [v.fault for v in verdicts.get(room, []) if not v.killed] if options.survivors else _draw(room, options)
            )
            reach = reach_of(room, ROOT)
            tests = [tests_of(reach, fault.path, fault.line) for fault in drawn]
            tried: list[Verdict] = []
            known = [v for v in verdicts.get(room, []) if v.killed] if options.survivors else []
            for verdict in pool.map(try_fault, drawn, [room] * len(drawn), tests):
                tried.append(verdict)
                if len(tried) % RECORDED_EVERY == 0:  # a run that is stopped keeps what it tried, in order of the draw
                    write_record({**verdicts, room: known + tried}, HERE, seed=options.seed)
                if sys.stderr.isatty() or len(tried) % 25 == 0 or len(tried) == len(drawn):
                    killed = sum(v.killed for v in tried)
                    print(f"{room}: {killed} of {len(tried)} killed ({len(drawn)} drawn)", file=sys.stderr, flush=True)
            verdicts[room] = known + tried
            shares = write_record(verdicts, HERE, seed=options.seed)
    for room, share in shares.items():
        print(f"{room}: {100 * share:.1f} % killed")
    return 0 if all(share >= options.at_least for share in shares.values()) else 1


def _draw(room: str, options: argparse.Namespace) -> list[Fault]:
    return sample(list_faults(ROOT / "src" / "leadin" / room, ROOT), options.per_room, options.seed, ROOT)


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m validation.mutation", description=__doc__.split("\n")[0])
    parser.add_argument("--rooms", nargs="+", default=list(ROOMS))
    parser.add_argument("--per-room", type=int, default=300)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--at-least", type=float, default=0.8, help="share to be killed in every room")
    parser.add_argument("--survivors", action="store_true", help="try only those that survived the last run")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
