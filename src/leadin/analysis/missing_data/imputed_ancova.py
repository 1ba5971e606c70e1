"""`ancova` of many completed tables: missing visits are drawn, each table is analysed, and the analyses are pooled.

The model of the draws holds covariates, baseline and visits up to the compared one. See `posterior` (how its parameters
are drawn), `reference_based` (what a missing value is drawn from) and `rubin` (how the analyses become one).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from leadin.analysis.ancova import fit_ancova
from leadin.analysis.arms import arms_of
from leadin.analysis.mean_rows import filled
from leadin.analysis.measures import measure_name, measure_unit
from leadin.analysis.missing_data.completed_ancova import CompletedAncova, completed_ancova
from leadin.analysis.missing_data.deltas import delta_rule, deltas_of
from leadin.analysis.missing_data.incomplete_visits import Floats
from leadin.analysis.missing_data.posterior import posterior_draws
from leadin.analysis.missing_data.reference_based import completed
from leadin.analysis.missing_data.rubin import pool
from leadin.analysis.missing_data.tipping_point import tipping_points
from leadin.analysis.missing_data.visits_to_impute import VisitsToImpute, visits_to_impute
from leadin.analysis.result import Result, not_evaluable
from leadin.engine.draws import Draws
from leadin.engine.streams import Streams
from leadin.engine.t_tests import MeanTest
from leadin.errors import DataError
from leadin.months import month_words
from leadin.protocols.imputation import Imputation
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.trial import Trial

REFERENCES = (
    "Rubin (1987), Multiple Imputation for Nonresponse in Surveys, doi:10.1002/9780470316696",
    "Barnard & Rubin (1999), Small-sample degrees of freedom with multiple imputation, Biometrika 86:948-955, "
    "doi:10.1093/biomet/86.4.948",
    "Carpenter, Roger & Kenward (2013), Analysis of longitudinal trials with protocol deviation, J Biopharm Stat "
    "23:1352-1371, doi:10.1080/10543406.2013.834911",
)
ASSUMED = {
    "missing_at_random": "as missing at random",
    "jump_to_reference": "values after the last visit jumping to the mean of the reference arm",
    "copy_increments": "values after the last visit following the mean changes of the reference arm",
    "copy_reference": "values after the last visit as those of a participant of the reference arm",
}
RULE = "multiple imputation"
"""How the rule of a row begins whose missing values were imputed."""
MOST_NOISE = 0.1
"""The draws may move an estimate by this share of its standard error before a warning asks for more of them."""


@dataclass(frozen=True)
class _Tables:
    """The completed tables: changes at the compared visit (d, n) and their analysis. One table where nothing is
    missing."""

    visits: VisitsToImpute
    change: Floats
    baseline: Floats
    analysis: CompletedAncova

    def tests(self, treated: float, reference: float, level: float) -> list[tuple[MeanTest, float]]:
        """Of each arm but the reference: its test against the reference, and the Monte Carlo error of the estimate,
        after adding so much to values imputed after the last visit."""
        data = self.visits.data
        shifted = data.dropped & np.isnan(self.visits.standing)
        change = self.change + np.where(shifted, np.where(data.arm == 0, reference, treated), 0.0)
        fits = self.analysis.fit(change)
        if fits.estimates.shape[0] == 1:
            return [(test, 0.0) for test in _complete_tests(self.visits, change[0], self.baseline[0], level)]
        pooled = [
            pool(estimates, variances, fits.df)
            for estimates, variances in zip(fits.estimates.T, fits.variances.T, strict=True)
        ]
        return [(each.test(level), each.monte_carlo_error) for each in pooled]


def imputed_ancova(trial: Trial, planned: PlannedAnalysis, reference: str | None) -> tuple[Result, ...]:
    """Each arm minus the reference in mean change at the planned month, pooled over completed tables; then, where the
    plan has a tipping-point grid, the same with every pair of shifts (`deltas.delta_rule`).

    Needs `planned.imputation`. Everybody with a value at baseline or after it and complete covariates is analysed. With
    nothing missing it is the ANCOVA itself. Values after death are imputed only where the plan says `hypothetical` for
    death. What cannot be imputed is a row that says why.
    """
    settings = planned.imputation or Imputation()
    try:
        visits = visits_to_impute(trial, planned, reference)
        tables = _tables(visits, settings)
        level = 1.0 - planned.alpha
        plain = tables.tests(0.0, 0.0, level)
        grid = _grid(settings)
        shifted = [(pair, tables.tests(*pair, level)) for pair in grid]
    except DataError as error:
        return _refused(trial, planned, reference, str(error))
    blanks = _blanks(visits, planned, settings)
    by_shift = [
        replace(filled(blank, tests[number][0]), rule=delta_rule(*pair))
        for pair, tests in shifted
        for number, blank in enumerate(blanks)
    ]
    rows = []
    for blank, (test, noise) in zip(blanks, plain, strict=True):
        row = filled(blank, test)
        mine = [each for each in by_shift if each.arm == row.arm]
        rows.append(replace(row, warnings=(*row.warnings, *_noise(noise, test), *_tipping(mine, planned))))
    return (*rows, *by_shift)


def _tables(visits: VisitsToImpute, settings: Imputation) -> _Tables:
    data = visits.data
    values = data.values[None]
    if not visits.observed.all():
        draws = Draws(Streams(settings.seed))
        common = settings.covariance == "common"
        posterior = posterior_draws(data, settings.imputations, draws, common=common)
        values = completed(data, posterior, settings.assumption, draws)
    baseline, at_visit = values[:, :, data.baseline], values[:, :, -1]
    change = np.where(np.isfinite(visits.standing), visits.standing, at_visit) - baseline
    # Refuses a redundant covariate or an exact fit with a sentence of its own.
    _complete_tests(visits, change[0], baseline[0], 0.95)
    same = bool(np.isfinite(data.values[:, data.baseline]).all())
    extra = data.values[:, : data.baseline]
    analysis = completed_ancova(baseline[:1] if same else baseline, extra, data.arm, len(data.arms))
    return _Tables(visits, change, baseline, analysis)


def _complete_tests(visits: VisitsToImpute, change: Floats, baseline: Floats, level: float) -> list[MeanTest]:
    data = visits.data
    names = [str(name) for name in data.arms]
    extra = data.values[:, : data.baseline]
    fit = fit_ancova(change, baseline, [names[i] for i in data.arm], extra, names=visits.titles)
    return [fit.difference(name, names[0], level) for name in names[1:]]


def _grid(settings: Imputation) -> list[tuple[float, float]]:
    if not settings.tipping_point:
        return []
    shifts = sorted({0.0, *settings.tipping_point}, reverse=True)
    return [(treated, reference) for reference in shifts for treated in shifts]


def _blanks(visits: VisitsToImpute, planned: PlannedAnalysis, settings: Imputation) -> list[Result]:
    """A row for each arm against the reference, without its numbers."""
    data = visits.data
    rows = []
    for number in range(1, len(data.arms)):
        both = (data.arm == 0) | (data.arm == number)
        n = int(both.sum())
        rows.append(
            Result(
                method="ancova",
                endpoint=planned.measure,
                arm=data.arms[number],
                contrast=f"{data.arms[number]} - {data.arms[0]}",
                time_months=visits.month,
                n=n,
                not_evaluable=visits.sizes[0] + visits.sizes[number] - n,
                unit=measure_unit(planned.measure),
                rule=f"{RULE}, {settings.assumption.replace('_', ' ')}",
                estimand=_estimand(visits, planned, settings, number),
                warnings=(_imputed(visits, number), *visits.remarks),
                references=REFERENCES,
            )
        )
    return rows


def _estimand(visits: VisitsToImpute, planned: PlannedAnalysis, settings: Imputation, number: int) -> str:
    data = visits.data
    adjusted = " and ".join(["baseline", *dict.fromkeys(planned.covariates)])
    return (
        f"Among all participants with a value of the {measure_name(planned.measure)} at baseline or after it, as "
        f"allocated: the mean change from baseline to month {month_words(visits.month)}, adjusted for {adjusted}, arm "
        f"{data.arms[number]} minus arm {data.arms[0]}, values not seen imputed {settings.imputations} times "
        f"({ASSUMED[settings.assumption]})."
    )


def _imputed(visits: VisitsToImpute, number: int) -> str:
    """`4 of 40 changes were imputed: 3 of 20 of arm cells, 1 of 20 of arm control`."""
    data = visits.data
    counts = [
        (int((~visits.observed & (data.arm == i)).sum()), int((data.arm == i).sum()), data.arms[i]) for i in (number, 0)
    ]
    parts = ", ".join(f"{k} of {n} of arm {arm}" for k, n, arm in counts)
    total, of = sum(k for k, _, _ in counts), sum(n for _, n, _ in counts)
    return f"{total} of {of} changes {'was' if total == 1 else 'were'} imputed: {parts}"


def _noise(noise: float, test: MeanTest) -> Iterator[str]:
    if noise > MOST_NOISE * test.standard_error:
        yield (
            f"the draws alone move the estimate by {noise:.2g} (one standard error), more than a tenth of its standard "
            "error: ask for more imputations"
        )


def _tipping(rows: list[Result], planned: PlannedAnalysis) -> tuple[str, ...]:
    return tuple(point.sentence for point in tipping_points(rows, planned.alpha))


def _refused(trial: Trial, planned: PlannedAnalysis, reference: str | None, reason: str) -> tuple[Result, ...]:
    """One row a comparison, or one in all where there is none, with the reason."""
    others = [arm for arm in arms_of(trial) if arm is not None and arm != reference]
    known = {"unit": measure_unit(planned.measure), "references": REFERENCES}
    if not others:
        return (not_evaluable("ancova", planned.measure, reason, **known),)
    return tuple(
        not_evaluable("ancova", planned.measure, reason, arm=arm, contrast=f"{arm} - {reference}", **known)
        for arm in others
    )


def is_imputed(rule: str | None) -> bool:
    """Whether a row with this rule rests on imputed values."""
    return (rule or "").startswith(RULE) or deltas_of(rule) is not None
