"""The plain twin of what chance shows: trials simulated as `leadin simulate` makes them, slopes and shares by numpy."""

from __future__ import annotations

from functools import reduce

import numpy as np

from leadin.analysis.measures import measure_unit
from leadin.analysis.responder_rules import SpecialCases, either, judge, rules_of
from leadin.analysis.slopes import paired_slopes
from leadin.disease.load import load_population
from leadin.engine.streams import Streams
from leadin.months import DAYS_PER_MONTH
from leadin.simulation.participants import simulate_arrays
from leadin.simulation.simulate import planned_numbers
from leadin.simulation.timetable import timetable


def plain_figures(protocol, analyses, replicates, *, seed=1, n=None):
    """By method, endpoint, arm and rule: the figure of each trial that gives one, and participants counted in it."""
    nature, times, planned = load_population("pro-act"), timetable(protocol), planned_numbers(protocol, n)
    figures = {}
    for replicate in range(1, replicates + 1):
        arrays = simulate_arrays(protocol, nature, streams=Streams(seed, replicate), times=times, planned=planned)
        for key, value, counted in _of_trial(protocol, analyses, arrays):
            figures.setdefault(key, []).append((value, counted))
    return {key: np.array(pairs).T for key, pairs in figures.items()}


def _of_trial(protocol, analyses, arrays):
    arms = [(arm.name, arrays.arm == number) for number, arm in enumerate(protocol.arms)]
    died = np.isfinite(arrays.death_day)

    def slopes(measure, planned):
        values = np.where(arrays.in_arm[:, None], arrays.observed[measure], np.nan)
        return paired_slopes(arrays.visit_days / DAYS_PER_MONTH, values, share_baseline=planned.share_baseline)

    for planned in analyses:
        if planned.method == "slope_change":
            pairs = slopes(planned.measure, planned)
            told = [(planned.measure, None, pairs.follow_up - pairs.lead_in, pairs.evaluable)]
        else:
            told = [
                (endpoint, rule, one.responder, one.counted) for endpoint, rule, one in _judged(planned, slopes, died)
            ]
        for endpoint, rule, values, counted in told:
            for name, mine in arms:
                who = mine & counted
                if who.any():
                    yield (planned.method, endpoint, name, rule), float(np.mean(values[who])), int(who.sum())


def _judged(planned, slopes, died):
    cases = SpecialCases(planned.non_declining, planned.died, planned.missing)
    measures = tuple(dict.fromkeys((planned.measure, *planned.either_of)))
    rounds = [(measures, rules_of(planned.relative, ()))] if len(measures) > 1 else []
    rounds.append((measures[:1], rules_of(planned.relative, planned.absolute, measure_unit(planned.measure))))
    for names, rules in rounds:
        pairs = [slopes(measure, planned) for measure in names]
        for rule in rules:
            one = reduce(either, [judge(p.lead_in, p.follow_up, p.evaluable, died, rule, cases) for p in pairs])
            yield " or ".join(names), rule.name, one
