"""The HTTP door: a thin Flask application over the domain, described by its OpenAPI document.

Every resource lives under `/api/v1`, and once more under `/api`, which stands for the current
version. Handlers open a transaction, call the domain and type what comes back.
"""

from flask import Flask

from api import (
    access,
    assets,
    auth,
    bodies,
    docs,
    ignore_patterns,
    items,
    jobs,
    libraries,
    problems,
    scans,
    system,
)
from api.openapi import ALIAS, Api
from sublarr_tasks import keys, settings

__all__ = ["create_app"]

RESOURCES = (libraries, scans, items, assets, jobs, ignore_patterns, system)


def create_app() -> Flask:
    """Build the application; raises StartError where this machine is not ready."""
    app = Api(__name__)
    key = keys.obtain(settings.current())
    access.install(app)
    auth.install(app, key.value)
    bodies.install(app)
    problems.install(app)
    system.install(app)
    docs.install(app)
    for resource in RESOURCES:
        app.register_api(resource.api)
        app.register_blueprint(resource.api, name=f"{resource.api.name}_alias", url_prefix=ALIAS)
    app.register_api(system.root)
    return app
