"""The disease and its treatment as scalar functions for simulating many trials at once; plain twins stand beside."""
