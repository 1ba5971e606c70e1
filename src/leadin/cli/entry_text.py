"""A protocol as the text that `leadin show` prints."""

from __future__ import annotations

import textwrap

from leadin.cli.activities_text import activities_text
from leadin.cli.text_table import labelled
from leadin.protocols.activities import schedule_of_activities
from leadin.protocols.entry import EntrySection, registry_entry, visit_marks
from leadin.protocols.protocol import Protocol

_LABEL_WIDTH = 18
_ACTIVITIES_AFTER = ("Also given", "Cells", "Arms", "Design")


def entry_lines(protocol: Protocol, width: int) -> list[str]:
    """Lines of the whole entry; the schedule of activities stands after what is given."""
    lines = [protocol.name, "=" * len(protocol.name), *textwrap.wrap(protocol.title, width), ""]
    lines.extend(textwrap.wrap(protocol.summary, width))
    sections = registry_entry(protocol)
    present = {section.heading for section in sections}
    before = next(heading for heading in _ACTIVITIES_AFTER if heading in present)
    for section in sections:
        lines.extend(_section(section, width))
        if section.heading == before:
            lines.extend(["", *_heading("Schedule of activities")])
            for line in (*activities_text(schedule_of_activities(protocol), width), *visit_marks(protocol)):
                lines.extend(textwrap.wrap(line, width) if len(line) > width else [line])
    return lines


def _section(section: EntrySection, width: int) -> list[str]:
    lines = ["", *_heading(section.heading)]
    if all(not label for label, _ in section.rows):
        for _, text in section.rows:
            lines.extend(textwrap.wrap(text, width, initial_indent="- ", subsequent_indent="  "))
        return lines
    return [*lines, *labelled(section.rows, width, label_width=_LABEL_WIDTH)]


def _heading(text: str) -> list[str]:
    return [text, "-" * len(text)]
