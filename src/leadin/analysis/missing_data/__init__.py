"""Multiple imputation of missing visits, and the analyses of the completed tables."""
