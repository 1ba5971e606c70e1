"""How a protocol's randomisation could have allocated the participants of a trial otherwise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadin.analysis.covariates import strata
from leadin.engine.permuted_blocks import allocate, every_allocation, log_probability
from leadin.engine.streams import Streams
from leadin.errors import DataError
from leadin.protocols.protocol import Randomisation
from leadin.trials.trial import Trial

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

IMPOSSIBLE = (
    "blocks of the protocol's size, filled in the order of the table of participants, cannot give the arms that they "
    "are in (another order of entry, or participants who are not in the table): the test is approximate"
)
NOT_RANDOMISED = "expected a trial that its protocol randomised, to allocate its participants anew"


@dataclass(frozen=True)
class Scheme:
    """m participants who are allocated anew among `arms`, in the order of their table, which is taken as that of entry.

    members (m,): their rows in the table; strata (m,); observed (m,): position of the arm each is in. ratio: of each
    arm; block_size None: one block of everybody. words: the rule, for a sentence. unknown: a warning on each column of
    strata that is not known of everybody.
    """

    arms: tuple[str, ...]
    members: Ints
    strata: Ints
    observed: Ints
    ratio: tuple[int, ...]
    block_size: int | None
    words: str
    unknown: tuple[str, ...] = ()

    @property
    def possible(self) -> bool:
        """Whether this order of the participants could have got the arms that it has."""
        return self.block_size is None or math.isfinite(self._log_probability(self.observed))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What makes the test less than exact."""
        return self.unknown if self.possible else (*self.unknown, IMPOSSIBLE)

    @property
    def counts(self) -> tuple[int, ...]:
        """Participants of each arm."""
        return tuple(np.bincount(self.observed, minlength=len(self.arms)).tolist())

    def draw(self, generator: np.random.Generator) -> Ints:
        """One allocation (m,) at random."""
        return allocate(self.strata, self.counts, self.ratio, self.block_size, generator)

    def every(self, most: int) -> tuple[Ints, Floats] | None:
        """All allocations (k, m) with their probabilities (k,); None when there are more than `most`."""
        if self.block_size is None and self._of_one_block() > most:
            return None
        return every_allocation(self.strata.tolist(), self.counts, self.ratio, self.block_size, most)

    def under(self, trial: Trial, group: Ints) -> Trial:
        """The trial with its participants in the arms of an allocation (m,), all else as it is."""
        arms = trial.participants["arm"].to_list()
        for row, position in zip(self.members.tolist(), group.tolist(), strict=True):
            arms[row] = self.arms[position]
        arm = pl.Series("arm", arms, dtype=trial.participants.schema["arm"])
        return trial.with_tables({"participants": trial.participants.with_columns(arm)})

    def number_words(self, drawn: int) -> str:
        """How many allocations there are: `924`, `about 1.8e+09`. Of blocks that leave some more likely than others,
        from the mean of one over the probability of so many that are drawn."""
        if self.block_size is None:
            number = self._of_one_block()
            return f"{number:,}" if number < 1_000_000 else f"about {_powers(math.log(number))}"
        generator = Streams(0).named("number of allocations")
        logs = np.array([-self._log_probability(self.draw(generator)) for _ in range(drawn)])
        largest = float(logs.max())
        return f"about {_powers(largest + float(np.log(np.mean(np.exp(logs - largest)))))}"

    def _log_probability(self, groups: Ints) -> float:
        return log_probability(groups.tolist(), self.strata.tolist(), self.counts, self.ratio, self.block_size)

    def _of_one_block(self) -> int:
        number, left = 1, sum(self.counts)
        for count in self.counts:
            number *= math.comb(left, count)
            left -= count
        return number


def _powers(log: float) -> str:
    """A number by its natural logarithm, to two digits: `36,000`, `1.8e+09`."""
    if log < math.log(1e6):
        number = math.exp(log)
        return f"{round(number, 1 - math.floor(math.log10(number)) if number >= 1 else 0):,.0f}"
    power = math.floor(log / math.log(10.0))
    return f"{math.exp(log - power * math.log(10.0)):.1f}e+{power:02d}"


def scheme_of(trial: Trial, arms: Sequence[str] | None = None) -> Scheme:
    """The scheme of a usable trial for those arms; all arms of the protocol's ratio for None.

    Participants are in the order of their table, which is taken as that of entry. Raises DataError for a trial without
    a protocol, one that is not randomised, an arm without a share in the ratio, and fewer than two arms with anybody.
    """
    how = None if trial.protocol is None else trial.protocol.randomisation
    if trial.protocol is None:
        raise DataError(f"{NOT_RANDOMISED}; got a trial without a protocol. Name one that says how (--protocol).")
    if how is None:
        raise DataError(f"{NOT_RANDOMISED}; {trial.protocol.name} has no randomisation.")
    chosen = tuple(how.ratio) if arms is None else tuple(arms)
    for arm in chosen:
        if arm not in how.ratio:
            raise DataError(
                f"{NOT_RANDOMISED}; arm {arm} has no share in the allocation ratio ({', '.join(how.ratio)})."
            )
    place = {arm: position for position, arm in enumerate(chosen)}
    people = trial.participants.with_row_index("row").filter(pl.col("arm").is_in(list(chosen)))
    observed = np.array([place[arm] for arm in people["arm"]], dtype=np.int64)
    if np.unique(observed).size < 2:
        raise DataError(f"expected participants in two arms, to allocate them anew; got {people.height} in one arm.")
    blocked = how.block_size is not None
    return Scheme(
        arms=chosen,
        members=people["row"].to_numpy().astype(np.int64),
        strata=_strata(people, how.strata if blocked else ()),
        observed=observed,
        ratio=tuple(how.ratio[arm] for arm in chosen),
        block_size=_block_size(how, chosen),
        words=_words(how),
        unknown=_unknown(people, how.strata if blocked else ()),
    )


def _strata(people: pl.DataFrame, names: Sequence[str]) -> Ints:
    _, numbers = np.unique(strata(people, names).to_numpy(), return_inverse=True)
    return numbers.astype(np.int64)


def _unknown(people: pl.DataFrame, names: Sequence[str]) -> tuple[str, ...]:
    missing = [(name, people[name].null_count()) for name in names if people[name].null_count()]
    return tuple(
        f"{name.replace('_', ' ')}, by which allocation is stratified, is not known of {count} of {people.height} "
        "participants, who are taken as a stratum of their own"
        for name, count in missing
    )


def _words(how: Randomisation) -> str:
    ratio = f"{':'.join(str(share) for share in how.ratio.values())} ({':'.join(how.ratio)})"
    if how.block_size is None:
        return f"{ratio}, one block of everybody, each arm keeping its number"
    within = f" within {' and '.join(name.replace('_', ' ') for name in how.strata)}" if how.strata else ""
    return f"{ratio}, in blocks of {how.block_size}{within}, each arm keeping its number"


def _block_size(how: Randomisation, arms: Sequence[str]) -> int | None:
    """Places of these arms in a block: without those of the other arms, their order is that of a smaller block."""
    if how.block_size is None:
        return None
    times = max(1, how.block_size // sum(how.ratio.values()))
    return times * sum(how.ratio[arm] for arm in arms)
