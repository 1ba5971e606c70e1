"""One simulated trial: the protocol's own steps, in patients of a population."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from leadin.disease.load import load_population
from leadin.disease.load_therapy import load_therapy
from leadin.disease.population import Population, population_sha256
from leadin.disease.therapy import Therapy, therapy_sha256
from leadin.engine.draws import Draws
from leadin.engine.streams import Streams
from leadin.errors import UsageError
from leadin.protocols.identity import protocol_sha256
from leadin.protocols.nearest import nearest
from leadin.protocols.problems import shown
from leadin.protocols.protocol import Protocol
from leadin.simulation.participants import simulate_arrays
from leadin.simulation.slots_needed import cultures_at_once
from leadin.simulation.tables import tables
from leadin.trials.manufacturing_summary import CULTURES_AT_ONCE
from leadin.trials.trial import Manifest, Trial, empty_trial
from leadin.version import __version__

MOST_PARTICIPANTS = 100_000


def simulate_trial(
    protocol: Protocol,
    *,
    slowing: float = 0.0,
    therapy: str | Path | Therapy | None = None,
    seed: int = 1,
    population: str | Path | Population = "pro-act",
    n: Mapping[str, int] | None = None,
    replicate: int = 0,
) -> Trial:
    """One trial of the protocol as it might go.

    slowing: share, 0 to below 1, by which the decline of everybody given cells is slowed from time zero on. therapy:
    in its place, the name or file of a therapy whose effect follows from the doses really given. n: participants per
    arm, instead of the protocol's, for the arms it names. The same arguments give the same trial to the last byte;
    another `replicate` of one seed is another trial. The manifest says what it was made with, and how many cultures ran
    at one time.

    Only what is not modelled yet is missing: ventilation, tracheostomy and gastrostomy do not occur. Raises UsageError
    for arguments out of range, an unknown arm, population or therapy, for slowing and a therapy at once, and for entry
    criteria that next to nobody meets.
    """
    _check_slowing(slowing)
    _check_whole("seed", seed)
    _check_whole("replicate", replicate)
    if therapy is not None and slowing > 0.0:
        raise UsageError(
            "slowing, therapy: expected one of the two, a constant slowing or a therapy; got both "
            f"(slowing {slowing:g}). Leave one out."
        )
    nature = load_population(population)
    cells = None if therapy is None else load_therapy(therapy)
    planned = planned_numbers(protocol, n)
    streams = Streams(seed, replicate)
    arrays = simulate_arrays(protocol, nature, slowing=slowing, therapy=cells, streams=streams, planned=planned)
    at_once = cultures_at_once(protocol, nature, arrays, Draws(streams))
    manifest = Manifest(
        origin="simulated",
        protocol=protocol.name,
        protocol_sha256=protocol_sha256(protocol),
        seed=seed,
        leadin_version=__version__,
        simulation=(
            ("population", nature.name),
            ("population_sha256", population_sha256(nature)),
            *_effect(protocol, slowing, cells),
            ("replicate", str(replicate)),
            *((f"n.{arm.name}", str(number)) for arm, number in zip(protocol.arms, planned, strict=True)),
            *((f"{CULTURES_AT_ONCE}{name}", str(most)) for name, most in at_once.items()),
        ),
    )
    return empty_trial(manifest, protocol).with_tables(tables(protocol, nature, arrays, Draws(streams)))


def _effect(protocol: Protocol, slowing: float, therapy: Therapy | None) -> tuple[tuple[str, str], ...]:
    """What the manifest says of the effect. A dose whose number of cells the protocol does not say counts as one dose
    of half effect; the arms that have such doses are named."""
    if therapy is None:
        return (("slowing", repr(float(slowing))),)
    unsaid = [arm.name for arm in protocol.arms if any(dose.cells is None for dose in arm.administrations)]
    return (
        ("therapy", therapy.name),
        ("therapy_sha256", therapy_sha256(therapy)),
        *((("therapy_cells_not_said", ", ".join(unsaid)),) if unsaid else ()),
    )


def planned_numbers(protocol: Protocol, n: Mapping[str, int] | None = None) -> tuple[int, ...]:
    """Participants per arm, in the order of the protocol's arms: its own numbers, or those of `n`.

    Raises UsageError for an unknown arm and for a number that is not whole and from 1 to 100,000.
    """
    names = [arm.name for arm in protocol.arms]
    for name, number in (n or {}).items():
        if name not in names:
            near = nearest(str(name), names)
            advice = f" Did you mean {near}?" if near else ""
            raise UsageError(f"n: expected an arm of {protocol.name} ({', '.join(names)}); got {shown(name)}.{advice}")
        if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= MOST_PARTICIPANTS:
            raise UsageError(
                f"n: expected a whole number of participants from 1 to {MOST_PARTICIPANTS:,} for arm {name}; "
                f"got {shown(number)}."
            )
    return tuple((n or {}).get(arm.name, arm.planned) for arm in protocol.arms)


def _check_slowing(slowing: float) -> None:
    if isinstance(slowing, bool) or not isinstance(slowing, int | float) or not 0.0 <= slowing < 1.0:
        raise UsageError(
            f"slowing: expected a share from 0 to below 1 (0.3: decline slowed by 30 %); got {shown(slowing)}."
        )


def _check_whole(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UsageError(f"{name}: expected a whole number from 0 on; got {shown(value)}.")
