"""Fits of many trials at once: plain fronts of the kernels."""
