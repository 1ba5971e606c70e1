"""A problem with what a file says, and how it is told: field, expected, got, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

FieldPath: TypeAlias = tuple[str | int, ...]
"""Where a value stands: `("visits", 3, "day")`."""

TOLD_AT_ONCE = 40
"""Problems told in one message; past that a person mends the first ones and asks again."""


@dataclass(frozen=True)
class Problem:
    """One problem. expected and got: words that follow `expected` and `got`; advice: a sentence, or nothing.

    line: 1-based line of the file, None when there is no file or no line.
    """

    path: FieldPath
    expected: str
    got: str
    advice: str = ""
    line: int | None = None

    def told(self, file: str | None = None) -> str:
        """`visits[3].day: expected ...; got ... (file, line 41). What to do.`"""
        where = ""
        if file is not None:
            where = f" ({file})" if self.line is None else f" ({file}, line {self.line})"
        field = f"{field_text(self.path)}: " if self.path else ""
        return f"{field}expected {self.expected}; got {self.got}{where}. {self.advice}".rstrip()


def field_text(path: FieldPath) -> str:
    """`visits[3].day` for `("visits", 3, "day")`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def told_at_once(problems: Iterable[Problem], file: str) -> str:
    """All problems in one message, in the order of the file; a single one stands alone."""
    ordered = sorted(problems, key=lambda problem: (problem.line or 0, field_text(problem.path)))
    texts = [problem.told(file) for problem in ordered]
    if len(texts) == 1:
        return texts[0]
    shown = "\n".join(f"  {text}" for text in texts[:TOLD_AT_ONCE])
    more = f"\n  and {len(texts) - TOLD_AT_ONCE} more." if len(texts) > TOLD_AT_ONCE else ""
    return f"{len(texts)} problems in {file}:\n{shown}{more}"


def shown(value: object, *, limit: int = 60) -> str:
    """A value as a message shows it: text in quotes, cut to `limit` characters; nothing for None."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and float(f"{value:g}") == value:
        return f"{value:.1f}" if f"{value:g}".lstrip("-").isdigit() else f"{value:g}"
    if isinstance(value, dict):
        return f"the fields {_cut(', '.join(map(str, value)), limit)}" if value else "nothing"
    if isinstance(value, list | tuple):
        return "an empty list" if not value else "a list"
    return _cut(repr(value), limit) if isinstance(value, str) else _cut(str(value), limit)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 3]}..."
