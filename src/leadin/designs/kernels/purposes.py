"""What random numbers are for: each purpose is a stream of its own, so that no draw moves another.

A number is a function of (seed, replicate, row, purpose, place). Rows are candidates in the order in which they come.
"""

from __future__ import annotations

import numpy as np

LEAD_IN_UNIFORMS = np.uint32(1)
LEAD_IN_NORMALS = np.uint32(2)
FOLLOW_UP_UNIFORMS = np.uint32(3)
FOLLOW_UP_NORMALS = np.uint32(4)
WAITING_NORMALS = np.uint32(5)
FIRST_DOSE_NORMALS = np.uint32(6)
ARMS = np.uint32(7)
RUN = np.uint32(8)
EVERYBODY = np.uint32(0)
"""The row of what is drawn once for a trial."""
