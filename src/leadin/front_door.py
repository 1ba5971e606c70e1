"""The verbs of the command line as plain functions: values in, values out, nothing printed, nothing written unless
asked.

Each loads its room when it is called, so that `import leadin` costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, overload

from leadin.threads import one_thread

if TYPE_CHECKING:
    import datetime

    from leadin.analysis.rerandomisation import Progress
    from leadin.analysis.results import Results
    from leadin.designs.chance import Chance
    from leadin.designs.design import Design
    from leadin.disease.population import Population
    from leadin.disease.therapy import Therapy
    from leadin.protocols.entry import EntrySection
    from leadin.protocols.finding import ProtocolFinding
    from leadin.protocols.plan import Plan
    from leadin.protocols.planned_analysis import PlannedAnalysis
    from leadin.protocols.protocol import Protocol
    from leadin.protocols.schedule import ScheduledActivity
    from leadin.trials.clinical_formats.loss_report import Loss
    from leadin.trials.finding import Finding
    from leadin.trials.import_report import ImportReport
    from leadin.trials.trial import Trial


def protocol_names() -> tuple[str, ...]:
    """Names of the protocols in the library, sorted."""
    from leadin.protocols.library import library_names

    return library_names()


def protocol(source: str | Path | Protocol) -> Protocol:
    """The protocol of that library name or YAML file; a `Protocol` is given back as it is.

    Raises ProtocolError with every problem at once (file, line, field, expected, got, nearest valid name).
    """
    from leadin.protocols.load import load_protocol

    return load_protocol(source)


def schedule(
    source: str | Path | Protocol, start: datetime.date, *, arm: str | None = None
) -> tuple[ScheduledActivity, ...]:
    """Dated visits, isolations, expansions and injections with their windows; `start` is the day of the first visit."""
    from leadin.protocols.schedule import dated_schedule

    return dated_schedule(protocol(source), start, arm=arm)


def simulate(
    source: str | Path | Protocol,
    *,
    slowing: float = 0.0,
    therapy: str | Path | Therapy | None = None,
    seed: int = 1,
    population: str | Path | Population = "pro-act",
    n: Mapping[str, int] | None = None,
) -> Trial:
    """One simulated trial: people enrolled, cells made and given, function, breathing, harm and survival followed.

    slowing: share, 0 to below 1, by which the decline of everybody given cells is slowed, from time zero on. therapy:
    in its place, a therapy (name, YAML file or `Therapy`) whose effect follows from the doses really given. population:
    a name, a YAML file or a `Population`: who is enrolled, how they decline, how their cells grow. n: participants per
    arm, instead of the protocol's, for the arms it names. Same arguments, same trial to the last byte; what it was made
    with stands in `trial.manifest.simulation`.

    Raises ProtocolError for a protocol, population or therapy file that cannot be used; UsageError for arguments out of
    range, unknown names, slowing and a therapy at once, too few clean-room slots for one participant's cultures, and
    for entry criteria that next to nobody meets.
    """
    from leadin.protocols.checks.clean_rooms import refuse_too_few_slots
    from leadin.simulation.simulate import simulate_trial

    planned = protocol(source)
    refuse_too_few_slots(planned)
    return simulate_trial(planned, slowing=slowing, therapy=therapy, seed=seed, population=population, n=n)


def read(folder: str | Path) -> Trial:
    """The trial in a folder of tables, with the findings of all checks. DataError when it cannot be read."""
    from leadin.trials.read import read_trial

    return read_trial(Path(folder))


def write(trial: Trial, folder: str | Path, *, table_format: str = "csv") -> Path:
    """Writes a trial folder, all of it or nothing; `table_format` is `csv` or `parquet`. Gives the folder back."""
    from leadin.trials.write import write_trial

    return write_trial(trial, Path(folder), table_format=table_format)


def import_tables(files: Sequence[str | Path], mapping: str | Path | None = None) -> tuple[Trial, ImportReport]:
    """Outside tables as a trial, with a report of every row dropped, recoded or kept beside the tables.

    mapping: a file that says which column becomes what. Without one, files that leadin knows: ADaM and SDTM data sets
    (SAS transport files, Dataset-JSON 1.1), and REDCap-style CSV that `export` wrote; nothing of them is dropped.

    Raises DataError for files that cannot be used, ProtocolError for a mapping with problems, UsageError for files that
    need a mapping.
    """
    paths = [Path(file) for file in files]
    if mapping is None:
        from leadin.trials.clinical_formats.import_known import import_known

        return import_known(paths)
    from leadin.trials.import_tables import import_trial

    return import_trial(paths, Path(mapping))


def export(trial: Trial, folder: str | Path, *, file_format: str = "dataset-json") -> tuple[Loss, ...]:
    """Writes files that others read, and gives back what they cannot hold or say in another way.

    file_format: `dataset-json` or `xpt` (ADaM and SDTM data sets; those that a trial was imported from come back as
    they came), or `redcap` (CSV and a data dictionary). UsageError for another one; DataError for a folder that holds
    other files.
    """
    from leadin.trials.clinical_formats.export import export_trial

    return export_trial(trial, Path(folder), file_format=file_format)


def show(source: str | Path | Protocol) -> tuple[EntrySection, ...]:
    """The protocol as people read it: titled sections of (label, text), what was assumed marked as assumed."""
    from leadin.protocols.entry import registry_entry

    return registry_entry(protocol(source))


@overload
def check(source: Trial) -> tuple[Finding, ...]: ...


@overload
def check(source: str | Path | Protocol) -> tuple[ProtocolFinding, ...]: ...


def check(source: Trial | str | Path | Protocol) -> tuple[Finding, ...] | tuple[ProtocolFinding, ...]:
    """Findings of all checks on a trial (impossible scores, visits outside windows, assessments after death, and so on)
    or on a protocol (what does not fit together, what cannot be evaluated, what has no source)."""
    from leadin.protocols.check import check_protocol
    from leadin.trials.checks import check_trial
    from leadin.trials.trial import Trial

    return check_trial(source) if isinstance(source, Trial) else check_protocol(protocol(source))


def analyse(
    trial: Trial,
    *,
    plan: Plan | str | Path | None = None,
    methods: Sequence[str] | None = None,
    reference: str | None = None,
    progress: Progress | None = None,
) -> Results:
    """Runs the plan (as given, else the protocol's, else every method the tables can carry, labelled exploratory).

    progress: told of work that takes long: what it is, how much is done, how much there is.
    """
    from leadin.analysis.analyse import analyse_trial

    with one_thread():
        return analyse_trial(trial, plan=plan, methods=methods, reference=reference, progress=progress)


def chance(
    source: str | Path | Protocol,
    *,
    replicates: int = 2_000,
    seed: int = 1,
    population: str | Path | Population = "pro-act",
    analyses: Sequence[PlannedAnalysis] | None = None,
    n: Mapping[str, int] | None = None,
    reference: str | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Chance:
    """What the same protocol shows with no effect at all, over simulated trials, by the fast engine: within arms the
    change of slope, responders and, of one arm, the broken-stick model; between arms every analysis that a design can
    count, with its false-positive rate.

    population: a name, a YAML file or a `Population`; the one that the trial beside it was simulated from. analyses:
    those that were made of that trial (`results.analyses`), else the plan's. n: participants per arm, instead of the
    protocol's. reference: the arm that others are held against, instead of the protocol's. threads: None: one for each
    core; no figure depends on them. progress: told of what takes long. What cannot be simulated is told in `left_out`.
    Raises UsageError for fewer than 2 replicates, an unknown arm and an unknown population.
    """
    from leadin.designs.chance import chance_level

    planned = protocol(source)
    with one_thread():
        return chance_level(
            planned,
            replicates=replicates,
            seed=seed,
            population=population,
            analyses=analyses,
            n=n,
            reference=reference,
            threads=threads,
            progress=progress,
        )


def design(
    source: str | Path | Protocol,
    *,
    n: Sequence[int] | int | None = None,
    slowing: Sequence[float] | float = (0.0, 0.3),
    analysis: Sequence[str] | None = None,
    replicates: int = 10_000,
    seed: int = 1,
    population: str | Path | Population = "pro-act",
    threads: int | None = None,
    device: str = "cpu",
    engine: str | None = None,
    value_participants: int | None = None,
    progress: Progress | None = None,
) -> Design:
    """Operating characteristics of the protocol, over many simulated trials at each n and slowing: power or
    false-positive rate, bias, coverage, not evaluable, each with its Monte Carlo error.

    n: participants in all, split over the arms in the protocol's ratio; None: its own numbers. slowing: shares from 0
    to below 1. analysis: names of the plan's analyses or of methods; None: all of the plan that can be counted, the
    others are told. Replicates count from 1 and are the same at every n and slowing. threads: None: one for each core;
    no figure depends on them. device: `cpu` or `gpu`. engine: `fast`, or `plain`, each trial simulated and analysed
    table by table, slowly. value_participants: in whom the value of each estimand, for bias and coverage, is found;
    None: 1,000,000, by the plain engine 20,000. progress: told what is done, how much, of how much.

    Raises ProtocolError and UsageError before anything is simulated; UnfinishedError where the work ended before its
    time. An interruption is a KeyboardInterrupt that says how far it had come (`.design`: what was finished).
    """
    from leadin.designs.operating_characteristics import operating_characteristics

    planned = protocol(source)
    with one_thread():
        return operating_characteristics(
            planned,
            n=n,
            slowing=slowing,
            analysis=analysis,
            replicates=replicates,
            seed=seed,
            population=population,
            threads=threads,
            device=device,
            engine=engine,
            value_participants=value_participants,
            progress=progress,
        )


def report(trial: Trial, results: Results, path: str | Path, *, chance: Chance | None = None) -> Path:
    """Writes the report and gives its path back: one self-contained HTML page, or a PDF where the name ends in `.pdf`
    (needs the package typst: `pip install 'leadin[pdf]'`).

    Raises UsageError for another suffix, a PDF without typst, and a place that cannot be written to.
    """
    from leadin.reports.report import write_report

    with one_thread():
        return write_report(trial, results, Path(path), chance=chance)
