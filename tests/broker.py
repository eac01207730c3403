"""The broker of a test's own application."""

from threading import local

from sublarr_tasks import celery_app


def connect() -> None:
    """Point the application at the settings' Redis, wherever it pointed before."""
    celery_app.connect()
    app = celery_app.app
    app._after_fork()
    # A backend that was made without an address stays one that keeps nothing.
    app._backend_cache, app._local = None, local()
