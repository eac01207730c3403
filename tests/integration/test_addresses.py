"""Addresses as the resolver of this machine reads them."""

import pytest

from sublarr_tasks.clients.addresses import Guard, checked_url
from sublarr_tasks.errors import InputError


@pytest.mark.parametrize(
    "host", ["2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "0"]
)
def test_a_number_that_stands_for_an_address_is_judged_as_the_address(host: str) -> None:
    with pytest.raises(InputError, match="never connected to"):
        checked_url(f"http://{host}/", Guard(private=True))


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("http://127.0.0.1:8989/", "http://127.0.0.1:8989"),
        ("http://[::1]:8989/sonarr/", "http://[::1]:8989/sonarr"),
        ("https://1.1.1.1", "https://1.1.1.1"),
    ],
)
def test_an_address_is_kept_without_its_last_slash(url: str, kept: str) -> None:
    assert checked_url(url, Guard(private=True)) == kept
