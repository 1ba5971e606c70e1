"""The JSON Schema of protocol files, by which editors complete field names and underline mistakes."""

from __future__ import annotations

import json

from leadin.protocols.protocol import Protocol


def protocol_schema() -> str:
    """JSON Schema (draft 2020-12) of a protocol file, indented, ending in a newline.

    A YAML file names it in its first line: `# yaml-language-server: $schema=protocol.schema.json`.
    """
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "leadin protocol",
        **{key: value for key, value in Protocol.model_json_schema().items() if key != "title"},
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
