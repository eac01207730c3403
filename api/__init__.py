"""The HTTP door: a thin Flask application over the domain, described by its OpenAPI document.

Every resource lives under `/api/v1`, and once more under `/api`, which stands for the current
version. Handlers open a transaction, call the domain and type what comes back.
"""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from api import (
    access,
    api_keys,
    arr_syncs,
    artwork,
    assets,
    auth,
    bodies,
    browsing,
    docs,
    enrichment,
    events,
    ignore_patterns,
    integrations,
    items,
    jobs,
    language_profiles,
    libraries,
    logins,
    problems,
    scans,
    schedules,
    scoring,
    searches,
    system,
    users,
    wanted,
    webhooks,
)
from api.openapi import ALIAS, Api
from sublarr_tasks import celery_app, keys, settings, tracing

__all__ = ["create_app"]

BLUEPRINTS = (
    libraries.api,
    scans.api,
    items.api,
    assets.api,
    artwork.api,
    browsing.api,
    jobs.api,
    events.api,
    ignore_patterns.api,
    integrations.api,
    enrichment.api,
    language_profiles.api,
    wanted.api,
    searches.api,
    scoring.api,
    arr_syncs.api,
    schedules.api,
    webhooks.api,
    users.door,
    users.api,
    logins.door,
    logins.api,
    api_keys.api,
    system.api,
    system.guarded,
)


def create_app() -> Flask:
    """Build the application; raises StartError where this machine is not ready."""
    app = Api(__name__)
    proxies = settings.current().trusted_proxies
    if proxies:
        # Counted from the right: what stands left of our own proxies anybody can write.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, proxies, proxies, proxies, x_prefix=proxies
        )
    celery_app.hurry()
    key = keys.obtain(settings.current())
    access.install(app)
    auth.install(app, key.value)
    bodies.install(app)
    problems.install(app)
    system.install(app)
    docs.install(app)
    for blueprint in BLUEPRINTS:
        app.register_api(blueprint)
        app.register_blueprint(blueprint, name=f"{blueprint.name}_alias", url_prefix=ALIAS)
    app.register_api(system.root)
    tracing.of_api(app)
    return app
