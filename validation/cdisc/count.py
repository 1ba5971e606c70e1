"""Adverse events of the CDISC pilot counted by reading the JSON alone: python count.py PILOT counts.json"""

import json
import sys
from pathlib import Path


def records(path):
    said = json.loads(Path(path).read_text(encoding="utf-8"))
    names = [column["name"] for column in said["columns"]]
    return [dict(zip(names, row, strict=True)) for row in said["rows"]]


def main(folder, out):
    safe = {row["USUBJID"]: row["TRT01A"] for row in records(f"{folder}/adsl.json") if row["SAFFL"] == "Y"}
    counts = {}
    for row in records(f"{folder}/adae.json"):
        if row["TRTEMFL"] != "Y" or row["USUBJID"] not in safe:
            continue
        soc, term, arm = row["AEBODSYS"], row["AEDECOD"], row["TRTA"]
        for group in ("", soc, f"{soc}: {term}"):
            cell = counts.setdefault(group, {}).setdefault(arm, {"people": set(), "events": 0, "serious": 0})
            cell["people"].add(row["USUBJID"])
            cell["events"] += 1
            cell["serious"] += row["AESER"] == "Y"
    arms = sorted(set(safe.values()))
    table = {
        group: {arm: [len(cell["people"]), cell["events"], cell["serious"]] for arm, cell in sorted(by_arm.items())}
        for group, by_arm in sorted(counts.items())
    }
    population = {arm: sum(given == arm for given in safe.values()) for arm in arms}
    told = {
        "study": "CDISC pilot, adsl.json and adae.json",
        "counted": "TRTEMFL = Y in SAFFL = Y, by TRTA: [participants, events, serious events]; '' is any event",
        "population": population,
        "counts": table,
    }
    text = json.dumps(told, indent=0, ensure_ascii=False).replace("[\n", "[").replace(",\n", ", ").replace("\n]", "]")
    Path(out).write_text(text.replace("}, ", "},\n") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
