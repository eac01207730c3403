"""The inbox: what Sonarr and Radarr say has happened, and the scans that come of it."""
