"""Populations, as YAML files beside this module."""

from leadin.disease.populations.names import population_names, population_yaml

__all__ = ["population_names", "population_yaml"]
