"""A YAML parser's complaint in words that say what to do."""

from __future__ import annotations

from typing import Any

from leadin.protocols.problems import shown


def syntax_complaint(error: Any, text: str, file: str) -> str:
    """One sentence for a `MarkedYAMLError` of ruamel.yaml: where, what was expected, what to do."""
    mark = error.problem_mark or error.context_mark
    number = mark.line + 1 if mark is not None else 1
    lines = text.splitlines()
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    complaint = str(error.problem or error.context or "cannot be read")
    if "\\t" in complaint or line[: len(line) - len(line.lstrip())].find("\t") >= 0:
        return f"{file}, line {number}: expected spaces before the first word; got a tab. Replace tabs by spaces."
    if "<stream end>" in complaint or "end of stream" in complaint:
        opened = error.context_mark.line + 1 if error.context_mark is not None else number
        return (
            f"{file}, line {opened}: expected the end of what starts here (a bracket or a quote); got the end of the "
            "file. Close it, or check that the file is whole."
        )
    if "mapping values are not allowed" in complaint:
        return (
            f"{file}, line {number}: expected one 'field: value' a line; got {shown(line.strip())}. Check the "
            "indentation, and put text with a colon and a space in it in quotes."
        )
    if "cannot start any token" in complaint:
        return (
            f"{file}, line {number}: expected a value; got {shown(line.strip())}. Text that starts with a special "
            "character (@, `, %) needs quotes."
        )
    if "expected ',' or" in complaint:
        return (
            f"{file}, line {number}: expected a comma or the closing bracket; got {shown(line.strip())}. Inside "
            "{ } or [ ], text with a comma, a colon or a bracket in it needs quotes."
        )
    return f"{file}, line {number}: expected YAML; got {shown(line.strip())} ({complaint}). Check the indentation."


def first_line(error: Exception) -> str:
    """The first line of an error's text."""
    return str(error).strip().splitlines()[0]
