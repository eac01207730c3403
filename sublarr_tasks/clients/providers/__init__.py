"""Where subtitles come from: one module a provider, all of one shape."""

from collections.abc import Callable, Mapping

from sublarr_tasks.clients.http import Http
from sublarr_tasks.clients.providers.contract import Candidate, Download, Media, Provider, Query
from sublarr_tasks.clients.providers.gestdown import Gestdown
from sublarr_tasks.clients.providers.jimaku import Jimaku
from sublarr_tasks.clients.providers.opensubtitles import OpenSubtitles
from sublarr_tasks.clients.providers.podnapisi import Podnapisi
from sublarr_tasks.clients.providers.subdl import SubDl
from sublarr_tasks.clients.providers.subsource import SubSource

__all__ = ["MEDIA", "PROVIDERS", "Candidate", "Download", "Media", "Provider", "Query"]

MEDIA: Mapping[str, frozenset[Media]] = {
    each.name: each.media for each in (OpenSubtitles, SubDl, SubSource, Gestdown, Podnapisi, Jimaku)
}
"""What each provider has subtitles of."""

PROVIDERS: Mapping[str, Callable[[Http, Mapping[str, str]], Provider]] = {
    OpenSubtitles.name: OpenSubtitles,
    SubDl.name: lambda http, _: SubDl(http),
    SubSource.name: lambda http, _: SubSource(http),
    Gestdown.name: lambda http, _: Gestdown(http),
    Podnapisi.name: lambda http, _: Podnapisi(http),
    Jimaku.name: lambda http, _: Jimaku(http),
}
"""How to make each provider's client, by the kind of its integration."""
