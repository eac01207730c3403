"""Schedules: when libraries are scanned by themselves."""
