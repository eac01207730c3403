"""Sublarr Tasks: a media library's scans, assets and metadata as Celery tasks over PostgreSQL."""

__version__ = "0.1.0"
