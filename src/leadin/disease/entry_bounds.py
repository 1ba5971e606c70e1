"""Of whom a population consists: bounds on what people are like when they are enrolled."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from leadin.protocols.statement import Statement


class EntryBound(Statement):
    """A bound, inclusive on both sides, on the true state at enrolment.

    score: true ALSFRS-R. delta_fs: (48 - score) / months since onset, points per month. capacity: true vital capacity,
    % predicted. A protocol's criteria are bounds that candidates are seen to fail; who lies outside these is never
    there.
    """

    variable: Literal["score", "months_since_onset", "delta_fs", "capacity", "age_years"]
    minimum: float | None = None
    maximum: float | None = None

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if self.minimum is None and self.maximum is None:
            raise ValueError("expected a minimum, a maximum or both; got neither. Give one of them.")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(
                f"expected a minimum at or below the maximum; got {self.minimum:g} above {self.maximum:g}. Swap them."
            )
        return self

    def told(self) -> str:
        """In words: `score at most 25`."""
        low = [] if self.minimum is None else [f"at least {self.minimum:g}"]
        high = [] if self.maximum is None else [f"at most {self.maximum:g}"]
        return f"{self.variable} {' and '.join(low + high)}"
