"""What `leadin check` says, for people and for programs."""

from __future__ import annotations

import dataclasses
import json
import textwrap
from collections.abc import Sequence

from leadin.protocols.finding import ProtocolFinding
from leadin.protocols.protocol import Protocol


def check_lines(protocol: Protocol, findings: Sequence[ProtocolFinding], width: int) -> list[str]:
    """A line on the whole, then a paragraph for each finding."""
    people = sum(arm.planned for arm in protocol.arms)
    lines = [
        f"{protocol.name}: a valid protocol ({_count(len(protocol.arms), 'arm')}, {_count(people, 'participant')}, "
        f"{_count(len(protocol.visits), 'visit')}); {_summary(findings)}."
    ]
    for finding in findings:
        text = f"{finding.severity} {finding.id}: {finding.field}: {finding.message}"
        lines.extend(textwrap.wrap(text, width, subsequent_indent="  ", break_long_words=False))
    return lines


def _summary(findings: Sequence[ProtocolFinding]) -> str:
    warnings = sum(finding.severity == "warning" for finding in findings)
    parts = [_count(n, word) for n, word in ((warnings, "warning"), (len(findings) - warnings, "note")) if n]
    return " and ".join(parts) or "nothing to look at"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def check_json(protocol: Protocol, findings: Sequence[ProtocolFinding]) -> str:
    """Name of the protocol and its findings, with their id, severity, field and message."""
    listed = [dataclasses.asdict(finding) for finding in findings]
    return json.dumps({"protocol": protocol.name, "findings": listed}, indent=2, ensure_ascii=False)
