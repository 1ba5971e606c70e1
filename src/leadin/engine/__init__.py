"""Numerics that know nothing of ALS, on arrays."""
