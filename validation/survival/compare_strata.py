"""Strata, covariates, competing causes and restricted means beside R's survival: writes agreement_strata.md here.

Run by hand from anywhere: python validation/survival/compare_strata.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from leadin.analysis.cox import hazard_ratio
from leadin.analysis.cumulative_incidence import cumulative_incidence
from leadin.analysis.kaplan_meier import survival_curve
from leadin.analysis.log_rank import log_rank_test
from leadin.analysis.restricted_mean import restricted_mean_survival, restricted_time_lost
from leadin.errors import ConvergenceError

HERE = Path(__file__).parent
CAUSES = {"death": 1, "tracheostomy": 2, "permanent_ventilation": 3}
MODELS = {
    "cox": ((), False),
    "covariates": (("age", "rate", "onset"), False),
    "strata": ((), True),
    "both": (("age", "rate"), True),
}


def relative(ours, theirs):
    """Relative difference; absolute where the reference is zero; 0 where both are absent."""
    if theirs is None:
        return 0.0 if np.isnan(ours) else np.inf
    return abs(ours - theirs) / (abs(theirs) or 1.0)


def read(name):
    return np.genfromtxt(HERE / "data" / f"{name}.csv", delimiter=",", names=True, dtype=None, encoding=None)


def worst(pairs):
    return f"{max((relative(ours, theirs) for ours, theirs in pairs), default=0.0):.1e}"


def log_rank_cells(entry, table):
    """The largest difference over arms and causes of chi-square and p, within sites and within sites and onset."""
    out = []
    for key in ("stratified", "by_two"):
        pairs = []
        for theirs in entry["pairs"]:
            mine = table[np.isin(table["arm"], (0, theirs["arm"]))]
            strata = mine["site"] if key == "stratified" else np.char.add(mine["site"], mine["onset"])
            test = log_rank_test(mine["time"], np.isin(mine["cause"], theirs["counted"]), mine["arm"], strata)
            pairs += [(test.chi_square, theirs[key]["chi_square"]), (test.p, theirs[key]["p"])]
        out.append(worst(pairs))
    return out


def cox_cells(entry, table):
    """The largest difference over arms and causes of log hazard ratio, standard error and p, for each model."""
    out = []
    for key, (names, within) in MODELS.items():
        pairs, none = [], 0
        for theirs in entry["pairs"]:
            mine = table[np.isin(table["arm"], (0, theirs["arm"]))]
            if "age" in names:
                mine = mine[np.isfinite(mine["age"])]
            columns = [(mine[n] == "bulbar") if n == "onset" else mine[n] for n in names]
            beside = {"columns": np.column_stack(columns).astype(float), "titles": names} if names else {}
            stratum = mine["site"] if within else None
            event = np.isin(mine["cause"], theirs["counted"])
            try:
                fit = hazard_ratio(mine["time"], event, mine["arm"] != 0, **beside, stratum=stratum)
            except ConvergenceError:
                none += 1
                assert theirs[key]["warning"] is not None
                continue
            pairs += [
                (fit.log_ratio, theirs[key]["estimate"]),
                (fit.standard_error, theirs[key]["standard_error"]),
                (fit.p, theirs[key]["p"]),
            ]
        out.append(worst(pairs) + (f" ({none} none)" if none else ""))
    return out


def incidence_cells(entry, table):
    """Incidence, its standard error, its limits; months lost and their standard error, over arms, causes, months."""
    shares, errors, limits, lost = [], [], [], []
    for arm in entry["incidence"]:
        mine = table[table["arm"] == arm["arm"]]
        for theirs in arm["causes"]:
            event = mine["cause"] == CAUSES[theirs["cause"]]
            curve = cumulative_incidence(mine["time"], event, (mine["cause"] > 0) & ~event)
            for i, month in enumerate(arm["months"]):
                step = curve.step_at(month)
                shares.append((curve.incidence[step], theirs["incidence"][i]))
                errors.append((curve.standard_error[step], theirs["standard_error"][i]))
                if theirs["incidence"][i] > 0:
                    limits += [(curve.low[step], theirs["low"][i]), (curve.high[step], theirs["high"][i])]
            mean = restricted_time_lost(curve, arm["tau"])
            for other in (theirs["lost"], theirs["lost_by_terms"]):
                lost += [(mean.months, other["months"]), (mean.standard_error, other["standard_error"])]
    return [worst(each) for each in (shares, errors, limits, lost)]


def mean_cells(entry, table):
    event = table["event"] == 1 if "event" in table.dtype.names else table["cause"] > 0
    means, errors = [], []
    for when in (entry["smallest"], entry["half"]):
        for theirs in when["arms"]:
            mine = table["arm"] == theirs["arm"]
            mean = restricted_mean_survival(survival_curve(table["time"][mine], event[mine]), when["month"])
            means.append((mean.months, theirs["rmean"]))
            errors += [
                (mean.standard_error, theirs["se"]),
                (mean.standard_error, theirs["by_formula"]["standard_error"]),
            ]
    return [worst(means), worst(errors)]


def main() -> None:
    """Compare everything and write the tables."""
    lines = [
        "# Agreement with R's survival: strata, covariates, competing causes, restricted means",
        "",
        "Written by `compare_strata.py`. The largest relative difference (absolute where R has zero) over arms, causes",
        "and months. `none`: no finite hazard ratio fits best; leadin says so, R warns.",
        "",
        "| data | log-rank in sites | in sites and onset | Cox | with covariates | with strata | with both | "
        "incidence | its SE | its limits | months lost |",
        f"|{'---|' * 11}",
    ]
    for entry in json.loads((HERE / "expected_strata.json").read_text()):
        table = read(f"{entry['dataset']}_strata")
        told = [*log_rank_cells(entry, table), *cox_cells(entry, table), *incidence_cells(entry, table)]
        lines.append(f"| {entry['dataset']} | {' | '.join(told)} |")
    lines += ["", "| data | restricted mean | its SE |", "|---|---|---|"]
    for entry in json.loads((HERE / "expected_restricted_mean.json").read_text()):
        lines.append(f"| {entry['dataset']} | {' | '.join(mean_cells(entry, read(entry['dataset'])))} |")
    (HERE / "agreement_strata.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
