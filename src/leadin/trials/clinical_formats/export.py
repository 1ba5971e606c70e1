"""A trial written as Dataset-JSON, SAS transport files or REDCap-style CSV, with a report of what they cannot hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from leadin.errors import DataError, UsageError
from leadin.trials.clinical_formats.dataset_json import dataset_to_json
from leadin.trials.clinical_formats.export_data_sets import data_sets_of
from leadin.trials.clinical_formats.loss_report import Loss, losses_to_csv
from leadin.trials.clinical_formats.redcap_export import REDCAP_FILES, redcap_files
from leadin.trials.clinical_formats.standard_data_sets import HOMES
from leadin.trials.clinical_formats.xpt import xpt_bytes
from leadin.trials.clinical_formats.xpt_limits import fitting_xpt
from leadin.trials.folder_swap import replaced_folder
from leadin.trials.trial import Trial

FORMATS = ("dataset-json", "xpt", "redcap")
REPORT = "export_report.csv"


def export_trial(trial: Trial, folder: Path, *, file_format: str = "dataset-json") -> tuple[Loss, ...]:
    """Writes `trial` to `folder` for others to read, and gives back what the format cannot hold or says in another way.

    file_format: `dataset-json` (ADaM and SDTM data sets, Dataset-JSON 1.1), `xpt` (the same as SAS transport files of
    version 5) or `redcap` (one CSV and a data dictionary). The losses stand beside the files as `export_report.csv`.
    The same trial gives the same bytes.

    The folder is written whole or not at all. UsageError for another format; DataError for a folder that holds other
    files, or cannot be written to.
    """
    if file_format not in FORMATS:
        raise UsageError(f"--format: expected one of {', '.join(FORMATS)}; got {file_format!r}.")
    files, losses = _files(trial, file_format)
    files[REPORT] = losses_to_csv(losses).encode()
    with replaced_folder(Path(folder), may_replace=_refuse_other_folders(Path(folder), set(files))) as draft:
        for name, content in files.items():
            (draft / name).write_bytes(content)
    return losses


def _files(trial: Trial, file_format: str) -> tuple[dict[str, bytes], tuple[Loss, ...]]:
    if file_format == "redcap":
        return redcap_files(trial)
    data_sets, losses = data_sets_of(trial)
    files = {}
    for data in data_sets:
        if file_format == "dataset-json":
            files[f"{data.name.lower()}.json"] = dataset_to_json(data).encode()
            continue
        fitted, more = fitting_xpt(data)
        losses = (*losses, *more)
        files[f"{fitted.name.lower()}.xpt"] = xpt_bytes(fitted)
    return files, losses


def _refuse_other_folders(folder: Path, written: set[str]) -> Callable[[Path], None]:
    names = {name.lower() for name in (*HOMES.values(), "ADTTE")}
    known = {f"{name}{suffix}" for name in names for suffix in (".json", ".xpt")} | written | set(REDCAP_FILES)

    def may_replace(existing: Path) -> None:
        if not existing.is_dir():
            raise DataError(f"{folder}: expected a folder to write to; got a file. Choose another name.")
        held = sorted(entry.name for entry in existing.iterdir())
        foreign = [name for name in held if name not in known]
        if foreign or (held and REPORT not in held):
            told = ", ".join((foreign or held)[:3])
            raise DataError(
                f"{folder}: expected a new folder or one that leadin exported to, since what stands there is replaced; "
                f"got one that holds {told}. Choose another folder."
            )

    return may_replace
