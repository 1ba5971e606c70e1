"""One thread for the linear algebra of small matrices."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """Within it, BLAS works in one thread; afterwards in as many as before.

    The matrices of one trial are small: threads that wait for each other cost several times what they bring, and more
    on a busy machine. Whoever wants more cores runs more trials side by side.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield
