"""Searches for subtitles as tests ask for them: what is wanted, asked for, and worked on."""

from typing import Any

from contract import Client
from provider_stubs import Offer
from sublarr_tasks.wanted import searching

# A film, and what is offered for it.
NAME = "Alpha (2001)"
PLAIN = Offer(21, release="Alpha.2001.WEB")
BETTER = Offer(22, release="Alpha.2001.1080p.BluRay.x264-GROUP")


def want(client: Client, *languages: str, **wish: object) -> None:
    """Write down a profile of some languages."""
    wishes = [{"language": language, **wish} for language in languages]
    made = client.post("/language-profiles", {"name": f"{languages} {wish}", "wishes": wishes})
    assert made.status_code == 201, made.json


def search(client: Client, **which: object) -> dict[str, Any]:
    """Search for everything as workers do, and return what it came to."""
    begun = client.post("/wanted/search", dict(which))
    assert begun.status_code == 202, begun.json
    work()
    answer: dict[str, Any] = client.get(f"/searches/{begun.json['id']}").json
    return answer


def work() -> int:
    """Do all that waits; returns how many videos that were."""
    done = 0
    while searching.run(None):
        done += 1
    return done
