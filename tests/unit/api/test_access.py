import pytest
from flask import Flask

from api.access import shown_path


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("/api/items", "/api/items"),
        ("/api/items?apikey=secret", "/api/items?apikey=***"),
        ("/api/items?q=a&APIKEY=secret&apikey=other", "/api/items?q=a&APIKEY=***&apikey=***"),
        ("/api/items?%61pikey=secret", "/api/items?apikey=***"),
        ("/a%0Ab?q=c%0Ad", "/a%0Ab?q=c%0Ad"),
    ],
)
def test_the_shown_path_has_neither_key_nor_line_break(asked: str, shown: str) -> None:
    with Flask("test").test_request_context(asked):
        assert shown_path() == shown
