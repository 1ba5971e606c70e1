"""What made a set of results: versions, seed, and hashes of the data and the plan."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass
from importlib.metadata import version

from leadin.protocols.plan import Plan
from leadin.trials.trial import TABLES, Trial
from leadin.trials.write import as_written
from leadin.version import __version__

LIBRARIES = ("numpy", "scipy", "polars")
"""The libraries whose versions could move a number."""


@dataclass(frozen=True)
class Provenance:
    """leadin, python, libraries: versions. seed: of a simulated trial. tables: sha256 of each table as a trial folder
    keeps it in CSV, whatever it was read from; data_sha256: of all of them. plan_sha256: None without a plan."""

    leadin: str
    python: str
    libraries: tuple[tuple[str, str], ...]
    seed: int | None
    tables: tuple[tuple[str, str], ...]
    data_sha256: str
    plan_sha256: str | None


def provenance_of(trial: Trial, plan: Plan | None) -> Provenance:
    """The provenance of results made now from this trial, by this plan."""
    tables = tuple((f"{name}.csv", _sha256(as_written(name, trial.table(name)).write_csv())) for name in TABLES)
    return Provenance(
        leadin=__version__,
        python=platform.python_version(),
        libraries=tuple((name, version(name)) for name in LIBRARIES),
        seed=trial.manifest.seed,
        tables=tables,
        data_sha256=_sha256("".join(f"{name} {digest}\n" for name, digest in tables)),
        plan_sha256=None if plan is None else _sha256(plan.model_dump_json()),
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
