"""Trial and plan give results; one file per method."""
