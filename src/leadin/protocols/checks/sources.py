"""Does every value say where it comes from?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from leadin.protocols.coverage import uncovered
from leadin.protocols.finding import ProtocolFinding
from leadin.protocols.protocol import Protocol

_SHOWN = 5


def source_findings(protocol: Protocol) -> Iterator[ProtocolFinding]:
    """Findings on provenance. A protocol without any source is a plan for a new trial: that is noted once."""
    if not protocol.sources:
        message = "It names no sources, as a protocol of a new trial may."
        yield ProtocolFinding("no-sources", "note", "sources", message)
        return
    bare = uncovered(protocol)
    if bare:
        more = f" and {len(bare) - _SHOWN} more" if len(bare) > _SHOWN else ""
        yield ProtocolFinding(
            "values-without-source",
            "warning",
            bare[0],
            f"{len(bare)} value{'s say' if len(bare) > 1 else ' says'} neither where it comes from nor that it is "
            f"assumed: {', '.join(bare[:_SHOWN])}{more}. Add provenance or assumed entries.",
        )
    status: Counter[str] = Counter(item.status for item in protocol.provenance)
    unsure = [f"{status[name]} from {words}" for name, words in _UNSURE.items() if status[name]]
    if protocol.assumed:
        unsure.append(f"{len(protocol.assumed)} assumed")
    if unsure:
        message = f"Not read in a source: {', '.join(unsure)} (entries, not values). `leadin show` lists them."
        yield ProtocolFinding("values-not-read", "note", "assumed", message)


_UNSURE = {"memory": "memory", "secondary": "unreviewed pages"}
