from __future__ import annotations

import polars as pl
import pytest

from leadin.errors import DataError, ProtocolError, UsageError
from leadin.trials.finding import Finding
from leadin.trials.import_report import SourceCount
from leadin.trials.import_tables import import_trial
from leadin.trials.read import read_trial
from leadin.trials.write import write_trial


@pytest.fixture
def take(tmp_path):
    """take(mapping, file=text, ...): imports; a name's last underscore stands for its dot."""

    def taken(mapping, **files):
        paths = []
        for name, text in files.items():
            path = tmp_path / ".".join(name.rsplit("_", 1))
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            paths.append(path)
        (tmp_path / "map.yaml").write_text(mapping)
        return import_trial(paths, tmp_path / "map.yaml")

    return taken


def changes(report, *columns):
    return report.changes.select(columns or ("line", "action", "column", "from", "to", "reason")).rows()


LONG = """
tables:
  participants:
    - file: people.csv
      columns:
        participant_id: id
        arm: {column: trt, codes: {0: placebo, 1: active}}
        riluzole: {column: ril, codes: {y: true, n: false}}
        weight_kg: {column: wt, unit: lb}
      keep: [ward]
  assessments:
    - file: visits.csv
      columns:
        participant_id: id
        day: {column: month, unit: months}
        measure: {column: test, codes: {FRS: alsfrs_r, VC: svc_percent}}
        value: {column: result, missing: [-9]}
"""
PEOPLE = "id,trt,ril,wt,ward\n1,0,y,100,3\n2,1.0,n,,4\n"
VISITS = "id,month,test,result\n1,0,FRS,40\n1,2,FRS,-9\n2,0,VC,71.5\n"


def test_columns_codes_units_missing_codes_and_kept_columns(take):
    trial, report = take(LONG, people_csv=PEOPLE, visits_csv=VISITS)
    assert trial.manifest.origin == "imported"
    assert trial.participants.select("participant_id", "arm", "riluzole", "weight_kg", "ward").rows() == [
        ("1", "placebo", True, 45.359237, 3),
        ("2", "active", False, None, 4),
    ]
    assert trial.assessments.rows() == [
        ("1", 0.0, "alsfrs_r", 40.0, None),
        ("1", 60.875, "alsfrs_r", None, None),
        ("2", 0.0, "svc_percent", 71.5, None),
    ]
    assert trial.findings == ()
    assert changes(report, "table", "file", "line", "action", "column", "from", "to", "reason") == [
        ("participants", "people.csv", 2, "recoded", "arm", "0", "placebo", "code"),
        ("participants", "people.csv", 3, "recoded", "arm", "1.0", "active", "code"),
        ("participants", "people.csv", 2, "recoded", "riluzole", "y", "true", "code"),
        ("participants", "people.csv", 3, "recoded", "riluzole", "n", "false", "code"),
        ("participants", "people.csv", None, "converted", "weight_kg", "lb", "kg", "times 0.45359237, 1 cells"),
        ("assessments", "visits.csv", None, "converted", "day", "months", "days", "times 30.4375, 3 cells"),
        ("assessments", "visits.csv", 2, "recoded", "measure", "FRS", "alsfrs_r", "code"),
        ("assessments", "visits.csv", 3, "recoded", "measure", "FRS", "alsfrs_r", "code"),
        ("assessments", "visits.csv", 4, "recoded", "measure", "VC", "svc_percent", "code"),
        ("assessments", "visits.csv", 3, "recoded", "value", "-9", None, "missing code"),
    ]
    assert report.sources == (
        SourceCount("participants", "people.csv", 2, 0, 0, 0, 2),
        SourceCount("assessments", "visits.csv", 3, 0, 0, 0, 3),
    )


def test_rows_and_cells_that_cannot_be_read_are_reported_and_bring_warnings(take):
    visits = "id,month,test,result\n1,0,FRS,forty\n,2,FRS,38\n1,x,FRS,37\n1,4,GRIP,36\n1,6,FRS,inf\n1,8,FRS,NA\n"
    trial, report = take(LONG, people_csv=PEOPLE, visits_csv=visits)
    assert trial.assessments.rows() == [
        ("1", 0.0, "alsfrs_r", None, None),
        ("1", 182.625, "alsfrs_r", None, None),
        ("1", 243.5, "alsfrs_r", None, None),
    ]
    of_visits = [row for row in changes(report) if row[1] in ("dropped", "emptied") or row[5] == "missing"]
    assert of_visits == [
        (4, "emptied", "day", "x", None, "not a number"),
        (5, "emptied", "measure", "GRIP", None, "no code says what it becomes"),
        (2, "emptied", "value", "forty", None, "not a number"),
        (6, "emptied", "value", "inf", None, "not a number"),
        (7, "recoded", "value", "NA", None, "missing"),
        (3, "dropped", "participant_id", None, None, "no participant_id"),
        (4, "dropped", "day", None, None, "no day"),
        (5, "dropped", "measure", None, None, "no measure"),
    ]
    assert report.sources[1] == SourceCount("assessments", "visits.csv", 6, 0, 3, 0, 3)
    assert trial.findings == (
        Finding(
            "import-dropped",
            "warning",
            "assessments",
            (),
            "3 rows of visits.csv were dropped (line 3: no participant_id; line 4: no day; line 5: no measure). "
            "Correct the file or the mapping.",
        ),
        Finding(
            "import-emptied",
            "warning",
            "assessments",
            (),
            "4 cells of visits.csv could not be read and are missing now (line 4, day: 'x', not a number; line 5, "
            "measure: 'GRIP', no code says what it becomes; line 2, value: 'forty', not a number; line 6, value: "
            "'inf', not a number). Correct the file or the mapping.",
        ),
        Finding(
            "no-assessment",
            "note",
            "participants",
            (0, 1),
            "2 participants without any assessment (1; 2). Counted, but in no analysis of function.",
        ),
    )


WIDE = """
missing: [NA]
tables:
  assessments:
    - file: wide.csv
      columns: {participant_id: id, day: day, visit: {value: month 1}}
      measures:
        alsfrs_r: total
        svc_percent: {column: svc, unit: fraction}
        weight_kg: {column: wt, missing: [0]}
"""


def test_a_column_a_measure_becomes_a_row_a_measure(take):
    trial, report = take(
        WIDE, wide_csv="id,day,total,svc,wt\n1,30,40,0.71,70\n2,31,NA,,0\n,32,39,0.7,70\n3,33,38,x,71\n"
    )
    assert trial.assessments.rows() == [
        ("1", 30.0, "alsfrs_r", 40.0, "month 1"),
        ("1", 30.0, "svc_percent", 71.0, "month 1"),
        ("1", 30.0, "weight_kg", 70.0, "month 1"),
        ("3", 33.0, "alsfrs_r", 38.0, "month 1"),
        ("3", 33.0, "weight_kg", 71.0, "month 1"),
    ]
    assert changes(report) == [
        (4, "dropped", "participant_id", None, None, "no participant_id"),
        (3, "recoded", "value", "NA", None, "missing code"),
        (5, "emptied", "value", "x", None, "not a number"),
        (None, "converted", "value", "fraction", "percent", "times 100, 1 cells"),
        (3, "recoded", "value", "0", None, "missing code"),
    ]
    assert report.sources == (SourceCount("assessments", "wide.csv", 4, 0, 1, 0, 5),)
    assert trial.participants["participant_id"].to_list() == ["1", "3"]
    assert [f.id for f in trial.findings] == ["participants-derived", "import-dropped", "import-emptied"]


def test_one_row_a_participant_from_repeated_rows_and_several_files(take):
    mapping = """
tables:
  participants:
    - {file: a.csv, columns: {participant_id: id, arm: arm}}
    - {file: b.csv, columns: {participant_id: id, age_years: age}}
"""
    trial, report = take(mapping, a_csv="id,arm\n1,x\n1,x\n2,y\n3,x\n3,y\n", b_csv="id,age\n2,50\n1,60\n3,70\n")
    assert trial.participants.select("participant_id", "arm", "age_years").rows() == [
        ("1", "x", 60.0),
        ("2", "y", 50.0),
        ("3", "x", None),
        ("3", "y", None),
        ("3", None, 70.0),
    ]
    assert changes(report, "file", "line", "action", "reason") == [
        ("a.csv", 3, "merged", "agrees with an earlier row of the same key"),
        ("b.csv", 2, "merged", "agrees with an earlier row of the same key"),
        ("b.csv", 3, "merged", "agrees with an earlier row of the same key"),
    ]
    assert report.sources == (
        SourceCount("participants", "a.csv", 5, 0, 0, 1, 4),
        SourceCount("participants", "b.csv", 3, 0, 0, 2, 1),
    )
    assert [(f.id, f.rows) for f in trial.findings if f.severity == "error"] == [("conflicting-rows", (2, 3, 4))]


def test_rows_that_come_out_alike_are_taken_once_where_the_mapping_says_so(take):
    mapping = """
tables:
  events:
    - {file: v.csv, columns: {participant_id: id, day: t, kind: {value: death}}, distinct: true}
"""
    text = "id,t,visit\n1,9,a\n1,9,b\n2,9,a\n"
    trial, report = take(mapping, v_csv=text)
    assert trial.events["participant_id"].to_list() == ["1", "2"]
    assert changes(report, "line", "action", "reason") == [(3, "merged", "repeats an earlier row")]
    assert report.sources == (SourceCount("events", "v.csv", 3, 0, 0, 1, 2),)
    again, _ = take(mapping.replace(", distinct: true", ""), v_csv=text)
    assert [f.id for f in again.findings if f.severity == "error"] == ["repeated-row"]


def test_only_the_rows_that_a_mapping_asks_for(take):
    mapping = """
missing: ['.']
tables:
  events:
    - file: p.csv
      columns: {participant_id: id, day: died, kind: {value: death}}
      where: [{column: died, filled: true}, {column: site, any_of: [1, B]}]
    - file: p.csv
      columns: {participant_id: id, day: {value: 99}, kind: {value: end_of_follow_up}}
      where: [{column: died, filled: false}]
"""
    trial, report = take(mapping, p_csv="id,died,site\n1,9,1\n2,8,B\n3,7,C\n4,.,1\n5,,1\n6,5,\n7,4,01\n")
    assert trial.events.select("participant_id", "day", "kind").rows() == [
        ("1", 9.0, "death"),
        ("2", 8.0, "death"),
        ("7", 4.0, "death"),
        ("4", 99.0, "end_of_follow_up"),
        ("5", 99.0, "end_of_follow_up"),
    ]
    assert report.changes.is_empty()
    assert report.sources == (
        SourceCount("events", "p.csv", 7, 4, 0, 0, 3),
        SourceCount("events", "p.csv", 7, 5, 0, 0, 2),
    )


DATED = """
time_zero: {file: people.csv, participant_id: id, column: dosed, date: '%d-%m-%Y'}
tables:
  events:
    - file: events.csv
      columns: {participant_id: id, day: {column: on, date: '%Y-%m-%d %H:%M'}, kind: {value: death}}
"""


def test_dates_are_counted_from_the_time_zero_of_each_participant(take):
    people = "id,dosed\n1,01-03-2026\n2,02-03-2026\n3,soon\n4,01-01-2026\n4,02-01-2026\n5,\n,01-01-2026\n"
    events = (
        "id,on\n1,2026-03-02 12:00\n2,2026-02-27 00:00\n3,2026-03-01 00:00\n4,2026-01-02 00:00\n9,2026-01-01 00:00\n"
        "1,later\n1,\n"
    )
    trial, report = take(DATED, people_csv=people, events_csv=events)
    assert trial.events.select("participant_id", "day").rows() == [("1", 1.5), ("2", -3.0), ("4", 1.0)]
    assert changes(report, "table", "line", "action", "column", "from", "to", "reason") == [
        ("time_zero", 4, "emptied", "date", "soon", None, "not a date as %d-%m-%Y"),
        ("time_zero", 6, "emptied", "date", "02-01-2026", None, "another date of the same participant"),
        ("events", 7, "emptied", "day", "later", None, "not a date as %Y-%m-%d %H:%M"),
        ("events", 4, "emptied", "day", "2026-03-01 00:00", None, "no date of time zero"),
        ("events", 6, "emptied", "day", "2026-01-01 00:00", None, "no date of time zero"),
        ("events", None, "converted", "day", "dates as %Y-%m-%d %H:%M", "days", "counted from time zero"),
        ("events", 4, "dropped", "day", None, None, "no day"),
        ("events", 6, "dropped", "day", None, None, "no day"),
        ("events", 7, "dropped", "day", None, None, "no day"),
        ("events", 8, "dropped", "day", None, None, "no day"),
    ]


def test_a_date_with_a_time_zone_is_refused(take):
    mapping = DATED.replace("%H:%M", "%H:%M%z")
    with pytest.raises(DataError, match="expected a participants table"):
        take(mapping, people_csv="id,dosed\n1,01-03-2026\n", events_csv="id,on\n1,2026-03-02 12:00+0100\n")


def test_files_by_pattern_encoding_delimiter_and_decimal_mark(take):
    mapping = """
encoding: latin-1
delimiter: ;
decimal: ','
tables:
  participants:
    - {file: people.txt, columns: {participant_id: naam, weight_kg: kg}}
  assessments:
    - file: visit?.csv
      delimiter: "|"
      decimal: '.'
      encoding: utf-8
      columns: {participant_id: id, day: d, measure: {value: svc_percent}, value: v}
"""
    trial, report = take(
        mapping,
        people_txt="naam;kg\nJosé;70,5\nAnna;1.070,5\nEva;1.070\n".encode("latin-1"),
        visit2_csv="id|d|v\nAnna|1|70.5\n",
        visit1_csv="id|d|v\nJosé|1|71.5\n",
    )
    assert trial.participants.select("participant_id", "weight_kg").rows() == [
        ("José", 70.5),
        ("Anna", None),
        ("Eva", None),
    ]
    assert changes(report, "line", "from", "reason") == [(3, "1.070,5", "not a number"), (4, "1.070", "not a number")]
    assert trial.assessments.select("participant_id", "value").rows() == [("José", 71.5), ("Anna", 70.5)]
    assert [source.file for source in report.sources] == ["people.txt", "visit1.csv", "visit2.csv"]


def test_a_table_separated_by_tabs(take):
    mapping = "delimiter: tab\ntables: {participants: [{file: p.tsv, columns: {participant_id: id, site: s}}]}\n"
    trial, _ = take(mapping, p_tsv="id\ts\n1\tnorth, south\n")
    assert trial.participants.select("participant_id", "site").rows() == [("1", "north, south")]


def test_text_columns_and_ids_keep_their_spelling(take):
    mapping = """
tables:
  participants:
    - {file: p.csv, columns: {participant_id: id, site: s}}
"""
    trial, _ = take(mapping, p_csv="id,s\n 007 ,NA\n1.0,  north wing \n")
    assert trial.participants.select("participant_id", "site").rows() == [("007", "NA"), ("1.0", "north wing")]


def test_the_protocol_beside_the_mapping_or_in_the_library(take, tmp_path):
    people = {"people_csv": PEOPLE, "visits_csv": VISITS}
    trial, _ = take(
        "protocol: hanyang-phase2\n" + LONG.replace("placebo", "control").replace("active", "cells"), **people
    )
    assert trial.protocol.name == trial.manifest.protocol == "hanyang-phase2"
    assert len(trial.manifest.protocol_sha256) == 64
    with pytest.raises(UsageError, match="hanyang-phase3"):
        take("protocol: hanyang-phase3\n" + LONG, **people)
    with pytest.raises(ProtocolError, match=r"trial\.yaml"):
        take("protocol: trial.yaml\n" + LONG, **people)


def refused(take, mapping, **files):
    with pytest.raises(DataError) as error:
        take(mapping, **files)
    return str(error.value)


def test_all_columns_that_are_not_there_are_told_at_once(take):
    assert refused(take, LONG, people_csv="id,trt,ril,weight\n", visits_csv="ID,months,test,result\n").splitlines() == [
        "tables.participants[0].columns.weight_kg: expected a column of people.csv (id, trt, ril, weight); got 'wt'. "
        "Correct the mapping.",
        "tables.participants[0].keep: expected a column of people.csv (id, trt, ril, weight); got 'ward'. Correct the "
        "mapping.",
        "tables.assessments[0].columns.participant_id: expected a column of visits.csv (ID, months, test, result); got "
        "'id'. Did you mean ID?",
        "tables.assessments[0].columns.day: expected a column of visits.csv (ID, months, test, result); got 'month'. "
        "Did you mean months?",
    ]
    wide = WIDE.replace("missing: [0]", "missing: [0]}\n      where: [{column: zz, filled: true}]\n#")
    message = refused(take, wide.replace("total", "totl"), wide_csv="id,day,total,svc,wt\n")
    assert "tables.assessments[0].measures.alsfrs_r: expected a column of wide.csv" in message
    assert "tables.assessments[0].where[0].column: expected a column of wide.csv" in message


def test_the_columns_of_time_zero_too(take):
    assert refused(take, DATED, people_csv="id,dose\n1,2\n", events_csv="id,on\n1,2\n") == (
        "time_zero.columns.day: expected a column of people.csv (id, dose); got 'dosed'. Did you mean dose?"
    )


def test_files_that_were_not_given(take):
    assert refused(take, LONG, people_csv=PEOPLE) == (
        "tables.assessments[0].file: expected a file that was given (people.csv); got 'visits.csv'. Name it on the "
        "command line, or correct the mapping."
    )
    assert refused(take, LONG, people_csv=PEOPLE, visit_csv=VISITS).endswith(
        "got 'visits.csv'. Did you mean visit.csv?"
    )
    assert "expected a file that was given (no file)" in refused(take, LONG)


def test_two_files_of_one_name(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.csv").write_text("id\n1\n")
    (tmp_path / "map.yaml").write_text("tables: {participants: [{file: x.csv, columns: {participant_id: id}}]}\n")
    files = [tmp_path / "a" / "x.csv", tmp_path / "b" / "x.csv"]
    with pytest.raises(DataError) as error:
        import_trial(files, tmp_path / "map.yaml")
    assert str(error.value) == (
        f"files: expected every file name once, since mappings go by name; got {files[0]} and {files[1]}. Rename one."
    )
    assert import_trial([files[0], files[0]], tmp_path / "map.yaml")[0].participants.height == 1


def test_a_file_that_no_table_takes(take):
    trial, report = take(LONG, people_csv=PEOPLE, visits_csv=VISITS, extra_csv="x\n")
    assert report.unused == ("extra.csv",)
    assert trial.findings == (
        Finding("file-not-used", "note", "", (), "extra.csv was given, but no table of the mapping takes it."),
    )
    assert "not used: extra.csv" in report.summary().splitlines()


def test_files_that_cannot_be_read_say_what_to_write_in_the_mapping(take):
    message = refused(take, LONG, people_csv="id,trt,ril,wt,ward\n1,é,y,1,1\n".encode("latin-1"), visits_csv=VISITS)
    assert message == (
        "people.csv, line 2: expected UTF-8 text; got the byte 0xe9 at position 21. Write its encoding in the "
        "mapping, e.g. 'encoding: latin-1'."
    )


def test_nobody_at_all(take):
    mapping = "tables: {participants: [{file: p.csv, columns: {participant_id: id}}]}\n"
    assert refused(take, mapping, p_csv="id\n") == "map.yaml: expected at least one participant; got files without any."
    assert refused(take, WIDE, wide_csv="id,day,total,svc,wt\n") == (
        "map.yaml: expected a participants table; got none, and no participant_id in other tables."
    )


def test_what_was_imported_comes_back_from_its_folder(take, tmp_path):
    trial, report = take(LONG, people_csv=PEOPLE, visits_csv=VISITS)
    read = read_trial(write_trial(trial, tmp_path / "t", import_report=report))
    assert read.participants.equals(trial.participants)
    assert read.assessments.equals(trial.assessments)
    assert [f.id for f in read.findings] == ["no-protocol"]
    written = pl.read_csv(tmp_path / "t" / "import_report.csv", infer_schema_length=0)
    assert written.height == report.changes.height == 10


def test_the_summary_is_for_a_person(take):
    visits = VISITS + ",1,FRS,3\n,2,FRS,x\n"
    _, report = take(LONG, people_csv=PEOPLE, visits_csv=visits)
    assert report.summary().splitlines() == [
        "participants: 2 rows from people.csv (2 rows read)",
        "assessments: 3 rows from visits.csv (5 rows read, 2 dropped)",
        "participants.arm: recoded in people.csv, code: '0' -> 'placebo' 1 x; '1.0' -> 'active' 1 x",
        "participants.riluzole: recoded in people.csv, code: 'y' -> 'true' 1 x; 'n' -> 'false' 1 x",
        "participants.weight_kg: converted in people.csv, times 0.45359237, 1 cells: lb -> kg",
        "assessments.day: converted in visits.csv, times 30.4375, 5 cells: months -> days",
        "assessments.measure: recoded in visits.csv, code: 'FRS' -> 'alsfrs_r' 4 x; 'VC' -> 'svc_percent' 1 x",
        "assessments.value: recoded in visits.csv, missing code: '-9' -> nothing 1 x",
        "assessments.value: emptied in visits.csv, not a number: 'x' -> nothing 1 x",
        "assessments: 2 rows of visits.csv dropped, no participant_id (line 5; line 6)",
        "2 rows were dropped; 1 cell could not be read and is missing now.",
    ]
    assert (report.count("dropped"), report.count("emptied"), report.count("recoded")) == (2, 1, 10)


def test_the_summary_of_an_import_without_a_loss(take):
    mapping = """
tables:
  participants: [{file: p.csv, columns: {participant_id: id}, where: [{column: id, any_of: [1]}]}]
"""
    _, report = take(mapping, p_csv="id\n1\n1\n2\n")
    assert report.summary().splitlines() == [
        "participants: 1 row from p.csv (3 rows read, 1 not selected, 1 merged)",
        "participants: 1 row of p.csv merged, agrees with an earlier row of the same key (line 3)",
        "No row was dropped, and every cell could be read.",
    ]
