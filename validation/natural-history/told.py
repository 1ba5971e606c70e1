"""The predictions as tables of the page docs/methods/natural-history.md."""

from __future__ import annotations

from pathlib import Path


def marks(what: str) -> tuple[str, str]:
    return f"<!-- {what}: written by predict.py -->\n", f"<!-- end of {what} -->"


def into(page: Path, what: str, rows: str) -> None:
    """The rows between their marks in the page."""
    begin, end = marks(what)
    before, rest = page.read_text(encoding="utf-8").split(begin)
    page.write_text(f"{before}{begin}{rows}{end}{rest.split(end)[1]}", encoding="utf-8")


def estimates(fit: dict) -> str:
    """The fitted parameters, one row each."""
    rows = [
        f"| `{name}` | {said['value']:g} | {said['standard_error']:.2g} | {said['low']:.2f} to {said['high']:.2f} |"
        for name, said in fit["estimates"].items()
    ]
    head = ["", "| parameter | estimate | standard error | 95 % of refits |", "|---|---|---|---|"]
    return "\n".join([*head, *rows, "", ""])


def markdown(record: dict) -> str:
    """Calibrate and predict apart; hits, misses and what cannot be judged are counted."""
    calibrate, predict = record["calibrate"], record["predict"]
    control = [row for row in predict if not row["treated"]]
    treated = [row for row in predict if row["treated"]]
    return "\n".join(
        [
            "",
            "### Pooled cohorts and registers",
            "",
            f"The model was fitted to these. {_count(calibrate)} {_by_sampling_alone(calibrate, record['within'])}",
            "",
            *_calibrate(calibrate),
            "",
            "### Control and placebo arms of single trials",
            "",
            f"Nothing was fitted to these. {_count(control)}",
            "",
            *_predict(control),
            "",
            "### Uncontrolled trials: what no effect shows",
            "",
            "Treated participants, published, against simulation with no effect at all. A figure that simulation",
            "reaches within two errors needs no effect to explain it; one that it does not reach has an effect,",
            "another selection of participants or another count behind it: an uncontrolled trial cannot tell which.",
            "",
            *_predict(treated, ("reached", "not reached")),
            "",
        ]
    )


def _count(rows: list[dict]) -> str:
    hits = sum(row["hit"] is True for row in rows)
    misses = sum(row["hit"] is False for row in rows)
    rest = len(rows) - hits - misses
    unjudged = f"; {rest} published without any error are shown and not judged" if rest else ""
    return f"{hits} of {hits + misses} figures within two errors{unjudged}."


def _by_sampling_alone(rows: list[dict], within: float) -> str:
    """What the discrepancy buys: how many figures would be hits if nothing but sampling parted them from the truth."""
    hits = sum(
        abs(row["simulated"] - row["published"]) <= within * (row["sampling_error"] ** 2 + row["mc_error"] ** 2) ** 0.5
        for row in rows
    )
    return f"Within two sampling errors alone, without the discrepancy, lie {hits}."


def _calibrate(rows: list[dict]) -> list[str]:
    lines = [
        "| target | unit | published | sampling error, discrepancy | simulated (Monte Carlo error) | |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        error = f"{row['sampling_error']:g}, {row['discrepancy']:g}"
        fitted = "" if row["fitted"] else " (not fitted)"
        lines.append(
            f"| `{row['target']}`{fitted} | {row['unit']} | {row['published']:g} | {error} "
            f"| {_number(row['simulated'])} ({row['mc_error']:.2g}) | {_verdict(row['hit'])} |"
        )
    return lines


def _predict(rows: list[dict], words: tuple[str, str] = ("hit", "**miss**")) -> list[str]:
    lines = ["| trial | figure | published (error) | simulated (Monte Carlo error) | |", "|---|---|---|---|---|"]
    for row in rows:
        error = "" if row["published_error"] is None else f" ({row['published_error']:.2g})"
        status = "" if row["status"] in ("read", "computed") else f", {row['status']}"
        lines.append(
            f"| {row['trial']}{status} | {row['figure']} | {_number(row['published'])}{error} "
            f"| {_number(row['simulated'])} ({row['mc_error']:.2g}) | {_verdict(row['hit'], words)} |"
        )
    return lines


def _number(value: float) -> str:
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _verdict(hit: bool | None, words: tuple[str, str] = ("hit", "**miss**")) -> str:
    return "not judged" if hit is None else words[0 if hit else 1]
