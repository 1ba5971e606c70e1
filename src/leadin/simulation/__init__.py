"""Protocol and disease give one trial."""
