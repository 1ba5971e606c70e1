"""The fitter against listings of SAS PROC MIXED, which are not ours to keep: skipped where they are absent.

SAS stops when its criterion is below 1e-8, up to 8e-6 above the smallest deviance. So what it prints is held twice: at
SAS's own covariance, where coefficients must be the printed ones, and at the optimum, where what SAS left of the
deviance is allowed for.
"""

from __future__ import annotations

import numpy as np
import pytest

from leadin.analysis.mmrm.fit import fit_mmrm
from leadin.analysis.mmrm.likelihood import at_covariance

from .reference import SAS, load_program

LISTINGS = load_program("mmrm/sas_listing.py")
MODELS = load_program("mmrm/sas_models.py")


def half(printed):
    return 0.5 * 10.0 ** -printed[1] * (1 + 1e-9)


@pytest.mark.evidence("mmrm", "reference")
@pytest.mark.parametrize("name", MODELS.STRUCTURES)
def test_every_structure_equals_sas(name):
    """Reference: shared data mmrm-reference, listings of SAS PROC MIXED."""
    if not SAS.exists():
        pytest.skip(f"the SAS listings are not here: {SAS}")
    listing, model = LISTINGS.read(SAS / f"{name}.txt"), MODELS.model(name, SAS)
    fit = fit_mmrm(
        model.y, model.columns, model.visit, model.participant,
        structure=MODELS.STRUCTURES[name], visits=model.visits,
    )  # fmt: skip
    left = listing.deviance[0] + 2.0 * fit.reml_log_likelihood
    assert -1e-8 < left < 1e-5, "ours is the smaller one"
    slack = np.sqrt(max(left, 0.0))

    theirs = MODELS.covariance(listing.covariance, fit.visit_covariance.shape[0])
    at = at_covariance(fit.arrays, theirs / fit.arrays.scale**2)
    constant = -2.0 * fit.reml_log_likelihood - at_covariance(fit.arrays, fit.sigma.value).value
    assert at.value + constant == pytest.approx(listing.deviance[0], abs=5e-6)
    beta = np.linalg.solve(fit.arrays.r, fit.arrays.least_squares + fit.arrays.scale * at.gamma)
    spread = fit.arrays.scale * np.linalg.inv(fit.arrays.r) @ at.root

    printed = {**listing.effects, **listing.means, **listing.differences}
    told = {words: numbers for words, numbers in printed.items() if words in model.contrasts}
    assert len(told) == {"sas_log_reml": 39}.get(name, model.columns.shape[1])
    for words, numbers in told.items():
        contrast = model.contrasts[words]
        estimate, error = numbers[:2]
        # Sigma is printed to five digits: one more unit of the last digit.
        assert abs(contrast @ beta - estimate[0]) <= 2.0 * half(estimate), words
        assert abs(np.linalg.norm(contrast @ spread) - error[0]) <= 2.0 * half(error), words
        test = fit.test(contrast)
        assert abs(test.estimate - estimate[0]) <= half(estimate) + slack * test.standard_error, words
        assert abs(test.standard_error - error[0]) <= half(error) + 0.2 * slack * test.standard_error, words
        assert abs(test.df - numbers[2][0]) <= 0.5 + 0.2 * slack * test.df, words
        assert abs(test.t - numbers[3][0]) <= half(numbers[3]) + slack * (1 + 0.2 * abs(test.t)), words
        for ours, bound in zip((test.ci_low, test.ci_high), numbers[4:], strict=False):
            assert abs(ours - bound[0]) <= half(bound) + 1.5 * slack * test.standard_error, words
    # Correlations are printed to four decimals, and their products stand in Sigma.
    scale = np.sqrt(np.outer(np.diag(theirs), np.diag(theirs)))
    assert (np.abs(fit.visit_covariance - theirs) / scale).max() <= 2e-4 + 0.2 * slack
