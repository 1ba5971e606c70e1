"""Simulate x analyse: operating characteristics and the chance level."""
