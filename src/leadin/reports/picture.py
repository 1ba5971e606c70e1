"""A figure as a value: SVG that stands alone or in a page, and the finding it shows in words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Picture:
    """One figure.

    name: unique on the page, prefix of every id in the SVG. title: a few words. finding: what it shows, with its
    numbers, for people who do not see it (it stands in the SVG as `<desc>`). caption: what a reader who sees it needs
    besides. svg: one `<svg>` element.
    """

    name: str
    title: str
    finding: str
    caption: str
    svg: str

    kind = "picture"

    def _repr_svg_(self) -> str:
        return self.svg
