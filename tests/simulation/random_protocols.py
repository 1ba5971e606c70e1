"""Random protocols that are valid: a hypothesis strategy. Products with and without manufacturing, queues, repeats,
several arms and products, odd visits and windows, every kind of allocation, sides, and criteria that people meet, in
trials that are not randomised also by arm."""

from __future__ import annotations

from hypothesis import strategies as st

from leadin.protocols.protocol import Protocol

MEASURES = ("alsfrs_r", "svc_percent", "fvc_percent", "weight_kg", "strength.left", "strength.right")
ROUTES = ("intrathecal", "intravenous", "intramuscular", "intraspinal", "intracerebral", "intraventricular")
TESTS = ("cell_count", "viability", "sterility", "endotoxin", "mycoplasma", "identity", "karyotype", "secretion")
MONTH = 30.4375


def maybe(strategy):
    return st.none() | strategy


@st.composite
def manufacturing(draw):
    return {
        "isolations": draw(st.integers(1, 4)),
        "expansion_days": draw(st.sampled_from((1, 7, 14, 21, 28, 45, 60))),
        "passages": draw(maybe(st.integers(0, 6))),
        "clean_room_slots": draw(st.sampled_from((None, 1, 1, 3))),
        "repeats": draw(maybe(st.integers(0, 2))),
        "differentiation_days": draw(st.sampled_from((0, 0, 3, 14))),
        "release_days": draw(st.sampled_from((0, 0, 2, 14))),
        "release_tests": draw(st.lists(st.sampled_from(TESTS), max_size=4, unique=True)),
        "shelf_life_hours": draw(maybe(st.sampled_from((6.0, 24.0, 72.0, 240.0, 8_766.0)))),
        "cryopreserved": draw(maybe(st.booleans())),
    }


@st.composite
def products(draw):
    return [
        {
            "name": name,
            "label": name,
            "cell_type": "cells",
            "origin": draw(st.sampled_from(("autologous", "allogeneic", "xenogeneic"))),
            "manufacturing": draw(manufacturing()) if draw(st.integers(0, 3)) else None,
        }
        for name in ("msc", "npc")[: draw(st.integers(1, 2))]
    ]


def cells():
    amounts = st.sampled_from((1e5, 1e6, 2.5e7))
    return maybe(st.fixed_dictionaries({"amount": amounts, "per": st.sampled_from(("administration", "kg"))}))


@st.composite
def administrations(draw, names, first):
    """One to six doses, in order of day; the first on day `first`."""
    later = draw(st.lists(st.sampled_from((1, 7, 14, 26, 30, 56, 91, 120, 183)), max_size=5, unique=True))
    doses = []
    for day in sorted({first, *(first + day for day in later)}):
        for product in names[: 1 + draw(st.sampled_from((0, 0, 0, len(names) - 1)))]:
            window = draw(st.sampled_from((0, 0, 2, 10)))
            doses.append(
                {
                    "day": day,
                    "product": product,
                    "route": draw(st.sampled_from(ROUTES)),
                    "cells": draw(cells()),
                    "site": draw(maybe(st.just("lumbar cord"))),
                    "side": draw(st.none() | st.sampled_from((None, "left", "right", "either"))),
                    "days_early": window if day else 0,
                    "days_late": window,
                }
            )
    return doses


@st.composite
def arms(draw, names, randomised):
    """One to four arms; the first dose of the trial is on day 0 of the first arm."""
    made = []
    for position in range(draw(st.integers(2 if randomised else 1, 4))):
        treated = position == 0 or draw(st.booleans())
        first = 0 if position == 0 or draw(st.booleans()) else 14
        order = draw(st.permutations(names))
        made.append(
            {
                "name": f"arm-{position + 1}",
                "label": f"Arm {position + 1}",
                "role": "treatment" if treated else "control",
                "planned": draw(st.sampled_from((1, 2, 3, 5, 8))),
                "administrations": draw(administrations(order, first)) if treated and draw(st.integers(0, 9)) else [],
            }
        )
    days = [dose["day"] for arm in made for dose in arm["administrations"]]
    for arm in made:  # days count from the first dose of the trial
        for dose in arm["administrations"]:
            dose["day"] -= min(days)
            dose["days_early"] = min(dose["days_early"], dose["day"])
    return made


@st.composite
def visits(draw, lead_in_months, follow_up_months):
    first, last = -round(lead_in_months * MONTH), round(follow_up_months * MONTH)
    days = draw(st.sets(st.integers(first, last), min_size=1, max_size=8)) | draw(
        st.sampled_from(({0}, {0, first}, set()))
    )
    window = draw(st.sampled_from((0, 3, 7, 30)))
    return [
        {
            "name": f"day {day}",
            "day": day,
            "days_early": window,
            "days_late": window,
            "measures": draw(st.lists(st.sampled_from(MEASURES), min_size=1, max_size=4, unique=True)),
        }
        for day in sorted(days)
    ]


@st.composite
def allocations(draw, made, lead_in_months):
    ratio = {arm["name"]: draw(st.integers(1, 3)) for arm in made}
    how = {
        "ratio": ratio,
        "strata": draw(st.lists(st.sampled_from(("site", "onset_region", "sex", "riluzole")), max_size=2, unique=True)),
        "block_size": draw(st.sampled_from((None, sum(ratio.values()), 2 * sum(ratio.values())))),
        "at": draw(st.sampled_from(("screening", "baseline"))),
    }
    days = st.integers(-round(lead_in_months * MONTH), 0)
    return {key: value for key, value in (how | {"day": draw(maybe(days))}).items() if value is not None}


@st.composite
def criteria(draw, with_day):
    """Bounds that many people are within."""
    stages = ("screening", "baseline", *(("allocation",) if with_day else ()))
    bounds = {
        "alsfrs_r": {"minimum": draw(st.integers(20, 34)), "maximum": draw(st.integers(42, 48))},
        "svc_percent": {"minimum": draw(st.integers(40, 75))},
        "age_years": {"minimum": 18, "maximum": 80},
        "months_since_onset": {"maximum": draw(st.integers(20, 60))},
        "weight_kg": {"maximum": 120},
    }
    chosen = draw(st.lists(st.sampled_from(tuple(bounds)), max_size=3, unique=True))
    said = [{"variable": name, "at": draw(st.sampled_from(stages)), **bounds[name]} for name in chosen]
    if draw(st.booleans()):
        at = draw(st.sampled_from(stages[1:]))
        said.append({"variable": "alsfrs_r_lost_in_lead_in", "at": at, "minimum": draw(st.integers(-3, 0))})
    return said


@st.composite
def criteria_by_arm(draw, names):
    """Bounds of some arms alone, each of which many people meet, at screening or at baseline."""
    bounds = (
        {"variable": "alsfrs_r", "minimum": 38},
        {"variable": "alsfrs_r", "maximum": 40},
        {"variable": "age_years", "maximum": 60},
        {"variable": "age_years", "minimum": 50},
        {"variable": "svc_percent", "minimum": 75},
        {"variable": "weight_kg", "maximum": 90},
    )
    return [
        {
            **draw(st.sampled_from(bounds)),
            "at": draw(st.sampled_from(("screening", "baseline"))),
            "arms": draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True)),
        }
        for _ in range(draw(st.integers(1, 3)))
    ]


@st.composite
def protocols(draw):
    """A valid protocol, small enough to simulate in milliseconds."""
    lead_in = draw(st.sampled_from((0, 0.5, 1, 3, 4.1, 6)))
    follow_up = draw(st.sampled_from((0.5, 3, 6, 11, 15)))
    randomised = draw(st.booleans())
    made = draw(products())
    said = {
        "name": "random",
        "title": "A random protocol",
        "summary": "For tests.",
        "masking": "open_label",
        "sites": draw(maybe(st.integers(1, 4))),
        "accrual_per_month": draw(st.sampled_from((None, 0.5, 3.0, 30.0))),
        "lead_in_months": lead_in,
        "follow_up_months": follow_up,
        "products": made,
        "arms": draw(arms([product["name"] for product in made], randomised)),
        "visits": draw(visits(lead_in, follow_up)),
    }
    if randomised:
        said["randomisation"] = draw(allocations(said["arms"], lead_in))
    said["eligibility"] = {"criteria": draw(criteria("day" in said.get("randomisation", {})))}
    if not randomised and len(said["arms"]) > 1 and draw(st.booleans()):
        said["eligibility"]["criteria"] += draw(criteria_by_arm([arm["name"] for arm in said["arms"]]))
    return Protocol.model_validate(said)
