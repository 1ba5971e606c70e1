"""What the tests of random numbers share: draws from an address, and how far two rows of numbers hang together."""

import numpy as np
import pytest

from leadin.engine.kernels.philox import ROOM

SEED = (np.uint32(20_260_301), np.uint32(7))


@pytest.fixture(scope="session")
def drawn():
    """n numbers of a kind (`normals`, `uniforms`, `exponentials`) from the start of one stream."""

    def draw(kind, n, *, row=0, replicate=0, purpose=0, seed=SEED):
        out, words = np.empty(n), np.empty(n + ROOM, dtype=np.uint64)
        kind(out, words, n, np.uint32(row), np.uint32(replicate), np.uint32(purpose), *seed)
        return out

    return draw


@pytest.fixture(scope="session")
def largest_correlation():
    """The largest correlation between two rows of numbers, their squares, and one and the other's square."""

    def largest(one, other):
        pairs = [(one, other), (one**2, other**2), (one, other**2), (one**2, other)]
        return max(abs(np.corrcoef(a, b)[0, 1]) for a, b in pairs)

    return largest
