"""Files that leadin knows by themselves, without a mapping, into a trial."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from leadin.trials.clinical_formats.import_data_sets import import_data_sets
from leadin.trials.clinical_formats.redcap_import import import_redcap, redcap_pair
from leadin.trials.import_report import ImportReport
from leadin.trials.trial import Trial


def import_known(files: Sequence[Path]) -> tuple[Trial, ImportReport]:
    """The trial in ADaM or SDTM data sets (Dataset-JSON, SAS transport files), or in REDCap-style CSV that leadin
    exported. Raises as `import_data_sets` and `import_redcap`.
    """
    pair = redcap_pair(files)
    return import_data_sets(files) if pair is None else import_redcap(*pair)
