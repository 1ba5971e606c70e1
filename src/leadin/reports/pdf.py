"""The page as a PDF, by typst: A4, tagged, the same bytes each time, no font of the system needed."""

from __future__ import annotations

from pathlib import Path

from leadin.errors import UsageError
from leadin.reports.page import Page

NOT_THERE = (
    "a PDF needs the package typst, which is not installed. Install it with: pip install 'leadin[pdf]', or choose a "
    "name that ends in .html."
)


def refuse_without_typst(path: Path) -> None:
    """Raises UsageError when the package that sets a PDF is not installed."""
    from importlib.util import find_spec

    if find_spec("typst") is None:
        raise UsageError(f"{path}: {NOT_THERE}")


def pdf_bytes(page: Page) -> bytes:
    """The page as PDF. Fonts come with typst and matplotlib; only words in letters that those lack are set in a font of
    the system, where it has one."""
    import matplotlib
    import typst

    from leadin.reports.typst_markup import typst_text

    text = typst_text(page)
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    fonts = typst.Fonts(include_system_fonts=not _covered(text, folder / "DejaVuSans.ttf"), font_paths=[str(folder)])
    return bytes(typst.compile(text.encode(), format="pdf", font_paths=fonts))


def _covered(text: str, font: Path) -> bool:
    """Whether the font has every letter of the text."""
    from matplotlib.ft2font import FT2Font

    return {ord(letter) for letter in text} - set(map(ord, "\n\u200b\ufffd")) <= set(FT2Font(str(font)).get_charmap())
