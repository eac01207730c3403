"""What a file or folder is by its name alone: the extension and folder tables.

Sources: Jellyfin's naming options, the Kodi wiki's artwork and NFO pages, Plex's local assets.
"""

VIDEO_EXTENSIONS = frozenset(
    "001 3g2 3gp amv asf asx avi bin bivx divx dv dvr-ms f4v fli flv ifo img iso m2t m2ts m2v m4v"
    " mkv mk3d mov mp4 mpe mpeg mpg mts mxf nrg nsv nuv ogg ogm ogv pva qt rec rm rmvb strm svq3"
    " tp ts ty viv vob vp3 webm wmv wtv xvid".split()
)
IMAGE_EXTENSIONS = frozenset("png jpg jpeg webp tbn gif svg bmp".split())
SUBTITLE_EXTENSIONS = frozenset("ass idx mks sami smi srt ssa sub sup vtt".split())
AUDIO_EXTENSIONS = frozenset(
    "aac aif aiff alac ape dff dsf flac m4a m4b mka mp3 mpc oga ogg opus tta wav wma wv".split()
)
LYRICS_EXTENSIONS = frozenset({"lrc"})
MEDIA_EXTENSIONS = (
    VIDEO_EXTENSIONS | IMAGE_EXTENSIONS | SUBTITLE_EXTENSIONS | AUDIO_EXTENSIONS | LYRICS_EXTENSIONS
)

EXTRAS_FOLDERS = {
    "trailers": "trailer",
    "trailer": "trailer",
    "behind the scenes": "behind_the_scenes",
    "deleted scenes": "deleted_scene",
    "interviews": "interview",
    "scenes": "scene",
    "samples": "sample",
    "sample": "sample",
    "shorts": "short",
    "featurettes": "featurette",
    "extras": "extra",
    "extra": "extra",
    "other": "extra",
    "clips": "clip",
    "backdrops": "theme_video",
    "theme-music": "theme_song",
}
THEMES = frozenset({"theme_video", "theme_song"})
# At the end of a file's name; the first table after "-", "." or "_", the second after "-" only.
EXTRAS_SUFFIXES = {"trailer": "trailer", "sample": "sample"}
EXTRAS_DASH_SUFFIXES = {
    "scene": "scene",
    "clip": "clip",
    "interview": "interview",
    "behindthescenes": "behind_the_scenes",
    "deleted": "deleted_scene",
    "deletedscene": "deleted_scene",
    "featurette": "featurette",
    "short": "short",
    "extra": "extra",
    "other": "extra",
}
EXTRAS_NAMES = {"trailer": "trailer", "movie-trailer": "trailer", "sample": "sample"}
SUBTITLE_FOLDERS = frozenset({"subs", "subtitles"})
ARTWORK_FOLDERS = frozenset({"extrafanart", "extrathumbs", ".actors", "metadata"})
DISC_FOLDERS = frozenset({"bdmv", "video_ts", "certificate"})
SERIES_NFO = "tvshow.nfo"

# Folders that belong to the film beside them. They are that only where a video or disc stands
# beside them: "Shorts" holding "Film (2001)" is a folder like any other.
COMPANION_FOLDERS = SUBTITLE_FOLDERS | ARTWORK_FOLDERS | DISC_FOLDERS | EXTRAS_FOLDERS.keys()


def extension(name: str) -> str:
    """Return the lower-case extension without its dot, "" where there is none."""
    stem, dot, last = name.rpartition(".")
    return last.lower() if dot and stem else ""
