"""Which variables of CDISC data sets say which columns of a trial's tables: the built-in mapping.

Names of SDTM and ADaM stand first; those that ALS and cell trials need and CDISC lacks are leadin's own. Of several
variables the first one filled counts. What no rule names is kept as a further column under its own name.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from leadin.als.alsfrs_r import ITEMS, item_measure
from leadin.trials.clinical_formats.forms import (
    ARM,
    DATE,
    DETAIL,
    EXACT_DAY,
    KIND,
    NUMBER,
    SEX,
    STUDY_DAY,
    TEXT,
    WHOLE,
    YES_NO,
    Form,
    coded,
)


@dataclass(frozen=True)
class Rule:
    """The variables that say `column`, each with its form, the one that counts most first."""

    column: str
    variables: tuple[tuple[str, Form], ...]


def _rule(column: str, form: Form, *names: str) -> Rule:
    return Rule(column, tuple((name, form) for name in names))


def _day(column: str, exact: str, days: tuple[str, ...], dates: tuple[str, ...]) -> Rule:
    forms = [(exact, EXACT_DAY), *((name, STUDY_DAY) for name in days), *((name, DATE) for name in dates)]
    return Rule(column, tuple(forms))


MEASURES = {
    "alsfrs_r": "ALSFRSR",
    **{item_measure(item): f"ALSFR{item:02d}" for item in range(1, ITEMS + 1)},
    "svc_percent": "SVCPP",
    "fvc_percent": "FVCPP",
    "weight_kg": "WEIGHTKG",
    "strength.left": "STRENGL",
    "strength.right": "STRENGR",
}
"""The parameter code (PARAMCD) of each measure. They are leadin's own, not CDISC's."""

ID = _rule("participant_id", TEXT, "USUBJID")

PARTICIPANTS = (
    ID,
    _rule("arm", ARM, "TRT01P", "ARM"),
    _rule("stratum", TEXT, "STRATUM"),
    _rule("site", TEXT, "SITEID"),
    _rule("sex", SEX, "SEX"),
    _rule("weight_kg", NUMBER, "WEIGHTBL"),
    _rule("age_years", NUMBER, "AGE"),
    _rule("onset_region", TEXT, "ONSETREG"),
    _rule("months_since_onset", NUMBER, "ONSETMOS"),
    _rule("diagnostic_delay_months", NUMBER, "DIAGDLAY"),
    _rule("riluzole", YES_NO, "RILUZFL"),
    _rule("onset_site", TEXT, "ONSETSIT"),
    _rule("definite_el_escorial", YES_NO, "ELESCDFL"),
    _rule("frontotemporal_dementia", YES_NO, "FTDFL"),
    _rule("c9orf72", YES_NO, "C9ORF72F"),
    _rule("encals_linear_predictor", NUMBER, "ENCALSLP"),
    _rule("tricals_risk_profile", NUMBER, "TRICALSR"),
)
ADVERSE_EVENTS = (
    ID,
    _day("start_day", "ASTDYX", ("ASTDY", "AESTDY"), ("ASTDT", "AESTDTC")),
    _rule("term", TEXT, "AEDECOD", "AETERM"),
    _day("end_day", "AENDYX", ("AENDY", "AEENDY"), ("AENDT", "AEENDTC")),
    _rule("system_organ_class", TEXT, "AEBODSYS", "AESOC"),
    _rule("ctcae_grade", WHOLE, "AETOXGR", "ATOXGR"),
    _rule("serious", YES_NO, "AESER"),
    _rule("relatedness", TEXT, "AEREL"),
)
ASSESSMENTS = (
    ID,
    _day("day", "ADYX", ("ADY",), ("ADT", "ADTM")),
    _rule("measure", coded(MEASURES), "PARAMCD"),
    _rule("value", NUMBER, "AVAL"),
    _rule("visit", TEXT, "AVISIT"),
)
EVENTS = (
    ID,
    _day("day", "DSSTDYX", ("DSSTDY",), ("DSSTDTC",)),
    _rule("kind", KIND, "DSDECOD"),
    _rule("detail", DETAIL, "DSTERM"),
)
ADMINISTRATIONS = (
    ID,
    _day("day", "EXSTDYX", ("EXSTDY", "ASTDY"), ("EXSTDTC", "ASTDT")),
    _rule("lot_id", TEXT, "EXLOT"),
    _rule("route", TEXT, "EXROUTE"),
    _rule("site_of_injection", TEXT, "EXLOC"),
)
CELLS = _rule("cells", NUMBER, "EXDOSE")
LOTS = (
    _rule("lot_id", TEXT, "LOTID"),
    ID,
    _day("isolated_day", "ISOLDYX", ("ISOLDY",), ()),
    _day("harvested_day", "HARVDYX", ("HARVDY",), ()),
    _day("released_day", "RELDYX", ("RELDY",), ()),
    _rule("cells", NUMBER, "CELLS"),
    _rule("viability_percent", NUMBER, "VIABPCT"),
    _rule("secretion_before", NUMBER, "SECRBEF"),
    _rule("secretion_after", NUMBER, "SECRAFT"),
    _rule("outcome", TEXT, "LOTOUT"),
)


def findings_rules(domain: str) -> tuple[Rule, ...]:
    """The rules of a findings domain of SDTM (QS, VS, RE ...), whose variables begin with its two letters."""
    return (
        ID,
        _day("day", f"{domain}DYX", (f"{domain}DY",), (f"{domain}DTC",)),
        _rule("measure", coded(MEASURES), f"{domain}TESTCD"),
        _rule("value", NUMBER, f"{domain}STRESN"),
        _rule("visit", TEXT, "VISIT"),
    )


def rules_of(table: str, name: str, rows: pl.DataFrame) -> tuple[Rule, ...]:
    """The rules by which the data set `name`, with these rows, says `table`. Doses count as cells where EXDOSU says so,
    and ages as years unless AGEU says otherwise.
    """
    if table == "assessments":
        return findings_rules(name[:2]) if f"{name[:2]}TESTCD" in rows.columns else ASSESSMENTS
    if table == "administrations":
        return (*ADMINISTRATIONS, CELLS) if _only(rows, "EXDOSU", "CELLS", absent=False) else ADMINISTRATIONS
    if table == "participants" and not _only(rows, "AGEU", "YEARS", absent=True):
        return tuple(rule for rule in PARTICIPANTS if rule.column != "age_years")
    known = {"participants": PARTICIPANTS, "adverse_events": ADVERSE_EVENTS, "events": EVENTS, "lots": LOTS}
    return known[table]


def _only(rows: pl.DataFrame, name: str, word: str, *, absent: bool) -> bool:
    """Whether a variable says that word wherever it says anything; `absent` where there is no such variable."""
    if name not in rows.columns:
        return absent
    said = rows[name].cast(pl.String).drop_nulls()
    return bool((said == word).all()) and (absent or said.len() > 0 or rows.is_empty())
