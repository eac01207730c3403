"""Files that a provider keeps elsewhere: fetched without its credentials, from public addresses."""

from sublarr_tasks.clients.http import Address, Http, Judge, Service
from sublarr_tasks.errors import AnswerMalformed

MOST_BYTES = 32 << 20


def fetch(service: Service, url: str, judge: Judge | None = None) -> bytes:
    """Fetch what a link of a service leads to; raises ServiceError.

    A link may lead to the service's own host wherever that is, elsewhere only to public addresses.
    """
    address, own = Address.of(url), Address.of(service.url)
    if address is None:
        raise AnswerMalformed("It gives a link that leads nowhere.")
    # What its own host serves counts for its own limit.
    is_own = own is not None and address.host == own.host
    place = Service(
        name=service.name if is_own else f"{service.name}:files",
        url=address.origin,
        private=service.private and is_own,
        verify=service.verify,
        rate=service.rate,
        most_bytes=MOST_BYTES,
    )
    return Http(place).request("GET", address.path, judge=judge).content
