"""The rule of a row in whose imputed values something was added: written, and read back."""

from __future__ import annotations

import re

_RULE = re.compile(r"delta (\S+) in the arm, (\S+) in the reference arm, after the last visit")


def delta_rule(treated: float, reference: float) -> str:
    """`delta -2 in the arm, 0 in the reference arm, after the last visit`; the numbers can be read back unchanged."""
    return f"delta {_text(treated)} in the arm, {_text(reference)} in the reference arm, after the last visit"


def deltas_of(rule: str | None) -> tuple[float, float] | None:
    """What was added in the arm and in the reference arm; None for any other rule."""
    match = _RULE.fullmatch(rule or "")
    return None if match is None else (float(match[1]), float(match[2]))


def _text(value: float) -> str:
    short = f"{value + 0.0:g}"
    return short if float(short) == value else repr(float(value))
