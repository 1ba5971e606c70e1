"""Counts adverse events of an ADAE and an ADSL file (Dataset-JSON 1.1) with loops and the standard library alone.

Nothing of leadin is used: this is the second count that leadin's own is held to.

    python count_adverse_events.py ADAE.json ADSL.json [--emergent] [--flags]

Writes CSV: a row per arm for all events, for each system organ class, and for each preferred term in it. Columns: arm,
soc, term (empty: all of them), n (participants of the safety population in the arm), participants (with at least one
event), events, serious_participants, related_participants, severe_participants. `--emergent`: only events that the file
flags as treatment-emergent. `--flags`: instead, holds the counts to the flags of first occurrence that the file itself
carries (AOCCFL, AOCCSFL, AOCCPFL), says how many agree, and exits 1 where any does not.

Safety population: SAFFL is Y in ADSL. Arm: TRT01A there. Related: AEREL is POSSIBLE or PROBABLE (REMOTE and NONE are
not). Serious: AESER is Y. Severe: AESEV is SEVERE.
"""

import csv
import json
import sys

RELATED = ("POSSIBLE", "PROBABLE")
COLUMNS = [
    "arm", "soc", "term", "n", "participants", "events", "serious_participants", "related_participants",
    "severe_participants",
]  # fmt: skip


def records(path):
    """The rows of a Dataset-JSON file, each as a dictionary."""
    with open(path, encoding="utf-8") as file:
        told = json.load(file)
    names = [column["name"] for column in told["columns"]]
    found = [dict(zip(names, row, strict=True)) for row in told["rows"]]
    if told["records"] != len(found):
        sys.exit(f"{path}: expected the {told['records']} records that it announces; got {len(found)}.")
    return found


def counts(events, people):
    """A dictionary per arm, class and term, as the module says."""
    arm_of, arms = {}, []
    for person in people:
        if person["SAFFL"] == "Y":
            arm_of[person["USUBJID"]] = person["TRT01A"]
            if person["TRT01A"] not in arms:
                arms.append(person["TRT01A"])
    groups = [("", "")]
    mine = []
    for event in events:
        if event["USUBJID"] in arm_of:
            mine.append(event)
            for group in ((event["AEBODSYS"], ""), (event["AEBODSYS"], event["AEDECOD"])):
                if group not in groups:
                    groups.append(group)
    rows = []
    for arm in sorted(arms):
        size = 0
        for who in arm_of:
            if arm_of[who] == arm:
                size += 1
        for soc, term in sorted(groups):
            number, anybody, serious, related, severe = 0, set(), set(), set(), set()
            for event in mine:
                who = event["USUBJID"]
                if arm_of[who] != arm or soc not in ("", event["AEBODSYS"]) or term not in ("", event["AEDECOD"]):
                    continue
                number += 1
                anybody.add(who)
                if event["AESER"] == "Y":
                    serious.add(who)
                if event["AEREL"] in RELATED:
                    related.add(who)
                if event["AESEV"] == "SEVERE":
                    severe.add(who)
            values = [arm, soc, term, size, len(anybody), number, len(serious), len(related), len(severe)]
            rows.append(dict(zip(COLUMNS, values, strict=True)))
    return rows


def against_flags(rows, events):
    """How many counts agree with the flags of first occurrence, and those that do not."""
    agree, differ = 0, []
    for row in rows:
        flag = "AOCCPFL" if row["term"] else "AOCCSFL" if row["soc"] else "AOCCFL"
        flagged = 0
        for event in events:
            same = row["soc"] in ("", event["AEBODSYS"]) and row["term"] in ("", event["AEDECOD"])
            if same and event["TRTA"] == row["arm"] and event[flag] == "Y":
                flagged += 1
        if flagged == row["participants"]:
            agree += 1
        else:
            differ.append((row["arm"], row["soc"], row["term"], row["participants"], flagged))
    return agree, differ


def main(arguments):
    """Runs it; the exit status."""
    files = [argument for argument in arguments if not argument.startswith("--")]
    options = [argument for argument in arguments if argument.startswith("--")]
    if len(files) != 2 or set(options) - {"--emergent", "--flags"}:
        sys.exit(__doc__)
    events, people = records(files[0]), records(files[1])
    if "--emergent" in options or "--flags" in options:
        events = [event for event in events if event["TRTEMFL"] == "Y"]
    rows = counts(events, people)
    if "--flags" in options:
        agree, differ = against_flags(rows, events)
        print(f"{agree} of {len(rows)} counts of participants agree with the flags of the file.")
        for arm, soc, term, counted, flagged in differ:
            print(f"differs: {arm}, {soc}, {term}: counted {counted}, flagged {flagged}")
        return 1 if differ else 0
    writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
