"""Keeps what a run found: every verdict, the figures, and every survivor with its reason."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from validation.mutation.faults import Fault
from validation.mutation.trial_run import Verdict

Verdicts = dict[str, list[Verdict]]


def read_verdicts(folder: Path) -> Verdicts:
    """The verdicts of the last run by room; empty when there was none."""
    file = folder / "verdicts.json"
    rooms = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return {room: [Verdict(Fault(**v.pop("fault")), **v) for v in found] for room, found in rooms.items()}


def write_record(verdicts: Verdicts, folder: Path, seed: int) -> dict[str, float]:
    """Writes `verdicts.json`, `results.json` and `survivors.md`; gives the share killed by room."""
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
    rows = {room: [asdict(v) for v in found] for room, found in verdicts.items()}
    (folder / "verdicts.json").write_text(_one_row_a_line(rows), encoding="utf-8")
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (folder / "survivors.md").write_text(_survivors(verdicts, reasons), encoding="utf-8")
    return shares


def _one_row_a_line(rows: dict[str, list[dict[str, object]]]) -> str:
    rooms = [
        f'"{room}": [\n' + ",\n".join(json.dumps(row, ensure_ascii=False) for row in found) + "\n]"
        for room, found in rows.items()
    ]
    return "{\n" + ",\n".join(rooms) + "\n}\n"


def _survivors(verdicts: Verdicts, reasons: dict[str, str]) -> str:
    lines = [
        "# Faults that no test noticed",
        "",
        "Written by `make mutate`; the reasons are kept in `reasons.json`.",
        "",
    ]
    for room, found in verdicts.items():
        alive = [v for v in found if not v.killed]
        lines += [f"## {room}: {len(alive)} of {len(found)}", "", "| where | change | reason |", "|---|---|---|"]
        for verdict in sorted(alive, key=lambda v: (v.fault.path, v.fault.line, v.change)):
            change = verdict.change.replace("|", "\\|")
            reason = reasons.get(verdict.change, "not looked at yet")
            lines.append(f"| `{verdict.fault.path}:{verdict.fault.line}` | `{change}` | {reason} |")
        lines.append("")
    return "\n".join(lines)
