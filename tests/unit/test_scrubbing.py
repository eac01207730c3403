import pytest
from hypothesis import given
from hypothesis import strategies as st

from sublarr_tasks.scrubbing import scrubbed

SECRET = "s3cr3t-Value/42"


@pytest.mark.parametrize(
    "text",
    [
        f"GET /api/v3/series?apikey={SECRET}&page=1",
        f"http://sonarr:8989/api?api_key={SECRET}",
        f"X-Api-Key: {SECRET}",
        f"{{'X-Api-Key': '{SECRET}', 'Accept': '*/*'}}",
        f'{{"password": "{SECRET}", "name": "anna"}}',
        f"Authorization: Bearer {SECRET}",
        f"redis://:{SECRET.replace('/', '')}@redis:6379/0",
        f"postgresql+psycopg://sublarr:{SECRET.replace('/', '')}@db/sublarr",
        "slr_abcdefghs3cr3t",
        "token eyJhbGciOiJIUzI1NiJ9.eyJzM2NyM3QiOjF9.s3cr3tsignature",
        f"password={SECRET}",
        f"Traceback ...\n  raise ValueError('apikey={SECRET}')",
    ],
)
def test_no_secret_is_left_in_a_text(text: str) -> None:
    assert "s3cr3t" not in scrubbed(text)


def test_a_secret_is_known_by_its_name_in_a_structure() -> None:
    event = {
        "event": "x",
        "headers": {"X-Api-Key": SECRET, "Accept": "json"},
        "refresh_token": SECRET,
        "totp_enabled": True,
        "token_count": 3,
        "list": [f"apikey={SECRET}"],
    }

    hidden = scrubbed(event)

    assert "s3cr3t" not in str(hidden)
    assert hidden["headers"]["Accept"] == "json"
    assert (hidden["totp_enabled"], hidden["token_count"]) == (True, 3)


@pytest.mark.parametrize(
    "text",
    [
        "scan 7: Alpha (2001), Beta (2002)",
        "http://127.0.0.1:5765/api/v1/docs",
        "/media/Films/The Secret of NIMH (1982)/movie.nfo",
        "path=/api/v1/items?limit=10",
        "2026-11-21T08:17:48.702474Z",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert scrubbed(text) == text


@given(st.recursive(st.text() | st.integers() | st.none(), st.lists))
def test_anything_can_be_scrubbed_and_once_is_enough(value: object) -> None:
    once = scrubbed(value)

    assert scrubbed(once) == once
