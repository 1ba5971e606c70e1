"""How arms look: two colours that survive colour blindness and grey print, a line style and a marker with each.

The first two colours (dark blue, burnt orange) differ by more than 20 steps of CIE lightness, so that a grey copier
tells them apart, and each has a contrast of at least 4.5 to 1 on white, so that a label may be written in it. Further
arms take further colours, told apart by line style and marker as well, since no palette of many colours survives grey
print alone.
"""

from __future__ import annotations

from dataclasses import dataclass

INK = "#1a1a1a"
"""Text and axes."""
QUIET = "#5f5f5f"
"""Secondary text, still 6 to 1 on white."""
FAINT = "#c9c9c9"
"""Grid lines and clouds of what chance shows."""
PAPER = "#ffffff"


@dataclass(frozen=True)
class Look:
    """Colour, line style (as matplotlib takes it) and marker of one arm."""

    colour: str
    dash: str | tuple[float, tuple[float, ...]]
    marker: str


LOOKS: tuple[Look, ...] = (
    Look("#0b3c6f", "-", "o"),
    Look("#b85c00", (0.0, (5.0, 2.0)), "s"),
    Look("#007f6b", (0.0, (1.0, 1.5)), "^"),
    Look("#7b3f98", (0.0, (6.0, 2.0, 1.0, 2.0)), "D"),
    Look("#5f5f5f", (0.0, (3.0, 1.0, 1.0, 1.0, 1.0, 1.0)), "v"),
)


def look(position: int) -> Look:
    """The look at that position; from the sixth on they repeat."""
    return LOOKS[position % len(LOOKS)]


def tint(colour: str, strength: float) -> str:
    """A colour mixed with white: strength 1 is the colour itself, 0 is white. Opaque, so that print shows it as it
    is."""
    mixed = (round(255 + (int(colour[i : i + 2], 16) - 255) * strength) for i in (1, 3, 5))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)
