"""Small trials built by hand, pages made once, and a reader of HTML that remembers what it saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any

import polars as pl
import pytest

from leadin.analysis.analyse import analyse_trial
from leadin.analysis.result import Result
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.load import load_protocol
from leadin.reports.answers import Answers
from leadin.reports.arms import ReportArm
from leadin.reports.contents import report_page
from leadin.reports.palette import look
from leadin.reports.report import render
from leadin.simulation.simulate import simulate_trial
from leadin.trials.schema import SCHEMAS
from leadin.trials.trial import TABLES, Manifest, Trial

Rows = Sequence[Mapping[str, Any]]


def table(name: str, rows: Rows) -> pl.DataFrame:
    empty = dict.fromkeys(SCHEMAS[name])
    return pl.DataFrame([{**empty, **row} for row in rows], schema=SCHEMAS[name])


def build(origin: str = "imported", protocol: Any = None, **tables: Rows) -> Trial:
    """A trial of these rows; columns that a row does not name are missing."""
    made = {name: table(name, tables.get(name, ())) for name in TABLES}
    return Trial(manifest=Manifest(origin=origin), protocol=protocol, **made)  # type: ignore[arg-type]


def declining(arms: Mapping[str, str | None], months: Sequence[float]) -> list[dict[str, Any]]:
    """Scores that fall by about a point a month, not quite in a line, each participant in his own way."""
    return [
        {
            "participant_id": name,
            "day": month * DAYS_PER_MONTH,
            "measure": "alsfrs_r",
            "value": float(40 - k % 4 - round(month * (0.7 + 0.1 * (k % 5))) + (k * 7 + j * 3) % 2),
        }
        for k, name in enumerate(arms)
        for j, month in enumerate(months)
    ]


def two_arms(cells: str = "cells", control: str = "control", n: int = 6, origin: str = "imported") -> Trial:
    """Two arms of n: lead-in, two injections from two lots, a death, a leaver, adverse events of two terms."""
    arms = {f"P{k:02d}": cells if k % 2 else control for k in range(1, 2 * n + 1)}
    treated = [name for name, arm in arms.items() if arm == cells]
    events: list[dict[str, Any]] = [
        {"participant_id": name, "day": day, "kind": kind}
        for name in arms
        for day, kind in ((-91.0, "screened"), (-91.0, "enrolled"), (-1.0, "randomised"))
    ]
    ends = {treated[0]: (200.0, "death"), "P02": (150.0, "withdrawal")}
    events += [
        {
            "participant_id": name,
            "day": ends.get(name, (365.0, ""))[0],
            "kind": ends.get(name, (0, "end_of_follow_up"))[1],
        }
        for name in arms
    ]
    return build(
        origin,
        participants=[
            {"participant_id": name, "arm": arm, "age_years": 50.0 + k, "sex": "female" if k % 3 else "male"}
            for k, (name, arm) in enumerate(arms.items())
        ],
        assessments=[
            row
            for row in declining(arms, (-3, -2, -1, 0, 1, 2, 3, 4, 6, 9, 12))
            if row["day"] <= ends.get(row["participant_id"], (400.0, ""))[0]
        ],
        lots=[
            {
                "lot_id": f"{name}-{day:.0f}",
                "participant_id": name,
                "isolated_day": day - 30,
                "harvested_day": day - 1,
                "released_day": day,
                "outcome": "released",
            }
            for name in treated
            for day in (0.0, 26.0)
        ],
        administrations=[
            {"participant_id": name, "day": day, "lot_id": f"{name}-{day:.0f}", "route": "intrathecal"}
            for name in treated
            for day in (0.0, 26.0)
        ],
        events=events,
        adverse_events=[
            {
                "participant_id": name,
                "start_day": 1.0,
                "term": "Headache",
                "system_organ_class": "Nervous system disorders",
                "ctcae_grade": 2,
                "serious": False,
                "relatedness": "related",
            }
            for name in treated[:3]
        ]
        + [
            {
                "participant_id": "P02",
                "start_day": 40.0,
                "term": "Fall",
                "system_organ_class": "Injury, poisoning and procedural complications",
                "ctcae_grade": 3,
                "serious": True,
                "relatedness": "not related",
            }
        ],
    )


def one_arm(n: int = 5) -> Trial:
    """One arm without a name, no lead-in, nothing given, no event: the least that can be reported."""
    people = {f"Q{k}": None for k in range(n)}
    return build(
        participants=[{"participant_id": name} for name in people],
        assessments=declining(people, (0, 1, 2, 3, 4)),
    )


@dataclass
class Reader(HTMLParser):
    """Reads a page: tags with their attributes in order, the tags left open, the text."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    unbalanced: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    VOID = frozenset({"meta", "br", "hr", "img", "link", "input", "wbr"})

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def named(self, *names: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag in names]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).replace("\u00a0", " ").split())


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


@pytest.fixture(scope="session")
def html_of() -> Callable[..., str]:
    """The page of a trial, analysed as asked."""

    def make(trial: Trial, chance: Any = None, **asked: Any) -> str:
        return render(report_page(trial, analyse_trial(trial, **asked), chance))

    return make


@pytest.fixture(scope="session", name="read_html")
def _read_html() -> Callable[[str], Reader]:
    return read


@pytest.fixture(scope="session", name="build")
def _build() -> Callable[..., Trial]:
    return build


@pytest.fixture(scope="session", name="two_arms")
def _two_arms() -> Callable[..., Trial]:
    return two_arms


@pytest.fixture(scope="session", name="one_arm")
def _one_arm() -> Callable[..., Trial]:
    return one_arm


@pytest.fixture(scope="session")
def phase1() -> Trial:
    """A simulated uncontrolled trial with its protocol."""
    return simulate_trial(load_protocol("hanyang-phase1"), seed=4)


@pytest.fixture
def cells_and_control() -> tuple[ReportArm, ReportArm]:
    """Arms `cells` (two participants) and `control` (two), the reference."""
    return (
        ReportArm("cells", "cells + riluzole", ("a", "b"), False, look(0)),
        ReportArm("control", "riluzole alone", ("c", "d"), True, look(1)),
    )


@pytest.fixture
def only() -> tuple[ReportArm, ...]:
    """The one arm of a trial without a control."""
    return (ReportArm("cells", "two injections", ("a", "b", "c"), False, look(0)),)


@pytest.fixture(scope="session")
def slope_row() -> Callable[..., Result]:
    """A row of the broken-stick model, changed as asked."""

    def make(**changes: Any) -> Result:
        row = Result(
            method="broken_stick",
            endpoint="alsfrs_r",
            arm="cells",
            contrast="cells - control",
            estimate=0.31,
            standard_error=0.148,
            statistic=2.1,
            df=60.0,
            ci_low=0.02,
            ci_high=0.6,
            p=0.034,
            n=64,
            not_evaluable=1,
            unit="points per month",
            planned=True,
            estimand="The difference in change of slope.",
        )
        return replace(row, **changes)

    return make


@pytest.fixture(scope="session")
def answers() -> Callable[..., Answers]:
    """Answers made of rows, all planned primary ones unless said."""

    def make(rows: Sequence[Result], arms: tuple[ReportArm, ...], primary: Sequence[Result] = ()) -> Answers:
        return Answers(tuple(rows), arms, tuple(primary))

    return make
