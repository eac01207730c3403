import socket
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sublarr_tasks.clients.addresses import Guard, canonical, checked_url
from sublarr_tasks.errors import AddressRefused, InputError

NEVER = """
0.0.0.0 0.1.2.3 169.254.169.254 169.254.0.1 224.0.0.1 239.255.255.250 255.255.255.255 240.0.0.1
100.100.100.200 168.63.129.16 192.0.2.1 198.51.100.7 203.0.113.9 198.18.0.1 192.0.0.8
:: fe80::1 fec0::1 ff02::1 fd00:ec2::254 2001:db8::1 2001::1
::ffff:169.254.169.254 ::ffff:0.0.0.0 ::ffff:224.0.0.1 ::169.254.169.254
64:ff9b::169.254.169.254 64:ff9b::a9fe:a9fe 64:ff9b:1::a9fe:a9fe 64:ff9b::0.0.0.0
2002:a9fe:a9fe::1
""".split()
PRIVATE = """
127.0.0.1 127.1.2.3 10.0.0.1 172.16.5.4 192.168.1.1 100.64.0.1 ::1 fd12:3456::1
::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::10.0.0.1 2002:c0a8:0101::1 ::ffff:7f00:1
""".split()
PUBLIC = "1.1.1.1 93.184.215.14 2606:4700::1111 64:ff9b::1.1.1.1 ::ffff:8.8.8.8".split()


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize("text", NEVER)
def test_some_addresses_are_never_connected_to(text: str, private: bool) -> None:
    with pytest.raises(AddressRefused):
        Guard(private=private).check(ip_address(text))


@pytest.mark.parametrize("text", PRIVATE)
def test_private_addresses_are_a_setting(text: str) -> None:
    Guard(private=True).check(ip_address(text))
    with pytest.raises(AddressRefused):
        Guard(private=False).check(ip_address(text))


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize("text", PUBLIC)
def test_the_internet_is_always_there(text: str, private: bool) -> None:
    Guard(private=private).check(ip_address(text))


@given(st.ip_addresses(v=4))
def test_an_address_in_disguise_is_judged_as_what_it_is(address: object) -> None:
    number = int(ip_address(str(address)))
    disguises = {
        "mapped": ip_address(0xFFFF << 32 | number),
        "nat64": ip_address(int(ip_address("64:ff9b::")) | number),
        "6to4": ip_address(int(ip_address("2002::")) | number << 80 | 1),
    }

    assert {canonical(each) for each in disguises.values()} == {address}


def resolving(monkeypatch: pytest.MonkeyPatch, *texts: str) -> None:
    """Make every name lead to these addresses."""

    def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [
            (
                socket.AF_INET6 if ":" in text else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (text, port),
            )
            for text in texts
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def test_one_forbidden_address_of_a_name_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "1.1.1.1", "169.254.169.254")

    with pytest.raises(AddressRefused):
        Guard(private=True).resolve("both.example", 80)


def test_a_zone_does_not_hide_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "fe80::1%eth0")

    with pytest.raises(AddressRefused):
        Guard(private=True).resolve("link.example", 80)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "sonarr:8989",
        "//sonarr",
        "ftp://sonarr/",
        "file:///etc/passwd",
        "gopher://sonarr:70/",
        "http://",
        "http:///path",
        "http://anna:secret@sonarr/",
        "http://sonarr/?apikey=1",
        "http://sonarr/#top",
        "http://sonarr:0/",
        "http://sonarr:99999/",
        "http://sonarr:x/",
        "http://son arr/",
        "http://sonarr/\r\nX-Injected: 1",
        "http://sonarr\\@evil/",
        "http://[::1",
        "http://sönarr/",
        "http://x/" + "a" * 3000,
    ],
)
def test_what_is_no_address_of_a_service_is_refused(url: str) -> None:
    with pytest.raises(InputError) as refused:
        checked_url(url, Guard(private=True))

    assert list(refused.value.fields) == ["url"]


def test_a_name_that_does_not_resolve_today_may_be_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    assert checked_url("http://sonarr:8989", Guard(private=True)) == "http://sonarr:8989"
