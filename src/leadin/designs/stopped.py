"""A design that was interrupted: what was finished, and how far the rest had come."""

from __future__ import annotations

from leadin.designs.design import Design


class DesignStoppedError(KeyboardInterrupt):
    """Raised in place of the interruption. design: the finished cells, None where there are none; nothing was
    written."""

    def __init__(self, message: str, design: Design | None) -> None:
        super().__init__(message)
        self.design = design
