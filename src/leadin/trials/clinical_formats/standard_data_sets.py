"""The data sets that a trial becomes where it was not imported from data sets: ADSL, ADAE, ADTTE, ADQS, DS, EX, ADLOT.

Names and labels are those of ADaM and SDTM where these have one; the others are leadin's own (`rules`).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from leadin.trials.clinical_formats.data_set import DataSet, Kind, Variable
from leadin.trials.clinical_formats.disposition import category_of, word_of
from leadin.trials.clinical_formats.forms import EXACT_DAY
from leadin.trials.clinical_formats.rules import Rule, rules_of
from leadin.trials.schema import SCHEMAS
from leadin.trials.trial import Trial

_LABELS = {
    "STUDYID": "Study Identifier",
    "DOMAIN": "Domain Abbreviation",
    "USUBJID": "Unique Subject Identifier",
    "SUBJID": "Subject Identifier for the Study",
    "TRT01P": "Planned Treatment for Period 01",
    "ARM": "Description of Planned Arm",
    "STRATUM": "Stratum",
    "SITEID": "Study Site Identifier",
    "SEX": "Sex",
    "WEIGHTBL": "Baseline Weight (kg)",
    "AGE": "Age",
    "AGEU": "Age Units",
    "SAFFL": "Safety Population Flag",
    "ITTFL": "Intent-To-Treat Population Flag",
    "DTHFL": "Subject Death Flag",
    "EOSSTT": "End of Study Status",
    "DCSREAS": "Reason for Discontinuation from Study",
    "ONSETREG": "Region of Onset",
    "ONSETMOS": "Months since Onset",
    "DIAGDLAY": "Diagnostic Delay (Months)",
    "RILUZFL": "On Riluzole",
    "ONSETSIT": "Site of Onset",
    "ELESCDFL": "Definite ALS by El Escorial",
    "FTDFL": "Frontotemporal Dementia",
    "C9ORF72F": "C9orf72 Expansion",
    "ENCALSLP": "ENCALS Linear Predictor",
    "TRICALSR": "TRICALS Risk Profile",
    "TRTP": "Planned Treatment",
    "ASTDY": "Analysis Start Relative Day",
    "ASTDYX": "Exact Start Day from Time Zero",
    "AENDY": "Analysis End Relative Day",
    "AENDYX": "Exact End Day from Time Zero",
    "AESEQ": "Sequence Number",
    "AEDECOD": "Dictionary-Derived Term",
    "AEBODSYS": "Body System or Organ Class",
    "AETOXGR": "Standard Toxicity Grade",
    "AESER": "Serious Event",
    "AEREL": "Causality",
    "PARAM": "Parameter",
    "PARAMCD": "Parameter Code",
    "AVISIT": "Analysis Visit",
    "ADY": "Analysis Relative Day",
    "ADYX": "Exact Day from Time Zero",
    "AVAL": "Analysis Value",
    "BASE": "Baseline Value",
    "CHG": "Change from Baseline",
    "ABLFL": "Baseline Record Flag",
    "CNSR": "Censor",
    "EVNTDESC": "Event or Censoring Description",
    "DSSEQ": "Sequence Number",
    "DSTERM": "Reported Term for the Disposition Event",
    "DSDECOD": "Standardized Disposition Term",
    "DSCAT": "Category for Disposition Event",
    "DSSTDY": "Study Day of Start of Disposition Event",
    "DSSTDYX": "Exact Day from Time Zero",
    "EXSEQ": "Sequence Number",
    "EXTRT": "Name of Treatment",
    "EXLOT": "Lot Number",
    "EXDOSE": "Dose",
    "EXDOSU": "Dose Units",
    "EXROUTE": "Route of Administration",
    "EXLOC": "Location of Dose Administration",
    "EXSTDY": "Study Day of Start of Treatment",
    "EXSTDYX": "Exact Day from Time Zero",
    "LOTID": "Lot Identifier",
    "ISOLDY": "Study Day of Isolation",
    "ISOLDYX": "Exact Day of Isolation from Time Zero",
    "HARVDY": "Study Day of Harvest",
    "HARVDYX": "Exact Day of Harvest from Time Zero",
    "RELDY": "Study Day of Release",
    "RELDYX": "Exact Day of Release from Time Zero",
    "CELLS": "Number of Cells",
    "VIABPCT": "Viability (%)",
    "SECRBEF": "Secretion before Differentiation",
    "SECRAFT": "Secretion after Differentiation",
    "LOTOUT": "Outcome of the Lot",
}
_TITLES = {
    "ADSL": "Subject-Level Analysis Dataset",
    "ADAE": "Adverse Events Analysis Dataset",
    "ADTTE": "Time to Event Analysis Dataset",
    "ADQS": "Assessments Analysis Dataset",
    "DS": "Disposition",
    "EX": "Exposure",
    "ADLOT": "Cell Lots",
}
_KEYS = {
    "ADSL": ("USUBJID",),
    "ADAE": ("USUBJID", "ASTDY", "AESEQ"),
    "ADTTE": ("USUBJID", "PARAMCD"),
    "ADQS": ("USUBJID", "PARAMCD", "ADY"),
    "DS": ("USUBJID", "DSSEQ"),
    "EX": ("USUBJID", "EXSEQ"),
    "ADLOT": ("LOTID",),
}
HOMES = {
    "participants": "ADSL",
    "adverse_events": "ADAE",
    "assessments": "ADQS",
    "events": "DS",
    "administrations": "EX",
    "lots": "ADLOT",
}
"""The data set that each table becomes."""
_ALWAYS = frozenset(
    {
        *("TRT01P", "ARM", "AGE", "AGEU", "SEX", "SITEID", "AEDECOD", "ASTDY", "AENDY", "AEBODSYS", "AESER", "PARAMCD"),
        *("PARAM", "AVAL", "ADY", "DSTERM", "DSDECOD", "DSSTDY", "EXSTDY", "LOTID"),
    }
)
"""Variables that stand there even where nothing fills them."""
_KINDS: dict[type[pl.DataType], Kind] = {pl.Int64: "integer", pl.Float64: "float", pl.Boolean: "boolean"}


def standard_data_set(trial: Trial, table: str, rows: pl.DataFrame, study: str) -> tuple[DataSet, pl.DataFrame]:
    """The empty data set that the rows of `table` become, and those rows with what it needs beside them as further
    columns: identifiers, flags, sequence numbers, change from baseline.
    """
    name = HOMES[table]
    extra = [pl.repeat(study, rows.height, eager=True, dtype=pl.String).alias("STUDYID"), *_extra(trial, table, rows)]
    further = [column for column in rows.columns if column not in SCHEMAS[table] and column != "data_set"]
    extra = [column for column in extra if column.name not in further]
    filled = rows.with_columns(extra)
    rules = rules_of(table, name, filled.select(column.name for column in extra))
    bound = [_bound(rule, variable, filled, name) for rule in rules for variable in _written(rule, filled)]
    other = [_variable(name, column, filled) for column in (*(each.name for each in extra), *further)]
    first = ["STUDYID", "DOMAIN", "LOTID", "USUBJID", "SUBJID"]
    variables = sorted((*other, *bound), key=lambda each: first.index(each.name) if each.name in first else len(first))
    empty = pl.DataFrame(schema={each.name: each.stored for each in variables})
    return DataSet(name, _TITLES[name], tuple(variables), empty, study), filled


def _written(rule: Rule, rows: pl.DataFrame) -> list[str]:
    """The variables to write for a rule: the first, the exact day beside the study day where a day has a fraction, and
    both names of the arm.
    """
    cells = rows[rule.column]
    names = [name for name, form in rule.variables if form.write is not None]
    if rule.variables[0][1] is EXACT_DAY:
        names = [names[1], names[0]] if _fractions(cells) else [names[1]]
    elif rule.column != "arm":
        names = names[:1]
    return [name for name in names if cells.count() or name in _ALWAYS]


def _fractions(days: pl.Series) -> bool:
    held = days.drop_nulls()
    return bool((held != held.floor()).any())


def _bound(rule: Rule, name: str, rows: pl.DataFrame, data_set: str) -> Variable:
    form = dict(rule.variables)[name]
    dtype = rows[rule.column].dtype if form.write is None else form.write(rows.head(0), rule.column).dtype
    kind: Kind = "integer" if name.endswith("DY") else _KINDS.get(dtype.base_type(), "string")
    return Variable(name, _LABELS[name], kind, key=_key(data_set, name))


def _key(data_set: str, name: str) -> int | None:
    return _KEYS[data_set].index(name) + 1 if name in _KEYS[data_set] else None


def _variable(data_set: str, name: str, rows: pl.DataFrame) -> Variable:
    kind = _KINDS.get(rows[name].dtype.base_type(), "string")
    return Variable(name, _LABELS.get(name, name), kind, key=_key(data_set, name))


def _extra(trial: Trial, table: str, rows: pl.DataFrame) -> list[pl.Series]:
    if table == "participants":
        return _of_participants(trial, rows)
    if table == "assessments":
        return _of_assessments(trial, rows)
    if table == "lots":
        return []
    domain = {"adverse_events": "AE", "events": "DS", "administrations": "EX"}[table]
    seq = rows.select((pl.int_range(pl.len()).over("participant_id") + 1).alias(f"{domain}SEQ")).to_series()
    if table == "adverse_events":
        return [_planned(trial, rows), seq]
    more = [pl.repeat(domain, rows.height, eager=True, dtype=pl.String).alias("DOMAIN"), seq]
    if table == "events":
        return [*more, category_of(rows["kind"]).alias("DSCAT")]
    treatment = "CELLS" if rows["cells"].count() else "STUDY TREATMENT"
    more.append(pl.repeat(treatment, rows.height, eager=True, dtype=pl.String).alias("EXTRT"))
    unit = pl.select(pl.when(rows["cells"].is_not_null()).then(pl.lit("CELLS")).alias("EXDOSU")).to_series()
    return [*more, unit] if rows["cells"].count() else more


def _planned(trial: Trial, rows: pl.DataFrame) -> pl.Series:
    arms = trial.participants.select("participant_id", TRTP="arm").unique("participant_id", keep="first")
    return rows.select("participant_id").join(arms, on="participant_id", how="left", maintain_order="left")["TRTP"]


def _of_participants(trial: Trial, rows: pl.DataFrame) -> list[pl.Series]:
    people = rows["participant_id"]
    dead = set(trial.events.filter(pl.col("kind") == "death")["participant_id"])
    given = set(trial.administrations["participant_id"])
    ended = trial.events.filter(pl.col("kind").is_in(_ENDS)).select("participant_id", "kind")
    ends = dict(ended.iter_rows())
    status = [_status(who, dead, ends) for who in people]
    reasons = [
        None if end in (None, "end_of_follow_up") else end
        for end in (("death" if who in dead else ends.get(who)) for who in people)
    ]
    flags: dict[str, Sequence[str | None] | pl.Series] = {
        "SUBJID": people,
        "AGEU": ["YEARS"] * people.len(),
        "ITTFL": ["N" if arm is None else "Y" for arm in rows["arm"]],
        "DTHFL": ["Y" if who in dead else None for who in people],
        "EOSSTT": status,
        "DCSREAS": word_of(pl.Series(reasons, dtype=pl.String)),
    }
    if given:
        flags["SAFFL"] = ["Y" if who in given else "N" for who in people]
    return [pl.Series(name, cells, dtype=pl.String) for name, cells in flags.items()]


_ENDS = ("withdrawal", "lost_to_follow_up", "screen_failure", "end_of_follow_up")


def _status(who: str, dead: set[str], ends: dict[str, str]) -> str | None:
    if who in dead:
        return "DISCONTINUED"
    return None if who not in ends else "COMPLETED" if ends[who] == "end_of_follow_up" else "DISCONTINUED"


def _of_assessments(trial: Trial, rows: pl.DataFrame) -> list[pl.Series]:
    """Arm, parameter, baseline (the last value at or before time zero) and change from it, for days after it."""
    key = ["participant_id", "measure"]
    before = rows.filter((pl.col("day") <= 0.0) & pl.col("value").is_not_null())
    baseline = (
        before.sort("day", maintain_order=True)
        .group_by(key, maintain_order=True)
        .agg(BASE=pl.col("value").last(), last=pl.col("day").last())
    )
    joined = rows.join(baseline, on=key, how="left", maintain_order="left", nulls_equal=True)
    later = joined.select(CHG=pl.when(pl.col("day") > 0.0).then(pl.col("value") - pl.col("BASE")))["CHG"]
    flag = joined.select(
        ABLFL=pl.when((pl.col("day") == pl.col("last")) & pl.col("value").is_not_null()).then(pl.lit("Y"))
    )["ABLFL"]
    return [_planned(trial, rows), rows["measure"].alias("PARAM"), joined["BASE"], later, flag]
