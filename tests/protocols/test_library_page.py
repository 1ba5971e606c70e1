"""The page that lists the library is what the protocols say.

OVERWRITE_SNAPSHOTS=1 writes its tables anew; read the difference before it is kept.
"""

from __future__ import annotations

import os
import re
from itertools import pairwise
from pathlib import Path

import pytest

from leadin.protocols.coverage import Origins
from leadin.protocols.library import library_names
from leadin.protocols.load import load_protocol
from leadin.protocols.protocol import Arm, Protocol
from leadin.protocols.provenance import Assumption, Provenance

PAGE = Path(__file__).resolve().parents[2] / "docs" / "library.md"
HEADER = ("Trial", "Cells", "Arms", "Participants", "Times given", "Watched before", "Followed after", "Held against")
TABLES = {
    "randomised": lambda protocol: protocol.randomised,
    "not-randomised": lambda protocol: not protocol.randomised and protocol.control_arm is not None,
    "uncontrolled": lambda protocol: protocol.control_arm is None,
}
BLINDED = {
    "open_label": "nobody",
    "single_blind": "participants",
    "double_blind": "participants and assessors",
    "assessor_blind": "assessors",
    "unknown": "not known",
}


class Marked:
    """A value in words, with `*` when it is assumed and `†` when it comes from memory or an unreviewed page."""

    def __init__(self, protocol: Protocol) -> None:
        self._origins = Origins(protocol)

    def __call__(self, text: str, *places: tuple[str | int, ...]) -> str:
        origins = [self._origins.of(at) for at in places]
        if any(isinstance(origin, Assumption) for origin in origins):
            return f"{text}\\*"
        unsure = any(isinstance(origin, Provenance) and origin.status in ("memory", "secondary") for origin in origins)
        return f"{text}†" if unsure else text


def months(value: float) -> str:
    return "not at all" if value == 0 else f"{value:.3g} month{'' if value == 1 else 's'}"


def times_given(arm: Arm) -> str:
    """`once`, `3 times, 56 days apart`, `5 times over 304 days`."""
    days = sorted({dose.day for dose in arm.administrations})
    gaps = [b - a for a, b in pairwise(days)]
    if not gaps:
        return "once"
    even = max(gaps) - min(gaps) <= 1
    return f"{len(days)} times" + (f", {gaps[0]} days apart" if even else f" over {days[-1]} days")


def cells(protocol: Protocol) -> str:
    whose = {"autologous": "their own", "allogeneic": "a donor's", "xenogeneic": "an animal's"}
    return "; ".join(
        f"{whose[product.origin]} {product.cell_type}"
        + (f", from {tissue}" if (tissue := product.source_tissue) else "")
        for product in protocol.products
    )


def held_against(protocol: Protocol) -> str:
    control = protocol.control_arm
    if control is not None:
        return control.label
    one_sided = all(dose.side is not None for arm in protocol.arms for dose in arm.administrations)
    return "the untreated side" if one_sided else "nobody"


def sources(protocol: Protocol) -> str:
    return ", ".join(
        f"[{source.id}](https://doi.org/{source.doi})"
        if source.doi
        else f"[{source.id}]({source.url})"
        if source.url
        else f"{source.id} (no address)"
        for source in protocol.sources
    )


def row(protocol: Protocol) -> str:
    say = Marked(protocol)
    treated = [(i, arm) for i, arm in enumerate(protocol.arms) if arm.administrations]
    given = dict.fromkeys(times_given(arm) for _, arm in treated)
    planned = [("arms", i, "planned") for i in range(len(protocol.arms))]
    days = [("arms", i, "administrations", j, "day") for i, arm in treated for j in range(len(arm.administrations))]
    values = (
        f"`{protocol.name}`",
        cells(protocol),
        str(len(protocol.arms)),
        say(str(sum(arm.planned for arm in protocol.arms)), *planned),
        say(" or ".join(given), *days),
        say(months(protocol.lead_in_months), ("lead_in_months",)),
        say(months(protocol.follow_up_months), ("follow_up_months",)),
        held_against(protocol),
        say(BLINDED[protocol.masking], ("masking",)),
        sources(protocol),
    )
    return f"| {' | '.join(values)} |"


def table(kind: str) -> str:
    header = (*HEADER, "Who did not know the arm", "Source")
    lines = [f"| {' | '.join(header)} |", "|" + "---|" * len(header)]
    lines += [row(protocol) for protocol in map(load_protocol, library_names()) if TABLES[kind](protocol)]
    return "\n".join(lines)


def section(kind: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- table {kind} -->\n\n).*?(\n\n<!-- end -->)", re.S)


@pytest.mark.parametrize("kind", TABLES)
def test_the_table_is_what_the_protocols_say(kind):
    text = PAGE.read_text(encoding="utf-8")
    written = section(kind).sub(lambda found: found[1] + table(kind) + found[2], text)
    if os.environ.get("OVERWRITE_SNAPSHOTS"):
        PAGE.write_text(written, encoding="utf-8")
        return
    assert section(kind).search(text) is not None
    assert text == written


def test_every_protocol_stands_in_one_table():
    listed = re.findall(r"^\| `(\S+?)` \|", PAGE.read_text(encoding="utf-8"), re.M)
    assert sorted(listed) == list(library_names())


def test_the_number_of_trials_is_right():
    assert f"{len(library_names())} trials" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["hanyang-phase2", "nurown-phase2a", "weekly-nsc-series"])
def test_what_was_not_read_is_marked(name):
    text = row(load_protocol(name))
    assert {"hanyang-phase2": "3 months†", "nurown-phase2a": "14\\*", "weekly-nsc-series": "not at all\\*"}[
        name
    ] in text
