"""The broker of a test's own application."""

from sublarr_tasks import celery_app


def connect() -> None:
    """Point the application's producers at the settings' Redis."""
    celery_app.connect()
    celery_app.app._after_fork()
