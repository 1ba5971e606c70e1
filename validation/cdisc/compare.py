"""The CDISC pilot in leadin, in a plain count, in R and in lifelines: python compare.py PILOT; writes agreement.md."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import leadin
from leadin.analysis.adverse_event_table import safety_table
from leadin.analysis.cox import hazard_ratio
from leadin.analysis.kaplan_meier import survival_curve
from leadin.analysis.log_rank import log_rank_test
from leadin.trials.clinical_formats.import_data_sets import read_data_set
from leadin.trials.clinical_formats.time_to_event import time_to_event
from leadin.trials.trial import Trial
from leadin.trials.usable import usable_trial

HERE = Path(__file__).parent
ADAM = ("adsl.json", "adae.json", "adtte.json")
SDTM = ("sdtm_dm.json", "sdtm_ae.json", "sdtm_ds.json", "sdtm_ts.json")


def round_trips(pilot: Path, files: tuple[str, ...]) -> list[str]:
    """One line a data set: rows in tables, rows beside, and whether both exports give back every cell."""
    trial, report = leadin.import_tables([pilot / name for name in files])
    with tempfile.TemporaryDirectory() as place:
        read = leadin.read(leadin.write(trial, Path(place) / "trial"))
        for form in ("dataset-json", "xpt"):
            leadin.export(read, Path(place) / form, file_format=form)
        beside = {data.name: data.rows.height for data in trial.outside}
        dropped = report.count("dropped")
        lines = []
        for name in files:
            source = read_data_set(pilot / name)
            same = []
            for form, suffix in (("dataset-json", "json"), ("xpt", "xpt")):
                back = read_data_set(Path(place) / form / f"{source.name.lower()}.{suffix}")
                rows = back.rows.select(source.names).cast(source.rows.schema)
                order = list(source.names)
                alike = rows.sort(order).equals(source.rows.sort(order), null_equal=True)
                labels = [each.label for each in back.variables] == [each.label for each in source.variables]
                same.append("every cell, label and name" if alike and labels else "DIFFERS")
            rows_in, rows_beside = source.rows.height, beside[source.name]
            size = f"{rows_in} x {len(source.names)}"
            counted = f"{rows_in - rows_beside} | {rows_beside} | {dropped}"
            lines.append(f"| {source.name} | {size} | {counted} | {' | '.join(same)} |")
        return lines


def count_differences(trial: Trial) -> tuple[int, int, list[str]]:
    """Cells compared, cells that differ, and the totals of each arm."""
    counted = json.loads((HERE / "counts.json").read_text(encoding="utf-8"))
    table = safety_table(usable_trial(trial))
    ours = {}
    for row in table.iter_rows(named=True):
        group = ": ".join(part for part in (row["system_organ_class"], row["term"]) if part)
        ours[group, row["arm"]] = [row["participants"], row["events"], row["serious"]]
    theirs = {
        (group, arm): by_arm.get(arm, [0, 0, 0])
        for group, by_arm in counted["counts"].items()
        for arm in counted["population"]
    }
    differing = sum(ours.get(key) != theirs.get(key) for key in {*ours, *theirs})
    lines = []
    for arm, people in counted["population"].items():
        n = table.filter(arm=arm)["n"][0]
        told = f"{ours['', arm][0]} / {ours['', arm][1]} / {ours['', arm][2]}"
        plain = " / ".join(str(number) for number in theirs["", arm])
        lines.append(f"| {arm} | {n} | {people} | {told} | {plain} |")
    return 3 * len(theirs), differing, lines


def survival_lines(trial: Trial) -> list[str]:
    """R, lifelines and leadin on the time to the first dermatologic event."""
    expected: dict[str, Any] = json.loads((HERE / "survival.json").read_text(encoding="utf-8"))
    times = time_to_event(trial, "TTDE")
    lines = []
    for curve in expected["curves"]:
        mine = times.filter(arm=curve["arm"])
        ours = survival_curve(mine["time"].to_numpy(), mine["event"].to_numpy())
        at = np.searchsorted(ours.months, np.asarray(curve["days"]), side="right") - 1
        worst = max(
            float(np.abs(getattr(ours, name)[at] - np.asarray(curve[key])).max())
            for name, key in (("survival", "survival"), ("standard_error", "se"), ("low", "low"), ("high", "high"))
        )
        last = f"{curve['survival'][-1]:.6f} at day {curve['days'][-1]}"
        peer = lifelines_curve(mine, ours)
        lines.append(row(f"Kaplan-Meier, {curve['arm']}", curve["n"], curve["events"], last, worst, peer))
    for pair in expected["pairs"]:
        mine = times.filter(times["arm"].is_in(["Placebo", pair["arm"]]))
        time, event, other = mine["time"].to_numpy(), mine["event"].to_numpy(), (mine["arm"] == pair["arm"]).to_numpy()
        test, fit = log_rank_test(time, event, other), hazard_ratio(time, event, other)
        n, events = len(time), int(event.sum())
        chi = abs(test.chi_square / pair["chi_square"] - 1.0)
        peer = lifelines_chi(time, event, other, test.chi_square)
        told = f"chi-square {test.chi_square:.6f}"
        lines.append(row(f"log-rank, {pair['arm']} - Placebo", n, events, told, chi, peer))
        errors = (fit.log_ratio / pair["log_hazard_ratio"], fit.standard_error / pair["standard_error"])
        log = max(abs(error - 1.0) for error in errors)
        peer = lifelines_cox(time, event, other, fit.log_ratio)
        told = f"log hazard ratio {fit.log_ratio:.6f}"
        lines.append(row(f"Cox, {pair['arm']} - Placebo", n, events, told, log, peer))
    return lines


def row(what: str, n: int, events: int, told: str, from_r: float, from_lifelines: float) -> str:
    """A row of the table."""
    return f"| {what} | {n} | {events} | {told} | {from_r:.1e} | {from_lifelines:.1e} |"


def lifelines_curve(mine: Any, ours: Any) -> float:
    """Largest difference of survival from lifelines, over all its times."""
    from lifelines import KaplanMeierFitter

    fit = KaplanMeierFitter().fit(mine["time"].to_numpy(), mine["event"].to_numpy())
    theirs = fit.survival_function_.iloc[:, 0]
    at = np.searchsorted(ours.months, theirs.index.to_numpy(), side="right") - 1
    return float(np.abs(ours.survival[at] - theirs.to_numpy()).max())


def lifelines_chi(time: Any, event: Any, other: Any, ours: float) -> float:
    """Relative difference of the log-rank chi-square from lifelines."""
    from lifelines.statistics import logrank_test

    theirs = logrank_test(time[other], time[~other], event[other], event[~other]).test_statistic
    return abs(float(theirs) / ours - 1.0)


def lifelines_cox(time: Any, event: Any, other: Any, ours: float) -> float:
    """Relative difference of the log hazard ratio from lifelines at a tight tolerance."""
    import pandas as pd
    from lifelines import CoxPHFitter

    data = pd.DataFrame({"time": time, "event": event, "other": other.astype(float)})
    fit = CoxPHFitter().fit(data, "time", "event", fit_options={"precision": 1e-12})
    return abs(float(fit.params_["other"]) / ours - 1.0)


def main(pilot: str) -> None:
    """Import, count, analyse, write the page."""
    folder = Path(pilot)
    trial, _ = leadin.import_tables([folder / name for name in ADAM])
    compared, differing, totals = count_differences(trial)
    lines = [
        "# Agreement on the CDISC pilot study",
        "",
        "Written by `compare.py`. The data are CDISC's (MIT licence) and not part of this project.",
        "",
        "## Import and back",
        "",
        "Rows that no table holds stand beside the tables in the trial folder. Dropped is a count of the whole import.",
        "",
        "| data set | rows x variables | in tables | beside | dropped | back as Dataset-JSON | back as XPT |",
        "|---|---|---|---|---|---|---|",
        *round_trips(folder, ADAM),
        *round_trips(folder, SDTM),
        "",
        "## Adverse events of the safety population",
        "",
        f"Participants, events and serious events by arm, system organ class and term: {compared} figures compared",
        f"with `counts.json`, {differing} rows differ. Totals, as participants / events / serious events:",
        "",
        "| arm | n, leadin | n, count | leadin | plain count |",
        "|---|---|---|---|---|",
        *totals,
        "",
        "## Time to the first dermatologic event",
        "",
        "Largest difference: absolute for Kaplan-Meier (survival, standard error and both limits at seven days from R;",
        "survival at every time from lifelines), relative for the others.",
        "",
        "| what | n | events | leadin | from R | from lifelines |",
        "|---|---|---|---|---|---|",
        *survival_lines(trial),
    ]
    (HERE / "agreement.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Name the folder of the pilot's Dataset-JSON files: python -m validation.cdisc.compare FOLDER")
    main(sys.argv[1])
