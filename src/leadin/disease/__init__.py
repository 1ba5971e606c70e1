"""What nature and cells do."""
