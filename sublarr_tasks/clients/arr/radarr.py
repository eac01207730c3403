"""Radarr: films and their files."""

from collections.abc import Mapping, Sequence

from sublarr_tasks.clients.arr.arr import Arr, longest_ago_first
from sublarr_tasks.clients.arr.resources import Command, Movie, MovieFile


class Radarr(Arr):
    """Its versions 3 to 6."""

    app_name = "Radarr"

    def movies(self) -> list[Movie]:
        """Return every film, each with its file, in one call."""
        return self._many(Movie, "/movie", {"excludeLocalCovers": "true"})

    def movie(self, movie_id: int) -> Movie:
        return self._one(Movie, f"/movie/{movie_id}")

    def movie_files(self, movie_ids: Sequence[int]) -> list[MovieFile]:
        return self._many(MovieFile, "/moviefile", {"movieId": list(movie_ids)})

    def missing(self) -> list[Movie]:
        """Return monitored films without a file, longest not searched for first."""
        return self._wanted("/wanted/missing")

    def below_cutoff(self) -> list[Movie]:
        """Return monitored films whose file's quality is below its profile's cut-off."""
        return self._wanted("/wanted/cutoff")

    def search_movies(self, movie_ids: Sequence[int]) -> Command:
        return self.command("MoviesSearch", movieIds=list(movie_ids))

    def rescan(self, movie_id: int) -> Command:
        """Make it look at a film's folder."""
        return self.command("RescanMovie", movieId=movie_id)

    def _wanted(self, path: str) -> list[Movie]:
        params = {"sortKey": "movies.lastSearchTime", "monitored": "true"}
        return longest_ago_first(self._pages(Movie, path, params))

    def _queue_options(self) -> Mapping[str, object]:
        return {"includeUnknownMovieItems": "true"}
