"""Memory is flat in the number of replicates, each run in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import sys
import leadin
leadin.design("hanyang-phase2", n=12, slowing=0.0, analysis=["slope_change"], replicates=int(sys.argv[1]), threads=2)
with open("/proc/self/status") as status:  # getrusage would take over what the parent holds
    print(*(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


def peak_mb(replicates: int) -> float:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(replicates)], capture_output=True, text=True, check=True, env={**os.environ}
    )
    return int(done.stdout) / 1024


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the largest resident size is told elsewhere there")
def test_memory_does_not_grow_with_replicates():
    peak_mb(1)  # compiles, which takes memory of its own
    few, many = peak_mb(1_000), peak_mb(100_000)
    assert many < few + 40
    assert many < 1000
