"""Sonarr: series, their episodes and files."""

from collections.abc import Mapping, Sequence

from sublarr_tasks.clients.arr.arr import Arr, longest_ago_first
from sublarr_tasks.clients.arr.resources import Command, Episode, EpisodeFile, Series


class Sonarr(Arr):
    """Its versions 3, 4 and 5."""

    app_name = "Sonarr"

    def series(self) -> list[Series]:
        """Return every series with its statistics, in one call of perhaps tens of megabytes."""
        return self._many(Series, "/series", {"includeSeasonImages": "false"})

    def one_series(self, series_id: int) -> Series:
        return self._one(Series, f"/series/{series_id}")

    def episodes(self, series_id: int) -> list[Episode]:
        """Return a series' episodes, each with its file, in one call."""
        params = {"seriesId": series_id, "includeEpisodeFile": "true", "includeImages": "false"}
        return self._many(Episode, "/episode", params)

    def episode_files(self, series_id: int) -> list[EpisodeFile]:
        return self._many(EpisodeFile, "/episodefile", {"seriesId": series_id})

    def missing(self) -> list[Episode]:
        """Return monitored episodes that aired and have no file, longest not searched for first."""
        return self._wanted("/wanted/missing")

    def below_cutoff(self) -> list[Episode]:
        """Return monitored episodes whose file's quality is below its profile's cut-off."""
        return self._wanted("/wanted/cutoff")

    def search_episodes(self, episode_ids: Sequence[int]) -> Command:
        """Search for episodes one by one; one that raises there ends the command for the rest."""
        return self.command("EpisodeSearch", episodeIds=list(episode_ids))

    def search_season(self, series_id: int, season_number: int) -> Command:
        return self.command("SeasonSearch", seriesId=series_id, seasonNumber=season_number)

    def rescan(self, series_id: int) -> Command:
        """Make it look at a series' folder."""
        return self.command("RescanSeries", seriesId=series_id)

    def _wanted(self, path: str) -> list[Episode]:
        params = {
            "sortKey": "episodes.lastSearchTime",
            "monitored": "true",
            "includeSeries": "false",
        }
        return longest_ago_first(self._pages(Episode, path, params))

    def _queue_options(self) -> Mapping[str, object]:
        return {"includeUnknownSeriesItems": "true"}
