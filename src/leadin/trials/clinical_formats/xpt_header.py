"""The header of a SAS transport file, read by itself: readers take a file that was cut off for a shorter one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from leadin.errors import DataError

RECORD = 80
_LIBRARY = b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!"
_VERSION_8 = b"HEADER RECORD*******LIBV8   HEADER RECORD!!!!!!!"
_MEMBER = b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!"
_NAMES = b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!"
_ROWS = b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!"
ADVICE = "Export it again, or as Dataset-JSON."


@dataclass(frozen=True)
class Header:
    """What a file with one data set says and holds: variables, bytes a row, rows."""

    variables: int
    row_bytes: int
    rows: int


def checked_header(path: Path) -> Header:
    """The header of the transport file at `path`.

    Raises DataError for a file that is not there, is no transport file, is of version 8, holds no data set or several,
    or ends in the middle of a record or row.
    """
    try:
        if not path.is_file():
            raise DataError(f"{path}: expected a SAS transport file; there is no such file. Check the path.")
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}. Check the permissions.") from error
    name = path.name
    if raw.startswith(_VERSION_8):
        raise DataError(
            f"{name}: expected a SAS transport file of version 5, as regulators take it; got version 8. Export it as "
            "version 5 (proc copy with the xport engine), or as Dataset-JSON."
        )
    if not raw.startswith(_LIBRARY):
        what = "an empty file" if not raw else "something else"
        raise DataError(f"{name}: expected a SAS transport file; got {what}. {ADVICE}")
    records = [raw[at : at + RECORD] for at in range(0, len(raw), RECORD)]
    members = [number for number, record in enumerate(records) if record.startswith(_MEMBER)]
    if len(members) > 1:
        raise DataError(f"{name}: expected one data set a file; got {len(members)}. Export each to a file of its own.")
    starts = [number for number, record in enumerate(records) if record.startswith(_NAMES)]
    ends = [number for number, record in enumerate(records) if record.startswith(_ROWS)]
    cut = DataError(f"{name}: expected a whole SAS transport file; got one that was cut off. {ADVICE}")
    if len(raw) % RECORD or not members or not starts or not ends:
        raise cut
    return _sized(raw, starts[0], ends[0], members[0], cut)


def _sized(raw: bytes, start: int, end: int, member: int, cut: DataError) -> Header:
    try:
        variables = int(raw[start * RECORD + 54 : start * RECORD + 58])
        size = int(raw[member * RECORD + 75 : member * RECORD + 78])
    except ValueError:
        raise cut from None
    names = raw[(start + 1) * RECORD : end * RECORD]
    if size <= 0 or len(names) < variables * size:
        raise cut
    widths = [int.from_bytes(names[at * size + 4 : at * size + 6], "big") for at in range(variables)]
    row, body = sum(widths), raw[(end + 1) * RECORD :]
    if not row:
        raise cut
    rows, rest = divmod(len(body), row)
    if body[rows * row :].strip(b" ") or rest >= RECORD:
        raise cut
    while rows and not body[(rows - 1) * row : rows * row].strip(b" "):
        rows -= 1  # blanks that fill the last record look like rows shorter than it
    return Header(variables, row, rows)
