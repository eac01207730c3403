"""Settings of gunicorn: `gunicorn --config python:api.gunicorn 'api:create_app()'`."""

import logging

from api.live import hub
from sublarr_tasks import logs, settings

# A thread waits for the database most of its time; a second process outlives the first's crash.
workers = 2
threads = 8
worker_class = "gthread"
bind = f"{settings.current().host}:{settings.current().port}"
timeout = 60
graceful_timeout = 10
keepalive = 15
limit_request_line = 8190  # a cursor and filters may be long
# The application writes its own line for each request, one that does not show the key.
accesslog = None
control_socket_disable = True
# Who our proxies are is SUBLARR_TRUSTED_PROXIES; gunicorn would believe whatever comes from here.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}


def worker_exit(server: object, worker: object) -> None:  # noqa: ARG001 - gunicorn's hook
    """Tell those who follow live that they should come back to another process."""
    hub.stop()


def on_starting(server: object) -> None:  # noqa: ARG001 - gunicorn's hook
    """Send gunicorn's own records down the same road as all others; the workers inherit it."""
    logs.configure()
    own = logging.getLogger("gunicorn.error")
    own.handlers.clear()
    own.propagate = True
