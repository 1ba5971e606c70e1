"""The text of results.json."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from leadin.analysis.provenance import Provenance
from leadin.analysis.result import Result
from leadin.trials.finding import Finding
from leadin.trials.trial import Manifest


def json_text(
    rows: Sequence[Result],
    manifest: Manifest,
    findings: Sequence[Finding],
    provenance: Provenance,
    labels: Sequence[str | None],
    multiplicity: Mapping[str, Any] | None,
) -> str:
    """The text of results.json; keys in the documented order, absent and non-finite numbers null.

    labels: of each row what tells its analysis apart. multiplicity: as it is to stand there.

    A trial that was never written gets the hashes that its tables have as a trial folder keeps them in CSV.
    """
    trial = {
        "schema_version": manifest.schema_version,
        "origin": manifest.origin,
        "protocol": manifest.protocol,
        "protocol_sha256": manifest.protocol_sha256,
        "seed": manifest.seed,
        "leadin_version": manifest.leadin_version,
        "tables": dict(manifest.tables or provenance.tables),
        "simulation": None if manifest.simulation is None else dict(manifest.simulation),
    }
    said = {
        "leadin": provenance.leadin,
        "trial": trial,
        "results": [
            {**{key: _plain(value) for key, value in asdict(row).items()}, "analysis": label}
            for row, label in zip(rows, labels, strict=True)
        ],
        "multiplicity": multiplicity,
        "findings": [{key: _plain(value) for key, value in asdict(finding).items()} for finding in findings],
    }
    return json.dumps(said, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return list(value) if isinstance(value, tuple) else value
