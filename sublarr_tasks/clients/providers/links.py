"""Files that a provider keeps elsewhere: fetched without its credentials, from public addresses."""

from urllib.parse import urlsplit

from sublarr_tasks.clients.http import Http, Judge, Service
from sublarr_tasks.errors import AnswerMalformed

MOST_BYTES = 32 << 20


def fetch(service: Service, url: str, judge: Judge | None = None) -> bytes:
    """Fetch what a link of a service leads to; raises ServiceError.

    A link may lead to the service's own host wherever that is, elsewhere only to public addresses.
    """
    parts, own = urlsplit(url), urlsplit(service.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise AnswerMalformed("It gives a link that leads nowhere.")
    place = Service(
        name=f"{service.name}:files",
        url=f"{parts.scheme}://{parts.netloc}",
        private=service.private and parts.hostname == own.hostname,
        verify=service.verify,
        rate=service.rate,
        most_bytes=MOST_BYTES,
    )
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return Http(place).request("GET", path, judge=judge).content
