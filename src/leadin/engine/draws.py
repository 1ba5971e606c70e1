"""Named random streams that go on where they stopped, filled row by row.

Row 70 gets the same numbers whether the rows before it were drawn one at a time or all at once: how work is cut into
batches never changes a result.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leadin.engine.streams import Streams

Floats = NDArray[np.float64]


class Draws:
    """The streams of one replicate, each opened once and then drawn from in order.

    Every method gives an array of shape (n, *shape). Within one stream, ask for the same kind of number and the same
    row shape each time.
    """

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._open: dict[str, np.random.Generator] = {}

    def normal(self, name: str, n: int, *shape: int) -> Floats:
        """Standard normal."""
        return self._stream(name).standard_normal((n, *shape))

    def uniform(self, name: str, n: int, *shape: int) -> Floats:
        """Uniform on [0, 1)."""
        return self._stream(name).random((n, *shape))

    def exponential(self, name: str, n: int, *shape: int) -> Floats:
        """Exponential with mean 1."""
        return self._stream(name).standard_exponential((n, *shape))

    def gamma(self, name: str, alpha: float, n: int) -> Floats:
        """Gamma of shape `alpha` and scale 1."""
        return self._stream(name).standard_gamma(alpha, n)

    def generator(self, name: str) -> np.random.Generator:
        """The stream itself, for draws that are made once for everybody."""
        return self._stream(name)

    def _stream(self, name: str) -> np.random.Generator:
        if name not in self._open:
            self._open[name] = self._streams.named(name)
        return self._open[name]
