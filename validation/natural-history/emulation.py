"""What the untreated disease model (docs, methods) implies, computed plainly: python emulation.py > emulation.json

Independent of the project's simulator on purpose, so that the two can be held against each other.

Model, months since enrolment e (time zero is e = 0 without lead-in, e = 3 with it):
  rate R ~ Gamma(mean, sd); a share `slow` of participants has a fifth of it
  drift u: stationary Ornstein-Uhlenbeck, SD c*sqrt(R), correlation time tau; (u, integral of u) drawn exactly per half
  month
  true score F(0) ~ N(37, 5.5) within [20, 48] at time zero, before any selection; F(t) = F(0) - integral of (R + u)
  from time zero
  observed Y = round(F + N(0, noise)) within [0, 48]; visits monthly
  hazard: Weibull shape 2.03 in e, scale solved once per population so that 80.7 % live 12 months without lead-in or
  selection, times exp(-0.07 * (F - 37)), F within [0, 48], trapezoidal in half months
Quantities are among those alive at the last visit they use.
"""

import json

import numpy as np

SHAPE, ALPHA, STEP = 2.03, 0.07, 0.5
SETS = {
    "default": {"mean": 1.0, "sd": 0.60, "slow": 0.0, "c": 0.90, "tau": 2.0, "noise": 1.6},
    "scan_A": {"mean": 0.80, "sd": 0.46, "slow": 0.0, "c": 0.90, "tau": 2.1, "noise": 2.15},
    "scan_B": {"mean": 1.14, "sd": 0.35, "slow": 0.39, "c": 1.5, "tau": 0.33, "noise": 2.17},
}


def slope(months, y):
    t = np.asarray(months, float) - np.mean(months)
    return y @ t / (t @ t)


def paths(p, n, lead_in, follow_up, rng):
    """Observed scores (n, visits), their months from time zero, true scores on the half-month grid."""
    k = (p["mean"] / p["sd"]) ** 2
    rate = rng.gamma(k, p["mean"] / k, n) * np.where(rng.random(n) < p["slow"], 0.2, 1.0)
    s, tau = p["c"] * np.sqrt(rate), p["tau"]
    a = np.exp(-STEP / tau)
    v_u, v_i, cov = 1 - a * a, 2 * tau * STEP - tau**2 * (1 - a) * (3 - a), tau * (1 - a) ** 2
    steps = int((lead_in + follow_up) / STEP)
    u, lost = s * rng.standard_normal(n), np.zeros((n, steps + 1))
    for j in range(steps):
        z = rng.standard_normal((2, n))
        e_u = s * np.sqrt(v_u) * z[0]
        e_i = s * (cov / np.sqrt(v_u) * z[0] + np.sqrt(v_i - cov**2 / v_u) * z[1])
        lost[:, j + 1] = lost[:, j] + rate * STEP + tau * (1 - a) * u + e_i
        u = a * u + e_u
    start = rng.normal(37, 5.5, 4 * n)
    start = start[(start >= 20) & (start <= 48)][:n]
    zero = int(lead_in / STEP)
    true = start[:, None] - (lost - lost[:, [zero]])
    visits = np.arange(0, steps + 1, int(1 / STEP))
    y = np.clip(np.round(true[:, visits] + rng.normal(0, p["noise"], (n, visits.size))), 0, 48)
    return y, visits * STEP - lead_in, true


def death(true, scale, rng):
    """Month of death since enrolment (inf if later than the grid)."""
    n, m = true.shape
    e = np.arange(m) * STEP
    base = np.diff((e / scale) ** SHAPE)
    h = np.exp(-ALPHA * (np.clip(true, 0, 48) - 37))
    H = np.cumsum(base * (h[:, 1:] + h[:, :-1]) / 2, axis=1)
    first = rng.exponential(size=n)[:, None] < H
    return np.where(first.any(1), e[1:][first.argmax(1)], np.inf)


def solve_scale(p, rng):
    _, _, true = paths(p, 60_000, 0, 12, rng)
    low, high = 5.0, 200.0
    for _ in range(40):
        mid = (low + high) / 2
        alive = np.mean(death(true, mid, np.random.default_rng(1)) > 12)
        low, high = (mid, high) if alive < 0.807 else (low, mid)
    return mid


def share(x):
    return [round(float(x.mean()), 4), round(float(np.sqrt(x.mean() * (1 - x.mean()) / x.size)), 4)]


def quantities(p, n=200_000, seed=20261122):
    rng = np.random.default_rng(seed)
    scale = solve_scale(p, rng)
    out = {"parameters": p, "weibull_scale_months": round(scale, 3)}
    y, t, true = paths(p, n, 0, 18, rng)
    dead = death(true, scale, rng)
    out["alive_12"] = share(dead > 12)
    for m in (4, 6, 8, 12, 18):
        ok = dead > m
        d = y[ok, m] - y[ok, 0]
        out[f"change_{m}"] = {
            "mean": round(float(d.mean()), 3),
            "sd": round(float(d.std()), 3),
            "no_decline": share(d >= 0),
        }
    y, t, true = paths(p, n, 3, 9, rng)
    dead = death(true, scale, rng)
    ok = dead > 12
    pre, post = slope(t[:4], y[ok][:, :4]), slope(t[4:], y[ok][:, 4:])
    out["lead_in_v_follow_up"] = {
        "visits": "-3..0 against 1..9",
        "correlation": round(float(np.corrcoef(pre, post)[0, 1]), 4),
        "sd_lead_in": round(float(pre.std()), 4),
        "sd_follow_up": round(float(post.std()), 4),
    }
    fast = pre <= -1
    gain = post[fast] - pre[fast]
    out["given_lead_in_slope_at_most_-1"] = {
        "share": share(fast),
        "at_least_1.25": share(gain >= 1.25),
        **{f"at_least_{q}%": share(gain >= -q / 100 * pre[fast]) for q in (25, 50, 75, 100)},
    }
    entry = (y[:, 0] - y[:, 3] >= 3) & (dead > 10)
    pre, post = slope(t[:4], y[entry][:, :4]), slope(t[4:11], y[entry][:, 4:11])
    shared = slope(t[3:11], y[entry][:, 3:11])
    out["entry_lost_3_points_in_lead_in"] = {
        "share": share(entry),
        "follow_up": "visits 1..7",
        "at_least_1.25": share(post - pre >= 1.25),
        "at_least_1.25_if_baseline_is_shared": share(shared - pre >= 1.25),
        "mean_slope_change": round(float((post - pre).mean()), 3),
    }
    return out


if __name__ == "__main__":
    print(json.dumps({name: quantities(p) for name, p in SETS.items()}, indent=1))
