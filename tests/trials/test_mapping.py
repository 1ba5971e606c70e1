from __future__ import annotations

import pytest

from leadin.errors import ProtocolError
from leadin.trials.mapping import ColumnFrom, load_mapping

PEOPLE = """
tables:
  participants:
    - file: people.csv
      columns: {participant_id: id}
"""


@pytest.fixture
def load(tmp_path):
    def loaded(text):
        path = tmp_path / "map.yaml"
        path.write_text(text)
        return load_mapping(path)

    return loaded


@pytest.fixture
def refused(load):
    def message(text):
        with pytest.raises(ProtocolError) as error:
            load(text)
        return str(error.value)

    return message


def test_a_small_mapping_with_its_defaults(load):
    mapping = load(PEOPLE)
    assert (mapping.schema_version, mapping.protocol, mapping.time_zero) == (1, None, None)
    assert (mapping.missing, mapping.encoding, mapping.delimiter, mapping.decimal) == ((), "utf-8", ",", ".")
    (people,) = mapping.tables.of("participants")
    assert people.columns == {"participant_id": ColumnFrom(column="id")}
    assert (people.measures, people.keep, people.where, people.distinct) == ({}, (), (), False)
    assert mapping.tables.of("events") == ()


def test_everything_a_mapping_may_say(load):
    mapping = load(
        """
protocol: hanyang-phase2
missing: [-9, NA]
encoding: latin-1
delimiter: ;
decimal: ','
time_zero: {file: people.csv, participant_id: id, column: dosed, date: '%d-%m-%Y'}
tables:
  assessments:
    - file: visits_*.csv
      columns:
        participant_id: id
        day: {column: seen, date: '%d-%m-%Y'}
        visit: {column: n, codes: {0: baseline, 1: month 1}, missing: [99]}
      measures:
        alsfrs_r: total
        svc_percent: {column: svc, unit: fraction}
      keep: [ward]
      where:
        - {column: status, any_of: [done, 1]}
        - {column: total, filled: true}
      missing: ['.']
      distinct: true
      encoding: utf-16
      delimiter: tab
      decimal: '.'
  events:
    - file: people.csv
      columns:
        participant_id: id
        day: {value: 0}
        kind: {value: randomised}
"""
    )
    (visits,) = mapping.tables.of("assessments")
    assert visits.columns["visit"].codes == {"0": "baseline", "1": "month 1"}
    assert visits.measures["svc_percent"].unit == "fraction"
    assert [(c.column, c.any_of, c.filled) for c in visits.where] == [
        ("status", ("done", 1), None),
        ("total", (), True),
    ]
    assert (visits.delimiter, visits.decimal, visits.encoding) == ("tab", ".", "utf-16")
    assert mapping.tables.of("events")[0].columns["day"].value == 0


def test_a_column_of_no_table(refused):
    assert refused(PEOPLE.replace("{participant_id: id}", "{participant_id: id, arms: trt, xyz: q}")) == (
        "2 problems in map.yaml:\n"
        "  tables.participants[0].columns.arms: expected a column of participants (participant_id, arm, stratum, site, "
        "sex, weight_kg, age_years, onset_region, months_since_onset, diagnostic_delay_months, riluzole, onset_site, "
        "definite_el_escorial, frontotemporal_dementia, c9orf72, encals_linear_predictor, tricals_risk_profile); got "
        "'arms' (map.yaml, line 5). Write arm.\n"
        "  tables.participants[0].columns.xyz: expected a column of participants (participant_id, arm, stratum, site, "
        "sex, weight_kg, age_years, onset_region, months_since_onset, diagnostic_delay_months, riluzole, onset_site, "
        "definite_el_escorial, frontotemporal_dementia, c9orf72, encals_linear_predictor, tricals_risk_profile); got "
        "'xyz' (map.yaml, line 5). Keep other columns with 'keep'."
    )


def test_a_field_that_does_not_exist(refused):
    message = refused(PEOPLE.replace("columns:", "colums:"))
    assert message.startswith("tables.participants[0].colums: expected ")
    assert message.endswith("got 'colums' (map.yaml, line 5). Write 'columns'.")


@pytest.mark.parametrize(
    ("table", "columns", "lacking"),
    [
        ("participants", "arm: a", "participant_id"),
        ("lots", "participant_id: a", "lot_id"),
        ("administrations", "participant_id: a", "day"),
        ("events", "participant_id: a, day: b", "kind"),
        ("adverse_events", "participant_id: a, term: b", "start_day"),
        ("assessments", "participant_id: a, day: b, measure: c", "value"),
        ("assessments", "participant_id: a, day: b, value: c", "measure"),
    ],
)
def test_columns_that_no_table_can_do_without(refused, table, columns, lacking):
    text = f"tables:\n  {table}:\n    - file: x.csv\n      columns: {{{columns}}}\n"
    assert refused(text) == (
        f"tables.{table}[0].columns: expected {lacking}, without which no row of {table} counts; got none (map.yaml, "
        f"line 4). Add '{lacking}:' with the column of the file that holds it."
    )


def test_measures_make_measure_and_value(load, refused):
    text = """
tables:
  assessments:
    - file: x.csv
      columns: {participant_id: id, day: d}
      measures: {alsfrs_r: total}
"""
    load(text)
    assert refused(text.replace("day: d", "day: d, value: v")) == (
        "tables.assessments[0].columns.value: expected nothing, since measures make it; got a column (map.yaml, line "
        "5). Remove it, or the measures."
    )
    assert refused(PEOPLE + "      measures: {alsfrs_r: total}\n") == (
        "tables.participants[0].measures: expected measures in assessments only; got them in participants (map.yaml, "
        "line 6). Move or remove them."
    )


def test_units_that_do_not_go_together(refused):
    assert refused(PEOPLE.replace("participant_id: id", "participant_id: id, age_years: {column: a, unit: kg}")) == (
        "tables.participants[0].columns.age_years.unit: expected one of the units years, hours, days, weeks, months; "
        "got 'kg' (map.yaml, line 5). Write one of these."
    )
    assert refused(PEOPLE.replace("participant_id: id", "participant_id: id, arm: {column: a, unit: kg}")) == (
        "tables.participants[0].columns.arm.unit: expected no unit, since arm has none; got 'kg' (map.yaml, line 5). "
        "Remove it."
    )


def test_the_unit_of_a_value_depends_on_its_measure(load, refused):
    text = """
tables:
  assessments:
    - file: x.csv
      columns: {participant_id: id, day: d, measure: {value: svc_percent}, value: {column: v, unit: fraction}}
"""
    load(text)
    assert "value.unit: expected one of the units kg, g, lb; got 'fraction'" in refused(
        text.replace("svc_percent", "weight_kg")
    )
    assert "value.unit: expected no unit, since value has none; got 'fraction'" in refused(
        text.replace("{value: svc_percent}", "m")
    )
    wide = text.replace(", measure: {value: svc_percent}, value: {column: v, unit: fraction}", "")
    assert "measures.alsfrs_r.unit: expected no unit, since alsfrs_r has none; got 'kg'" in refused(
        wide + "      measures: {alsfrs_r: {column: t, unit: kg}}\n"
    )


def test_dates_need_a_time_zero_and_a_column_of_days(load, refused):
    text = """
tables:
  lots:
    - file: x.csv
      columns: {lot_id: l, released_day: {column: r, date: '%Y-%m-%d'}}
"""
    assert refused(text) == (
        "tables.lots[0].columns.released_day.date: expected time_zero at the top of the mapping, since dates are "
        "counted from it; got none (map.yaml, line 5). Add 'time_zero:' with file, participant_id, column and date."
    )
    zero = "time_zero: {file: x.csv, participant_id: p, column: z, date: '%Y'}\n"
    load(zero + text)
    assert refused(zero + text.replace("released_day", "cells")) == (
        "tables.lots[0].columns.cells.date: expected dates in columns of days only; got one in cells (map.yaml, line "
        "6). Remove it."
    )
    assert refused(zero + text.replace("date:", "unit: weeks, date:")) == (
        "tables.lots[0].columns.released_day.unit: expected no unit beside a date; got 'weeks' (map.yaml, line 6). "
        "Remove one of the two."
    )


def test_kinds_of_event_that_do_not_exist(refused):
    text = """
tables:
  events:
    - file: x.csv
      columns: {participant_id: p, day: d, kind: {column: k, codes: {1: died, 2: withdrawn, 3: death}}}
    - file: x.csv
      columns: {participant_id: p, day: d, kind: {value: zzz}}
"""
    message = refused(text)
    assert message.startswith("3 problems in map.yaml:\n")
    assert "columns.kind.codes.1: expected a kind of event (screened, " in message
    assert "got 'withdrawn' (map.yaml, line 5). Write withdrawal." in message
    assert "columns.kind.value: expected a kind of event (" in message
    assert "got 'zzz' (map.yaml, line 7). Write one of these." in message


def test_a_column_has_one_origin(refused):
    assert "expected either a column or a value; got neither. Keep one of them." in refused(
        PEOPLE.replace("participant_id: id", "participant_id: {unit: kg}")
    ).replace(" (map.yaml, line 5)", "")
    assert "expected either a column or a value; got both. Keep one of them." in refused(
        PEOPLE.replace("participant_id: id", "participant_id: {column: a, value: 1}")
    ).replace(" (map.yaml, line 5)", "")
    for more in ("codes: {1: a}", "missing: [1]", "unit: days", "date: '%Y'"):
        assert "expected a value alone; got a unit, codes, missing or date with it. Write what it becomes." in refused(
            PEOPLE.replace("participant_id: id", f"participant_id: {{value: 1, {more}}}")
        ).replace(" (map.yaml, line 5)", "")


def test_a_condition_says_one_thing(refused):
    for where in ("{column: a}", "{column: a, any_of: [1], filled: true}"):
        message = refused(PEOPLE + f"      where: [{where}]\n").replace(" (map.yaml, line 6)", "")
        assert "tables.participants[0].where[0]: expected either any_of or filled; got both or neither." in message


def test_kept_columns_are_further_ones(refused):
    assert refused(PEOPLE + "      keep: [ward, arm]\n") == (
        "tables.participants[0].keep[1]: expected a column that participants does not define; got 'arm' (map.yaml, "
        "line 6). Write it under columns: 'arm: arm'."
    )


@pytest.mark.parametrize("encoding", ["utf-9", "base64"])
def test_encodings_that_do_not_exist(refused, encoding):
    assert refused(f"encoding: {encoding}\n{PEOPLE}") == (
        f"encoding: expected the name of a text encoding; got '{encoding}' (map.yaml, line 1). Write utf-8, latin-1, "
        "cp1252 or utf-16."
    )
    assert f"tables.participants[0].encoding: expected the name of a text encoding; got '{encoding}'" in refused(
        PEOPLE + f"      encoding: {encoding}\n"
    )


def test_marks_of_cells_and_decimals_differ(load, refused):
    expected = "decimal: expected another mark for decimals than for cells; got ',' for both"
    assert refused(f"decimal: ','\n{PEOPLE}").startswith(expected)
    assert "tables.participants[0].decimal: expected another mark" in refused(PEOPLE + "      decimal: ','\n")
    assert "tables.participants[0].decimal: expected another mark" in refused(
        f"decimal: ','\ndelimiter: ;\n{PEOPLE}      delimiter: ','\n"
    )
    load(f"decimal: ','\ndelimiter: ;\n{PEOPLE}")
    load(f"{PEOPLE}      decimal: ','\n      delimiter: ;\n")
    assert "delimiter: expected one of ,, ;, |, tab; got ':'" in refused(f"delimiter: ':'\n{PEOPLE}")


def test_no_table_at_all(refused):
    assert refused("tables: {}\n") == (
        "tables: expected at least one table; got none (map.yaml, line 1). Add one of participants, assessments, lots, "
        "administrations, events, adverse_events."
    )


def test_contradictions_are_told_beside_fields_that_are_wrong_in_themselves(refused):
    message = refused(PEOPLE.replace("{participant_id: id}", "{arms: trt}").replace("file: people.csv", "file: 3"))
    assert message.startswith("3 problems in map.yaml:\n")


def test_a_file_that_explodes_is_refused(refused):
    levels = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10))
    message = refused("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + levels)
    assert "those repeated by an alias (*) counted; got more" in message
