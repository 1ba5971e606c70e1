"""The kernels of `mmrm` as plain Python, and their scratch space."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from leadin.engine.kernels.mmrm_scratch import END, FORMS, RESIDUAL, TABLE, TURNED, W, layout

PROGRAM = """
import warnings
import numpy as np
from leadin.engine.batches.mmrm import mmrm
from leadin.engine.collapsed import BASE
warnings.simplefilter("error")
draw = np.random.Generator(np.random.PCG64(1))
sums, level = np.zeros((1, 1, 16, 14)), 36 + 4 * draw.normal(size=14)
sums[0, 0, BASE:] = level + draw.normal(size=14)
seen = (level - np.arange(1, 3)[:, None] + draw.normal(size=(2, 14)))[None, None]
seen[0, 0, 1, :2] = np.nan
fits = mmrm(sums, seen, (6, 8), degrees_of_freedom="kenward_roger_linear")
print(fits.codes[0, 0], *(float(figure) for figure in fits.figures[0, 0, :4]))
"""


def printed(**environment):
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, env=os.environ | environment
    )
    return [float(word) for word in found.stdout.split()]


@pytest.mark.slow
def test_compiled_or_as_plain_python_the_answer_is_the_same():
    compiled = printed()
    assert compiled[0] == 0.0
    assert printed(NUMBA_DISABLE_JIT="1") == pytest.approx(compiled, rel=1e-9)


@pytest.mark.parametrize(("units", "times", "groups"), [(1, 1, 1), (6, 12, 2), (200, 7, 2), (256, 4, 3), (24, 12, 5)])
def test_scratch_space_holds_what_is_put_there(units, times, groups):
    first, (rows, width) = layout(units, times, groups)
    pairs, effects = times * (times + 1) // 2, (groups + 1) * times
    assert (first.dtype, first.size, first[END], (np.diff(first) > 0).all()) == (np.int64, END + 1, rows, True)
    assert width % 16 == 8
    assert width >= max(units, times * times, pairs, effects, 3 * groups + 2, 16)
    assert width < max(16, units, pairs * (groups + 1) + groups * times * times + effects) + 16
    assert (first[TABLE + 1] - first[TABLE]) * width >= 2**times
    assert first[RESIDUAL + 1] - first[RESIDUAL] == times
    assert first[W + 1] - first[W] == pairs == first[TURNED + 1] - first[TURNED]
    assert first[FORMS + 1] - first[FORMS] == (groups + 1) * pairs + groups * times * times + effects
