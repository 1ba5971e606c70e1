"""How a plan holds the level over several analyses, in words."""

from __future__ import annotations

from leadin.protocols.plan import Plan

_PROCEDURES = {
    "fixed_sequence": "one after the other, each at the full level, up to the first that is not shown",
    "holm": "Holm's procedure",
    "hochberg": "Hochberg's procedure",
    "graphical": "graphical procedure",
}


def multiplicity_words(plan: Plan) -> str:
    """`familywise two-sided level 0.05: main, breath; Holm's procedure`, of a graph with its shares and what is passed
    on; empty without multiplicity."""
    said = plan.multiplicity
    if said is None:
        return ""
    names = [analysis.called for analysis in plan.tested]
    if said.procedure != "graphical":
        return f"familywise two-sided level {said.alpha:g}: {', '.join(names)}; {_PROCEDURES[said.procedure]}"
    shares = ", ".join(f"{name} {weight:g}" for name, weight in zip(names, said.weights, strict=True))
    passed = [
        f"{name} to {' and '.join(f'{other} {share:g}' for other, share in zip(names, row, strict=True) if share)}"
        for name, row in zip(names, said.transitions, strict=True)
        if any(row)
    ]
    told = f"familywise two-sided level {said.alpha:g}, shared {shares}; {_PROCEDURES['graphical']}"
    return f"{told}; once shown, passed on from {', '.join(passed)}" if passed else told
