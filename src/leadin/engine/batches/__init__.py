"""Batches of fits: the plain Python front of each kernel."""
