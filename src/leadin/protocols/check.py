"""Checks of a protocol that can be read: what does not fit together, what cannot be evaluated, what is not sourced."""

from __future__ import annotations

from leadin.protocols.checks.analyses import analysis_findings
from leadin.protocols.checks.arms import arm_findings
from leadin.protocols.checks.cells import cell_findings
from leadin.protocols.checks.clean_rooms import clean_room_findings
from leadin.protocols.checks.sources import source_findings
from leadin.protocols.checks.visits import visit_findings
from leadin.protocols.finding import ProtocolFinding
from leadin.protocols.protocol import Protocol


def check_protocol(protocol: Protocol) -> tuple[ProtocolFinding, ...]:
    """All findings on a protocol, warnings first; none when nothing needs a look."""
    findings = (
        *visit_findings(protocol),
        *cell_findings(protocol),
        *clean_room_findings(protocol),
        *arm_findings(protocol),
        *analysis_findings(protocol),
        *source_findings(protocol),
    )
    return tuple(sorted(findings, key=lambda finding: finding.severity != "warning"))
