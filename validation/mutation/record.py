"""Keeps what a run found: the figures, and every survivor with its reason."""

from __future__ import annotations

import json
from pathlib import Path

from validation.mutation.trial_run import Verdict


def write_record(verdicts: dict[str, list[Verdict]], folder: Path, seed: int) -> dict[str, float]:
    """Writes `results.json` and `survivors.md`; gives the share killed by room."""
    reasons_file = folder / "reasons.json"
    reasons: dict[str, str] = json.loads(reasons_file.read_text(encoding="utf-8")) if reasons_file.exists() else {}
    shares = {room: sum(v.killed for v in found) / len(found) for room, found in verdicts.items() if found}
    results = {
        "seed": seed,
        "rooms": {
            room: {"tried": len(found), "killed": sum(v.killed for v in found), "share": round(shares[room], 4)}
            for room, found in verdicts.items()
        },
    }
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (folder / "survivors.md").write_text(_survivors(verdicts, reasons), encoding="utf-8")
    return shares


def _survivors(verdicts: dict[str, list[Verdict]], reasons: dict[str, str]) -> str:
    lines = [
        "# Faults that no test noticed",
        "",
        "Written by `make mutate`; the reasons are kept in `reasons.json`.",
        "",
    ]
    for room, found in verdicts.items():
        alive = [v for v in found if not v.killed]
        lines += [f"## {room}: {len(alive)} of {len(found)}", "", "| where | change | reason |", "|---|---|---|"]
        for verdict in sorted(alive, key=lambda v: v.fault.key):
            change = verdict.change.replace("|", "\\|")
            reason = reasons.get(verdict.change, "not looked at yet")
            lines.append(f"| `{verdict.fault.path}:{verdict.fault.line}` | `{change}` | {reason} |")
        lines.append("")
    return "\n".join(lines)
