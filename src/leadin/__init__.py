"""leadin: plans, simulates, analyses and reports stem-cell trials in ALS from one protocol file."""

from leadin.front_door import (
    analyse,
    chance,
    check,
    design,
    export,
    import_tables,
    protocol,
    protocol_names,
    read,
    report,
    schedule,
    show,
    simulate,
    write,
)
from leadin.version import __version__

__all__ = [
    "__version__",
    "analyse",
    "chance",
    "check",
    "design",
    "export",
    "import_tables",
    "protocol",
    "protocol_names",
    "read",
    "report",
    "schedule",
    "show",
    "simulate",
    "write",
]
