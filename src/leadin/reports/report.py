"""Results to one self-contained HTML page: no network, no script, the same bytes each time."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from leadin.errors import UsageError
from leadin.reports.page import Page
from leadin.trials.trial import Trial

if TYPE_CHECKING:
    from leadin.analysis.results import Results
    from leadin.designs.chance import Chance


def write_report(trial: Trial, results: Results, path: Path, *, chance: Chance | None = None) -> Path:
    """Writes the report and gives its path back; a write that fails or is killed leaves what was there before.

    chance: what the same design shows with no treatment, for a trial without control. Raises UsageError when the place
    cannot be written to.
    """
    from leadin.reports.contents import report_page

    text = render(report_page(trial, results, chance))
    draft = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            draft.write_text(text, encoding="utf-8", newline="\n")
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"{path}: the report cannot be written: {reason}. Choose another place.") from error
    return path


def render(page: Page) -> str:
    """The page as HTML."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("leadin.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html.j2").render(page=page, numbering=page.numbering)
