"""Numerics of many trials at once: scalar functions that compile for CPU threads and for a GPU alike."""
