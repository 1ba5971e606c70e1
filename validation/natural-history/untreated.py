"""A fast twin of the untreated disease model, for the fit: everybody enrolled at time zero, a visit each month, no
other drop-out. Same model and same letters as src/leadin/disease; common months for everybody make it fast. Held
equal to the package by tests/disease/test_fit_twin.py.

Mechanisms that the fit was offered and does not need are here too, off unless asked for, so that `fit.py` can say what
each would bring: a class of slow decliners, a power of the rate other than 1/2 in the drift, a second, slow drift,
decline that slows near the floor of the scale, and practice that lifts the first assessments alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammainc, gammaincinv, ndtr, ndtri

MONTHS = 18
OFF = {
    "slow_share": 0.0,
    "slow_factor": 0.2,
    "drift_power": 0.5,
    "slow_drift_sd": 0.0,
    "slow_drift_months": 12.0,
    "floor_points": 0.0,
    "practice_points": 0.0,
}
PRACTICE_MONTHS = 1.0


@dataclass(frozen=True)
class Numbers:
    """Random numbers of n people, drawn once: two sets of parameters are compared in the same people."""

    uniforms: dict[str, np.ndarray]
    drift: np.ndarray
    slow_drift: np.ndarray
    error: np.ndarray
    exponential: np.ndarray

    @classmethod
    def drawn(cls, n: int, seed: int) -> Numbers:
        rng = np.random.default_rng(seed)
        names = ("rate", "bulbar", "score", "onset", "slow")
        uniforms = {name: rng.random(n) for name in names}
        uniforms["rate"] = np.maximum(uniforms["rate"], 1e-300)
        uniforms["score"] = np.maximum(uniforms["score"], 1e-300)
        return cls(
            uniforms,
            rng.standard_normal((n, 2 * MONTHS + 1)),
            rng.standard_normal((n, 2 * MONTHS + 1)),
            rng.standard_normal((n, MONTHS + 1)),
            rng.standard_exponential(n),
        )


@dataclass(frozen=True)
class Cohort:
    """n people, visits at months 0 to 18. rate, bulbar, months_since_onset (n,); observed (n, 19); alive (n, 19): at
    each month; survival (19,): expected share alive at each month."""

    rate: np.ndarray
    bulbar: np.ndarray
    months_since_onset: np.ndarray
    observed: np.ndarray
    alive: np.ndarray
    survival: np.ndarray
    measurement_sd: float


def simulate(p: dict[str, float], numbers: Numbers) -> Cohort:
    """The cohort under parameters p: the flat names of a population (see `fit.py`), and those of OFF."""
    p = OFF | p
    u = numbers.uniforms
    bulbar = u["bulbar"] < p["bulbar_share"]
    rate = _rates(p, bulbar, u["rate"]) * np.where(u["slow"] < p["slow_share"], p["slow_factor"], 1.0)
    scale = rate ** p["drift_power"]
    loss = rate[:, None] * np.arange(MONTHS + 1.0)
    loss += _drift(p["drift_sd"] * scale, p["drift_months"], p["steady_at_enrolment"], numbers.drift)
    if p["slow_drift_sd"] > 0:
        loss += _drift(p["slow_drift_sd"] * scale, p["slow_drift_months"], 0.0, numbers.slow_drift)
    true = _truncated_normal(u["score"], p)[:, None] - loss
    if p["floor_points"] > 0:
        true = p["floor_points"] * np.logaddexp(0.0, true / p["floor_points"])
    practice = p["practice_points"] * -np.expm1(-np.arange(MONTHS + 1.0) / PRACTICE_MONTHS)
    observed = np.clip(np.rint(true + practice + p["measurement_sd"] * numbers.error), 0, 48)
    burden = _burden(p, true, rate)
    unit = _solve(burden[:, 12], p["alive_at_12_months"])
    return Cohort(
        rate=rate,
        bulbar=bulbar,
        months_since_onset=_since_onset(p, u),
        observed=observed,
        alive=burden * unit < numbers.exponential[:, None],
        survival=np.exp(-burden * unit).mean(axis=0),
        measurement_sd=p["measurement_sd"],
    )


def _rates(p: dict[str, float], bulbar: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
    b, extra = p["bulbar_share"], p["bulbar_extra"]
    other = p["rate_mean"] - b * extra
    within = p["rate_sd"] ** 2 - b * (1 - b) * extra**2
    alpha = ((1 - b) * other**2 + b * (other + extra) ** 2) / within
    return np.where(bulbar, other + extra, other) * gammaincinv(alpha, uniforms) / alpha


def _drift(sd: np.ndarray, tau: float, steady: float, normals: np.ndarray) -> np.ndarray:
    """Integral of the drift (n, 19) from month 0; normals (n, 37): the start, then two a month."""
    kept, lost = np.exp(-1 / tau), -np.expm1(-1 / tau)
    along = tau * lost * np.sqrt(lost / (1 + kept))
    across = np.sqrt(max(2 * tau - tau**2 * lost * (3 - kept) - along**2, 0.0))
    integral = np.zeros((sd.size, MONTHS + 1))
    u = sd * (normals[:, 0] - steady)
    for j in range(MONTHS):
        z1, z2 = normals[:, 1 + 2 * j], normals[:, 2 + 2 * j]
        integral[:, j + 1] = integral[:, j] + tau * lost * u + sd * (along * z1 + across * z2)
        u = kept * u + sd * np.sqrt(lost * (1 + kept)) * z1
    return integral


def _truncated_normal(uniforms: np.ndarray, p: dict[str, float]) -> np.ndarray:
    mean, sd = p["score_mean"], p["score_sd"]
    low, high = ndtr((p["score_minimum"] - mean) / sd), ndtr((p["score_maximum"] - mean) / sd)
    return mean + sd * ndtri(low + uniforms * (high - low))


def _since_onset(p: dict[str, float], u: dict[str, np.ndarray]) -> np.ndarray:
    link, mean, sd = p["onset_goes_with_loss"], p["onset_mean"], p["onset_sd"]
    w = -(ndtri(u["score"]) + ndtri(u["rate"])) / np.sqrt(2)
    z = link * w + np.sqrt(1 - link**2) * ndtri(np.maximum(u["onset"], 1e-300))
    alpha, scale = (mean / sd) ** 2, sd**2 / mean
    low, high = gammainc(alpha, p["onset_minimum"] / scale), gammainc(alpha, p["onset_maximum"] / scale)
    return scale * gammaincinv(alpha, low + ndtr(z) * (high - low))


def _burden(p: dict[str, float], true: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Cumulative hazard (n, 19) if the Weibull scale were 1 month."""
    times = np.exp(-p["hazard_per_point"] * (np.clip(true, 0, 48) - 37.0))
    clock = np.diff(np.arange(MONTHS + 1.0) ** p["weibull_shape"])
    burden = np.zeros_like(true)
    np.cumsum(clock * (times[:, 1:] + times[:, :-1]) / 2, axis=1, out=burden[:, 1:])
    return burden * np.exp(p["hazard_per_rate"] * (rate - p["rate_mean"]))[:, None]


def _solve(burden: np.ndarray, alive: float) -> float:
    """The factor on the burden at which that share lives."""
    low, high = 1e-12, 1e3
    for _ in range(60):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if np.mean(np.exp(-burden * middle)) > alive else (low, middle)
    return (low * high) ** 0.5
