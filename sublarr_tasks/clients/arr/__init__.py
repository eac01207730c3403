"""Sonarr and Radarr, over version 3 of their API, which their versions 3 to 6 serve."""

from sublarr_tasks.clients.arr.radarr import Radarr
from sublarr_tasks.clients.arr.sonarr import Sonarr

__all__ = ["Radarr", "Sonarr"]
