"""Which addresses may be connected to. A name is resolved once, checked, and that address is used.

Whatever an address hides in is taken off first: IPv6 forms that stand for an IPv4 address would
else be a way around every rule.
"""

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from sublarr_tasks.errors import AddressRefused, InputError

Address = IPv4Address | IPv6Address

LONGEST_URL = 2048
# IPv6 networks that carry an IPv4 address, and the bit where it begins (RFC 6052, 4291, 3056).
_CARRIERS = (
    (ip_network("64:ff9b::/96"), 96),
    (ip_network("64:ff9b:1::/48"), 96),
    (ip_network("::/96"), 96),
    (ip_network("2002::/16"), 16),
)
# Where clouds answer everybody who asks from inside with the machine's credentials.
_METADATA = frozenset(
    map(ip_address, ("169.254.169.254", "100.100.100.200", "168.63.129.16", "fd00:ec2::254"))
)
_NEVER = tuple(
    map(
        ip_network,
        # the last is Teredo
        "0.0.0.0/8 169.254.0.0/16 192.0.0.0/24 224.0.0.0/4 240.0.0.0/4 fe80::/10 fec0::/10 ff00::/8"
        " 2001::/32".split(),
    )
)
# At home: loopback, the private networks, and those that VPNs and providers take from RFC 6598.
_PRIVATE = tuple(
    map(
        ip_network,
        "127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 ::1/128"
        " fc00::/7".split(),
    )
)


@dataclass(frozen=True, slots=True)
class Guard:
    """What may be connected to; `private` allows the networks at home."""

    private: bool

    def check(self, address: Address) -> None:
        """Raise AddressRefused for an address that must not be connected to."""
        bare = canonical(address)
        if bare in _METADATA or _in(bare, _NEVER):
            raise AddressRefused(f"{address} is an address that is never connected to.")
        if _in(bare, _PRIVATE):
            if not self.private:
                raise AddressRefused(
                    f"{address} is a private address; SUBLARR_ALLOW_PRIVATE_ADDRESSES forbids it."
                )
        elif not bare.is_global:
            raise AddressRefused(f"{address} is no address of the internet.")

    def resolve(self, host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
        """Resolve a name to addresses that were all checked; raises AddressRefused and gaierror."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        for *_, place in found:
            self.check(ip_address(str(place[0]).partition("%")[0]))
        return [(family, (str(place[0]), int(place[1]))) for family, *_, place in found]


def canonical(address: Address) -> Address:
    """Take an IPv4 address out of the IPv6 address that carries it."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    for network, bit in _CARRIERS:
        if address in network and int(address) > 1:  # :: and ::1 are themselves
            return IPv4Address(int(address) >> (96 - bit) & 0xFFFFFFFF)
    return address


def checked_url(url: str, guard: Guard, field: str = "url") -> str:
    """Return an address without a trailing slash, as a person may store it; raises InputError.

    A name that does not resolve now may later; it is checked again at each connection.
    """
    sentence = _complaint(url)
    if sentence is None:
        parts = urlsplit(url)
        try:
            guard.resolve(parts.hostname or "", parts.port or 80)
        except AddressRefused as refused:
            sentence = str(refused)
        except OSError:
            pass
    if sentence is not None:
        raise InputError({field: sentence})
    return url.rstrip("/")


def _complaint(url: str) -> str | None:
    if len(url) > LONGEST_URL or not url.isascii() or any(c <= " " for c in url):
        return f"Give at most {LONGEST_URL} printable ASCII characters."
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "This is no address of a web service."
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "Give an address that begins with http:// or https:// and a host."
    if parts.username is not None or parts.password is not None:
        return "Give the name and the password in their own fields, not in the address."
    if port == 0 or parts.query or parts.fragment or "\\" in url:
        return "Give the address alone, without a query or a fragment."
    return None


def _in(address: Address, networks: tuple[object, ...]) -> bool:
    return any(address in network for network in networks)  # type: ignore[operator]
