"""One module per verb, a few lines each."""
