"""What compiles for a GPU without one: numba-cuda with nvvm, for compute capability 9.0."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from leadin.engine.gpu import LIBRARIES


def ptx_of(monkeypatch, trials, count, arguments, scratch):
    """The assembly of a kernel with its launcher, for one GPU; skips the test where nothing can be compiled for it."""
    for package in ("numba_cuda", "cuda.pathfinder"):
        pytest.importorskip(package, reason=f"{package} is not installed: nothing can be compiled for a GPU")
    from cuda.pathfinder import DynamicLibNotFoundError, load_nvidia_dynamic_lib

    for library in LIBRARIES:
        try:
            load_nvidia_dynamic_lib(library)
        except DynamicLibNotFoundError:
            pytest.skip(f"the CUDA library {library} is not installed: nothing can be compiled for a GPU")
    from numba import cuda, typeof

    monkeypatch.setattr("numba.cuda.dispatcher.get_current_device", lambda: SimpleNamespace(compute_capability=(9, 0)))
    from leadin.engine.gpu_launch import launcher

    places = tuple(sorted(place % len(arguments) for place in scratch))
    given = tuple(each[None] if place in places else each for place, each in enumerate(arguments))
    text, _ = cuda.compile_ptx(launcher(trials, places).py_func, (typeof(count), typeof(given)), cc=(9, 0))
    return text
