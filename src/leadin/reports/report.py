"""Results to one self-contained page, HTML or PDF: no network, no script, the same bytes each time."""

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


HTML_SUFFIXES, PDF_SUFFIX = ("", ".html", ".htm", ".xhtml"), ".pdf"


def write_report(trial: Trial, results: Results, path: Path, *, chance: Chance | None = None) -> Path:
    """Writes the report and gives its path back; a write that fails or is killed leaves what was there before.

    The suffix decides: `.pdf` a PDF, `.html` or none one HTML page. chance: what the same design shows with no
    treatment, for a trial without control. Raises UsageError for another suffix, when the place cannot be written to,
    and for a PDF without the package that sets it.
    """
    from leadin.reports.contents import report_page

    refuse_other_forms(path)
    page = report_page(trial, results, chance)
    content = render_pdf(page) if path.suffix.lower() == PDF_SUFFIX else render(page).encode()
    draft = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            draft.write_bytes(content)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"{path}: the report cannot be written: {reason}. Choose another place.") from error
    return path


def refuse_other_forms(path: Path) -> None:
    """Raises UsageError for a name that asks for neither HTML nor PDF, and for a PDF that nothing here can set; worth
    asking before a long analysis."""
    suffix = path.suffix.lower()
    if suffix == PDF_SUFFIX:
        from leadin.reports.pdf import refuse_without_typst

        refuse_without_typst(path)
    elif suffix not in HTML_SUFFIXES:
        raise UsageError(f"{path}: expected a name that ends in .html or .pdf; got {path.suffix}. Rename it.")


def render_pdf(page: Page) -> bytes:
    """The page as PDF."""
    from leadin.reports.pdf import pdf_bytes

    return pdf_bytes(page)


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
