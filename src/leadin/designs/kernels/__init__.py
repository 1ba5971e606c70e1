"""One simulated trial after the other, each collapsed to what its analyses need."""
