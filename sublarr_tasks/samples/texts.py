"""The text files of a library: NFO and subtitles."""

from collections.abc import Sequence
from html import escape

_LINES = (
    "Where were you last night?",
    "The train leaves at dawn.",
    "I never said that.",
    "Nobody has lived here for years.",
    "Then who lit the lamp?",
    "Follow me, and do not speak.",
    "It was all a long time ago.",
)


def nfo_text(
    title: str,
    year: int,
    tmdb_id: int,
    *,
    imdb_id: str = "",
    plot: str = "A film about people who meet, part and meet again.",
    set_name: str = "",
    genres: Sequence[str] = ("Drama",),
    directors: Sequence[str] = ("Ada Example",),
    actors: Sequence[tuple[str, str]] = (("Bo Sample", "The Stranger"), ("Cy Model", "The Friend")),
) -> str:
    """Write a film's NFO as Kodi exports it; `actors` are names with roles."""
    lines = [
        f"<title>{escape(title)}</title>",
        f"<originaltitle>{escape(title)}</originaltitle>",
        '<ratings><rating name="themoviedb" max="10" default="true">',
        f"  <value>{5 + tmdb_id % 40 / 10:.1f}</value><votes>{100 + tmdb_id % 9000}</votes>",
        "</rating></ratings>",
        f"<plot>{escape(plot)}</plot>",
        f"<runtime>{80 + tmdb_id % 60}</runtime>",
        f'<uniqueid type="tmdb" default="true">{tmdb_id}</uniqueid>',
        *([f'<uniqueid type="imdb">{escape(imdb_id)}</uniqueid>'] if imdb_id else []),
        *(f"<genre>{escape(name)}</genre>" for name in genres),
        *([f"<set><name>{escape(set_name)}</name></set>"] if set_name else []),
        *(f"<director>{escape(name)}</director>" for name in directors),
        f"<premiered>{year}-06-01</premiered>",
        f"<year>{year}</year>",
        *(
            f"<actor><name>{escape(name)}</name><role>{escape(role)}</role>"
            f"<order>{order}</order></actor>"
            for order, (name, role) in enumerate(actors)
        ),
    ]
    body = "\n".join(f"  {line}" for line in lines)
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<movie>\n{body}\n</movie>\n'


def subtitle_text(seed: int = 0) -> str:
    """Write twelve lines of SubRip, other ones for each seed."""
    cues = []
    for number in range(12):
        start, line = number * 5 + seed % 5, _LINES[(seed + number * 3) % len(_LINES)]
        times = f"00:00:{start:02},000 --> 00:00:{start + 3:02},500"
        cues.append(f"{number + 1}\n{times}\n{line}\n({seed}.{number})\n")
    return "\n".join(cues)
