"""What `celery -A workers.app` finds: the application with every task on it."""

from sublarr_tasks.celery_app import app
from sublarr_tasks.tasks import (
    cache_asset,
    directory_scan,
    enrich_metadata,
    fetch_assets,
    publish_item,
    scan,
    select_assets,
    upkeep,
    wanted_search,
)
from workers import lifecycle

__all__ = [
    "app",
    "cache_asset",
    "directory_scan",
    "enrich_metadata",
    "fetch_assets",
    "lifecycle",
    "publish_item",
    "scan",
    "select_assets",
    "upkeep",
    "wanted_search",
]
