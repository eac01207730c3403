"""A client of the API that holds every answer against the OpenAPI document."""

import json
import re
from functools import cache
from typing import Any

from flask import Flask
from jsonschema import Draft202012Validator, FormatChecker
from werkzeug.test import TestResponse

KEY = "a-key-for-tests"
BASE = "/api/v1"
# Addresses outside of any version.
ROOT = ("/api", "/health", "/metrics", "/ping")


class Client:
    """Calls the API with the key; `call` checks that the document knows the answer."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._client = app.test_client()

    @property
    def document(self) -> dict[str, Any]:
        return _document(self.app)

    def get(self, path: str, **options: Any) -> TestResponse:  # noqa: ANN401 - werkzeug's options
        return self.call("GET", path, **options)

    def post(self, path: str, json: object = None, **options: Any) -> TestResponse:  # noqa: ANN401 - werkzeug's options
        return self.call("POST", path, **(options if json is None else options | {"json": json}))

    def patch(self, path: str, json: object, **options: Any) -> TestResponse:  # noqa: ANN401 - werkzeug's options
        return self.call("PATCH", path, json=json, **options)

    def delete(self, path: str) -> TestResponse:
        return self.call("DELETE", path)

    def call(
        self,
        method: str,
        path: str,
        *,
        key: str | None = KEY,
        **options: Any,  # noqa: ANN401 - werkzeug's options
    ) -> TestResponse:
        headers = dict(options.pop("headers", {}))
        if key is not None:
            headers.setdefault("X-Api-Key", key)
        full = path if path in ROOT or path.startswith("/api/") else BASE + path
        answer = self._client.open(full, method=method, headers=headers, buffered=True, **options)
        self._hold_against_document(method, full.partition("?")[0], answer)
        return answer

    def _hold_against_document(self, method: str, path: str, answer: TestResponse) -> None:
        operation = self._operation(method, path)
        if operation is None:
            assert answer.status_code in (401, 404, 405), f"{method} {path}: {answer.status}"
            self._check({"$ref": "#/components/schemas/Problem"}, answer.get_json())
            return
        known = operation["responses"]
        status = str(answer.status_code)
        assert status in known, f"{method} {path} answered {status}: {answer.get_data()!r}"
        contents = known[status].get("content")
        if contents is None:
            assert not answer.get_data()
        elif "*/*" not in contents:
            (content_type,) = contents
            assert answer.mimetype == content_type
            if content_type == "text/plain":
                return
            self._check(contents[content_type]["schema"], json.loads(answer.get_data()))

    def _operation(self, method: str, path: str) -> dict[str, Any] | None:
        paths = self.document["paths"]
        path = path.rstrip("/")
        if path.startswith("/api/") and not path.startswith(f"{BASE}/"):
            path = BASE + path.removeprefix("/api")
        for template, operations in paths.items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
                found: dict[str, Any] | None = operations.get(method.lower())
                return found
        return None

    def _check(self, schema: dict[str, Any], body: object) -> None:
        whole = schema | {"components": self.document["components"]}
        Draft202012Validator(whole, format_checker=FormatChecker()).validate(body)


@cache
def _document(app: Flask) -> dict[str, Any]:
    document: dict[str, Any] = app.test_client().get(f"{BASE}/openapi.json").get_json()
    return document
