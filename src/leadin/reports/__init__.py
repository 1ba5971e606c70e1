"""Results become figures, tables and one self-contained HTML page."""
