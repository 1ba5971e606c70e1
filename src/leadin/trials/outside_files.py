"""The files given to an import: found by the names and patterns of the mapping, each read once."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from leadin.errors import DataError
from leadin.protocols.nearest import nearest
from leadin.trials.clinical_formats.data_set import empty_text_as_missing
from leadin.trials.clinical_formats.dataset_json import read_dataset_json
from leadin.trials.clinical_formats.xpt import read_xpt
from leadin.trials.delimited_text import TextTable, read_delimited

ENCODING_ADVICE = "Write its encoding in the mapping, e.g. 'encoding: latin-1'."


class OutsideFiles:
    """The files of one import, by name. DataError when two have the same name or one is given that is no file."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths: dict[str, Path] = {}
        self.taken: set[str] = set()
        self._read: dict[tuple[str, str, str], TextTable] = {}
        for path in paths:
            if path.name in self.paths and self.paths[path.name].resolve() != path.resolve():
                raise DataError(
                    f"files: expected every file name once, since mappings go by name; got {self.paths[path.name]} and "
                    f"{path}. Rename one."
                )
            self.paths[path.name] = path

    def matching(self, pattern: str, field: str) -> tuple[str, ...]:
        """Names of the files that `pattern` means, sorted. DataError, naming the mapping's `field`, for none."""
        found = [pattern] if pattern in self.paths else sorted(fnmatch.filter(self.paths, pattern))
        if not found:
            near = nearest(pattern, self.paths)
            given = ", ".join(sorted(self.paths)) or "no file"
            raise DataError(
                f"{field}: expected a file that was given ({given}); got {pattern!r}. "
                + (f"Did you mean {near}?" if near else "Name it on the command line, or correct the mapping.")
            )
        self.taken.update(found)
        return tuple(found)

    def read(self, name: str, *, encoding: str, delimiter: str) -> TextTable:
        """The table in file `name`, as text, blanks around cells removed and empty cells null.

        delimiter: as a mapping says it, a mark or `tab`. A data set (Dataset-JSON, SAS transport file) comes as text
        too; its lines are its rows. DataError as `read_delimited`, `read_dataset_json` and `read_xpt`.
        """
        if self.paths[name].suffix.lower() in (".json", ".xpt"):
            return self._data_set(name, encoding)
        mark = "\t" if delimiter == "tab" else delimiter
        key = (name, encoding, mark)
        if key not in self._read:
            table = read_delimited(self.paths[name], delimiter=mark, encoding=encoding, encoding_advice=ENCODING_ADVICE)
            cells = table.cells.with_columns(pl.all().str.strip_chars())
            cells = cells.with_columns(pl.when(pl.all() != "").then(pl.all()))
            self._read[key] = TextTable(cells, table.lines, table.whole)
        return self._read[key]

    def _data_set(self, name: str, encoding: str) -> TextTable:
        key = (name, encoding, "")
        if key not in self._read:
            path = self.paths[name]
            given = None if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
            data = read_xpt(path, encoding=given) if path.suffix.lower() == ".xpt" else read_dataset_json(path)
            cells = empty_text_as_missing(pl.DataFrame([data.text(each).str.strip_chars() for each in data.names]))
            lines = pl.Series("line", range(1, cells.height + 1), dtype=pl.Int64)
            self._read[key] = TextTable(cells, lines, True)
        return self._read[key]

    def unused(self) -> tuple[str, ...]:
        """Names of the files that nothing has asked for, sorted."""
        return tuple(sorted(self.paths.keys() - self.taken))
