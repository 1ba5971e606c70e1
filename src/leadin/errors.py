"""What can go wrong, as one tree.

    LeadinError
    ├── ProtocolError      a protocol, plan or profile that says something impossible or unreadable
    ├── DataError          tables or files that cannot be used as they are
    ├── ConvergenceError   a fit that failed; lists everything that was tried
    ├── UnfinishedError    work that ended before it was done, such as for want of memory
    └── UsageError         a call or command that asks for something that does not exist

Each message says which field or argument, what was expected, what came, where, and what to do. The command line prints
it to standard error and leaves with exit code 2; none of these ever reaches a person as a traceback.
"""

from __future__ import annotations


class LeadinError(Exception):
    """The root of all errors that leadin raises on purpose."""


class ProtocolError(LeadinError):
    """A protocol, plan or population file that is unreadable or contradicts itself; lists all problems at once."""


class DataError(LeadinError):
    """Tables, files or arrays that cannot be used as they are."""


class ConvergenceError(LeadinError):
    """A fit that did not converge; the message lists every attempt."""


class UnfinishedError(LeadinError):
    """Work that ended before it was done; says how far it had come."""


class UsageError(LeadinError):
    """A call that asks for something that does not exist: an unknown method, arm, population or library protocol."""
