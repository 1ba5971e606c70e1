"""Which values of a protocol say where they come from, and which do not."""

from __future__ import annotations

from leadin.protocols.field_paths import called, found, values
from leadin.protocols.problems import FieldPath
from leadin.protocols.protocol import Protocol
from leadin.protocols.provenance import Assumption, Provenance

_OUR_OWN_WORDS = ("schema_version", "name", "title", "summary", "notes", "sources", "provenance", "assumed")
_NAMES = ("name", "label", "id")


def uncovered(protocol: Protocol) -> tuple[str, ...]:
    """Paths of the values that neither provenance nor an assumption speaks of, in the order of the protocol.

    Every value counts, defaults too; what is absent does not, nor do names, labels and the protocol's own words, nor
    `randomisation.at` where a day takes its place.
    """
    said = protocol.model_dump()
    covered = {at for item in _spoken_of(protocol) for at in found(said, item.field)}
    return tuple(
        called(said, at)
        for at in values(said)
        if at[0] not in _OUR_OWN_WORDS
        and not (at == ("randomisation", "at") and _has_day(protocol))
        and at[-1] not in _NAMES
        and not any(at[:length] in covered for length in range(1, len(at) + 1))
    )


def _has_day(protocol: Protocol) -> bool:
    return protocol.randomisation is not None and protocol.randomisation.day is not None


class Origins:
    """What speaks of each value of a protocol; built once, asked often."""

    def __init__(self, protocol: Protocol) -> None:
        said = protocol.model_dump()
        self._reach = {at: item for item in _spoken_of(protocol) for at in found(said, item.field)}

    def of(self, at: FieldPath) -> Provenance | Assumption | None:
        """The entry whose path is longest for the value at a place, the later of two; None: nothing speaks of it."""
        for length in range(len(at), 0, -1):
            if at[:length] in self._reach:
                return self._reach[at[:length]]
        return None


def _spoken_of(protocol: Protocol) -> tuple[Provenance | Assumption, ...]:
    return (*protocol.provenance, *protocol.assumed)
