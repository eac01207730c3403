"""Subtitle files: their bytes, archives and names. Knows no database and no network."""
