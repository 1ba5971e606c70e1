from __future__ import annotations

import json

import pytest

from leadin.errors import DataError
from leadin.trials.manifest_file import FolderManifest, manifest_from_json, manifest_to_json
from leadin.trials.trial import Manifest

FULL = Manifest(
    origin="simulated",
    protocol="small",
    protocol_sha256="ab" * 32,
    seed=7,
    leadin_version="0.1.0",
    tables=(("participants.csv", "cd" * 32), ("events.csv", "ef" * 32)),
    simulation=(("population", "pro-act"), ("slowing", "0.3")),
)


@pytest.mark.parametrize("manifest", [FULL, Manifest(origin="imported"), Manifest(origin="conducted", simulation=())])
def test_a_manifest_comes_back_as_it_was(manifest):
    columns = {"participants": {"ward": "Int64", "nurse": "String"}}
    assert manifest_from_json(manifest_to_json(manifest, columns)) == FolderManifest(manifest, columns)


def test_the_text_is_plain_json_with_every_field():
    text = manifest_to_json(FULL, {"participants": {}, "events": {"ward": "Int64"}})
    assert text.endswith("}\n")
    assert json.loads(text) == {
        "schema_version": 1,
        "origin": "simulated",
        "protocol": "small",
        "protocol_sha256": "ab" * 32,
        "seed": 7,
        "leadin_version": "0.1.0",
        "tables": {"participants.csv": "cd" * 32, "events.csv": "ef" * 32},
        "columns": {"events": {"ward": "Int64"}},
        "simulation": {"population": "pro-act", "slowing": "0.3"},
    }


def test_fields_that_a_later_leadin_adds_are_passed_over():
    said = json.loads(manifest_to_json(FULL, {})) | {"sites": 3}
    assert manifest_from_json(json.dumps(said)).manifest == FULL


def refused(text):
    with pytest.raises(DataError) as error:
        manifest_from_json(text)
    return str(error.value)


RESTORE = "Restore the file, or remove it to have the tables read without it."


def test_text_that_is_no_json():
    assert refused('{\n"origin": "imported",\n') == (
        f"manifest.json (line 3): expected JSON as leadin writes it; got text that is not. {RESTORE}"
    )
    assert (
        refused("[" * 100_000) == f"manifest.json: expected JSON as leadin writes it; got text that is not. {RESTORE}"
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"origin": "dreamt"}, "origin: input should be 'simulated', 'conducted' or 'imported'"),
        ({"origin": None}, "origin: input should be 'simulated', 'conducted' or 'imported'"),
        ({"seed": "7"}, "seed: input should be a valid integer"),
        ({"tables": ["x"]}, "tables: input should be a valid dictionary"),
        ({"columns": {"events": {"x": "Date"}}}, "columns.events.x: input should be 'String', 'Float64', 'Int64' or"),
        ({"schema_version": "1"}, "schema_version: input should be a valid integer"),
    ],
)
def test_fields_that_hold_something_else(changes, words):
    message = refused(json.dumps(json.loads(manifest_to_json(FULL, {})) | changes))
    assert message.startswith(f"manifest.json: expected what leadin writes; got a problem at {words}")
    assert message.endswith(RESTORE)


def test_json_that_is_no_manifest():
    assert refused("[1]").startswith("manifest.json: expected what leadin writes; got a problem at the whole file: ")
    assert refused("{}").startswith("manifest.json: expected what leadin writes; got a problem at schema_version: ")


def test_a_manifest_of_a_later_schema():
    said = json.loads(manifest_to_json(FULL, {})) | {"schema_version": 2}
    assert refused(json.dumps(said)) == (
        "manifest.json: expected schema_version 1; got 2. A later leadin wrote this folder: update leadin."
    )
