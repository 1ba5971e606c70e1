"""Fronts of the kernels: one plain function a method, from arrays of many trials to their fits."""
