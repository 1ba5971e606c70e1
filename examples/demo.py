"""The demo: one published trial, simulated twice, analysed and reported; then a real trial, where its data are at hand.

python examples/demo.py OUT_FOLDER
"""

from __future__ import annotations

import sys
import time
from importlib.util import find_spec
from pathlib import Path

import leadin
from leadin.analysis.result import Result
from leadin.analysis.results import Results

ROOT = Path(__file__).resolve().parents[1]
PROTOCOL, EFFECT, SEED = "hanyang-phase2", 0.4, 1
RULE = ">= 50 % slower"


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
        if name == "report" and find_spec("typst") is not None:
            leadin.report(trial, results, out / f"{name}.pdf", chance=chance)
        says = (
            "cells do nothing" if slowing == 0 else f"the same people, but cells slow decline by {100 * slowing:.0f} %"
        )
        print(f"Simulated: {says}\n{summary(results)}\n  report: {page}\n")
    level = chance.level("responders", "alsfrs_r", "cells", RULE)
    if level is not None:
        print(
            f"With no treatment {100 * level.mean:.0f} % of this arm 'respond' ({RULE}; {100 * level.low:.0f} to "
            f"{100 * level.high:.0f} % in 95 of 100 such trials).\n"
        )
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
    print(f"Real: valproate against placebo\n{imported.summary()}\n{summary(results)}\n  report: {page}\n")


def summary(results: Results) -> str:
    """One line each for the models, the responders and survival; everything else stands in the report."""
    return "\n".join(line(result) for result in results if shown(result))


def shown(result: Result) -> bool:
    """The between-arm models, and each arm's responders by one rule."""
    if result.method == "responders":
        return result.rule == RULE and result.contrast is None
    return result.method in ("broken_stick", "random_slope", "log_rank") and result.converged


def line(result: Result) -> str:
    """Method, what, estimate with interval, p."""
    what = f"  {result.method:<13}{result.contrast or f'{result.arm}, {result.rule}':<26}"
    if result.method == "responders" and None not in (result.estimate, result.ci_low, result.ci_high):
        return what + "{:.0f} % ({:.0f} to {:.0f} %)".format(
            *(100 * (value or 0.0) for value in (result.estimate, result.ci_low, result.ci_high))
        )
    p = "" if result.p is None else f", p = {result.p:.2f}" if result.p >= 0.001 else ", p < 0.001"
    if result.estimate is None:
        return f"{what}chi-square {result.statistic:.2f}{p}"
    return f"{what}{result.estimate:.2f} ({result.ci_low:.2f} to {result.ci_high:.2f}) {result.unit}{p}"


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/demo"))
