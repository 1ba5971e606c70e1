"""Distributions held within bounds, drawn by inverting the distribution function: one uniform makes one value, so a
bound never changes how many random numbers a participant uses."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def truncated_normal(uniforms: Floats, mean: ArrayLike, sd: ArrayLike, low: float, high: float) -> Floats:
    """Normal values given that they lie within low and high; uniforms within [0, 1)."""
    from scipy.special import ndtr, ndtri

    centre, spread = np.asarray(mean, dtype=np.float64), np.asarray(sd, dtype=np.float64)
    below, above = ndtr((low - centre) / spread), ndtr((high - centre) / spread)
    values: Floats = np.clip(centre + spread * ndtri(below + uniforms * (above - below)), low, high)
    return values


def truncated_gamma(uniforms: Floats, mean: float, sd: float, low: float, high: float) -> Floats:
    """Gamma values of that mean and SD, given that they lie within low and high; uniforms within [0, 1)."""
    from scipy.special import gammainc, gammaincinv

    alpha, scale = (mean / sd) ** 2, sd**2 / mean
    below, above = gammainc(alpha, low / scale), gammainc(alpha, high / scale)
    values: Floats = np.clip(scale * gammaincinv(alpha, below + uniforms * (above - below)), low, high)
    return values


def beta_share(uniforms: Floats, mean: float, concentration: float) -> Floats:
    """Shares within 0 and 1 of that mean; the larger the concentration (a + b of the beta), the less they vary."""
    from scipy.special import betaincinv

    shares: Floats = betaincinv(mean * concentration, (1.0 - mean) * concentration, uniforms)
    return shares
