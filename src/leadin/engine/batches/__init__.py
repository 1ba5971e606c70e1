"""Fits of many trials at once: arrays in, figures and codes out."""
