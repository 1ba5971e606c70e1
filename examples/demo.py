"""The demo: one published trial, simulated twice, analysed and reported; then a real trial, where its data are at hand.

python examples/demo.py OUT_FOLDER
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import leadin

ROOT = Path(__file__).resolve().parents[1]
PROTOCOL, EFFECT, SEED = "hanyang-phase2", 0.4, 1


def main(out: Path) -> None:
    """Writes the trial folders and reports under `out` and prints what they show."""
    began = time.perf_counter()
    out.mkdir(parents=True, exist_ok=True)
    protocol = leadin.protocol(PROTOCOL)
    print(f"{protocol.title}\n{protocol.summary}\n")
    chance = leadin.chance(protocol, seed=SEED)
    for slowing, name in ((0.0, "no-effect"), (EFFECT, "report")):
        trial = leadin.simulate(protocol, slowing=slowing, seed=SEED)
        leadin.write(trial, out / f"trial-{name}")
        results = leadin.analyse(trial)
        page = leadin.report(trial, results, out / f"{name}.html", chance=chance)
        says = "cells do nothing" if slowing == 0 else f"cells slow decline by {100 * slowing:.0f} %"
        print(f"Simulated, {says}: {page}\n{results}\n")
    report_real_trial(ROOT.parent / "shared" / "data" / "vpa-trial", out)
    print(f"Done in {time.perf_counter() - began:.0f} s. Open {out / 'report.html'}")


def report_real_trial(data: Path, out: Path) -> None:
    """Imports and reports the real valproate trial (Piepers 2009); its data are not part of this project."""
    files = sorted(data.glob("*.csv"))
    if not files:
        print("The real valproate trial is left out: its data are not at hand.\n")
        return
    trial, imported = leadin.import_tables(files, ROOT / "examples" / "valproate" / "mapping.yaml")
    leadin.write(trial, out / "trial-valproate")
    results = leadin.analyse(trial)
    page = leadin.report(trial, results, out / "valproate.html")
    print(f"Real trial, valproate: {page}\n{imported.summary()}\n{results}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/demo"))
