"""How to redo the analysis: the commands, what they were run on, versions and hashes, and the references with their
links."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from leadin.analysis.result import Result
from leadin.disease.populations import population_names
from leadin.disease.therapies import therapy_names
from leadin.protocols.library.names import library_names
from leadin.protocols.plan import Plan
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.reports.tables import Column, Paragraph, Rows, Table
from leadin.reports.wording import measure_words, method_words
from leadin.trials.trial import Trial

if TYPE_CHECKING:
    from leadin.analysis.results import Results

WITHOUT_MEASURE = ("kaplan_meier", "log_rank", "cox", "restricted_mean", "safety", "paired_side", "potency")
DOI = re.compile(r"[,.;]?\s*\bdoi:\s*(10\.\d{4,9}/\S+?)\.?(?=\s|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Reference:
    """A reference: its text without the DOI, and the link the DOI makes (None: it has none)."""

    text: str
    url: str | None
    label: str | None


@dataclass(frozen=True)
class References:
    """A numbered list of references under a heading."""

    title: str
    items: tuple[Reference, ...]

    kind = "references"


@dataclass(frozen=True)
class Commands:
    """Lines to type."""

    lines: tuple[str, ...]

    kind = "commands"


def reference_of(text: str) -> Reference:
    """A citation with its DOI as a link; other text stays as it is."""
    match = DOI.search(text)
    if match is None:
        return Reference(text, None, None)
    rest = (text[: match.start()] + text[match.end() :]).strip().rstrip(".,;") + "."
    return Reference(rest, doi_address(match[1]), f"doi:{match[1]}")


def references(trial: Trial, results: Sequence[Result]) -> tuple[References, ...]:
    """The references of the methods, then the sources of the protocol; each once, in order of first use."""
    methods = tuple(reference_of(text) for text in dict.fromkeys(r for result in results for r in result.references))
    lists = [References("References of the methods", methods)] if methods else []
    if trial.protocol is not None and trial.protocol.sources:
        items = tuple(
            Reference(
                source.citation.rstrip(".") + ".",
                doi_address(source.doi) if source.doi else web_address(source.url),
                f"doi:{source.doi}" if source.doi else source.url,
            )
            for source in trial.protocol.sources
        )
        lists.append(References("Sources of the protocol", items))
    return tuple(lists)


def doi_address(doi: str) -> str:
    """The address of a DOI; the angle brackets and semicolons of old ones are encoded."""
    return "https://doi.org/" + quote(doi, safe="/:()._-")


def web_address(url: str | None) -> str | None:
    """The address when it is one that a browser may follow (http or https), else None."""
    return url if url is not None and url.startswith(("https://", "http://")) else None


def commands(trial: Trial, results: Results) -> Commands:
    """The commands that make the trial folder and this report; words in capitals stand for files that only people
    know."""
    manifest = trial.manifest
    name = manifest.protocol or (trial.protocol.name if trial.protocol is not None else None)
    lines = []
    if manifest.origin == "simulated" and name is not None:
        known = dict(manifest.simulation or ())
        words = ["leadin", "simulate", name if name in library_names() else "PROTOCOL.yaml", "-o", "trial"]
        if "population" in known:
            words += ["--population", _named(known["population"], population_names(), "POPULATION.yaml")]
        words += ["--slowing", known["slowing"]] if "slowing" in known else []
        if "therapy" in known:
            words += ["--therapy", _named(known["therapy"], therapy_names(), "THERAPY.yaml")]
        words += ["--seed", str(manifest.seed)] if manifest.seed is not None else []
        for key, value in known.items():
            words += ["--n", f"{key.removeprefix('n.')}={value}"] if key.startswith("n.") else []
        lines.append(shlex.join(words))
    elif manifest.origin == "imported":
        lines.append("leadin import FILES --mapping MAPPING.yaml -o trial")
    own_plan = trial.protocol.plan if trial.protocol is not None else None
    plan = " --plan PLAN.yaml" if results.plan is not None and results.plan != own_plan else ""
    lines.append(f"leadin analyse trial{plan} -o report.html --json results.json")
    return Commands(tuple(lines))


def _named(name: str, library: tuple[str, ...], otherwise: str) -> str:
    return name if name in library else otherwise


def plan_words(plan: Plan | None) -> Paragraph:
    """The plan, in order, in a sentence."""
    if plan is None:
        return Paragraph("No analysis plan was given: every method that the tables can carry was run.")
    said = [f"{method_words(each.method)}{_of_measure(each)} ({each.role})" for each in plan.analyses]
    return Paragraph(f"Plan, in order: {'; '.join(said)}.")


def _of_measure(planned: PlannedAnalysis) -> str:
    return "" if planned.method in WITHOUT_MEASURE else f" of {measure_words(planned.measure)}"


def redo_table(trial: Trial, results: Results, name: str = "made-from") -> Table:
    """What this report was made from: protocol, plan and tables with their hashes, seed, versions."""
    manifest, made = trial.manifest, results.provenance
    rows: list[tuple[str, str | None]] = [
        ("Data", manifest.origin),
        ("Protocol", manifest.protocol),
        ("Protocol, sha256", manifest.protocol_sha256),
        ("Plan, sha256", made.plan_sha256),
        ("Seed", None if made.seed is None else str(made.seed)),
        *((_simulation_words(key), value) for key, value in manifest.simulation or ()),
        ("Reference arm", results.reference if trial.participants["arm"].drop_nulls().n_unique() > 1 else None),
        ("All tables, sha256", made.data_sha256),
        *((f"{table}, sha256", digest) for table, digest in made.tables),
        ("leadin", made.leadin),
        ("Python", made.python),
        *made.libraries,
    ]
    kept = tuple((what, value) for what, value in rows if value is not None)
    return Table(name, "What this report was made from.", (Column("What"), Column("Value")), (Rows(kept),), wide=True)


def _simulation_words(key: str) -> str:
    """`Simulation, population sha256`; `Simulation, participants in cells`."""
    if key.startswith("n."):
        return f"Simulation, participants in {key.removeprefix('n.')}"
    return f"Simulation, {key.replace('_', ' ')}"
