"""Therapies, as YAML files beside this module."""

from leadin.disease.therapies.names import therapy_names, therapy_yaml

__all__ = ["therapy_names", "therapy_yaml"]
