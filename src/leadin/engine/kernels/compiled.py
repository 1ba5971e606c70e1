"""How a kernel is compiled, and where the compiled code is kept.

Compiled code lies in a folder named by a hash of ALL kernel sources (every module in a folder `kernels` of the package,
and those of `engine`, whose constants are compiled in) and of what compiles them: numba's own cache looks at the file
of one function and does not see an edit in a file that it calls. Where the user's cache folder cannot be written, as in
a read-only home, a folder for temporary files takes its place; where that cannot be written either, code is compiled
anew by every process.

A kernel never raises, never allocates and knows no Python object: arrays, scratch space included, and numbers come in
as arguments, results go out through arrays. So the same source runs on the CPU, and on a GPU as a device function.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, overload

import numba
from numba.core import config

from leadin.engine.kernels.linked import Kernel

Function = TypeVar("Function", bound=Callable[..., Any])

KEPT_DAYS = 30
"""Compiled code of other versions is thrown away when it has not been added to for so long."""
SUMS = frozenset({"reassoc", "contract", "nsz"})
"""What `sums=True` allows: the terms of a sum in another order and fused multiply-add, so that loops over participants
run in vector registers. Never that NaN or infinity do not occur."""
PLAIN = frozenset({"contract"})


@overload
def kernel(function: Function) -> Function: ...
@overload
def kernel(*, sums: bool = ..., inline: bool = ...) -> Callable[[Function], Function]: ...


def kernel(
    function: Function | None = None, *, sums: bool = False, inline: bool = False
) -> Function | Callable[[Function], Function]:
    """Compiles a function when it is first called, without Python's lock, and keeps the code on disk.

    sums: its sums may be added up in any order. inline: it is copied into its callers first of all, so that their loops
    over it can run in vector registers however large they are; for small functions of innermost loops.
    """

    def compiled(plain: Function) -> Function:
        options: dict[str, Any] = {
            "nogil": True,
            "error_model": "numpy",
            "fastmath": set(SUMS if sums else PLAIN),
            "forceinline": inline,
        }
        if config.DISABLE_JIT:
            return plain
        made: Any = Kernel(plain, {}, options)
        folder = code_folder()
        if folder is not None:
            before, config.CACHE_DIR = config.CACHE_DIR, str(folder)  # read when caching is enabled, and only then
            try:
                made.enable_caching()
            finally:
                config.CACHE_DIR = before
        return made  # type: ignore[no-any-return]  # numba is untyped

    return compiled if function is None else compiled(function)


@cache
def code_folder() -> Path | None:
    """The folder of compiled code, made if need be; None where none can be written."""
    name = sources_hash()
    for parent in _parents():
        folder = parent / name
        try:
            fresh = not folder.is_dir()
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError:
            continue
        if fresh:
            _throw_away(parent, folder)
        return folder
    return None


@cache
def sources_hash() -> str:
    """16 hexadecimal digits of the hash of all kernel sources, and of Python and numba."""
    package = Path(__file__).parents[2]
    told = hashlib.sha256(f"{sys.version_info[:2]} {numba.__version__}".encode())
    for source in sorted({*package.glob("*/kernels/**/*.py"), *package.glob("engine/*.py")}):
        told.update(source.relative_to(package).as_posix().encode())
        told.update(source.read_bytes())
    return told.hexdigest()[:16]


def _parents() -> tuple[Path, ...]:
    """Where compiled code may lie, best first: as the user says, his own cache, a folder for temporary files."""
    from platformdirs import user_cache_path

    said = os.environ.get("LEADIN_CACHE_DIR")
    who = getattr(os, "getuid", lambda: "user")()
    temporary = Path(tempfile.gettempdir()) / f"leadin-{who}" / "kernels"
    return (*((Path(said) / "kernels",) if said else ()), user_cache_path("leadin") / "kernels", temporary)


def _throw_away(parent: Path, keep: Path) -> None:
    """Compiled code of other versions that nobody has added to for long."""
    oldest = time.time() - KEPT_DAYS * 86_400
    with suppress(OSError):
        for folder in parent.iterdir():
            if folder != keep and folder.is_dir() and folder.stat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)
