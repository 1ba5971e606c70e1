"""Kenward and Roger's covariance of the fixed effects, which allows for the covariance of the visits being estimated.

With w the covariance of the parameters theta, twice the inverse Hessian of the REML deviance (observed information),

    C + 2 C {sum over i, j of w_ij (Q_ij - P_i C P_j - R_ij / 4)} C
    P_i = X' dV^-1/di X,  Q_ij = X' V^-1 V_i V^-1 V_j V^-1 X,  R_ij = X' V^-1 V_ij V^-1 X

is the formula of 1997. Its last term holds the second derivatives V_ij, and depends on the parameters chosen: here
those of `structures`, which are R's mmrm's. The linear variant leaves it out; it is what a structure that is linear in
its parameters gives, such as the unstructured one in its variances and covariances, and so what SAS's DDFM=KR gives
there. For a single contrast Kenward and Roger's degrees of freedom are Satterthwaite's, and F is not rescaled.

References: Kenward & Roger (1997), Small sample inference for fixed effects from restricted maximum likelihood,
Biometrics 53:983-997, doi:10.2307/2533558; Kenward & Roger (2009), An improved approximation to the precision of fixed
effects from restricted maximum likelihood, Comput Stat Data Anal 53:2583-2595, doi:10.1016/j.csda.2008.12.013.
"""

from __future__ import annotations

import numpy as np

from leadin.analysis.mmrm.likelihood import AtCovariance, VisitArrays, along
from leadin.analysis.mmrm.structures import Derivatives, Floats


def kenward_roger_factor(
    data: VisitArrays, at: AtCovariance, sigma: Derivatives, spread: Floats, linear: bool
) -> Floats:
    """K (p, p) such that F K F' is the adjusted covariance of the coefficients on the basis, where F F' is the plain
    one; `spread` (k, k): covariance of the parameters. linear: without the term of second derivatives.
    """
    k, m = sigma.first.shape[:2]
    rows = sigma.first.reshape(k, m * m)
    # Sums over i, j of w_ij D_i W D_j for the W of each pattern.
    mixed = (rows.T @ spread @ rows).reshape(m, m, m, m)
    between = np.einsum("abcd,gbc->gad", mixed, at.weights, optimize=True)
    half = at.b[:, :, :-1]
    q = (half.swapaxes(1, 2) @ (between[data.pattern] @ half)).sum(axis=0)
    p = along(at, sigma.first)[:, :-1, :-1]
    pcp = np.einsum("ij,iab,jbc->ac", spread, p, p, optimize=True)
    bias = q - pcp
    if not linear:
        bend = np.tensordot(spread, sigma.second, axes=2)
        bias -= along(at, bend[None])[0, :-1, :-1] / 4.0
    factor: Floats = np.eye(data.p) + 2.0 * bias
    return factor
