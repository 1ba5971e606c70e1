"""The declarative trial: pure data, read by everything, computing nothing."""
