"""The element names that NFO files use, all in lower case: what may stand in what.

Sources: the Kodi wiki's NFO pages and Jellyfin's NFO readers.
"""

ROOTS = frozenset({"movie", "tvshow", "season", "episodedetails", "musicvideo", "artist", "album"})
# Roots whose names fields have too.
FIELDS_TOO = frozenset({"season", "artist", "album"})

_ART = frozenset(
    "poster fanart thumb banner landscape clearlogo clearart discart keyart logo".split()
)

# An element with parts, and the parts.
PARTS = {
    "actor": frozenset(
        "name role order sortorder type thumb profile uniqueid imdbid tmdbid tvdbid".split()
    ),
    "set": frozenset("name overview tmdbcolid tmdbid uniqueid".split()),
    "ratings": frozenset({"rating"}),
    "rating": frozenset({"value", "votes"}),
    "fanart": frozenset({"thumb"}),
    "art": _ART,
    "fileinfo": frozenset({"streamdetails"}),
    "streamdetails": frozenset({"video", "audio", "subtitle"}),
    "video": frozenset(
        "codec aspect width height duration durationinseconds format3d stereomode hdrtype"
        " language scantype bitrate framerate".split()
    ),
    "audio": frozenset("codec language channels bitrate".split()),
    "subtitle": frozenset({"language"}),
}

# An element of a root that holds text only, apart from the mark-up of running text.
_TEXTS = frozenset(
    "title originaltitle localtitle sorttitle plot outline tagline review year premiered aired"
    " releasedate enddate dateadded runtime mpaa certification customrating userrating"
    " criticrating communityrating votes top250 genre style tag studio country director writer"
    " credits trailer uniqueid id imdbid imdb_id tmdbid tvdbid collectionnumber tmdbcolid lockdata"
    " lockedfields thumb status playcount watched lastplayed edition source url language"
    " displayorder showtitle seasonnumber biography episode displayseason displayepisode".split()
)
_WITH_PARTS = frozenset({"actor", "set", "ratings", "rating", "fanart", "art", "fileinfo"})

FIELDS = _TEXTS | _WITH_PARTS
KNOWN = FIELDS | frozenset().union(*PARTS.values())
