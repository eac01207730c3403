"""What Sonarr and Radarr have in common."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from sublarr_tasks.clients.answers import understood
from sublarr_tasks.clients.arr.resources import (
    Command,
    HealthIssue,
    HistoryRecord,
    Indexer,
    QualityProfile,
    QueueRecord,
    Record,
    Resource,
    RootFolder,
    SystemStatus,
    Tag,
)
from sublarr_tasks.clients.http import Http
from sublarr_tasks.errors import AnswerMalformed

R = TypeVar("R", bound=Resource)
RowT = TypeVar("RowT", bound=Record)

API = "/api/v3"
# There is no largest page. One that holds everything cannot repeat or skip what ties in its order.
PAGE_SIZE = 1000
MOST_PAGES = 1000
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Arr:
    """The calls that both answer."""

    app_name: str

    def __init__(self, http: Http) -> None:
        self._http = http

    def system_status(self) -> SystemStatus:
        return self._one(SystemStatus, "/system/status")

    def health(self) -> list[HealthIssue]:
        return self._many(HealthIssue, "/health")

    def root_folders(self) -> list[RootFolder]:
        return self._many(RootFolder, "/rootfolder")

    def tags(self) -> list[Tag]:
        return self._many(Tag, "/tag")

    def quality_profiles(self) -> list[QualityProfile]:
        return self._many(QualityProfile, "/qualityprofile")

    def indexers(self) -> list[Indexer]:
        return self._many(Indexer, "/indexer")

    def queue(self) -> list[QueueRecord]:
        """Return every download that it follows, those that it cannot place among them."""
        return self._pages(QueueRecord, "/queue", self._queue_options())

    def history_since(self, moment: datetime) -> list[HistoryRecord]:
        """Return what happened after a moment, the oldest first; one call, however much it is."""
        since = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        found = self._many(HistoryRecord, "/history/since", {"date": since})
        return sorted(found, key=lambda record: (record.date, record.id))

    def command(self, name: str, **fields: object) -> Command:
        """Tell it to do something; the same command that waits or runs is not begun twice."""
        body = {"name": name, **fields}
        return self._valid(Command, self._http.send_json("POST", f"{API}/command", body))

    def command_status(self, command_id: int) -> Command:
        return self._one(Command, f"/command/{command_id}")

    def _queue_options(self) -> Mapping[str, object]:
        return {}

    def _one(self, kind: type[R], path: str, params: Mapping[str, object] | None = None) -> R:
        return self._valid(kind, self._http.get_json(API + path, params))

    def _many(
        self, kind: type[R], path: str, params: Mapping[str, object] | None = None
    ) -> list[R]:
        return self._all(kind, self._http.get_json(API + path, params))

    def _pages(self, kind: type[RowT], path: str, params: Mapping[str, object]) -> list[RowT]:
        """Return a paged list, each record once: the same one may come on two pages."""
        found: dict[int, RowT] = {}
        for page in range(1, MOST_PAGES + 1):
            # Without a direction theirs is descending.
            asked = {"sortDirection": "ascending"} | dict(params)
            answer = self._http.get_json(API + path, asked | {"page": page, "pageSize": PAGE_SIZE})
            if not isinstance(answer, dict):
                raise AnswerMalformed("A page of a list is no object.")
            records = self._all(kind, answer.get("records"))
            found.update((record.id, record) for record in records)
            if not records or page * PAGE_SIZE >= int(answer.get("totalRecords") or 0):
                break
        return list(found.values())

    def _all(self, kind: type[R], answer: object) -> list[R]:
        if not isinstance(answer, list):
            raise AnswerMalformed(f"It is not what {self.app_name} answers: no list.")
        return [self._valid(kind, each) for each in answer]

    def _valid(self, kind: type[R], answer: object) -> R:
        return understood(kind, answer, self.app_name)


def longest_ago_first(records: Iterable[Any]) -> list[Any]:
    """Put what was never searched first: their SQLite does, their PostgreSQL puts it last."""
    return sorted(records, key=lambda record: (record.last_search_time or LONG_AGO, record.id))
