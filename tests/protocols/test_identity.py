"""Canonical JSON and hash of a protocol."""

from __future__ import annotations

import json

import pytest

from leadin.errors import ProtocolError
from leadin.protocols.identity import protocol_from_json, protocol_sha256, protocol_to_json
from leadin.protocols.library import library_names
from leadin.protocols.load import load_protocol
from leadin.protocols.protocol import Protocol


@pytest.mark.parametrize("name", library_names())
def test_json_gives_the_same_protocol_back(name):
    protocol = load_protocol(name)
    assert protocol_from_json(protocol_to_json(protocol)) == protocol


def test_json_is_canonical(protocol):
    text = protocol_to_json(protocol)
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert '"schema_version":1' in text


def test_text_outside_ascii_is_kept_as_it_is(small):
    assert '"title":"Essai à Séoul"' in protocol_to_json(Protocol.model_validate({**small, "title": "Essai à Séoul"}))


def test_hash_is_that_of_the_text_and_does_not_depend_on_how_it_was_written(small):
    import hashlib

    protocol = Protocol.model_validate(small)
    shuffled = Protocol.model_validate(dict(reversed(small.items())))
    expected = hashlib.sha256(protocol_to_json(protocol).encode()).hexdigest()
    assert protocol_sha256(protocol) == protocol_sha256(shuffled) == expected


def test_every_change_changes_the_hash(small):
    before = protocol_sha256(Protocol.model_validate(small))
    small["arms"][0]["administrations"][1]["day"] = 27
    assert protocol_sha256(Protocol.model_validate(small)) != before


def test_other_json_is_refused_with_the_place():
    with pytest.raises(ProtocolError) as caught:
        protocol_from_json('{"name": "x"}')
    assert str(caught.value) == (
        "protocol JSON: expected what leadin wrote; got a problem at title: Field required. "
        "Write the trial folder again from its protocol."
    )


def test_text_that_is_no_json_is_refused():
    with pytest.raises(ProtocolError, match="got a problem at the whole text: Invalid JSON"):
        protocol_from_json("{")
