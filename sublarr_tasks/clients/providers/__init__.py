"""Where subtitles come from: one module a provider, all of one shape."""

from sublarr_tasks.clients.providers.contract import (
    Candidate,
    Download,
    Media,
    Partial,
    Provider,
    Query,
)

__all__ = ["Candidate", "Download", "Media", "Partial", "Provider", "Query"]
