"""The OpenAPI document and a page to try it, which loads nothing from elsewhere."""

from importlib.resources import files

from flask import Blueprint, Response, send_file, url_for
from werkzeug.exceptions import NotFound

from api.auth import open_to_all
from api.openapi import CURRENT, Api

_ASSETS = files("flask_openapi3_swagger") / "templates" / "swagger"
_FILES = {
    "swagger-ui.css": (_ASSETS / "css" / "swagger-ui.css", "text/css"),
    "swagger-ui.js": (_ASSETS / "js" / "swagger-ui-bundle.js", "text/javascript"),
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; connect-src 'self'"
)
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Sublarr Tasks API</title>
<link rel="stylesheet" href="{css}">
<div id="page" data-document="{document}"></div>
<script src="{bundle}"></script>
<script src="{start}"></script>
"""
_START = """const page = document.getElementById("page");
SwaggerUIBundle({
  url: page.dataset.document,
  domNode: page,
  deepLinking: true,
  persistAuthorization: true,
});
"""


def install(app: Api) -> None:
    docs = Blueprint("docs", __name__)

    @docs.get("/openapi.json")
    @open_to_all
    def document() -> dict[str, object]:
        return app.api_doc

    docs.add_url_rule("/docs", view_func=page)
    docs.add_url_rule("/docs/start.js", view_func=start)
    docs.add_url_rule("/docs/<name>", view_func=asset)
    app.register_blueprint(docs, url_prefix=CURRENT)


@open_to_all
def page() -> Response:
    made = _PAGE.format(
        css=url_for("docs.asset", name="swagger-ui.css"),
        bundle=url_for("docs.asset", name="swagger-ui.js"),
        start=url_for("docs.start"),
        document=url_for("docs.document"),
    )
    return Response(made, mimetype="text/html", headers={"Content-Security-Policy": _POLICY})


@open_to_all
def start() -> Response:
    return Response(_START, mimetype="text/javascript")


@open_to_all
def asset(name: str) -> Response:
    if name not in _FILES:
        raise NotFound
    file, content_type = _FILES[name]
    return send_file(str(file), mimetype=content_type, max_age=3600)
