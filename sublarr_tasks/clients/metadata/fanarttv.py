"""fanart.tv, version 3 of its API: artwork that people have made, and how many like it."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, TypeAdapter, ValidationError

from sublarr_tasks.clients.answers import Told
from sublarr_tasks.clients.http import Http
from sublarr_tasks.clients.metadata.facts import Picture, PictureType
from sublarr_tasks.errors import AnswerMalformed, RequestRefused

NOT_FOUND = 404
ANSWER_SECONDS = 86_400
TEXTLESS = ("", "00")

# What its lists are called; the better resolution of a type comes first.
MOVIE_LISTS: Mapping[str, PictureType] = {
    "movieposter": PictureType.POSTER,
    "movie4kbackground": PictureType.FANART,
    "moviebackground": PictureType.FANART,
    "hdmovielogo": PictureType.CLEARLOGO,
    "movielogo": PictureType.CLEARLOGO,
    "hdmovieclearart": PictureType.CLEARART,
    "movieart": PictureType.CLEARART,
    "moviebanner": PictureType.BANNER,
    "moviethumb": PictureType.LANDSCAPE,
    "moviedisc": PictureType.DISCART,
}
SERIES_LISTS: Mapping[str, PictureType] = {
    "tvposter": PictureType.POSTER,
    "show4kbackground": PictureType.FANART,
    "showbackground": PictureType.FANART,
    "hdtvlogo": PictureType.CLEARLOGO,
    "clearlogo": PictureType.CLEARLOGO,
    "hdclearart": PictureType.CLEARART,
    "clearart": PictureType.CLEARART,
    "tvbanner": PictureType.BANNER,
    "tvthumb": PictureType.LANDSCAPE,
    "characterart": PictureType.CHARACTERART,
    "seasonposter": PictureType.POSTER,
    "seasonbanner": PictureType.BANNER,
    "seasonthumb": PictureType.LANDSCAPE,
}


def _number(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Read a number that may be written as a text; "all" seasons are none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else None


Number = Annotated[int | None, BeforeValidator(_number)]


class _Image(Told):
    """A picture of theirs."""

    url: str
    lang: str = ""
    likes: Number = None
    width: Number = None
    height: Number = None
    season: Number = None


_IMAGES = TypeAdapter(list[_Image])


class FanartTv:
    """Its films by TMDB's or IMDb's ids, its series by TheTVDB's."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def movie(self, tmdb_id: str) -> tuple[Picture, ...]:
        """Return what it has of a film; raises ServiceError."""
        return self._pictures(f"/v3/movies/{tmdb_id}", MOVIE_LISTS)

    def series(self, tvdb_id: str) -> tuple[Picture, ...]:
        """Return what it has of a series and its seasons; raises ServiceError."""
        return self._pictures(f"/v3/tv/{tvdb_id}", SERIES_LISTS)

    def _pictures(self, path: str, lists: Mapping[str, PictureType]) -> tuple[Picture, ...]:
        try:
            answer = self._http.get_json(path, cache_seconds=ANSWER_SECONDS)
        except RequestRefused as refused:
            if refused.status == NOT_FOUND:
                return ()
            raise
        if not isinstance(answer, dict):
            raise AnswerMalformed("It is not what fanart.tv answers: no object.")
        return tuple(
            _picture(kind, image)
            for name, kind in lists.items()
            for image in _images(name, answer.get(name, []))
        )


def _images(name: str, listed: object) -> list[_Image]:
    try:
        return _IMAGES.validate_python(listed)
    except ValidationError as error:
        raise AnswerMalformed(f"It is not what fanart.tv answers, at {name}.") from error


def _picture(kind: PictureType, image: _Image) -> Picture:
    return Picture(
        kind,
        image.url,
        image.width,
        image.height,
        None if image.lang in TEXTLESS else image.lang,
        vote_count=image.likes or 0,
        season=image.season,
    )
