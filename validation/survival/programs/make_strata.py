"""Makes data/s0*_strata.csv: arms, strata, covariates and competing causes, with what such code gets wrong.

Run by hand: python validation/survival/programs/make_strata.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parents[1] / "data"


def people(draw, n, *, arms=2, sites=3, decimals=1, end=18.0, effect=-0.4, shares=(0.6, 0.25, 0.15)):
    """Columns of n participants: hazards differ by arm, site, age and rate; each event has one of three causes."""
    arm, site = np.arange(n) % arms, draw.integers(0, sites, n)
    age, rate = np.round(draw.normal(60.0, 10.0, n), 1), np.round(draw.gamma(2.8, 0.36, n), 2)
    onset = np.where(draw.random(n) < 0.25, "bulbar", "limb")
    linear = effect * (arm > 0) + 0.3 * site + 0.03 * (age - 60.0) + 0.5 * rate + 0.4 * (onset == "bulbar")
    time = np.maximum(np.round(draw.exponential(22.0 * np.exp(-linear)), decimals), 10.0**-decimals)
    left = np.round(draw.uniform(6.0, 2.0 * end, n), decimals)
    cause = np.where(time <= np.minimum(left, end), draw.choice([1, 2, 3], n, p=shares), 0)
    return {
        "arm": arm, "time": np.minimum(np.minimum(time, left), end), "cause": cause,
        "site": np.array(list("abcdefghijkl"))[site], "age": age.astype(object), "rate": rate, "onset": onset,
    }  # fmt: skip


def write(name, table):
    lines = ["id,arm,time,cause,site,age,rate,onset"]
    for i, row in enumerate(zip(*table.values(), strict=True)):
        arm, time, cause, site, age, rate, onset = row
        told = "" if age is None else f"{age:.10g}"
        lines.append(f"{i + 1},{arm},{time:.10g},{cause},{site},{told},{rate:.10g},{onset}")
    (HERE / f"{name}_strata.csv").write_text("\n".join(lines) + "\n")


def main():
    def stream(k):
        return np.random.Generator(np.random.PCG64([20261128, k]))

    write("s01_plain", people(stream(1), 120))
    write("s02_ties_three_arms", people(stream(2), 150, arms=3, sites=4, decimals=0))
    missing = people(stream(3), 100)
    missing["age"][::9] = None
    write("s03_age_missing", missing)
    write("s04_small_strata", people(stream(4), 40, sites=12, decimals=0))
    none_dies = people(stream(5), 90)
    none_dies["cause"][none_dies["site"] == "b"] = 0
    write("s05_site_without_death", none_dies)
    write("s06_few", people(stream(6), 14, sites=2, decimals=0))
    wild = people(stream(7), 120, effect=-2.5)
    wild["age"] = np.array([1e5 * x for x in wild["age"]], dtype=object)
    wild["rate"] = np.round(wild["rate"] * 5e-4, 8)
    write("s07_wild_scales", wild)
    every = people(stream(8), 30, sites=2, decimals=0, end=400.0)
    every["cause"] = np.where(every["cause"] == 0, 1 + np.arange(30) % 2, every["cause"])
    write("s08_nobody_left", every)


if __name__ == "__main__":
    main()
