"""A folder written all at once or not at all: beside the old one, then put in its place by one rename.

A process killed at any point leaves either the old folder or the new one under the name, each whole; what it leaves
behind has a name of its own and is removed by the next write.
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from leadin.errors import DataError

SUFFIX = ".leadin-writing"
OLD_SUFFIX = ".leadin-old"
_EXCHANGE = 2  # RENAME_EXCHANGE of Linux and RENAME_SWAP of macOS
_AT_FDCWD = -100
_NOT_SUPPORTED = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM)


@contextmanager
def replaced_folder(folder: Path, *, may_replace: Callable[[Path], None]) -> Iterator[Path]:
    """Gives an empty folder to write into; when the block ends well, it takes the place of `folder`.

    may_replace: called with the existing folder just before it is replaced; raises to refuse. When the block or the
    replacing fails, nothing is left behind. DataError when the place cannot be written to.
    """
    target = Path(os.path.realpath(folder))
    if not target.name:
        raise DataError(
            f"{folder}: expected the name of a folder to write; got the root of the disk. Name a folder in it."
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _clean_up(target)
        if target.exists():
            may_replace(target)
        draft = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}")
        draft.mkdir()
    except OSError as error:
        raise _cannot_write(folder, error) from error
    try:
        yield draft
        _flush(draft)
        if target.exists():
            may_replace(target)
        _put_in_place(draft, target)
        _flush_folder(target.parent)
    except OSError as error:
        raise _cannot_write(folder, error) from error
    finally:
        # After an exchange the draft is the old folder; after a failure it is the unfinished one. Neither is wanted.
        shutil.rmtree(draft, ignore_errors=True)


def interrupted(folder: Path) -> Path | None:
    """The old folder set aside by a write that was killed between two renames, where the system cannot exchange
    folders in one step; None when `folder` is in its place.
    """
    target = Path(os.path.realpath(folder))
    aside = target.with_name(f".{target.name}{OLD_SUFFIX}")
    return aside if aside.is_dir() and not target.exists() else None


def _put_in_place(draft: Path, target: Path) -> None:
    if not target.exists():
        draft.rename(target)
        return
    if _exchange(draft, target):
        return
    aside = target.with_name(f".{target.name}{OLD_SUFFIX}")
    target.rename(aside)
    try:
        draft.rename(target)
    except OSError:
        aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Swaps two folders in one step; False where the system has no such step."""
    if os.name != "posix":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    old, new = os.fsencode(one), os.fsencode(other)
    if sys.platform == "linux" and hasattr(libc, "renameat2"):
        failed = libc.renameat2(_AT_FDCWD, old, _AT_FDCWD, new, _EXCHANGE)
    elif sys.platform == "darwin" and hasattr(libc, "renamex_np"):
        failed = libc.renamex_np(old, new, _EXCHANGE)
    else:
        return False
    if not failed:
        return True
    number = ctypes.get_errno()
    if number in _NOT_SUPPORTED:
        return False
    raise OSError(number, os.strerror(number), str(other))


def _clean_up(target: Path) -> None:
    """Puts back an old folder set aside by a killed write, and removes the drafts of processes that are gone."""
    aside = interrupted(target)
    if aside is not None:
        aside.rename(target)
    stale = target.with_name(f".{target.name}{OLD_SUFFIX}")
    if stale.is_dir():
        shutil.rmtree(stale, ignore_errors=True)
    named = re.compile(re.escape(f".{target.name}.") + r"(\d+)-[0-9a-f]{8}" + re.escape(SUFFIX))
    for entry in target.parent.iterdir():
        match = named.fullmatch(entry.name)
        if match is not None and entry.is_dir() and not _running(int(match.group(1))):
            shutil.rmtree(entry, ignore_errors=True)


def _running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _flush(draft: Path) -> None:
    """Sees to it that what was written is on the disk before the folder takes its name."""
    for path in sorted(draft.iterdir()):
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
    _flush_folder(draft)


def _flush_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _cannot_write(folder: Path, error: OSError) -> DataError:
    reason = (error.strerror or str(error)).lower()
    return DataError(f"{folder}: cannot be written: {reason}. The folder is as it was; choose another place.")
