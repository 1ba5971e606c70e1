"""From a matplotlib figure to one clean inline `<svg>`: its own ids, the reader's fonts, no style that leaks, same
bytes.

Text stays text (searchable, small). Its room is measured in DejaVu Sans, which is wider than the fonts it is shown in,
so nothing that fits here is cut there.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from html import escape
from typing import Any

from leadin.reports.palette import INK, QUIET

PAGE_WIDTH = 500.0
"""Width of a full figure in points: the text column of an A4 or Letter page."""
PAGE_HEIGHT = 590.0
"""No figure is taller than this many points, so that it prints on one page with its caption."""
FONT_SIZE = 9.5
SMALL = 8.5
FONTS = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif"


@contextmanager
def drawing_style(name: str) -> Iterator[None]:
    """The look of every figure, and the salt that makes its bytes the same each time; figures are made and saved
    inside."""
    import matplotlib

    settings: dict[str, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": name,
        "text.parse_math": False,
        "font.family": ["DejaVu Sans"],
        "font.size": FONT_SIZE,
        "text.color": INK,
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "axes.labelsize": FONT_SIZE,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "xtick.color": INK,
        "ytick.color": INK,
        "xtick.labelsize": SMALL,
        "ytick.labelsize": SMALL,
        "lines.linewidth": 1.6,
        "lines.solid_capstyle": "butt",
        "patch.linewidth": 0.8,
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.facecolor": "none",
    }
    with matplotlib.rc_context(settings), _without_glyph_warnings():
        yield


@contextmanager
def _without_glyph_warnings() -> Iterator[None]:
    """A letter that the measuring font lacks is measured as a box; the reader's own font draws it all the same."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def blank_figure(width: float, height: float) -> Any:
    """An empty figure of that size in points, with no window system behind it."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / 72, height / 72))
    FigureCanvasSVG(figure)
    return figure


def axes_at(figure: Any, left: float, top: float, width: float, height: float, **options: Any) -> Any:
    """Axes at a place in points from the upper left corner of the figure."""
    whole_width, whole_height = figure.get_size_inches() * 72
    box = (left / whole_width, 1 - (top + height) / whole_height, width / whole_width, height / whole_height)
    return figure.add_axes(box, **options)


def sheet(figure: Any) -> Any:
    """Invisible axes over the whole figure, in points from its upper left corner: for boxes, arrows and words."""
    width, height = figure.get_size_inches() * 72
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.axis("off")
    return axes


@lru_cache(maxsize=4096)
def text_width(text: str, size: float = FONT_SIZE, bold: bool = False) -> float:
    """Width of a line of text in points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    properties = FontProperties(family="DejaVu Sans", size=size, weight="bold" if bold else "normal")
    with _without_glyph_warnings():
        width, _, _ = text_to_path.get_text_width_height_descent(text, properties, False)
    return float(width)


def wrapped(text: str, width: float, size: float = FONT_SIZE, bold: bool = False) -> list[str]:
    """Lines no wider than `width` points, broken at spaces (not at no-break ones); a single word that is too long is
    cut short with an ellipsis."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, bold) <= width:
            lines[-1] = longer
        else:
            lines.append(shortened(word, width, size, bold))
    return lines or [""]


def shortened(text: str, width: float, size: float = FONT_SIZE, bold: bool = False) -> str:
    """The text, cut short with an ellipsis where it is wider than `width` points."""
    if text_width(text, size, bold) <= width:
        return text
    while len(text) > 1 and text_width(text.rstrip() + "…", size, bold) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def month_ticks(low: float, high: float, most: int = 9) -> list[float]:
    """Round months (multiples of 1, 3, 6, 12, ...) from low to high, zero among them where it lies between."""
    import math

    step = next((s for s in (1, 3, 6, 12, 24, 60, 120, 240) if (high - low) / s < most), 600)
    return [float(k * step) for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def plain(values: Sequence[float]) -> list[str]:
    """Tick labels with a true minus and no needless decimals."""
    return [f"{value:g}".replace("-", "−") for value in values]


def time_axis(axes: Any, low: float, high: float, label: str = "Months from time zero") -> None:
    """Month ticks and their label; `low` and `high` are the ends of the axis in months."""
    ticks = month_ticks(low, high)
    axes.set_xlim(low, high)
    axes.set_xticks(ticks, plain(ticks))
    axes.set_xlabel(label)


def time_zero(axes: Any, label: str | None = None) -> None:
    """A thin line at time zero, with words above it when they are given."""
    axes.axvline(0, color=QUIET, linewidth=0.8, zorder=1)
    if label is not None:
        axes.annotate(
            label,
            (0, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=SMALL,
            color=QUIET,
        )


def svg_text(figure: Any, name: str, title: str, finding: str) -> str:
    """The figure as one `<svg>` element with title, description and ids that start with `name`."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    width, height = figure.get_size_inches() * 72
    text = buffer.getvalue()
    body = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{name}-title {name}-desc" '
        f'width="{width:g}pt" height="{height:g}pt" viewBox="0 0 {width:g} {height:g}" '
        f'style="stroke-linejoin:round;stroke-linecap:butt;font-family:{FONTS}">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(finding)}</desc>'
        f"{_clean(body, name)}</svg>"
    )


_TAG = re.compile(r"<[^>]*>")
_COORDINATES = re.compile(r' (d|x|y|x1|x2|y1|y2|points|transform|width|height)="([^"]*)"')
_LONG_DECIMALS = re.compile(r"(\d+\.\d{2})\d+")
_USED_IDS = re.compile(r'(?:href="#|url\(#)([^")]+)')


def _clean(body: str, name: str) -> str:
    body = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", body, flags=re.S)
    used = {found for tag in _TAG.findall(body) for found in _USED_IDS.findall(tag)}
    # Tag by tag, so that words of a trial that look like markup stay words.
    body = _TAG.sub(lambda tag: _clean_tag(tag[0], name, used), body)
    body = re.sub(r">\s+<", "><", body)
    return re.sub(r"<defs></defs>|<g></g>", "", body)


def _clean_tag(tag: str, name: str, used: set[str]) -> str:
    tag = tag.replace("xlink:href=", "href=")
    tag = re.sub(r' id="([^"]*)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", tag)
    tag = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", tag)
    tag = re.sub(r' transform="rotate\(-0 [^"]*"', "", tag)
    # matplotlib writes the font either whole (`font: 9px 'DejaVu Sans'`) or in parts, depending on its version.
    tag = re.sub(r"font: ((?:[a-z0-9]+ )*?)([\d.]+)px '[^\";]*", _font_parts, tag)
    tag = re.sub(r"font-family: [^;\"]*;? ?", "", tag)
    return _COORDINATES.sub(_shorter_coordinates, tag)


def _shorter_coordinates(match: re.Match[str]) -> str:
    values = _LONG_DECIMALS.sub(r"\1", " ".join(match[2].split()))
    return f' {match[1]}="{values}"'


def _font_parts(match: re.Match[str]) -> str:
    weight = "; font-weight: bold" if "bold" in match[1] or "700" in match[1] else ""
    slant = "; font-style: italic" if "italic" in match[1] else ""
    return f"font-size: {match[2]}px{weight}{slant}"
