"""The application for a WSGI server of any kind, with its log set up: `api.wsgi:app`."""

from api import create_app
from sublarr_tasks import logs

logs.configure()
app = create_app()
