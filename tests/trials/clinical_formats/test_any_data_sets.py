"""Any data sets of ADaM and SDTM, whatever their cells, are imported and come back to the last cell."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from leadin.trials.clinical_formats.data_set import DataSet, Variable
from leadin.trials.clinical_formats.export_data_sets import data_sets_of
from leadin.trials.clinical_formats.import_data_sets import trial_of
from leadin.trials.read import read_trial
from leadin.trials.write import write_trial

NAMES = {
    "ADSL": [
        "USUBJID",
        "ARM",
        "TRT01P",
        "SEX",
        "AGE",
        "AGEU",
        "SAFFL",
        "TRTSDT",
        "RANDDT",
        "DTHDT",
        "EOSDT",
        "DCSREAS",
        "SITEID",
    ],
    "DM": ["USUBJID", "ARM", "SEX", "RFSTDTC", "RFPENDTC", "ARMNRS", "DTHFL"],
    "ADAE": [
        "USUBJID",
        "AEDECOD",
        "AETERM",
        "ASTDY",
        "ASTDT",
        "ASTDYX",
        "AENDY",
        "AEBODSYS",
        "AESOC",
        "AETOXGR",
        "AESER",
        "AEREL",
    ],
    "DS": ["USUBJID", "DSDECOD", "DSTERM", "DSCAT", "DSSCAT", "DSSTDY", "DSSTDTC"],
    "EX": ["USUBJID", "EXSTDY", "EXSTDTC", "EXDOSE", "EXDOSU", "EXLOT", "EXROUTE"],
    "ADQS": ["USUBJID", "PARAMCD", "AVAL", "ADY", "ADT", "AVISIT", "DTYPE", "BASE"],
    "QS": ["USUBJID", "QSTESTCD", "QSSTRESN", "QSDY", "VISIT"],
    "ADTTE": ["USUBJID", "PARAMCD", "AVAL", "CNSR", "ADT"],
    "ADLOT": ["LOTID", "USUBJID", "ISOLDY", "CELLS", "LOTOUT"],
}
WORDS = [
    "Y",
    "N",
    "U",
    "M",
    "F",
    "1",
    "3",
    "DEATH",
    "COMPLETED",
    "RANDOMIZED",
    "STUDY TREATMENT",
    "YEARS",
    "MONTHS",
    "CELLS",
]
WORDS += ["Screen Failure", "2020-01-05", "2020-02-30", "2020-03", "OS", "ALSFRSR", "head ache", "é"]
PEOPLE = ["1", "2", "3"]
cells = {
    pl.String: st.none() | st.sampled_from(WORDS),
    pl.Int64: st.none() | st.integers(-40, 40),
    pl.Float64: st.none() | st.floats(-1e3, 1e3) | st.integers(-9, 9).map(float),
}
NUMERIC = {
    "AGE",
    "ASTDY",
    "AENDY",
    "ASTDYX",
    "DSSTDY",
    "EXSTDY",
    "EXDOSE",
    "AVAL",
    "ADY",
    "BASE",
    "QSDY",
    "QSSTRESN",
    "CNSR",
    "ISOLDY",
    "CELLS",
}
KINDS = {pl.String: "string", pl.Int64: "integer", pl.Float64: "float"}


@st.composite
def data_sets(draw):
    """Some data sets, each variable of the type it has in practice, or now and then of another."""
    made = []
    for name in draw(st.lists(st.sampled_from(list(NAMES)), unique=True, min_size=1, max_size=5)):
        alone = name in ("ADSL", "DM")
        height = 3 if alone else draw(st.integers(0, 4))
        columns, variables = {}, []
        for variable in NAMES[name]:
            usual = pl.Float64 if variable in NUMERIC else pl.String
            dtype = draw(st.sampled_from([usual] * 8 + [pl.Int64, pl.String]))
            if variable in ("USUBJID", "LOTID"):
                dtype = pl.String
            if variable == "USUBJID":
                filled = PEOPLE if alone else draw(st.lists(st.sampled_from(PEOPLE), min_size=height, max_size=height))
            else:
                filled = draw(st.lists(cells[dtype], min_size=height, max_size=height))
            columns[variable] = pl.Series(variable, filled, dtype=dtype)
            variables.append(Variable(variable, variable.lower(), KINDS[dtype]))
        made.append(DataSet(name, name, tuple(variables), pl.DataFrame(columns)))
    if not any(data.name in ("ADSL", "DM") for data in made):
        subjects = pl.DataFrame({"USUBJID": PEOPLE})
        made.append(DataSet("ADSL", "ADSL", (Variable("USUBJID", "id"),), subjects))
    return made


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(data_sets())
def test_any_data_sets_come_back_through_a_trial_folder(given):
    trial, report = trial_of([(f"{data.name.lower()}.json", data) for data in given])
    with tempfile.TemporaryDirectory() as place:
        read = read_trial(write_trial(trial, Path(place) / "t", import_report=report))
    assert report.count("dropped") == 0
    for each in (trial, read):
        sets, losses = data_sets_of(each)
        back = {data.name: data for data in sets}
        assert [loss for loss in losses if loss.severity == "warning"] == []
        for source in given:
            order = list(source.names)
            mine, theirs = back[source.name].rows.sort(order), source.rows.sort(order)
            assert back[source.name].variables == source.variables
            assert mine.equals(theirs, null_equal=True), source.name
