"""The 256 layers of equal area that cover the normal density exp(-x^2 / 2): Marsaglia & Tsang's ziggurat.

Layer i > 0 lies between heights f(x_i) and f(x_(i+1)) and reaches from 0 to x_i; layer 0, the base, reaches to r = x_1
and holds the tail beyond r, as if it were a rectangle of width x_0 = area / f(r). r is the one number for which the
top layer ends at height 1. The tables are worked out when this file is loaded (5 ms).

Reference: Marsaglia & Tsang 2000, The ziggurat method for generating random variables, doi:10.18637/jss.v005.i08.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LAYERS = 256


def area(r: float) -> float:
    """Area of each layer whose base ends at r: base rectangle and tail."""
    return r * math.exp(-0.5 * r * r) + math.sqrt(math.pi / 2.0) * math.erfc(r / math.sqrt(2.0))


def edges(r: float) -> list[float]:
    """Where the layers end, x_0 > x_1 = r > ...; fewer than 256 where r is too small for so many layers."""
    each = area(r)
    ends = [each / math.exp(-0.5 * r * r), r]
    while len(ends) < LAYERS:
        height = math.exp(-0.5 * ends[-1] ** 2) + each / ends[-1]
        if height >= 1.0:
            break
        ends.append(math.sqrt(-2.0 * math.log(height)))
    return ends


def left_over(r: float) -> float:
    """Area of the top layer less what there is room for below height 1: negative: r is too large."""
    ends = edges(r)
    if len(ends) < LAYERS:
        return math.inf
    return area(r) - ends[-1] * (1.0 - math.exp(-0.5 * ends[-1] ** 2))


def base_end() -> float:
    """r, by bisection to the last bit."""
    low, high = 3.0, 4.0
    while low < (middle := 0.5 * (low + high)) < high:
        if left_over(middle) > 0.0:
            low = middle
        else:
            high = middle
    return high


R = base_end()
EDGES: Floats = np.array([*edges(R), 0.0])
"""x_0 to x_256 = 0."""
WIDTH: Floats = EDGES[:-1] * 2.0**-52
"""Width of each layer by the 2^52 steps that a word divides it into."""
INNER: Floats = EDGES[1:].copy()
"""Below this x a point of the layer lies under the curve for sure."""
HEIGHT: Floats = np.exp(-0.5 * EDGES**2)
"""f(x_0) to f(x_256) = 1."""
