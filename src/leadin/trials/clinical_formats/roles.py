"""Which data set says which table of a trial."""

from __future__ import annotations

from collections.abc import Sequence

from leadin.trials.clinical_formats.data_set import DataSet

NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "participants": (("USUBJID",),),
    "adverse_events": (("USUBJID",), ("AEDECOD", "AETERM"), ("ASTDYX", "ASTDY", "AESTDY", "ASTDT", "AESTDTC")),
    "events": (("USUBJID",), ("DSDECOD",), ("DSSTDYX", "DSSTDY", "DSSTDTC")),
    "administrations": (("USUBJID",), ("EXSTDYX", "EXSTDY", "ASTDY", "EXSTDTC", "ASTDT")),
    "lots": (("LOTID",),),
    "assessments": (("USUBJID",),),
}
"""Variables that a data set of that table cannot do without; of those in one bracket any one will do."""

_NAMED = {
    "participants": ("ADSL", "DM"),
    "adverse_events": ("ADAE", "AE"),
    "events": ("DS",),
    "administrations": ("ADEX", "EX"),
    "lots": ("ADLOT",),
}
"""Data sets that say a table, by name; where several were given the first is taken, since it is made of the others."""


def roles(data_sets: Sequence[DataSet]) -> dict[str, str]:
    """The table that each data set says, by the name of the data set; those that say none are not named.

    Analysis data sets go before the tabulations they were made of: ADSL before DM, ADAE before AE, and the measurements
    of SDTM (QS, VS, RE ...) count only where there is no data set in the basic data structure of ADaM (BDS).
    """
    names = [data.name for data in data_sets]
    found = {}
    for table, known in _NAMED.items():
        given = [name for name in known if name in names]
        if given:
            found[given[0]] = table
    others = [data for data in data_sets if data.name not in {name for known in _NAMED.values() for name in known}]
    basic = [data.name for data in others if is_basic(data)]
    measured = basic or [data.name for data in others if is_findings(data)]
    return {**found, **dict.fromkeys(measured, "assessments")}


def is_basic(data: DataSet) -> bool:
    """Whether rows are one value of one parameter each (BDS), and no time to event."""
    return {"USUBJID", "PARAMCD", "AVAL"} <= set(data.names) and "CNSR" not in data.names


def is_time_to_event(data: DataSet) -> bool:
    """Whether rows are times to events, some of them censored (ADTTE)."""
    return {"USUBJID", "PARAMCD", "AVAL", "CNSR"} <= set(data.names)


def is_findings(data: DataSet) -> bool:
    """Whether rows are results of tests in a domain of SDTM."""
    domain = data.name[:2]
    return {"USUBJID", f"{domain}TESTCD", f"{domain}STRESN"} <= set(data.names)
