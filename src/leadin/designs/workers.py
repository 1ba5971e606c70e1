"""Batches of trials over threads: results in order, and an end that leaves nothing running behind."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from leadin.errors import LeadinError, UnfinishedError

Made = TypeVar("Made")

AHEAD = 4
"""Batches of each thread that are begun before their turn: what waits does not grow with the number of batches."""


@dataclass(frozen=True)
class Batch:
    """Trials first to first + count - 1."""

    first: int
    count: int

    @property
    def told(self) -> str:
        """Its replicates in words."""
        return f"replicates {self.first:,} to {self.first + self.count - 1:,}"


class StoppedError(Exception):
    """Inside a worker: the others have ended, and so does it."""


@dataclass(frozen=True)
class Workers:
    """`threads` threads that share one sign to stop."""

    threads: int
    stop: threading.Event = field(default_factory=threading.Event)

    def go_on(self) -> None:
        """Asked by a worker between its steps; raises StoppedError when the work has ended."""
        if self.stop.is_set():
            raise StoppedError

    def in_order(self, work: Callable[[Batch], Made], batches: Sequence[Batch], where: str) -> Iterator[Made]:
        """The results of all batches, in their order, whatever is finished first.

        Raises what leadin raises on purpose as it is, and UnfinishedError for anything else that ends a worker, with
        `where` in its message. Whatever ends it, also the interruption of the caller: the other workers stop at their
        next step.
        """
        pool = ThreadPoolExecutor(self.threads, thread_name_prefix="leadin")
        todo = iter(batches)
        begun: deque[tuple[Batch, Future[Made]]] = deque()
        try:
            begun.extend((batch, pool.submit(work, batch)) for batch in islice(todo, AHEAD * self.threads))
            while begun:
                batch, future = begun[0]
                try:
                    made = future.result()
                except LeadinError:
                    raise
                except Exception as error:
                    raise UnfinishedError(
                        f"{where}: expected {batch.told} to be simulated and fitted; the work ended with "
                        f"{type(error).__name__}{f': {error}' if str(error) else ''}. Nothing was written. Try it with "
                        "fewer threads, or tell the authors how it came."
                    ) from error
                begun.popleft()
                begun.extend((batch, pool.submit(work, batch)) for batch in islice(todo, 1))
                yield made
        except BaseException:
            self.stop.set()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def batches(first: int, total: int, size: int) -> tuple[Batch, ...]:
    """`total` replicates from `first` on, `size` at a time. Cut by number alone, never by who works on them."""
    return tuple(Batch(start, min(size, first + total - start)) for start in range(first, first + total, size))
