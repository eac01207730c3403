"""Subtitles that are wanted: which, for which files, and how they are found."""
