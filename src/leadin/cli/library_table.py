"""The library of protocols as a table for people and as JSON for programs."""

from __future__ import annotations

import json
import textwrap

from leadin.cli.text_table import table
from leadin.protocols.library import library_names
from leadin.protocols.load import load_protocol
from leadin.protocols.protocol import Protocol

NARROWEST_TITLE = 36
INDENT = "    "


def library_lines(width: int) -> list[str]:
    """Lines of a table, one protocol a row; where the titles would be squeezed, each stands below its row."""
    header = ("Name", "Arms", "n", "Lead-in", "Follow-up", "Title")
    rows = [_row(load_protocol(name)) for name in library_names()]
    lines = table(header, rows, width)
    if len(lines[1]) - lines[1].rindex(" ") > NARROWEST_TITLE:
        return lines
    head, rule, *body = table(header[:-1], [row[:-1] for row in rows], width)
    titled = [
        [line, *textwrap.wrap(row[-1], width, initial_indent=INDENT, subsequent_indent=INDENT)]
        for line, row in zip(body, rows, strict=True)
    ]
    return [head, rule, *(line for lines in titled for line in lines)]


def _row(protocol: Protocol) -> tuple[str, ...]:
    lead_in = f"{protocol.lead_in_months:g} mo" if protocol.lead_in_months else "none"
    n = sum(arm.planned for arm in protocol.arms)
    return (
        protocol.name,
        str(len(protocol.arms)),
        str(n),
        lead_in,
        f"{protocol.follow_up_months:g} mo",
        protocol.title,
    )


def library_json() -> str:
    """A list with name, title, registry identifier, phase, arms, participants, lead-in and follow-up of each."""
    listed = [
        {
            "name": protocol.name,
            "title": protocol.title,
            "registry_id": protocol.registry_id,
            "phase": protocol.phase,
            "lead_in_months": protocol.lead_in_months,
            "follow_up_months": protocol.follow_up_months,
            "participants": sum(arm.planned for arm in protocol.arms),
            "arms": [
                {"name": arm.name, "label": arm.label, "role": arm.role, "planned": arm.planned}
                for arm in protocol.arms
            ],
        }
        for protocol in map(load_protocol, library_names())
    ]
    return json.dumps(listed, indent=2, ensure_ascii=False)
