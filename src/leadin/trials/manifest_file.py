"""`manifest.json`: what a trial folder says of itself, as text and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from leadin.errors import DataError
from leadin.trials.trial import Manifest

MANIFEST = "manifest.json"
SCHEMA_VERSION = 1

ColumnType = Literal["String", "Float64", "Int64", "Boolean"]


@dataclass(frozen=True)
class FolderManifest:
    """A manifest and the types of columns that no schema knows, by table and column."""

    manifest: Manifest
    columns: Mapping[str, Mapping[str, ColumnType]]


class _Said(BaseModel):
    """The fields of the file. Fields of a later leadin of the same schema version are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    schema_version: int
    origin: Literal["simulated", "conducted", "imported"]
    protocol: str | None = None
    protocol_sha256: str | None = None
    seed: int | None = None
    leadin_version: str | None = None
    tables: dict[str, str] = {}
    columns: dict[str, dict[str, ColumnType]] = {}
    simulation: dict[str, str] | None = None


def manifest_to_json(manifest: Manifest, columns: Mapping[str, Mapping[str, str]]) -> str:
    """The text of `manifest.json`; equal manifests give equal text. Absent values are null."""
    said: dict[str, Any] = {
        "schema_version": manifest.schema_version,
        "origin": manifest.origin,
        "protocol": manifest.protocol,
        "protocol_sha256": manifest.protocol_sha256,
        "seed": manifest.seed,
        "leadin_version": manifest.leadin_version,
        "tables": dict(manifest.tables),
        "columns": {table: dict(types) for table, types in columns.items() if types},
        "simulation": None if manifest.simulation is None else dict(manifest.simulation),
    }
    return json.dumps(said, indent=2, ensure_ascii=False) + "\n"


def manifest_from_json(text: str) -> FolderManifest:
    """The manifest that `text` says. DataError when it is damaged or of a schema version that this leadin lacks."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise DataError(
            f"{MANIFEST}{where}: expected JSON as leadin writes it; got text that is not. Restore the file, or remove "
            "it to have the tables read without it."
        ) from None
    version = data.get("schema_version") if isinstance(data, dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise DataError(
            f"{MANIFEST}: expected schema_version {SCHEMA_VERSION}; got {version}. A later leadin wrote this folder: "
            "update leadin."
        )
    try:
        said = _Said.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        problem = first["msg"][:1].lower() + first["msg"][1:]
        where = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise DataError(
            f"{MANIFEST}: expected what leadin writes; got a problem at {where}: {problem}. Restore the "
            "file, or remove it to have the tables read without it."
        ) from None
    manifest = Manifest(
        origin=said.origin,
        schema_version=said.schema_version,
        protocol=said.protocol,
        protocol_sha256=said.protocol_sha256,
        seed=said.seed,
        leadin_version=said.leadin_version,
        tables=tuple(said.tables.items()),
        simulation=None if said.simulation is None else tuple(said.simulation.items()),
    )
    return FolderManifest(manifest, said.columns)
