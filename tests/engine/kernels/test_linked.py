"""A kernel called from Python, and the same kernel called by kernels."""

import gc
import pickle
import threading

import numpy as np
import pytest
from numba.core import event
from numba.core.errors import TypingError

from leadin.engine.kernels import compiled
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.linked import Kernel


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(compiled, "code_folder", lambda: None)


def pair():
    @kernel
    def power(x, n):
        result = 1.0
        for _ in range(n):
            result *= x
        return result

    @kernel
    def powers(row):
        row[0], row[1], row[2] = power(2.0, 2), power(2.0, 3), power(row[2], row.shape[0])

    return power, powers


def test_both_ways_of_calling_give_the_same():
    power, powers = pair()
    row = np.full(3, 5.0)
    powers(row)
    assert row.tolist() == [4.0, 8.0, 125.0]
    assert power(5.0, 3) == 125.0
    other_power, _ = pair()
    assert other_power(5.0, 3) == 125.0  # without having been called by a kernel before


def test_what_kernels_call_is_compiled_once_for_all_numbers_that_are_written_out():
    power, powers = pair()
    powers(np.full(3, 5.0))
    assert len(power.linked.overloads) == 1
    assert not power.overloads
    assert not powers.linked.overloads


def test_a_function_that_kernels_share_is_compiled_for_the_first_of_them_alone():
    power, powers = pair()

    @kernel
    def cube(row):
        row[0] = power(row[0], 3)

    powers(np.full(3, 5.0))
    names = []

    class Names(event.Listener):
        def on_start(self, event):
            names.append(event.data["dispatcher"].py_func.__name__)

        def on_end(self, event):
            pass

    with event.install_listener("numba:compile", Names()):
        row = np.full(3, 5.0)
        cube(row)
    assert row[0] == 125.0
    assert names == ["cube"]


def test_no_array_is_counted_and_no_entry_made_that_nobody_uses():
    power, powers = pair()
    powers(np.full(3, 5.0))
    code = powers.inspect_llvm(powers.signatures[0])
    assert "NRT_incref" not in code
    assert "cfunc" not in code
    inner = str(power.linked.overloads[next(iter(power.linked.overloads))].library.get_llvm_str())
    assert "cpython" not in inner


def test_options_are_those_that_a_gpu_may_be_told():
    power, _ = pair()
    assert isinstance(power, Kernel)
    assert power.targetoptions == {
        "nogil": True,
        "error_model": "numpy",
        "fastmath": {"contract"},
        "forceinline": False,
        "nopython": True,
    }
    assert kernel(sums=True, inline=True)(lambda x: x).targetoptions["fastmath"] == {"reassoc", "contract", "nsz"}
    assert kernel(inline=True)(lambda x: x).targetoptions["forceinline"] is True


@pytest.mark.parametrize("looking", [True, False])
def test_garbage_is_looked_for_after_compiling_if_it_was_before(looking):
    _, powers = pair()
    during = []

    class Looking(event.Listener):
        def on_start(self, event):
            during.append(gc.isenabled())

        def on_end(self, event):
            pass

    before = gc.isenabled()
    try:
        (gc.enable if looking else gc.disable)()
        with event.install_listener("numba:compile", Looking()):
            powers(np.full(3, 5.0))
        assert gc.isenabled() is looking
    finally:
        (gc.enable if before else gc.disable)()
    assert during == [False, False]


def test_an_argument_that_cannot_be_compiled_for_is_refused_as_numba_does():
    power, _ = pair()
    with pytest.raises(TypingError):
        power("two", 3)
    assert power(2.0, 3) == 8.0


def test_two_threads_that_call_first_at_the_same_time():
    _, powers = pair()
    rows = [np.full(3, 5.0) for _ in range(4)]
    threads = [threading.Thread(target=powers, args=(row,)) for row in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(row.tolist() == [4.0, 8.0, 125.0] for row in rows)
    assert gc.isenabled()


def test_a_kernel_may_be_sent_to_another_process():
    _, powers = pair()
    again = pickle.loads(pickle.dumps(powers))
    row = np.full(3, 5.0)
    again(row)
    assert row.tolist() == [4.0, 8.0, 125.0]


def test_where_nothing_is_compiled_a_kernel_is_the_plain_function(monkeypatch):
    monkeypatch.setattr(compiled.config, "DISABLE_JIT", 1)

    def plain(x):
        return x

    assert kernel(plain) is plain
