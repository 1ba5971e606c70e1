"""Writes rates.md from rates.csv, model.csv and memory.csv, and the tables of the section on error rates of the page on
the engine: nobody types a number."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).parent
BOUND = 3.0
"""Monte Carlo standard errors, at the nominal level, within which a rate counts as nominal."""
TITLES = {
    "w1": "W1, 200 participants",
    "w1-no-drift": "W1, 200 participants, rates of decline that do not drift",
    "hanyang-phase2": "hanyang-phase2, its own 64 participants",
    "hanyang-phase2-24": "hanyang-phase2, 24 participants",
    "w1-20": "W1, 20 participants",
    "w1-20-no-drift": "W1, 20 participants, rates of decline that do not drift",
    "hanyang-phase1": "hanyang-phase1, one arm of 8 against its own lead-in",
    "hadassah-repeated": "hadassah-repeated, one arm of 20 against its own lead-in",
}
SHOWN = ("w1", "hanyang-phase2", "hanyang-phase2-24", "w1-20")
"""Those on the page on the engine."""
PAGE = HERE.parents[1] / "docs" / "methods" / "engine.md"
ONE_ARM = ("hanyang-phase1", "hadassah-repeated")
OUTSIDE = {
    "random_slope": "small n: estimated variances are taken for the true ones",
    "broken_stick": "small n: estimated variances are taken for the true ones; drift, which the model does not know",
    "mmrm-satterthwaite": "small n: estimated variances are taken for the true ones",
    "responders": "Fisher's p takes few values",
    "log_rank": "few deaths: no table is extreme enough",
    "cox": "few deaths: Wald's test; not evaluable where all are in one arm",
    "joint_rank": "p takes few values; correction for continuity",
}
"""Why a rate is outside, of each method for which that was found."""
HEAD = ("analysis", "rejected %", "holds the value %", "mean SE / SD", "not evaluable %", "why outside")

Row = Mapping[str, str]


def rows(name: str) -> list[Row]:
    """The lines of a file in this folder."""
    path = HERE / name
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def within(rate: float, trials: int, nominal: float) -> bool:
    """Whether a rate is its nominal one, as far as so many trials can tell."""
    return abs(rate - nominal) <= BOUND * (nominal * (1.0 - nominal) / trials) ** 0.5


def share(row: Row, name: str) -> str:
    """A share and its Monte Carlo error in per cent."""
    return f"{100 * float(row[name]):.2f} ({100 * float(row[f'{name}_mcse']):.2f})" if row[name] else "-"


def line(row: Row) -> str:
    """A row of the table of its situation."""
    trials, told = int(row["replicates"]), ""
    if row["situation"] not in ONE_ARM and not within(float(row["rejected"]), trials, float(row["alpha"])):
        told = OUTSIDE[row["analysis"]]
        if row["situation"].endswith("no-drift"):
            told = told.partition("; drift")[0]
    errors = (
        f"{float(row['mean_standard_error']) / float(row['sd_estimate']):.3f}" if row["mean_standard_error"] else "-"
    )
    called = f"`{row['analysis']}`" + (f", {row['rule']}" if row["rule"] else "")
    lost = f"{100 * int(row['not_evaluable']) / trials:.1f}"
    return f"| {called} | {share(row, 'rejected')} | {share(row, 'coverage')} | {errors} | {lost} | {told} |"


def situation(name: str, mine: list[Row]) -> list[str]:
    """The table of one situation."""
    trials = sorted({int(row["replicates"]) for row in mine}, reverse=True)
    numbers = " and ".join(f"{number:,}" for number in trials)
    told = f"{numbers} trials, seed {mine[0]['seed']}, {float(mine[0]['deaths']):.1f} deaths in each on average"
    if name in ONE_ARM:
        values = ", ".join(f"{row['analysis']} {float(row['value']):+.3f}" for row in mine)
        told += f"; change of slope that chance alone shows, points per month: {values}"
    head = [f"| {' | '.join(HEAD)} |", "|" + "---|" * len(HEAD)]
    return [f"### {TITLES[name]}", "", f"{told}.", "", *head, *map(line, mine), ""]


def model() -> list[str]:
    """The table of `random_slope` on data of its own model."""
    head = ["| n | rejected % | mean SE / SD |", "|---|---|---|"]
    return head + [
        f"| {row['n']} | {share(row, 'rejected')} | "
        f"{float(row['mean_standard_error']) / float(row['sd_estimate']):.3f} |"
        for row in rows("model.csv")
    ]


def memory() -> list[str]:
    """The table of memory and time."""
    head = [
        "| trials of | analyses | replicates | threads | peak MB | seconds | trials per second of processor |",
        "|---|---|---|---|---|---|---|",
    ]
    return head + [
        f"| {row['protocol']}, n {row['n']} | {'all nine' if ' ' in row['analyses'] else row['analyses']} | "
        f"{int(row['replicates']):,} | {row['threads']} | {row['peak_mb']} | {row['seconds']} | "
        f"{int(row['per_processor_second']):,} |"
        for row in rows("memory.csv")
    ]


def text() -> str:
    """The whole page."""
    rates = rows("rates.csv")
    told = [
        "# Error rates of the engine",
        "",
        "Written by `table.py` from `rates.csv`, `model.csv` and `memory.csv`. Share of all trials without effect that",
        "reject at 5 %, and of evaluable ones whose 95 % interval holds the true value; Monte Carlo standard errors in",
        "brackets. A rate more than three of them from 5 % has its reason beside it.",
        "",
    ]
    for name in TITLES:
        mine = [row for row in rates if row["situation"] == name]
        told += situation(name, mine) if mine else []
    told += ["### `random_slope` on data of exactly its own model", "", *model(), ""]
    told += ["### Memory and time", "", *memory(), ""]
    return "\n".join(told)


def overview() -> list[str]:
    """Rejections of each analysis between randomised arms, a column for each situation; bold: within bounds of 5 %."""
    rates = [row for row in rows("rates.csv") if row["situation"] in SHOWN]
    names = dict.fromkeys((row["analysis"], row["rule"]) for row in rates)
    found = {(row["situation"], row["analysis"], row["rule"]): row for row in rates}
    told = [f"| rejected % | {' | '.join(TITLES[name] for name in SHOWN)} |", "|---|" + "---|" * len(SHOWN)]
    for analysis, rule in names:
        cells = [f"`{analysis}`" + (f", {rule}" if rule else "")]
        for name in SHOWN:
            row = found.get((name, analysis, rule))
            if row is None:
                cells.append("")
                continue
            inside = within(float(row["rejected"]), int(row["replicates"]), float(row["alpha"]))
            cells.append(f"**{share(row, 'rejected')}**" if inside else share(row, "rejected"))
        told.append(f"| {' | '.join(cells)} |")
    return told


def one_arm() -> list[str]:
    """Rejections in one arm against its own lead-in."""
    told = [
        "| one arm against its own lead-in | analysis | mean change of slope | rejected % | holds that value % |",
        "|---|---|---|---|---|",
    ]
    return told + [
        f"| {row['situation']}, n {row['n']} | `{row['analysis']}` | {float(row['value']):+.3f} | "
        f"{share(row, 'rejected')} | {share(row, 'coverage')} |"
        for row in rows("rates.csv")
        if row["situation"] in ONE_ARM
    ]


def placed(page: str) -> str:
    """The page with its tables as they are now: what stands between `<!-- name -->` and `<!-- end of name -->`."""
    tables = {"error rates": overview(), "one arm": one_arm(), "own model": model(), "memory and time": memory()}
    for name, lines in tables.items():
        before, start, rest = page.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(f"<!-- end of {name} -->")
        page = before + start + "\n".join(lines) + "\n" + end + after
    return page


if __name__ == "__main__":
    (HERE / "rates.md").write_text(text(), encoding="utf-8")
    PAGE.write_text(placed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
