"""A text file read so that no file can hurt: its size is bounded before it is read, and it must be UTF-8."""

from __future__ import annotations

import re
from pathlib import Path

from leadin.errors import ProtocolError

MAX_BYTES = 1_000_000

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
"""Characters that no text needs; some of them would steer a terminal that shows the text."""


def read_text(path: Path, kind: str) -> str:
    """The text of the file at `path`, which `kind` names in messages (`a protocol`).

    Raises ProtocolError when the file is missing, a folder, larger than MAX_BYTES, not UTF-8, or has control
    characters in it.
    """
    return _text(_bytes(path, kind), path.name)


def _bytes(path: Path, kind: str) -> bytes:
    try:
        if path.is_dir():
            raise ProtocolError(f"{path}: expected a YAML file with {kind}; got a folder. Name the file in it.")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ProtocolError(_too_large(path.name, kind, f"{size:,} bytes"))
        with path.open("rb") as stream:  # a pipe has no size, so what is read is bounded too
            raw = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise ProtocolError(
            f"{path}: expected a YAML file with {kind}; it cannot be read: {reason.lower()}. Check the path."
        ) from error
    if len(raw) > MAX_BYTES:
        raise ProtocolError(_too_large(path.name, kind, f"more than {MAX_BYTES:,} bytes"))
    return raw


def _too_large(file: str, kind: str, size: str) -> str:
    return f"{file}: expected {kind} of at most {MAX_BYTES:,} bytes; got {size}. This is no such file: check the path."


def _text(raw: bytes, file: str) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ProtocolError(f"{file}: expected UTF-8 text; got UTF-16. Save the file as UTF-8.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ProtocolError(
            f"{file}, line {line}: expected UTF-8 text; got the byte 0x{raw[error.start]:02x}. Save the file as UTF-8."
        ) from error
    control = CONTROL.search(text)
    if control is not None:
        line = text.count("\n", 0, control.start()) + 1
        raise ProtocolError(
            f"{file}, line {line}: expected text; got the control character 0x{ord(control.group()):02x}. Remove it, "
            "or check that this is a text file."
        )
    return text
