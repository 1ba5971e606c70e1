from __future__ import annotations

import polars as pl
import pytest

from leadin.trials.schema import KEYS, NEVER_EMPTY, REQUIRED, SCHEMAS, conform, empty_table
from leadin.trials.trial import TABLES, Manifest, empty_trial


def test_an_empty_trial_has_every_table_with_its_columns_and_no_rows(protocol):
    manifest = Manifest(origin="imported")
    trial = empty_trial(manifest, protocol)
    assert (trial.manifest, trial.protocol, trial.findings) == (manifest, protocol, ())
    for name in TABLES:
        assert trial.table(name).schema == pl.Schema(SCHEMAS[name])
        assert trial.table(name).height == 0


def test_with_tables_replaces_those_and_no_other(trial):
    events = trial.events.head(1)
    changed = trial.with_tables({"events": events})
    assert changed.events is events
    for name in TABLES:
        assert name == "events" or changed.table(name) is trial.table(name)
    assert (changed.manifest, changed.protocol) == (trial.manifest, trial.protocol)
    assert changed is not trial


def test_a_table_that_does_not_exist(trial):
    for wrong in ("visits", "manifest"):
        with pytest.raises(KeyError, match=wrong):
            trial.table(wrong)
    with pytest.raises(KeyError, match="visits"):
        trial.with_tables({"visits": trial.events})


def test_the_tables_of_the_schema_are_those_of_a_trial():
    assert tuple(SCHEMAS) == TABLES
    assert set(KEYS) == set(REQUIRED) == set(NEVER_EMPTY) == set(TABLES)
    for name in TABLES:
        assert tuple(SCHEMAS[name])[: len(KEYS[name])] == KEYS[name] or name == "adverse_events"
        assert set(NEVER_EMPTY[name]) <= set(KEYS[name]) <= set(SCHEMAS[name])
        assert set(NEVER_EMPTY[name]) <= set(REQUIRED[name]) <= set(SCHEMAS[name])


def test_conform_adds_absent_columns_and_puts_known_ones_first():
    table = pl.DataFrame({"mine": [1], "value": [40], "participant_id": ["P1"], "day": [0]})
    assert conform("assessments", table).equals(
        pl.DataFrame(
            {"participant_id": ["P1"], "day": [0.0], "measure": [None], "value": [40.0], "visit": [None], "mine": [1]},
            schema={**SCHEMAS["assessments"], "mine": pl.Int64},
        )
    )


def test_conform_leaves_what_conforms_and_makes_a_table_of_nothing(trial):
    assert conform("events", trial.events) is trial.events
    assert conform("events", pl.DataFrame()).equals(empty_table("events"))
    wider = trial.events.with_columns(mine=1)
    assert conform("events", wider) is wider
    assert conform("events", wider.select("mine", *SCHEMAS["events"])).columns == [*SCHEMAS["events"], "mine"]


def test_conform_keeps_the_number_of_rows_of_a_table_that_lacks_columns():
    assert conform("events", pl.DataFrame({"kind": ["death", "death"]})).height == 2
