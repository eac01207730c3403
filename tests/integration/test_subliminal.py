"""Providers of the subliminal library, which is real; the provider in it is the test's own."""

from pathlib import Path

import pytest
from redis import Redis

from contract import Client
from libraries import Library, one, rows, video
from searching import search, want
from sublarr_tasks.clients.providers import Media, Partial, Query, subliminal
from sublarr_tasks.clients.providers.subliminal import Subliminal
from sublarr_tasks.errors import AccessDenied, AnswerMalformed, RequestRefused, ServiceUnavailable
from sublarr_tasks.models import LandedSubtitle, ProviderAnswer

NAME = "Alpha (2001)"
QUERY = Query(Media.MOVIE, "Alpha", ("de", "pt-BR"), 2001)
TEXT = "1\n00:00:01,000 --> 00:00:02,000\nFrom a shelf\n"
# What an author of a provider for the library writes.
PACKAGE = f"""
import os, time
from babelfish import Language
from subliminal.exceptions import AuthenticationError
from subliminal.providers import Provider
from subliminal.subtitle import Subtitle
from subliminal.video import Movie


class ShelfSubtitle(Subtitle):
    provider_name = "shelf"

    @property
    def info(self):
        return "Alpha.2001.1080p.BluRay.x264-GROUP"

    def get_matches(self, video):
        return {{"title"}}


class ShelfProvider(Provider):
    languages = {{Language.fromietf(tag) for tag in ("de", "en", "pt", "pt-BR")}}
    video_types = (Movie,)
    subtitle_class = ShelfSubtitle

    def __init__(self, key="right"):
        self.key = key

    def initialize(self):
        if self.key != "right":
            raise AuthenticationError("no")

    def terminate(self):
        pass

    def list_subtitles(self, video, languages):
        print("whatever it prints")
        if video.title == "Slow":
            time.sleep(60)
        if video.title == "Fatal":
            os._exit(9)
        if video.title == "Curious" and any(name.startswith("SUBLARR_") for name in os.environ):
            raise RuntimeError("it sees our secrets")
        if video.title != "Alpha":
            return []
        ordered = sorted(languages, key=str)
        return [ShelfSubtitle(each, f"number-{{each.alpha3}}") for each in ordered]

    def download_subtitle(self, subtitle):
        subtitle.content = {TEXT.encode()!r}


class BrokenProvider(ShelfProvider):
    def list_subtitles(self, video, languages):
        raise RuntimeError("broken")
"""


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install two providers for the library, as a package's entry points do."""
    packages = tmp_path / "packages"
    about = packages / "shelf-1.0.dist-info"
    about.mkdir(parents=True)
    (packages / "shelf.py").write_text(PACKAGE)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: shelf\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[subliminal.providers]\nshelf = shelf:ShelfProvider\nbroken = shelf:BrokenProvider\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(packages))
    return packages


def test_what_its_providers_have_is_found(shelf: Path) -> None:
    found = Subliminal("subliminal:shelf", {}).search(QUERY)
    assert [(each.id, each.language) for each in found] == [
        ("shelf:number-deu", "de"),
        ("shelf:number-por", "pt-BR"),
    ]
    assert found[0].releases == ("Alpha.2001.1080p.BluRay.x264-GROUP",)
    assert not isinstance(found, Partial)


def test_what_it_offers_can_be_fetched(shelf: Path) -> None:
    client = Subliminal("subliminal:shelf", {})
    (found, _) = client.search(QUERY)
    assert client.download(found).content == TEXT.encode()


def test_that_they_have_nothing_is_an_empty_list(shelf: Path) -> None:
    query = Query(Media.MOVIE, "Beta", ("de",))
    assert Subliminal("subliminal:shelf", {}).search(query) == []


def test_nobody_is_asked_for_what_it_does_not_serve(shelf: Path) -> None:
    client = Subliminal("subliminal:shelf,broken", {})
    assert client.search(Query(Media.EPISODE, "Alpha", ("de",), season=1, episode=1)) == []
    assert client.search(Query(Media.MOVIE, "Alpha", ("fi",))) == []


def test_where_one_of_them_fails_the_answer_is_partial(shelf: Path) -> None:
    found = Subliminal("subliminal:shelf,broken", {}).search(QUERY)
    assert isinstance(found, Partial)
    assert len(found) == 2


def test_where_all_of_them_fail_it_could_not_be_asked(shelf: Path) -> None:
    with pytest.raises(ServiceUnavailable, match="broken: RuntimeError"):
        Subliminal("subliminal:broken", {}).search(QUERY)


def test_what_a_provider_needs_is_handed_to_it(shelf: Path) -> None:
    with pytest.raises(AccessDenied, match="shelf: AuthenticationError"):
        Subliminal("subliminal:shelf", {"configs": '{"shelf": {"key": "wrong"}}'}).search(QUERY)


@pytest.mark.parametrize("configs", ["no JSON", "[]"])
def test_configs_that_are_none_are_refused(configs: str) -> None:
    with pytest.raises(AccessDenied, match="configs"):
        Subliminal("subliminal:shelf", {"configs": configs}).search(QUERY)


def test_what_is_gone_cannot_be_fetched(shelf: Path) -> None:
    client = Subliminal("subliminal:shelf", {})
    (found, _) = client.search(QUERY)
    gone = found.download["query"] | {"title": "Beta"}
    with pytest.raises(RequestRefused):
        client.download(type(found).from_json(found.to_json() | {"download": {"query": gone}}))


def test_a_provider_that_hangs_is_ended(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subliminal, "SECONDS", 2.0)
    with pytest.raises(ServiceUnavailable, match="in time"):
        Subliminal("subliminal:shelf", {}).search(Query(Media.MOVIE, "Slow", ("de",)))


def test_a_provider_that_takes_the_process_down_takes_nothing_else(shelf: Path) -> None:
    with pytest.raises(ServiceUnavailable, match="broke off"):
        Subliminal("subliminal:shelf", {}).search(Query(Media.MOVIE, "Fatal", ("de",)))


def test_the_library_sees_none_of_our_settings(
    shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUBLARR_ENCRYPTION_KEYS", "secret")
    assert Subliminal("subliminal:shelf", {}).search(Query(Media.MOVIE, "Curious", ("de",))) == []


def test_without_the_library_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / "subliminal.py").write_text("raise ImportError\n")
    monkeypatch.setenv("PYTHONPATH", str(blocked))
    with pytest.raises(ServiceUnavailable, match="not installed"):
        Subliminal("subliminal:", {}).search(QUERY)


def test_what_says_something_else_is_malformed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "subliminal.py").write_text("print('else')\nraise SystemExit(0)\n")
    monkeypatch.setenv("PYTHONPATH", str(other))
    with pytest.raises(AnswerMalformed):
        Subliminal("subliminal:", {}).search(QUERY)


def test_what_a_partial_answer_held_lands_and_is_not_kept(
    client: Client, library: Library, redis: Redis, shelf: Path
) -> None:
    body = {"kind": "subliminal", "name": "library", "url": "subliminal:shelf,broken"}
    assert client.post("/integrations", body).status_code == 201
    video(library.root / NAME / f"{NAME}.mkv")
    want(client, "de")
    library.scan()
    search(client)
    assert (library.root / NAME / f"{NAME}.de.srt").read_text() == TEXT
    assert one(LandedSubtitle).provider == "subliminal"
    assert not rows(ProviderAnswer)


def test_the_test_button_asks_the_library(client: Client, shelf: Path) -> None:
    body = {"kind": "subliminal", "name": "library", "url": "subliminal:broken"}
    made = client.post("/integrations", body).json
    told = client.post(f"/integrations/{made['id']}/test", {}).json
    assert told["outcome"] == "unavailable"
