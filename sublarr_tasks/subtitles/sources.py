"""All providers by the kind of their integration: how to make one, and what it is asked for."""

from collections.abc import Callable, Mapping

from sublarr_tasks.clients.http import Http
from sublarr_tasks.clients.providers import Media, Provider
from sublarr_tasks.clients.providers.gestdown import Gestdown
from sublarr_tasks.clients.providers.jimaku import Jimaku
from sublarr_tasks.clients.providers.opensubtitles import OpenSubtitles
from sublarr_tasks.clients.providers.podnapisi import Podnapisi
from sublarr_tasks.clients.providers.subdl import SubDl
from sublarr_tasks.clients.providers.subliminal import Subliminal
from sublarr_tasks.clients.providers.subsource import SubSource
from sublarr_tasks.subtitles.folder import Folder

MEDIA: Mapping[str, frozenset[Media]] = {
    each.name: each.media
    for each in (
        OpenSubtitles,
        SubDl,
        SubSource,
        Gestdown,
        Podnapisi,
        Jimaku,
        Subliminal,
        Folder,
    )
}
"""What each provider has subtitles of."""

PROVIDERS: Mapping[str, Callable[[Http, Mapping[str, str]], Provider]] = {
    OpenSubtitles.name: OpenSubtitles,
    SubDl.name: lambda http, _: SubDl(http),
    SubSource.name: lambda http, _: SubSource(http),
    Gestdown.name: lambda http, _: Gestdown(http),
    Podnapisi.name: lambda http, _: Podnapisi(http),
    Jimaku.name: lambda http, _: Jimaku(http),
    Subliminal.name: lambda http, secrets: Subliminal(http.service.url, secrets),
    Folder.name: lambda http, _: Folder(http.service.url),
}
"""How to make each provider's client."""

UNKEPT = frozenset({Folder.name})
"""Those whose answers are not worth keeping: asking again costs no more."""
