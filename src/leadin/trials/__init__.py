"""What was observed: tables, checks, reading, writing and import."""
