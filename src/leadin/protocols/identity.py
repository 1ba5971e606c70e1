"""A protocol as canonical JSON and as a hash, so that a trial folder can carry the protocol it was made from."""

from __future__ import annotations

import hashlib
import json

from pydantic import ValidationError

from leadin.errors import ProtocolError
from leadin.protocols.protocol import Protocol


def protocol_to_json(protocol: Protocol) -> str:
    """Canonical JSON: every field, keys sorted, no spaces, UTF-8 kept; equal protocols give equal text."""
    return json.dumps(
        protocol.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def protocol_from_json(text: str) -> Protocol:
    """The protocol that `protocol_to_json` wrote; ProtocolError when the text is no such thing."""
    try:
        return Protocol.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole text"
        raise ProtocolError(
            f"protocol JSON: expected what leadin wrote; got a problem at {where}: {first['msg']}. "
            "Write the trial folder again from its protocol."
        ) from error


def protocol_sha256(protocol: Protocol) -> str:
    """SHA-256 of the canonical JSON, 64 hexadecimal digits: the identity of what the protocol says, not of its file."""
    return hashlib.sha256(protocol_to_json(protocol).encode()).hexdigest()
