"""The library of published protocols."""

from leadin.protocols.library.names import library_names, library_yaml

__all__ = ["library_names", "library_yaml"]
