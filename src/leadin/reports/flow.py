"""Participant flow as a CONSORT diagram: screened, enrolled, allocated, cells made, dosed, followed, analysed, and why
not.

Schulz KF, Altman DG, Moher D. CONSORT 2010 statement. BMJ 2010;340:c332. doi:10.1136/bmj.c332
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from leadin.reports.arms import ReportArm
from leadin.reports.courses import END_WORDS, Course
from leadin.reports.drawing import PAGE_WIDTH, SMALL, blank_figure, drawing_style, sheet, svg_text, wrapped
from leadin.reports.numbers import plural
from leadin.reports.palette import INK, PAPER
from leadin.reports.picture import Picture
from leadin.reports.wording import reason_words

LINE = 11.0
PADDING = 4.0
GAP = 13.0
MOST_REASONS = 6


@dataclass(frozen=True)
class Box:
    """One box of the diagram: what it counts, how many, and lines of detail."""

    title: str
    n: int
    lines: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The box as a sentence fragment: `screened 80` or `not enrolled 16 (consent withdrawn 2)`."""
        detail = f" ({'; '.join(self.lines)})" if self.lines else ""
        return f"{self.title} {self.n}{detail}"


@dataclass(frozen=True)
class Flow:
    """Boxes of the diagram: `before` allocation from top to bottom, each with the box of those who left after it
    (None: nobody or not recorded), then one column an arm; columns have the same stages in the same places, None
    where an arm has nothing to say of a stage."""

    before: tuple[tuple[Box, Box | None], ...]
    columns: tuple[tuple[ReportArm, tuple[Box | None, ...]], ...]


def participant_flow(
    arms: tuple[ReportArm, ...],
    people: tuple[Course, ...],
    cells_planned: Mapping[str | None, int] | None = None,
    analysed: Mapping[str | None, int] | None = None,
    analysis: str = "main analysis",
) -> Flow:
    """Counts of the diagram.

    cells_planned: administration days planned, by arm name; 0: the arm is given no cells; absent: not known. analysed:
    participants in the main analysis by arm name; None: there is none, and the box is left out. analysis: what it is
    called.
    """
    every, planned = {c.participant_id: c for c in people}, cells_planned or {}
    cells_anywhere = any(planned.values()) or any(c.dosed for c in people)
    columns = []
    for arm in arms:
        own = [every[name] for name in arm.participants]
        last = Box(f"In the {analysis}", analysed.get(arm.name, 0)) if analysed is not None else None
        columns.append((*_column(arm, own, planned.get(arm.name), cells_anywhere), last))
    used = [stage for stage in range(len(columns[0])) if any(column[stage] is not None for column in columns)]
    kept = tuple((arm, tuple(column[k] for k in used)) for arm, column in zip(arms, columns, strict=True))
    allocated = frozenset().union(*(arm.members for arm in arms))
    return Flow(_before(people, allocated, several=len(arms) > 1), kept)


def _before(people: tuple[Course, ...], allocated: frozenset[str], several: bool) -> tuple[tuple[Box, Box | None], ...]:
    """Screened, enrolled, allocated. Who is in an arm was enrolled, whatever the events say."""
    boxes: list[tuple[Box, Box | None]] = []
    failures = [
        c for c in people if c.screen_failure is not None and not c.enrolled and c.participant_id not in allocated
    ]
    if failures or any(c.screened for c in people):
        out = (
            Box("Not enrolled", len(failures), _reasons(c.screen_failure or "" for c in failures)) if failures else None
        )
        boxes.append((Box("Screened", len(people)), out))
    failed = {c.participant_id for c in failures}
    entered = [c for c in people if c.participant_id not in failed]
    left = [c for c in entered if c.participant_id not in allocated]
    out = Box("Left before allocation", len(left), _reasons(_why_left(c) for c in left)) if left else None
    enrolled = any(c.enrolled for c in people)
    boxes.append((Box("Enrolled" if enrolled else "In the tables", len(entered)), out))
    if several:
        randomised = any(c.randomised for c in people)
        boxes.append((Box("Randomised" if randomised else "Allocated to an arm", len(allocated)), None))
    return tuple(boxes)


def _why_left(course: Course) -> str:
    return course.screen_failure or END_WORDS.get(course.end or "", "reason not recorded")


def _column(arm: ReportArm, people: list[Course], planned: int | None, cells_anywhere: bool) -> tuple[Box | None, ...]:
    """The stages of one arm but the last: in it, cells made, given (in a trial that gives any), followed."""
    lots = [lot for c in people for lot in c.lots]
    made = given = None
    if lots:
        with_cells = sum(any(lot.released for lot in c.lots) for c in people)
        rejected = _reasons(lot.outcome or "outcome not recorded" for lot in lots if not lot.released)
        made = Box("Cells released for", with_cells, (f"lots started: {len(lots)}", *rejected))
    if planned or any(c.dosed for c in people):
        given = _dosed(people, planned)
    elif planned == 0 and cells_anywhere:
        given = Box("Given cells", 0, ("none planned",))
    return (Box(arm.label, len(people)), made, given, _followed(people))


def _dosed(people: list[Course], planned: int | None) -> Box:
    doses = Counter(len(c.injections) for c in people)
    most = planned or max(doses)
    lines = [f"all {most}: {sum(n for given, n in doses.items() if given >= most)}"] if most > 1 else []
    lines += [f"{given} of {most}: {doses[given]}" for given in range(most - 1, 0, -1) if doses[given]]
    not_dosed = [c for c in people if not c.dosed]
    why = _reasons(_why_not_dosed(c) for c in not_dosed)
    if not_dosed:
        lines += [f"not dosed: {len(not_dosed)}", *why]
    return Box("Given cells", len(people) - len(not_dosed), tuple(lines))


def _why_not_dosed(course: Course) -> str:
    if course.not_dosed is not None:
        return course.not_dosed
    return f"{END_WORDS[course.end]} before" if course.end in ("death", "withdrawal") else "reason not recorded"


def _followed(people: list[Course]) -> Box:
    """Those without an event that ends follow-up early. Those who left before the first dose (or time zero) are
    told."""
    complete = sum(c.end in ("end_of_follow_up", None) for c in people)
    lines: list[str] = []
    for kind, words in END_WORDS.items():
        ended = [c for c in people if c.end == kind]
        if ended and kind != "end_of_follow_up":
            before = sum(c.last < (c.injections[0] if c.injections else 0.0) for c in ended)
            when = "before dosing" if any(c.dosed for c in people) else "before time zero"
            detail = "" if not before else f", {when}" if before == len(ended) else f", {before} of them {when}"
            lines.append(f"{words}: {len(ended)}{detail}")
    stopped = sum(c.end is None for c in people)
    if stopped == len(people) and stopped:
        return Box("Followed", complete, ("end of follow-up not recorded",))
    if stopped:
        lines.append(f"end not recorded: {stopped}")
    return Box("Followed to the end", complete - stopped, tuple(lines))


def _reasons(reasons: Iterable[str]) -> tuple[str, ...]:
    counts = Counter(reason_words(reason) for reason in reasons).most_common()
    shown = [f"{reason}: {n}" for reason, n in counts[:MOST_REASONS]]
    rest = sum(n for _, n in counts[MOST_REASONS:])
    return (*shown, f"other reasons: {rest}") if rest else tuple(shown)


def flow_finding(flow: Flow) -> str:
    """The diagram in words, with every count."""
    start = "; ".join(
        box.words + (f", of whom {out.words[0].lower()}{out.words[1:]}" if out else "") for box, out in flow.before
    )
    arms = " ".join(
        f"{arm.label}: {arm.n}; " + "; ".join(box.words[0].lower() + box.words[1:] for box in boxes[1:] if box) + "."
        for arm, boxes in flow.columns
    )
    return f"{start}. {arms}"


def flow_figure(flow: Flow, name: str = "flow") -> Picture:
    """The diagram as a picture."""
    with drawing_style(name):
        placed, links, height = _layout(flow)
        figure = blank_figure(PAGE_WIDTH, height)
        page = sheet(figure)
        for line in links:
            page.plot(*zip(*line, strict=True), color=INK, linewidth=0.8, zorder=1)
            _arrow_head(page, line)
        for box in placed:
            _draw(page, box)
        title = "Participant flow"
        finding = flow_finding(flow)
        svg = svg_text(figure, name, title, finding)
    people = plural(flow.before[-1][0].n, "participant")
    return Picture(name, title, finding, f"Flow of {people} through the trial, with reasons where recorded.", svg)


@dataclass(frozen=True)
class _Placed:
    left: float
    top: float
    width: float
    title: list[str]
    lines: list[str]
    edge: str

    @property
    def height(self) -> float:
        return 2 * PADDING + LINE * (len(self.title) + len(self.lines))

    @property
    def middle(self) -> float:
        return self.left + self.width / 2


Line = list[tuple[float, float]]


def _place(box: Box, left: float, top: float, width: float, edge: str = INK) -> _Placed:
    room = width - 2 * PADDING
    title = wrapped(f"{box.title}: n\u00a0=\u00a0{box.n}", room, SMALL, bold=True)
    lines = [text for line in box.lines for text in wrapped(line, room, SMALL)]
    return _Placed(left, top, width, title, lines, edge)


def _layout(flow: Flow) -> tuple[list[_Placed], list[Line], float]:
    """Boxes and the lines between them: the trunk in the middle, those who left to its right, then a column an arm."""
    placed: list[_Placed] = []
    links: list[Line] = []
    trunk = 180.0
    middle = PAGE_WIDTH / 2 if len(flow.columns) > 1 else 125.0
    top = bottom = 1.0
    for box, out in flow.before:
        main = _place(box, middle - trunk / 2, top, trunk)
        if len(placed) > 0:
            links.append([(middle, bottom), (middle, main.top)])
        placed.append(main)
        bottom = main.top + main.height
        top = bottom + GAP
        if out is not None:
            left = middle + (50.0 if len(flow.columns) > 1 else 110.0)
            aside = _place(out, left, top - GAP / 2, min(PAGE_WIDTH - left - 1, 230.0))
            level = aside.top + aside.height / 2
            links.append([(middle, level), (aside.left, level)])
            placed.append(aside)
            top = aside.top + aside.height + GAP / 2
    return _columns(flow, placed, links, middle, bottom, top)


def _columns(
    flow: Flow, placed: list[_Placed], links: list[Line], middle: float, bottom: float, top: float
) -> tuple[list[_Placed], list[Line], float]:
    n = len(flow.columns)
    width = min((PAGE_WIDTH - 14.0 * (n - 1) - 2) / n, 246.0)
    lefts = [middle - width / 2] if n == 1 else [1 + k * (PAGE_WIDTH - 2 - width) / (n - 1) for k in range(n)]
    fork = top - GAP / 2 + 4
    if n > 1:
        top = fork + GAP
    below = [bottom] * n
    for stage in range(len(flow.columns[0][1])):
        lowest = top
        for k, (arm, boxes) in enumerate(flow.columns):
            box = boxes[stage]
            if box is None:
                continue
            place = _place(box, lefts[k], top, width, arm.look.colour if stage == 0 else INK)
            if stage == 0 and n > 1:
                links.append([(middle, bottom), (middle, fork), (place.middle, fork), (place.middle, top)])
            else:
                links.append([(place.middle, below[k]), (place.middle, top)])
            placed.append(place)
            below[k] = place.top + place.height
            lowest = max(lowest, below[k])
        top = lowest + GAP
    return placed, links, top - GAP + 2


def _arrow_head(page: Any, line: Line) -> None:
    x0, (x1, y1) = line[-2][0], line[-1]
    size = 3.2
    if x0 == x1:
        corners = [(x1, y1), (x1 - size, y1 - 1.6 * size), (x1 + size, y1 - 1.6 * size)]
    else:
        corners = [(x1, y1), (x1 - 1.6 * size, y1 - size), (x1 - 1.6 * size, y1 + size)]
    page.fill(*zip(*corners, strict=True), color=INK, linewidth=0, zorder=3)


def _draw(page: Any, box: _Placed) -> None:
    from matplotlib.patches import Rectangle

    width = 1.6 if box.edge != INK else 0.8
    page.add_patch(
        Rectangle(
            (box.left, box.top), box.width, box.height, facecolor=PAPER, edgecolor=box.edge, linewidth=width, zorder=2
        )
    )
    y = box.top + PADDING + LINE / 2
    for k, text in enumerate(box.title + box.lines):
        weight = "bold" if k < len(box.title) else "normal"
        page.text(box.left + PADDING, y, text, fontsize=SMALL, va="center", ha="left", fontweight=weight, zorder=3)
        y += LINE
