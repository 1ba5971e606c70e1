"""Checks of a protocol that can be read, one question a file."""
