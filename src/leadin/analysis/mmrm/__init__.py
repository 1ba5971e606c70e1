"""The mixed model for repeated measures: how visits vary together, its fit, its degrees of freedom, its method."""
