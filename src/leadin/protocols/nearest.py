"""The valid name nearest to a mistyped or shortened one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_SHORT = {
    "it": "intrathecal",
    "iv": "intravenous",
    "im": "intramuscular",
    "icv": "intraventricular",
    "open": "open_label",
    "unblinded": "open_label",
    "active": "treatment",
    "placebo": "control",
    "sham": "control",
    "trach": "tracheostomy",
    "km": "kaplan_meier",
}
"""What the field calls some of the names, for short."""


_MANY = 500
"""Among more names than these, spelling is not compared: it would take minutes in a file made to be slow."""


def nearest(got: str, known: Iterable[str]) -> str | None:
    """The known name most like `got`: its full form, else the only one it begins, else the closest in spelling.

    Letter case, spaces, dashes and underscores do not matter. None when nothing is near.
    """
    plain = {_plain(name): name for name in sorted(known)}
    wanted = _plain(got)
    if _SHORT.get(wanted) in plain:
        return plain[_SHORT[wanted]]
    begun = [name for name in plain if name.startswith(wanted)]
    if len(begun) == 1 and len(wanted) >= 2:
        return plain[begun[0]]
    if len(plain) > _MANY:
        return None
    found = difflib.get_close_matches(wanted, list(plain), n=1, cutoff=0.6)
    return plain[found[0]] if found else None


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")
