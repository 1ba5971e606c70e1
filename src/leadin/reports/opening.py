"""The head of the page: what the trial is called, one line of what was done, and whether the data are real."""

from __future__ import annotations

from leadin.months import DAYS_PER_MONTH
from leadin.protocols.product import Administration
from leadin.protocols.protocol import Arm, Protocol
from leadin.reports.arms import ReportArm
from leadin.reports.courses import Course
from leadin.reports.numbers import cells, months, number, plural
from leadin.reports.wording import capital
from leadin.trials.trial import Manifest, Trial

NO_PERSON = "Simulated trial: no person took part."
UNNAMED = "A trial without a protocol"


def title_words(trial: Trial) -> str:
    """The protocol's title, else the name in the manifest, else that there is none."""
    if trial.protocol is not None:
        return trial.protocol.title
    return trial.manifest.protocol or UNNAMED


def origin_words(manifest: Manifest) -> str:
    """Whether the data are simulated, captured or imported, and how a simulated trial was made."""
    if manifest.origin == "conducted":
        return "Real data, captured while the trial ran."
    if manifest.origin == "imported":
        return "Imported data: tables made outside leadin, taken as they are."
    known = dict(manifest.simulation or ())
    told = [f"population {known['population']}"] if "population" in known else []
    slowing = _share(known.get("slowing"))
    if slowing is not None:
        told.append(
            "no effect of treatment"
            if slowing == 0
            else f"decline of every dosed participant slowed by {number(100 * slowing, 0)} %"
        )
    if "therapy" in known:
        told.append(f"therapy {known['therapy']}, whose effect follows from the doses given")
    if manifest.seed is not None:
        told.append(f"seed {manifest.seed}")
    return f"{NO_PERSON} {capital(', '.join(told))}." if told else NO_PERSON


def _share(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def what_was_done(trial: Trial, arms: tuple[ReportArm, ...], people: tuple[Course, ...]) -> str:
    """Arms with their numbers, cells and injections, lead-in and follow-up, in a line or two."""
    who = "; ".join(f"{arm.label}, n = {arm.n}" for arm in arms)
    count = plural(sum(arm.n for arm in arms), "participant")
    start = f"{count} in {len(arms)} arms ({who})." if len(arms) > 1 else f"{count}, {arms[0].label}."
    if len(arms) == 1 and arms[0].name is None and trial.protocol is None:
        start = f"{count}."
    if trial.protocol is None:
        return f"{start} {_seen(trial, people)}"
    protocol = trial.protocol
    given = _given_by_arm(protocol, {arm.name for arm in arms})
    lead_in = f"{months(protocol.lead_in_months)} of lead-in" if protocol.lead_in_months else "No lead-in"
    span = f"{lead_in}, {months(protocol.follow_up_months)} of follow-up."
    masking = {"open_label": "Open label.", "unknown": ""}.get(
        protocol.masking, f"{capital(protocol.masking.replace('_', ' '))}."
    )
    allocation = "Randomised." if protocol.randomised else "Not randomised." if len(arms) > 1 else "No control arm."
    return " ".join(part for part in (start, *given, span, allocation, masking) if part)


def _given_by_arm(protocol: Protocol, shown: set[str | None]) -> list[str]:
    """What each arm is given, a sentence each; arms that are given the same share one."""
    same: dict[str, list[str]] = {}
    for arm in protocol.arms:
        if arm.administrations and (arm.name in shown or None in shown):
            same.setdefault(_given(arm, protocol), []).append(arm.label)
    told = []
    for given, labels in same.items():
        who = (
            ""
            if len(protocol.arms) == 1
            else "Every arm: "
            if len(labels) == len(shown)
            else f"{capital(', '.join(labels))}: "
        )
        told.append(capital(f"{who}{given}."))
    return told


def _given(arm: Arm, protocol: Protocol) -> str:
    """`lenzumestrocel, intrathecal, 1 million cells per kg each time, on days 0 and 26`."""
    doses = arm.administrations
    days = sorted({dose.day for dose in doses})
    routes = " and ".join(dict.fromkeys(dose.route for dose in doses))
    products = {product.name: product.label for product in protocol.products}
    what = " and ".join(dict.fromkeys(products.get(dose.product, dose.product) for dose in doses))
    when = f"day {days[0]}" if len(days) == 1 else f"days {', '.join(map(str, days[:-1]))} and {days[-1]}"
    return f"{what}, {routes}{_amount(doses)}, on {when}"


def _amount(doses: tuple[Administration, ...]) -> str:
    told = {(dose.cells.amount, dose.cells.per) for dose in doses if dose.cells is not None}
    if len(told) != 1:
        return ""
    amount, per = told.pop()
    return f", {cells(amount)} cells {'per kg each time' if per == 'kg' else 'each time'}"


def _seen(trial: Trial, people: tuple[Course, ...]) -> str:
    """What the tables themselves say of injections, lead-in and follow-up."""
    injections = max((len(course.injections) for course in people), default=0)
    first = min((course.first for course in people), default=0.0) / DAYS_PER_MONTH
    last = max((course.last for course in people), default=0.0) / DAYS_PER_MONTH
    given = (
        f"Up to {plural(injections, 'administration')} each."
        if injections
        else "No administration of cells is recorded."
    )
    before = f"from up to {months(-first)} before time zero" if first < -0.5 else "from time zero on"
    return f"{given} Participants were observed {before}, up to {months(last)} after it."
