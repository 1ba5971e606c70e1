"""Writing a file all of it or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from leadin.errors import UsageError


def write_whole(path: Path, content: bytes) -> Path:
    """Writes `content` to `path` in one step: a killed write leaves what was there before. Gives the path back.

    Raises UsageError when the folder does not exist or cannot be written to.
    """
    try:
        if path.is_dir():
            raise UsageError(f"{path}: expected the name of a file to write; got a folder. Add a file name.")
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:50]}.")
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: expected a place to write to; {_reason(error)}. Check the path.") from error
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        raise UsageError(f"{path}: expected to write the file; {_reason(error)}. Nothing was written.") from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
    return path


def _reason(error: OSError | ValueError) -> str:
    return ((error.strerror if isinstance(error, OSError) else None) or str(error)).lower()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
