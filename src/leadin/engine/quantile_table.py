"""Tables from which kernels look up the quantile of a distribution for a normal score.

For scores -8.3 to 8.3 in equal steps, a polynomial of degree 5 across each step meets value, slope and curvature of
the quantile at both ends (Hermite). All three are exact: with Q the quantile, f the density, phi the normal density and
m the share of the distribution that is kept, Q' = m phi(z) / f(Q) and Q'' = -Q' (z + Q' f'(Q) / f(Q)).
The number of steps is doubled until the relative error halfway and a quarter across every step is below 2e-10.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.quantile_table import LIMIT

Floats = NDArray[np.float64]
Curve = Callable[[Floats], Floats]

FEWEST, MOST = 128, 32_768
"""Steps of a table."""
WITHIN = 2e-10
"""Relative error, for scores within 6."""
SCORES = 6.0
INSIDE = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Distribution:
    """A continuous distribution by its curves; tilt is f'/f. Errors are relative to the value, or a larger `scale`."""

    below: Curve
    above: Curve
    from_below: Curve
    from_above: Curve
    density: Curve
    tilt: Curve
    scale: float = 0.0


def gamma_table(
    shape: float, scale: float, low: float = 0.0, high: float = math.inf, *, steps: int | None = None
) -> Floats:
    """Of a gamma distribution (shape >= 0.1, mean shape x scale) between low >= 0 and high: (steps, 6).

    steps: so many, whatever the error; None: as many as it takes.

    Raises ValueError where the numbers cannot be met or nothing of the distribution lies between the bounds.
    """
    from scipy import special

    given = (shape, scale, low, high)
    if not (shape >= 0.1 and 0 < scale < math.inf and 0 <= low < high):
        raise ValueError(f"a gamma table needs shape >= 0.1, scale > 0 and 0 <= low < high, not {given}")

    def density(x: Floats) -> Floats:
        logarithm: Floats = special.xlogy(shape - 1.0, x / scale) - x / scale - special.gammaln(shape)
        return np.exp(logarithm) / scale

    return _table(
        Distribution(
            below=lambda x: special.gammainc(shape, x / scale),
            above=lambda x: special.gammaincc(shape, x / scale),
            from_below=lambda p: scale * special.gammaincinv(shape, p),
            from_above=lambda p: scale * special.gammainccinv(shape, p),
            density=density,
            tilt=lambda x: (shape - 1.0) / x - 1.0 / scale,
        ),
        low,
        high,
        steps,
    )


def normal_table(
    mean: float, sd: float, low: float = -math.inf, high: float = math.inf, *, steps: int | None = None
) -> Floats:
    """Of a normal distribution between low and high: (steps, 6); steps: as for `gamma_table`.

    Errors are relative to the value where low >= 0, else to the value or the SD, whichever is larger.
    Raises ValueError where the numbers cannot be met or nothing of the distribution lies between the bounds.
    """
    from scipy import special

    if not (0 < sd < math.inf and math.isfinite(mean) and low < high):
        raise ValueError(f"a normal table needs a finite mean, sd > 0 and low < high, not {mean, sd, low, high}")

    def density(x: Floats) -> Floats:
        return np.exp(-0.5 * ((x - mean) / sd) ** 2) / (sd * math.sqrt(2.0 * math.pi))

    return _table(
        Distribution(
            below=lambda x: special.ndtr((x - mean) / sd),
            above=lambda x: special.ndtr((mean - x) / sd),
            from_below=lambda p: mean + sd * special.ndtri(p),
            from_above=lambda p: mean - sd * special.ndtri(p),
            density=density,
            tilt=lambda x: (mean - x) / sd**2,
            scale=0.0 if low >= 0 else sd,
        ),
        low,
        high,
        steps,
    )


def _table(whole: Distribution, low: float, high: float, asked: int | None) -> Floats:
    """The coarsest table that is exact enough, or that of the number of steps asked for."""
    steps = asked or FEWEST
    while steps <= MOST:
        z = np.linspace(-LIMIT, LIMIT, steps + 1)
        table = _coefficients(*_curve(whole, low, high, z), 2.0 * LIMIT / steps)
        if steps == asked or _error(table, whole, low, high, z) <= WITHIN:
            return table
        steps *= 2
    raise ValueError(f"no table of {MOST} steps meets the quantile within {WITHIN}")


def _kept(whole: Distribution, low: float, high: float) -> tuple[float, float, float]:
    """The shares below the lower bound, above the upper one, and between them, each without loss by subtraction."""
    at = np.array([low, high])
    below, above = whole.below(at), whole.above(at)
    between = above[0] - above[1] if below[0] > 0.5 else below[1] - below[0]
    if not between > 0:
        raise ValueError(f"nothing of the distribution lies between {low} and {high}")
    return float(below[0]), float(above[1]), float(between)


def _curve(whole: Distribution, low: float, high: float, z: Floats) -> tuple[Floats, Floats, Floats]:
    """The quantile at normal scores z, its slope and its curvature; each from the nearer tail."""
    from scipy import special

    under, over, between = _kept(whole, low, high)
    from_below, from_above = under + between * special.ndtr(z), over + between * special.ndtr(-z)
    lower = from_below < from_above
    value = np.where(lower, whole.from_below(from_below), whole.from_above(from_above))
    value = np.clip(value, low, high)
    slope = between * np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi) / whole.density(value)
    return value, slope, -slope * (z + slope * whole.tilt(value))


def _coefficients(value: Floats, slope: Floats, curvature: Floats, step: float) -> Floats:
    """Of the polynomials across the steps that meet value, slope and curvature at both ends: (steps, 6)."""
    s, c = slope * step, 0.5 * curvature * step**2
    rise = value[1:] - value[:-1] - s[:-1] - c[:-1]
    turn = s[1:] - s[:-1] - 2.0 * c[:-1]
    bend = c[1:] - c[:-1]
    return np.ascontiguousarray(
        np.column_stack(
            (
                value[:-1],
                s[:-1],
                c[:-1],
                10.0 * rise - 4.0 * turn + bend,
                -15.0 * rise + 7.0 * turn - 2.0 * bend,
                6.0 * rise - 3.0 * turn + bend,
            )
        )
    )


def _error(table: Floats, whole: Distribution, low: float, high: float, z: Floats) -> float:
    """The largest relative error inside the steps, for scores within 6."""
    largest = 0.0
    for t in INSIDE:
        at = z[:-1] + t * (z[1] - z[0])
        true, _, _ = _curve(whole, low, high, at)
        found = table @ t ** np.arange(6)
        error = np.abs(found - true) / np.maximum(np.abs(true), whole.scale)
        largest = max(largest, float(error[np.abs(at) <= SCORES].max()))
    return largest
