"""How a kernel is compiled that another kernel calls.

numba compiles every function to the end: optimised, as machine code, with an entry for calls from Python, and all its
callees optimised once more in every caller, level by level. Of what is called from kernels alone nothing of that is
used. Here such a function stays plain code, and all that a kernel calls is optimised once, in the kernel that Python
calls. The two are kept apart: called from Python, a function is compiled as numba does, whoever else calls it.
"""

from __future__ import annotations

import gc
from typing import Any

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

    def __init__(self, plain: Any, options: dict[str, Any]) -> None:
        options = {**options, "nopython": True}
        super().__init__(plain, {}, options, pipeline_class=CalledFromPython)
        self.linked = Linked(plain, {}, options, pipeline_class=CalledFromKernels)

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
