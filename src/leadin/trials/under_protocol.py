"""A trial held against another protocol than its own, or against one where it had none."""

from __future__ import annotations

from dataclasses import replace

from leadin.protocols.protocol import Protocol
from leadin.trials.checks import check_trial
from leadin.trials.trial import Trial


def under_protocol(trial: Trial, protocol: Protocol) -> Trial:
    """`trial` with `protocol`, and with the findings of all checks under it in place of those under its own.

    What reading or importing found stays, but for the note that there was no protocol. The manifest stays: it says
    what the trial was written with.
    """
    said = set(check_trial(trial))
    kept = tuple(finding for finding in trial.findings if finding not in said and finding.id != "no-protocol")
    moved = replace(trial, protocol=protocol, findings=())
    return replace(moved, findings=(*kept, *check_trial(moved)))
