"""The source of the least-squares fits runs as device functions: a simulated one finds what the processor does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.special import gammaln

from leadin.engine.batches.ancova import Standing, ancova
from leadin.engine.batches.responders import differences, relative, responders
from leadin.engine.batches.slope_change import slope_changes
from leadin.engine.collapsed import group_starts

from ..batches.series import collapsed, drawn

PROGRAM = Path(__file__).with_name("plain_fits_on_a_device.py")
SIZES = (7, 6, 8)


@pytest.mark.slow
def test_a_simulated_device_finds_the_same(tmp_path):
    batch = collapsed([drawn(seed, SIZES, measures=2, dying=0.3, missing=0.2) for seed in range(3)])
    np.savez(
        tmp_path / "given.npz",
        sums=batch.sums,
        seen=batch.seen,
        survival=batch.survival,
        starts=group_starts(batch.sizes),
        log_factorials=gammaln(np.arange(30) + 1.0),
    )
    simulated = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1", "NUMBA_DISABLE_JIT": "1"}
    subprocess.run(
        [sys.executable, str(PROGRAM), str(tmp_path / "given.npz"), str(tmp_path / "found.npz")],
        env=simulated,
        check=True,
    )
    found = np.load(tmp_path / "found.npz")
    changes = slope_changes(batch.sums, SIZES, share_baseline=True)
    last = ancova(batch.sums, batch.seen, batch.survival, SIZES, at=5, standing=Standing(by=6.0, worst=None))
    counts = responders(batch.sums, batch.survival, SIZES, [relative(50.0, either=True)], measures=(0, 1))
    for name, figures in (
        ("within", changes.within.figures),
        ("between", changes.between.figures),
        ("changes", last.figures),
        ("p", differences(counts).p[:, 0, 0]),
    ):
        assert found[name] == pytest.approx(figures, rel=1e-10, abs=1e-10, nan_ok=True), name
    assert np.isfinite(found["between"][..., :4]).all()
    assert found["counted"].tolist() == changes.counted.tolist()
    assert found["counts"].tolist() == counts.tolist()
