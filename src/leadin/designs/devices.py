"""Where the trials of a design are computed, and how many at once."""

from __future__ import annotations

from leadin.engine.collapsed import SUMS
from leadin.engine.gpu import missing
from leadin.errors import UsageError
from leadin.protocols.problems import shown

CPU, GPU = DEVICES = ("cpu", "gpu")
BATCH = 256
"""Replicates whose counts and moments are made in one piece; on it, and on nothing else, the last digit depends."""
AT_ONCE = 25_600
"""Participants simulated and fitted at once on the CPU, in whole trials, at least one and at most BATCH: some 5 MB for
each measure. More at once save next to nothing, fewer cost time between the kernels."""
CHUNK_BYTES = 2**31
"""Of the trials that are at once on a GPU, which works on a thread for each."""
MOST_AT_ONCE = 2**16
"""Trials on a GPU: more than it has threads for need not be there."""


def refuse_missing_device(device: str, engine: str) -> None:
    """Raises UsageError for a device that is not at hand, and for a GPU under the plain engine."""
    if device not in DEVICES:
        raise UsageError(f"device: expected cpu or gpu; got {shown(device)}.")
    if device == CPU:
        return
    if engine == "plain":
        raise UsageError("device: expected cpu under the plain engine; got gpu. Leave it out, or take the fast engine.")
    lack = missing()
    if lack is not None:
        raise UsageError(
            f"device: expected a GPU that numba-cuda can use; {lack}. Add what it needs beside the GPU and its driver "
            "with pip install 'leadin[gpu]', or use the CPU (--device cpu)."
        )


def at_once(device: str, participants: int, measures: int, visits: int) -> tuple[int, int]:
    """Replicates of so many participants that a worker is given, and of those simulated and fitted at once.

    On a GPU as many as CHUNK_BYTES hold, and always a whole number of batches.
    """
    if device == CPU:
        return BATCH, min(BATCH, max(1, AT_ONCE // participants))
    each = 8 * participants * (measures * (SUMS + visits) + 2)
    most = BATCH * max(1, min(MOST_AT_ONCE, CHUNK_BYTES // each) // BATCH)
    return most, most
