"""Every check on a trial, in the order in which a person would look."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from leadin.trials.checks.adverse_events import (
    check_adverse_event_ends,
    check_fatal_grades,
    check_grades,
)
from leadin.trials.checks.cell_lots import (
    check_lot_days,
    check_lot_owners,
    check_lot_release,
    check_lots_known,
    check_shelf_life,
    check_unplanned_administrations,
)
from leadin.trials.checks.deaths import check_after_death, check_after_other_fatal_events
from leadin.trials.checks.events import check_event_kinds, check_events_once, check_randomised
from leadin.trials.checks.identities import (
    check_arms,
    check_participants_known,
    check_participants_seen,
)
from leadin.trials.checks.keys import check_duplicates, check_missing_keys
from leadin.trials.checks.measures import check_measures, check_scores, check_totals
from leadin.trials.checks.numbers import check_finite, check_plausible, check_ranges
from leadin.trials.checks.visits import check_visit_names, check_visit_windows, check_visits_once
from leadin.trials.finding import Finding
from leadin.trials.schema import conform
from leadin.trials.trial import TABLES, Trial

CHECKS: tuple[Callable[[Trial], Iterator[Finding]], ...] = (
    check_missing_keys,
    check_duplicates,
    check_participants_known,
    check_arms,
    check_participants_seen,
    check_finite,
    check_ranges,
    check_plausible,
    check_measures,
    check_scores,
    check_totals,
    check_visit_names,
    check_visit_windows,
    check_visits_once,
    check_event_kinds,
    check_events_once,
    check_randomised,
    check_after_death,
    check_after_other_fatal_events,
    check_lots_known,
    check_lot_owners,
    check_lot_days,
    check_lot_release,
    check_shelf_life,
    check_unplanned_administrations,
    check_grades,
    check_adverse_event_ends,
    check_fatal_grades,
)


def check_trial(trial: Trial) -> tuple[Finding, ...]:
    """The findings of all checks on the tables of `trial`, none when there is nothing to say.

    Without a protocol, what only a protocol can tell (visits and their windows, arms, shelf life, other fatal events
    than death) is not checked. Rows are counted from zero in each table as it stands. DataError when a column holds
    another type than its name promises.
    """
    trial = trial.with_tables({name: conform(name, trial.table(name)) for name in TABLES})
    return tuple(finding for check in CHECKS for finding in check(trial))
