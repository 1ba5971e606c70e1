"""What random numbers are for: each purpose is a stream of its own, so that no draw moves another.

A number is a function of (seed, replicate, row, purpose, place). Rows are candidates in the order in which they come.
Of LEAD_IN and FOLLOW_UP the first places are uniform numbers, the others normals.
"""

from __future__ import annotations

import numpy as np

LEAD_IN = np.uint32(1)
FOLLOW_UP = np.uint32(2)
WAITING = np.uint32(3)
FIRST_DOSE = np.uint32(4)
ARMS = np.uint32(5)
EVERYBODY = np.uint32(0)
"""The row of what is drawn once for a trial."""
