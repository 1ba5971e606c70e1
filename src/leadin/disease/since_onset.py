"""How long a patient has been ill: longer who has lost more points, and who loses them more slowly.

Points lost = rate times time, so that (48 - score) / months since onset, called delta-FS, goes with the rate to come.
A Gaussian copula brings that about without changing how the months are distributed: with z_s and z_R the normal scores
of the score and of the rate, independent of each other, and e another,

    z = rho w + sqrt(1 - rho^2) e,    w = -(z_s + z_R) / sqrt(2)

is standard normal, and the months are the quantile of z. Score and rate weigh alike because the logarithms of points
lost and of the rate vary about alike. Reference for the copula: Nelsen 2006, An Introduction to Copulas, ch. 2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leadin.disease.population import Demographics
from leadin.disease.truncated import truncated_gamma

Floats = NDArray[np.float64]


def months_since_onset(who: Demographics, score_place: Floats, rate_place: Floats, uniforms: Floats) -> Floats:
    """Months since onset (n,): gamma, held within the bounds.

    score_place (n,): where each stands among all by his score, within [0, 1), low: few points. rate_place (n,): normal
    score of the rate, low: slow. uniforms (n,): within [0, 1).
    """
    link = who.onset_goes_with_loss
    if link > 0.0:
        from scipy.special import ndtr, ndtri

        least = np.finfo(np.float64).tiny  # 0 has no normal score
        lost_slowly = -(ndtri(np.maximum(score_place, least)) + rate_place) / np.sqrt(2.0)
        own = ndtri(np.maximum(uniforms, least))
        uniforms = ndtr(link * lost_slowly + np.sqrt(1.0 - link**2) * own)
    return truncated_gamma(
        uniforms,
        who.months_since_onset_mean,
        who.months_since_onset_sd,
        who.months_since_onset_minimum,
        who.months_since_onset_maximum,
    )
