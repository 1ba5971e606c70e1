"""Settings that every test shares."""

from __future__ import annotations

import os

# Before numpy is loaded: these matrices are small, and threads that wait for each other cost more than they bring.
for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

from hypothesis import HealthCheck, settings

# The same examples on every run: a red test is red for everyone, and a mutant is judged by the same cases twice.
settings.register_profile(
    "steady", derandomize=True, deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")
