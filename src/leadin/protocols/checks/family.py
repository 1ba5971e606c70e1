"""Does the plan say how the level is held over several analyses, and can those be tested?"""

from __future__ import annotations

from collections.abc import Iterator

from leadin.protocols.checks.methods import COMPARING
from leadin.protocols.finding import ProtocolFinding
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.protocol import Protocol


def family_findings(protocol: Protocol) -> Iterator[ProtocolFinding]:
    """Findings on primary analyses, on analyses said twice, and on multiplicity; none without a plan."""
    plan = protocol.plan
    if plan is None:
        return
    primary = [analysis for analysis in plan.analyses if analysis.role == "primary"]
    if not primary:
        yield ProtocolFinding("primary-not-one", "note", "plan.analyses", "The plan names no primary analyses.")
    if len(primary) > 1 and plan.multiplicity is None:
        yield ProtocolFinding(
            "primaries-without-multiplicity",
            "warning",
            "plan.analyses",
            f"The plan names {len(primary)} primary analyses and not how the level is held over them, so that one of "
            "them may well be positive by chance. Add multiplicity, or make one of them primary.",
        )
    yield from _said_twice(plan.analyses)
    if plan.multiplicity is not None:
        yield from _tested(protocol, plan.tested, primary)


def _said_twice(analyses: tuple[PlannedAnalysis, ...]) -> Iterator[ProtocolFinding]:
    for position, analysis in enumerate(analyses):
        if analysis in analyses[:position]:
            yield ProtocolFinding(
                "analysis-twice",
                "note",
                f"plan.analyses[{position}]",
                f"It says the same as plan.analyses[{analyses.index(analysis)}]. Remove one.",
            )


def _tested(
    protocol: Protocol, tested: tuple[PlannedAnalysis, ...], primary: list[PlannedAnalysis]
) -> Iterator[ProtocolFinding]:
    outside = [analysis.called for analysis in primary if analysis not in tested]
    if outside:
        yield ProtocolFinding(
            "primary-outside-family",
            "warning",
            "plan.multiplicity.analyses",
            f"Primary, but not tested at the familywise level: {', '.join(outside)}. Name them too.",
        )
    alone = [a for a in tested if len(protocol.arms) < 2 and a.method in (*COMPARING, "responders")]
    if alone:
        yield ProtocolFinding(
            "family-not-testable",
            "warning",
            "plan.multiplicity.analyses",
            f"With one arm these give no p, which then counts as 1: {', '.join(each.called for each in alone)}. Leave "
            "them out.",
        )
    if len(protocol.arms) > 2:
        yield ProtocolFinding(
            "family-of-first-contrasts",
            "note",
            "plan.multiplicity",
            f"There are {len(protocol.arms)} arms; of each analysis the arm that it names, else the first, is held "
            "against the reference at the familywise level, the others are not.",
        )
