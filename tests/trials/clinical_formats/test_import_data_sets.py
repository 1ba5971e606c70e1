"""Small data sets of ADaM and SDTM: which row and cell becomes what, what stays beside, what is said and refused."""

from __future__ import annotations

import polars as pl
import pytest

from leadin.errors import DataError, UsageError
from leadin.trials.clinical_formats.data_set import DataSet, Variable
from leadin.trials.clinical_formats.dataset_json import dataset_to_json
from leadin.trials.clinical_formats.export_data_sets import data_sets_of
from leadin.trials.clinical_formats.import_data_sets import import_data_sets, trial_of
from leadin.trials.clinical_formats.time_to_event import time_to_event

KINDS = {pl.Int64: "integer", pl.Float64: "float", pl.Boolean: "boolean"}


def data(name, *rows):
    """A data set with these rows; a variable that a row does not name is missing in it."""
    table = pl.DataFrame(list(rows), infer_schema_length=None)
    table = table.with_columns(pl.col(pl.Null).cast(pl.String))
    variables = tuple(
        Variable(column, column.lower(), KINDS.get(table[column].dtype, "string")) for column in table.columns
    )
    return DataSet(name, f"The {name}", variables, table)


def given(*data_sets):
    return [(f"{each.name.lower()}.json", each) for each in data_sets]


ADSL = data(
    "ADSL",
    {"STUDYID": "S1", "USUBJID": "1", "ARM": "Cells", "SEX": "F", "AGE": 61, "SAFFL": "Y", "TRTSDT": "2020-01-10"},
    {"STUDYID": "S1", "USUBJID": "2", "ARM": "Cells", "SEX": "U", "AGE": 50, "SAFFL": "N", "RANDDT": "2020-02-01"},
    {"STUDYID": "S1", "USUBJID": "3", "ARM": "Screen Failure", "SEX": "M", "SAFFL": "N"},
)


def findings(trial, *ids):
    return [finding.message for finding in trial.findings if finding.id in ids]


def test_a_variable_that_comes_back_from_the_table_is_not_kept_twice():
    participants = trial_of(given(ADSL))[0].participants
    assert [name for name in participants.columns if name.isupper()] == ["STUDYID", "ARM", "SAFFL", "TRTSDT", "RANDDT"]
    assert participants["arm"].to_list() == ["Cells", "Cells", None]
    assert participants["ARM"].to_list() == ["Cells", "Cells", "Screen Failure"]
    assert participants["sex"].to_list() == ["female", "U", "male"]
    assert participants["age_years"].to_list() == [61.0, 50.0, None]


def test_events_and_administrations_that_adsl_implies():
    trial, _ = trial_of(given(ADSL))
    assert trial.events.select("participant_id", "day", "kind", "data_set").rows() == [("2", 0.0, "randomised", "ADSL")]
    assert trial.administrations.select("participant_id", "day", "route", "data_set").rows() == [
        ("1", 0.0, None, "ADSL")
    ]
    assert findings(trial, "time-zero-without-treatment") == [
        "1 participant of ADSL without a date of first treatment (2). Their days are counted from randomisation or "
        "consent."
    ]
    assert findings(trial, "administrations-implied") == [
        "ADSL says who was treated, and no data set says when and with what: one administration without route, cells "
        "and lot stands for each of 1 participant. Add EX to have every administration."
    ]


def end(**more):
    row = {"USUBJID": "1", "TRTSDT": "2020-01-10", "EOSDT": "2020-02-09", **more}
    return trial_of(given(data("ADSL", row)))[0].events.select("day", "kind", "detail").rows()


@pytest.mark.parametrize(
    ("said", "event"),
    [
        ({"EOSSTT": "COMPLETED"}, (30.0, "end_of_follow_up", None)),
        ({"EOSSTT": "DISCONTINUED", "DCSREAS": "Lost to Follow-up"}, (30.0, "lost_to_follow_up", None)),
        ({"EOSSTT": "DISCONTINUED", "DCSREAS": "ADVERSE EVENT"}, (30.0, "withdrawal", "ADVERSE EVENT")),
        ({"EOSSTT": "DISCONTINUED"}, (30.0, "withdrawal", None)),
        ({"DCDECOD": "STUDY TERMINATED BY SPONSOR"}, (30.0, "end_of_follow_up", None)),
        ({"DCDECOD": "DEATH"}, (30.0, "death", None)),
        ({"EOSSTT": "DISCONTINUED", "DTHDT": "2020-02-01"}, (22.0, "death", None)),
    ],
)
def test_how_taking_part_ended(said, event):
    assert end(**said) == [event]


def test_who_goes_on_has_not_ended():
    assert end(EOSSTT="ONGOING") == []


def test_a_death_without_a_day_and_a_disputed_safety_population_are_told():
    rows = [
        {"USUBJID": "1", "SAFFL": "Y", "TRTSDT": None, "RANDDT": "2020-01-01", "DTHFL": "Y"},
        {"USUBJID": "2", "SAFFL": "N", "TRTSDT": "2020-01-01", "RANDDT": "2020-01-01", "DTHFL": None},
        {"USUBJID": "3", "SAFFL": None, "TRTSDT": None, "RANDDT": "2020-01-01", "DTHFL": None},
    ]
    trial, _ = trial_of(given(data("ADSL", *rows)))
    assert trial.administrations["participant_id"].to_list() == ["1"]
    assert findings(trial, "safety-population-disputed") == [
        "2 participants of ADSL whose SAFFL and date of first treatment disagree (1; 2). SAFFL is followed; correct "
        "one of the two."
    ]
    assert findings(trial, "death-without-day") == [
        "1 participant of ADSL with DTHFL = Y and no day of death in any data set (1). Not among the deaths; add the "
        "date."
    ]


ADAE = data(
    "ADAE",
    {
        "USUBJID": "1",
        "AETERM": "head ache",
        "AEDECOD": "Headache",
        "ASTDY": 1,
        "AENDY": 3,
        "AESER": "N",
        "AETOXGR": "2",
    },
    {"USUBJID": "1", "AETERM": "odd", "AEDECOD": None, "ASTDY": -1, "AENDY": None, "AESER": "U", "AETOXGR": "mild"},
    {"USUBJID": "1", "AETERM": "by date", "AEDECOD": "Fall", "ASTDY": None, "ASTDT": "2020-01-20", "AESER": "Y"},
    {"USUBJID": "1", "AETERM": "no day", "AEDECOD": "Fall", "ASTDY": None, "ASTDT": "2020-01"},
    {"USUBJID": "1", "AETERM": "day zero", "AEDECOD": "Fall", "ASTDY": 0, "ASTDT": None},
)


def test_adverse_events_by_study_day_date_and_term():
    trial, report = trial_of(given(ADSL, ADAE))
    columns = ("start_day", "end_day", "term", "serious", "ctcae_grade", "AETERM", "AESER", "AETOXGR")
    assert trial.adverse_events.select(columns).rows() == [
        (0.0, 2.0, "Headache", False, 2, "head ache", "N", "2"),
        (-1.0, None, "odd", None, None, "odd", "U", "mild"),
        (10.0, None, "Fall", True, None, "by date", "Y", None),
    ]
    (beside,) = [each for each in trial.outside if each.name == "ADAE"]
    assert beside.rows["AETERM"].to_list() == ["no day", "day zero"]
    told = report.changes.filter(pl.col("action").is_in(["beside", "emptied"]))
    assert told.select("line", "action", "column", "from", "reason").rows() == [
        (4, "emptied", "start_day", "2020-01", "no start_day can be made of it; kept as ASTDY, ASTDT"),
        (5, "emptied", "start_day", "0", "no start_day can be made of it; kept as ASTDY, ASTDT"),
        (2, "emptied", "ctcae_grade", "mild", "no ctcae_grade can be made of it; kept as AETOXGR"),
        (2, "emptied", "serious", "U", "no serious can be made of it; kept as AESER"),
        (4, "beside", None, None, "no start_day"),
        (5, "beside", None, None, "no start_day"),
    ]


def test_severity_is_no_grade():
    events = data("ADAE", {"USUBJID": "1", "AEDECOD": "Fall", "ASTDY": 1, "AESEV": "SEVERE"})
    trial, _ = trial_of(given(ADSL, events))
    assert trial.adverse_events.select("ctcae_grade", "AESEV").rows() == [(None, "SEVERE")]
    assert findings(trial, "severity-not-graded") == [
        "ADAE says severity (AESEV), which is no CTCAE grade: it is kept as AESEV, and ctcae_grade is empty."
    ]
    graded = data("ADAE", {"USUBJID": "1", "AEDECOD": "Fall", "ASTDY": 1, "AESEV": "SEVERE", "AETOXGR": "3"})
    assert findings(trial_of(given(ADSL, graded))[0], "severity-not-graded") == []


ADQS = data(
    "ADQS",
    {"USUBJID": "1", "PARAMCD": "ALSFRSR", "AVAL": 40.0, "ADY": 1, "AVISIT": "Baseline", "DTYPE": None, "CHG": None},
    {"USUBJID": "1", "PARAMCD": "ALSFRSR", "AVAL": 38.0, "ADY": 30, "AVISIT": "Month 1", "DTYPE": None, "CHG": -2.0},
    {"USUBJID": "1", "PARAMCD": "ALSFRSR", "AVAL": 38.0, "ADY": 60, "AVISIT": "Month 2", "DTYPE": "LOCF", "CHG": -2.0},
    {"USUBJID": "1", "PARAMCD": "GRIP", "AVAL": 12.5, "ADY": -3, "AVISIT": None, "DTYPE": None, "CHG": None},
)


def test_parameters_become_measures_and_imputed_rows_stay_beside():
    trial, report = trial_of(given(ADSL, ADQS))
    assert trial.assessments.select("day", "measure", "value", "visit", "CHG").rows() == [
        (0.0, "alsfrs_r", 40.0, "Baseline", None),
        (29.0, "alsfrs_r", 38.0, "Month 1", -2.0),
        (-3.0, "GRIP", 12.5, None, None),
    ]
    assert trial.outside[1].rows["DTYPE"].to_list() == ["LOCF"]
    assert "derived or imputed (DTYPE), not observed" in report.changes["reason"].to_list()


def test_findings_of_sdtm_count_where_there_is_no_bds():
    qs = data("QS", {"USUBJID": "1", "QSTESTCD": "ALSFRSR", "QSSTRESN": 39.0, "QSDY": 5, "VISIT": "V1"})
    trial, _ = trial_of(given(ADSL, qs))
    assert trial.assessments.select("day", "measure", "value", "visit").rows() == [(4.0, "alsfrs_r", 39.0, "V1")]
    both, _ = trial_of(given(ADSL, qs, ADQS))
    assert set(both.assessments["data_set"]) == {"ADQS"}
    assert {each.name: each.rows.height for each in both.outside} == {"ADSL": 0, "ADQS": 1, "QS": 1}


DS = data(
    "DS",
    {
        "USUBJID": "1",
        "DSSEQ": 1,
        "DSDECOD": "RANDOMIZED",
        "DSTERM": "RANDOMIZED",
        "DSCAT": "PROTOCOL MILESTONE",
        "DSSTDY": -1,
    },
    {
        "USUBJID": "1",
        "DSSEQ": 2,
        "DSDECOD": "DEATH",
        "DSTERM": "respiratory failure",
        "DSCAT": "DISPOSITION EVENT",
        "DSSTDY": 9,
    },
    {"USUBJID": "1", "DSSEQ": 3, "DSDECOD": "COMPLETED", "DSTERM": "x", "DSSCAT": "STUDY TREATMENT", "DSSTDY": 2},
    {"USUBJID": "1", "DSSEQ": 4, "DSDECOD": "SITE MOVED", "DSTERM": "moved", "DSCAT": "DISPOSITION EVENT", "DSSTDY": 3},
    {"USUBJID": "1", "DSSEQ": 5, "DSDECOD": "UNBLINDED", "DSTERM": "x", "DSCAT": "PROTOCOL MILESTONE", "DSSTDY": 3},
)


def test_disposition_becomes_events():
    trial, _ = trial_of(given(ADSL, DS))
    mine = trial.events.filter(participant_id="1")
    assert mine.select("day", "kind", "detail", "DSDECOD").rows() == [
        (-1.0, "randomised", None, "RANDOMIZED"),
        (8.0, "death", "respiratory failure", "DEATH"),
        (2.0, "withdrawal", "moved", "SITE MOVED"),
    ]
    assert trial.outside[1].rows["DSSEQ"].to_list() == [3, 5]


def test_ds_goes_before_adsl_and_days_of_death_that_differ_are_told():
    subject = {"USUBJID": "1", "TRTSDT": "2020-01-10", "DTHDT": "2020-01-20", "RANDDT": "2020-01-09"}
    trial, _ = trial_of(given(data("ADSL", subject), DS))
    assert trial.events.filter(pl.col("kind") == "death")["day"].to_list() == [8.0]
    assert trial.events.filter(pl.col("kind") == "randomised").height == 1
    assert findings(trial, "deaths-disputed") == [
        "1 death on different days in two data sets (1). DS goes before others."
    ]


def test_ds_without_categories_and_an_end_that_two_data_sets_say_differently():
    subject = {"USUBJID": "1", "TRTSDT": "2020-01-10", "EOSDT": "2020-01-20", "EOSSTT": "COMPLETED"}
    ds = data("DS", {"USUBJID": "1", "DSDECOD": "MOVED AWAY", "DSTERM": "MOVED AWAY", "DSSTDY": 11})
    trial, _ = trial_of(given(data("ADSL", subject), ds))
    assert trial.events.select("day", "kind", "data_set").rows() == [(10.0, "withdrawal", "DS")]


def test_rows_added_by_hand_go_into_the_data_set_of_their_table():
    trial, _ = trial_of(given(ADSL, ADQS))
    row = {"participant_id": "1", "day": 60.0, "measure": "alsfrs_r", "value": 35.0}
    more = pl.concat([trial.assessments, pl.DataFrame([row])], how="diagonal")
    back = {each.name: each.rows for each in data_sets_of(trial.with_tables({"assessments": more}))[0]}
    assert back["ADQS"].filter(AVAL=35.0).select("USUBJID", "PARAMCD", "ADY").rows() == [("1", "ALSFRSR", 61)]
    assert back["ADQS"].height == 5
    assert "ADQS2" not in back


def test_exposure_becomes_administrations():
    ex = data(
        "EX",
        {"USUBJID": "1", "EXSTDY": 1, "EXDOSE": 5e7, "EXDOSU": "CELLS", "EXLOT": "L1", "EXROUTE": "intrathecal"},
        {"USUBJID": "1", "EXSTDY": 29, "EXDOSE": 5e7, "EXDOSU": "CELLS", "EXLOT": "L2", "EXROUTE": "intrathecal"},
    )
    trial, _ = trial_of(given(ADSL, ex))
    assert trial.administrations.select("day", "lot_id", "route", "cells", "data_set").rows() == [
        (0.0, "L1", "intrathecal", 5e7, "EX"),
        (28.0, "L2", "intrathecal", 5e7, "EX"),
    ]
    for unit in ("mg", None):
        drug = data("EX", {"USUBJID": "1", "EXSTDY": 1, "EXDOSE": 54.0, "EXDOSU": unit})
        assert trial_of(given(ADSL, drug))[0].administrations.select("cells", "EXDOSE").rows() == [(None, 54.0)]


ADTTE = data(
    "ADTTE",
    {"USUBJID": "1", "PARAMCD": "OS", "AVAL": 31, "CNSR": 0, "ADT": "2020-02-09"},
    {"USUBJID": "2", "PARAMCD": "OS", "AVAL": 11, "CNSR": 1, "ADT": "2020-02-11"},
    {"USUBJID": "1", "PARAMCD": "TTX", "AVAL": 4, "CNSR": 0, "ADT": "2020-01-13"},
    {"USUBJID": "2", "PARAMCD": "TTX", "AVAL": None, "CNSR": 0, "ADT": None},
)


def test_times_to_death_imply_deaths_and_all_times_can_be_had():
    trial, report = trial_of(given(ADSL, ADTTE))
    assert trial.events.filter(data_set="ADTTE").select("participant_id", "day", "kind").rows() == [
        ("1", 30.0, "death"),
        ("2", 10.0, "end_of_follow_up"),
    ]
    assert time_to_event(trial, "TTX").rows() == [("1", "Cells", 4.0, True)]
    assert time_to_event(trial, "OS").rows() == [("1", "Cells", 31.0, True), ("2", "Cells", 11.0, False)]
    with pytest.raises(UsageError, match=r"times to event \(OS, TTX\); got 'PFS'"):
        time_to_event(trial, "PFS")
    assert "ADTTE: adtte.json stands beside the tables, times to event (OS, TTX) have no table of their own" in (
        report.summary()
    )


def test_everything_comes_back_and_corrections_of_the_tables_do_too():
    everything = given(ADSL, ADAE, ADQS, DS, ADTTE)
    trial, _ = trial_of(everything)
    back = {each.name: each for each in data_sets_of(trial)[0]}
    for _, source in everything:
        order = list(source.names)
        assert back[source.name].variables == source.variables
        assert back[source.name].rows.sort(order).equals(source.rows.sort(order), null_equal=True), source.name
    changed = trial.with_tables(
        {
            "participants": trial.participants.with_columns(
                arm=pl.when(pl.col("participant_id") == "2").then(pl.lit("None")).otherwise("arm"),
                age_years=pl.col("age_years") + 1,
            ),
            "adverse_events": trial.adverse_events.with_columns(
                serious=pl.lit(True), start_day=pl.col("start_day") + 1.0, term=pl.lit("Fall")
            ),
        }
    )
    sets, losses = data_sets_of(changed)
    back = {each.name: each for each in sets}
    assert back["ADSL"].rows.sort("USUBJID")["ARM"].to_list() == ["Cells", "None", "Screen Failure"]
    assert back["ADSL"].rows.sort("USUBJID")["AGE"].to_list() == [62, 51, None]
    mine = back["ADAE"].rows.filter(pl.col("AETERM").is_in(["no day", "day zero"]).not_())
    assert set(mine["AESER"]) == {"Y"}
    assert set(mine["AEDECOD"]) == {"Fall"}
    assert set(mine["AETERM"]) == {"head ache", "odd", "by date"}
    assert sorted(mine["ASTDY"]) == [1, 2, 12]
    assert [loss for loss in losses if loss.severity == "warning"] == []


def test_what_a_data_set_cannot_say_is_told():
    trial, _ = trial_of(given(ADSL, ADAE))
    changed = trial.with_tables(
        {"adverse_events": trial.adverse_events.with_columns(pl.lit("later").alias("note"), start_day=pl.lit(0.5))}
    )
    losses = [loss for loss in data_sets_of(changed)[1] if loss.severity == "warning"]
    assert [(loss.place, loss.message) for loss in losses] == [
        ("adverse_events.start_day", "3 cells cannot be said by ADAE and do not come back."),
        ("adverse_events.note", "3 cells cannot be said by ADAE and do not come back."),
    ]


@pytest.mark.parametrize(
    ("data_sets", "message"),
    [
        (
            (data("ADSL", {"ID": "1"}),),
            "adsl.json: expected USUBJID in ADSL; got ID. Add the variable, or import",
        ),
        (
            (ADSL, data("ADAE", {"USUBJID": "1", "AESEV": "MILD"})),
            "adae.json: expected AEDECOD or AETERM; and ASTDYX or ASTDY or AESTDY or ASTDT or AESTDTC in ADAE; got",
        ),
        (
            (data("ADSL", {"USUBJID": "1"}, {"USUBJID": "1"}),),
            "ADSL: expected one row a participant; got 1 USUBJID several times (1). Keep one row of each.",
        ),
        (
            (ADSL, data("AE", {"STUDYID": "S2", "USUBJID": "1", "AETERM": "x", "AESTDY": 1})),
            "files: expected data sets of one study; got S1 (adsl.json), S2 (ae.json). Import each study by itself.",
        ),
        ((ADSL, ADSL), "adsl.json: expected every data set once; got ADSL in adsl.json too. Drop one."),
        (
            (data("ADSL", {"USUBJID": "1", "arm": "x"}),),
            "adsl.json: expected names of variables in capitals; got arm, which mean columns of participants.",
        ),
        ((data("TS", {"TSPARMCD": "X"}),), "the data sets: expected a participants table; got none"),
        (
            (DataSet("ADSL", "", (Variable("USUBJID", ""),), pl.DataFrame(schema={"USUBJID": pl.String})),),
            "the data sets: expected at least one participant; got none. Add ADSL or DM with rows.",
        ),
    ],
)
def test_data_sets_that_cannot_be_used_are_refused(data_sets, message):
    with pytest.raises(DataError) as refused:
        trial_of(given(*data_sets))
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


def test_all_files_that_cannot_be_read_are_told_at_once_and_other_files_need_a_mapping(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "b.xpt").write_bytes(b"")
    with pytest.raises(DataError) as refused:
        import_data_sets([tmp_path / "a.json", tmp_path / "b.xpt"])
    assert [line.split(":")[0] for line in str(refused.value).splitlines()] == ["a.json", "b.xpt"]
    with pytest.raises(UsageError, match=r"--mapping: expected a mapping file, since c\.csv is none of the data sets"):
        import_data_sets([tmp_path / "c.csv"])
    with pytest.raises(UsageError, match="files: expected at least one; got none"):
        import_data_sets([])


def test_adverse_events_alone_give_participants_from_their_ids(tmp_path):
    (tmp_path / "adae.json").write_text(dataset_to_json(ADAE), encoding="utf-8")
    trial, _ = import_data_sets([tmp_path / "adae.json"])
    assert trial.participants["participant_id"].to_list() == ["1"]
    assert findings(trial, "participants-derived")
