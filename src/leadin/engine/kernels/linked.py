"""How a kernel is compiled that another kernel calls.

numba compiles every function to the end: optimised, as machine code, with an entry for calls from Python, and all its
callees optimised once more in every caller, level by level. Of what is called from kernels alone nothing of that is
used. Here such a function stays plain code, and all that a kernel calls is optimised once, in the kernel that Python
calls. The two are kept apart: called from Python, a function is compiled as numba does, whoever else calls it.
"""

from __future__ import annotations

import gc
from contextlib import suppress
from typing import Any

from numba.core.caching import FunctionCache
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import PassManager, register_pass
from numba.core.registry import CPUDispatcher
from numba.core.typed_passes import NativeLowering
from numba.core.types.misc import unliteral


class PlainCode(JITCodeLibrary):  # type: ignore[misc]  # numba is untyped
    """Code to be linked into other code, and no more."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


class Kept(FunctionCache):  # type: ignore[misc]  # numba is untyped
    """Compiled code on disk, which may be full, or hold half a file: then code is compiled anew."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """What was compiled for one signature; None where nothing can be read."""
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # whatever half a file makes of pickle and LLVM
            with suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keeps what was compiled for one signature, if it can be kept."""
        with suppress(OSError):
            super().save_overload(sig, data)


class Entry:
    """Stands for the entry of a function that has none: the key by which callers find its code."""


@register_pass(mutates_CFG=True, analysis_only=False)
class PlainLowering(NativeLowering):  # type: ignore[misc]  # numba is untyped
    """The end of numba's pipeline, short of optimisation, machine code and entries."""

    _name = "plain_lowering"

    def run_pass(self, state: Any) -> bool:
        """Lowers `state` into plain code and makes it known to callers."""
        state.library = PlainCode(state.targetctx.codegen(), state.func_id.func_qualname)
        state.flags.no_compile = state.flags.no_cpython_wrapper = True
        super().run_pass(state)
        entry = Entry()
        state["cr"] = state["cr"]._replace(cfunc=entry)
        state.targetctx.insert_user_function(entry, state["cr"].fndesc, [state.library])
        return True


class CalledFromPython(CompilerBase):  # type: ignore[misc]  # numba is untyped
    """numba's pipeline without the entry for calls from C."""

    lowering = NativeLowering

    def define_pipelines(self) -> list[Any]:
        """The one pipeline."""
        self.state.flags.no_cfunc_wrapper = True
        whole, pipeline = DefaultPassBuilder.define_nopython_pipeline(self.state), PassManager("kernel")
        for kind, told in whole.passes:
            pipeline.add_pass(self.lowering if kind is NativeLowering else kind, told)
        pipeline.finalize()
        return [pipeline]


class CalledFromKernels(CalledFromPython):
    """The same, ending in `PlainLowering`."""

    lowering = PlainLowering


class Linked(CPUDispatcher):  # type: ignore[misc]  # numba is untyped
    """A function as other kernels call it; never called from Python."""

    def add_overload(self, compiled: Any) -> None:
        """Keeps what was compiled for one signature."""
        self.overloads[tuple(compiled.signature.args)] = compiled


class Kernel(CPUDispatcher):  # type: ignore[misc]  # numba is untyped
    """A function as Python calls it; other kernels find its `Linked` twin."""

    def __init__(self, py_func: Any, locals: Any, targetoptions: dict[str, Any]) -> None:
        options = {**targetoptions, "nopython": True}
        counting_nothing = {**options, "_nrt": False}  # no array is made, so that none need be counted
        super().__init__(py_func, locals, counting_nothing, pipeline_class=CalledFromPython)
        self.linked = Linked(py_func, locals, counting_nothing, pipeline_class=CalledFromKernels)
        self.targetoptions = options  # from here they are told to a GPU, which knows no counting

    def enable_caching(self) -> None:
        """Keeps on disk what is compiled for calls from Python; what kernels call is in there."""
        self._cache = Kept(self.py_func)

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """Where another kernel calls: one signature serves for whatever number is written out as an argument."""
        return self.linked.get_call_template(tuple(unliteral(each) for each in args), kws)

    def get_overload(self, sig: Any) -> Any:
        """The entry that callers link."""
        return self.linked.get_overload(sig)

    def compile(self, sig: Any) -> Any:
        """Compiles for one signature, without pauses to look for garbage: there is hardly any."""
        looking = gc.isenabled()
        gc.disable()
        try:
            return super().compile(sig)
        finally:
            if looking:
                gc.enable()
