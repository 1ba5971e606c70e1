"""Checks on what was observed: each gives findings (id, severity, table, rows, message) and changes nothing."""

from leadin.trials.checks.all_checks import check_trial

__all__ = ["check_trial"]
