"""Named random streams: a stream is a function of (seed, replicate, name) alone.

Adding a draw to one stream never moves another, and replicate 7 is the same whether it is run alone or among a
million. Counter-based Philox (Salmon et al. 2011, doi:10.1145/2063384.2063405) with a key hashed from the three.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Streams:
    """The streams of one replicate. `seed` and `replicate` are whole numbers >= 0."""

    seed: int
    replicate: int = 0

    def named(self, name: str) -> np.random.Generator:
        """A fresh generator for `name`; asking twice gives the same numbers twice."""
        text = f"{self.seed}/{self.replicate}/{name}".encode()
        key = np.frombuffer(hashlib.sha256(text).digest()[:16], dtype=np.uint64)
        return np.random.Generator(np.random.Philox(key=key))
