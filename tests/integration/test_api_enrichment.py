"""The resource that says how metadata services are asked."""

from typing import Any

import pytest

from contract import Client

AT_FIRST = {
    "language": "en-US",
    "country": "US",
    "paused": False,
    "quiet_from": None,
    "quiet_until": None,
    "time_zone": "UTC",
    "artwork": {},
}


def test_at_first_it_is_as_most_want_it(client: Client) -> None:
    assert client.get("/enrichment").get_json() == AT_FIRST


def test_what_is_changed_stays_changed(client: Client) -> None:
    changes = {"language": "de-DE", "quiet_from": "22:30", "quiet_until": "07:00"}

    assert client.patch("/enrichment", changes).get_json() == AT_FIRST | changes
    assert client.patch("/enrichment", {"paused": True}).status_code == 200
    assert client.get("/enrichment").get_json() == AT_FIRST | changes | {"paused": True}


def test_quiet_hours_can_be_taken_away(client: Client) -> None:
    client.patch("/enrichment", {"quiet_from": "22:30", "quiet_until": "07:00"})

    client.patch("/enrichment", {"quiet_from": None, "quiet_until": None})

    assert client.get("/enrichment").get_json() == AT_FIRST


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"language": "German"}, "language"),
        ({"country": "de"}, "country"),
        ({"quiet_from": "22:30"}, "quiet_until"),
        ({"quiet_from": "07:00", "quiet_until": "07:00"}, "quiet_until"),
        ({"quiet_from": "25:00", "quiet_until": "07:00"}, "quiet_from"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../etc/passwd"}, "time_zone"),
        ({"paused": "yes"}, "paused"),
        ({"artwork": {"photo": 1}}, "artwork.photo.[key]"),
        ({"artwork": {"poster": 11}}, "artwork.poster"),
        ({"speed": 1}, "speed"),
    ],
)
def test_a_bad_field_is_named(client: Client, changes: dict[str, Any], field: str) -> None:
    answer = client.patch("/enrichment", changes)

    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == field
    assert client.get("/enrichment").get_json() == AT_FIRST
