"""Thin Celery tasks, one module for each queue."""
