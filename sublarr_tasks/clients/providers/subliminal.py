"""The providers of the subliminal library, which is installed beside us or not.

The library runs in a process of its own: what it holds up, prints or breaks ends with that. It
takes no part in our limits, so each of its providers is best used by it or by us, not by both.
"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from sublarr_tasks import languages
from sublarr_tasks.clients.answers import Told, understood
from sublarr_tasks.clients.providers.contract import Candidate, Download, Media, Partial, Query
from sublarr_tasks.errors import (
    AccessDenied,
    AnswerMalformed,
    QuotaReached,
    RequestRefused,
    ServiceError,
    ServiceUnavailable,
)
from sublarr_tasks.settings import PREFIX

NAME = "subliminal"
SCHEME = "subliminal"
PROGRAM = "sublarr_tasks.clients.providers.subliminal_process"
NOT_INSTALLED = 3
# Less than the deadline of a search, so that its end is told and not waited for.
SECONDS = 20.0
_ERRORS: Mapping[str, type[ServiceError]] = {
    "AuthenticationError": AccessDenied,
    "ConfigurationError": AccessDenied,
    "DownloadLimitExceeded": QuotaReached,
}


class _Subtitle(Told):
    id: str
    language: str
    releases: list[str] = Field(default_factory=list)
    hearing_impaired: bool = False
    forced: bool = False
    title: str | None = None
    year: int | None = None
    season: int | None = None
    episode: int | None = None
    url: str | None = None


class _Answer(Told):
    found: list[_Subtitle] = Field(default_factory=list)
    content: str | None = None
    failed: dict[str, str] = Field(default_factory=dict)


class Subliminal:
    """Those that `url` names, "subliminal:tvsubtitles,bsplayer", or all: "subliminal:".

    The secret `configs` is a JSON object of what each provider is to be made with.
    """

    name: ClassVar[str] = "subliminal"
    media: ClassVar[frozenset[Media]] = frozenset(Media)

    def __init__(self, url: str, secrets: Mapping[str, str]) -> None:
        named = url.partition(":")[2].strip("/")
        self._providers = [name.strip() for name in named.split(",") if name.strip()] or None
        self._configs = secrets.get("configs")

    def search(self, query: Query) -> list[Candidate]:
        """Return what they have, `Partial` where some of them failed; raises ServiceError."""
        answer = self._ask("list", query)
        found = [
            Candidate(
                provider=self.name,
                language=tag,
                releases=tuple(each.releases),
                download={"query": query.to_json()},
                **each.model_dump(exclude={"language", "releases"}),
            )
            for each in answer.found
            if (tag := languages.tag(each.language)) is not None
        ]
        if not answer.failed:
            return found
        if not found:
            raise _error(answer.failed)
        return Partial(found)

    def download(self, candidate: Candidate) -> Download:
        """Fetch a subtitle, which is looked for once more; raises ServiceError."""
        query = candidate.download["query"]
        asked = Query(**{**query, "media": Media(query["media"])})
        provider = candidate.id.partition(":")[0]
        answer = self._ask("fetch", asked, providers=[provider], wanted=candidate.id)
        if answer.content is None:
            raise _error(answer.failed) if answer.failed else RequestRefused("It is gone.")
        return Download(base64.b64decode(answer.content), f"{candidate.id}.srt")

    def _ask(
        self, do: str, query: Query, *, providers: list[str] | None = None, wanted: str = ""
    ) -> _Answer:
        asked: dict[str, Any] = {
            "do": do,
            "providers": providers or self._providers,
            "configs": self._config(),
            "query": query.to_json(),
            "id": wanted,
        }
        try:
            done = subprocess.run(
                [sys.executable, "-m", PROGRAM],
                input=json.dumps(asked),
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
                env=_environment(),
            )
        except subprocess.TimeoutExpired as late:
            raise ServiceUnavailable("It does not answer in time.") from late
        if done.returncode == NOT_INSTALLED:
            raise ServiceUnavailable("The subliminal library is not installed here.")
        if done.returncode != 0:
            raise ServiceUnavailable("The library broke off.")
        return understood(_Answer, _last_line(done.stdout), NAME)

    def _config(self) -> dict[str, Any]:
        try:
            found = json.loads(self._configs or "{}")
        except ValueError as error:
            raise AccessDenied("`configs` is no JSON.") from error
        if not isinstance(found, dict):
            raise AccessDenied("`configs` is no JSON object.")
        return found


def _environment() -> dict[str, str]:
    """Return what the library may know of our environment: none of our secrets."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}


def _last_line(printed: str) -> object:
    lines = printed.strip().splitlines()
    try:
        return json.loads(lines[-1]) if lines else None
    except ValueError as error:
        raise AnswerMalformed("The library's process says something else.") from error


def _error(failed: Mapping[str, str]) -> ServiceError:
    named = ", ".join(f"{provider}: {error}" for provider, error in sorted(failed.items()))
    kind = _ERRORS.get(next(iter(failed.values())), ServiceUnavailable)
    return kind(f"Its providers could not be asked: {named}.")
