"""What Sonarr and Radarr hold, kept as rows and held against our own libraries."""
