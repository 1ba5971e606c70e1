"""A program, not a test: least-squares fits by a CUDA kernel, a thread for each trial. Run with numba's CUDA simulator.

plain_fits_on_a_device.py arrays.npz found.npz
"""

import sys

import numpy as np
from numba import cuda

from leadin.engine.kernels.ancova import ancova_trials
from leadin.engine.kernels.fisher import fisher_p
from leadin.engine.kernels.responders import responder_trials
from leadin.engine.kernels.slope_change import slope_change_trials


@cuda.jit
def slope_changes(sums, starts, within, within_codes, between, between_codes, counted, slopes, groups):
    trial = cuda.grid(1)
    if trial < sums.shape[0]:
        slope_change_trials(
            trial,
            trial + 1,
            sums,
            0,
            starts,
            0,
            True,
            within,
            within_codes,
            between,
            between_codes,
            counted,
            slopes[trial],
            groups[trial],
        )


@cuda.jit
def ancovas(sums, seen, survival, starts, figures, codes, counted, values, groups):
    trial = cuda.grid(1)
    if trial < sums.shape[0]:
        ancova_trials(
            trial,
            trial + 1,
            sums,
            seen,
            survival,
            0,
            5,
            2,
            0.0,
            6.0,
            True,
            starts,
            0,
            figures,
            codes,
            counted,
            values[trial],
            groups[trial],
        )


@cuda.jit
def responding(sums, survival, measures, starts, thresholds, kept, counts, slopes, flags, log_factorials, p):
    trial = cuda.grid(1)
    if trial < sums.shape[0]:
        responder_trials(
            trial,
            trial + 1,
            sums,
            survival,
            measures,
            starts,
            thresholds,
            kept,
            False,
            counts,
            slopes[trial],
            flags[trial],
        )
        x, y = counts[trial, 0, 0], counts[trial, 1, 0]
        p[trial] = fisher_p(x[0], x[1], y[0], y[1], log_factorials)


def main():
    given = np.load(sys.argv[1])
    sums, seen, survival, starts = (given[name] for name in ("sums", "seen", "survival", "starts"))
    trials, n, groups = sums.shape[0], sums.shape[3], starts.size - 1
    within, between, changes = (np.zeros((trials, each, 5)) for each in (groups, groups - 1, groups - 1))
    codes = [np.zeros(each.shape[:2], dtype=np.int8) for each in (within, between, changes)]
    counted = np.zeros((trials, groups), dtype=np.int64)
    slope_changes[1, trials](
        sums, starts, within, codes[0], between, codes[1], counted, np.empty((trials, 2, n)), np.empty((trials, 3, 4))
    )
    ancovas[1, trials](
        sums,
        seen,
        survival,
        starts,
        changes,
        codes[2],
        counted.copy(),
        np.empty((trials, 2, n)),
        np.empty((trials, 2, 3, 4)),
    )
    counts, p = np.zeros((trials, groups, 1, 2), dtype=np.int64), np.zeros(trials)
    responding[1, trials](
        sums,
        survival,
        np.array([0, 1]),
        starts,
        np.array([[0.5, 0.0, 1.0]]),
        np.array([1.0, 1.0, 0.0]),
        counts,
        np.empty((trials, 2, 2, n)),
        np.empty((trials, 2, n)),
        given["log_factorials"],
        p,
    )
    np.savez(sys.argv[2], within=within, between=between, changes=changes, counted=counted, counts=counts, p=p)


if __name__ == "__main__":
    main()
