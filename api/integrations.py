"""Integrations: the services outside that are asked for things, or told."""

from datetime import datetime
from typing import Annotated, Any

from flask import Response, url_for
from pydantic import Field, Strict, StringConstraints

from api.auth import viewer
from api.fields import Answer, Body, Flag, GivenId, Id, Text, absent, reply
from api.openapi import resource
from api.paging import PageAnswer, PageQuery
from api.problems import answers
from sublarr_tasks.db import transaction
from sublarr_tasks.integrations import building, paths, rows, testing
from sublarr_tasks.integrations.kinds import REQUIREMENTS, Category, Kind
from sublarr_tasks.integrations.testing import Outcome

api = resource("integrations", "Outside services.")

Name = Annotated[Text, StringConstraints(max_length=1000)]
Url = Annotated[
    Text,
    StringConstraints(max_length=4096),
    Field(description="http or https, with a path where the service lives below one"),
]
Secrets = Annotated[
    dict[str, Text | None],
    Field(max_length=20, description="written and never read; null takes one away"),
]
OwnerId = Annotated[GivenId | None, Field(description="an admin's to choose")]
CallsPerSecond = Annotated[
    Annotated[float, Strict(), Field(gt=0.001, le=10_000)] | None,
    Field(description="of the whole fleet; null: as is usual for its kind"),
]


class PathMapping(Body):
    """A folder as the service names it, and where it is here."""

    remote: Annotated[Text, StringConstraints(max_length=5000)]
    local: Annotated[Text, StringConstraints(max_length=5000)]


Mappings = Annotated[list[PathMapping], Field(max_length=1000)]


class Integration(Answer):
    """A service that was set up; of its secrets only the names are told."""

    id: int
    kind: Kind
    category: Category
    name: str
    owner_id: int | None
    enabled: bool
    url: str
    verify_tls: bool
    calls_per_second: float | None = Field(description="null: as is usual for its kind")
    secrets: list[str]
    path_mappings: list[PathMapping]
    add_libraries: bool = Field(
        description="of a Sonarr or Radarr: root folders that are in no library become libraries"
    )
    tested_at: datetime | None
    test_outcome: Outcome | None
    test_detail: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: Any) -> "Integration":  # noqa: ANN401 - a row
        return cls.model_validate(
            row._asdict()
            | {
                "category": REQUIREMENTS[Kind(row.kind)].category,
                "secrets": rows.secret_names(row),
            }
        )


class IntegrationPage(PageAnswer[Integration]):
    """A page of integrations."""


class NewIntegration(Body):
    """A service to be set up."""

    kind: Kind
    name: Name
    url: Url | None = Field(None, description="unset: where everybody finds the service")
    enabled: Flag = True
    verify_tls: Flag = True
    calls_per_second: CallsPerSecond = None
    secrets: Secrets = Field(default_factory=dict)
    path_mappings: Mappings = Field(default_factory=list)
    add_libraries: Flag = True
    owner_id: OwnerId = None

    def draft(self) -> rows.Draft:
        fields = dict(self) | {"path_mappings": _mappings(self.path_mappings)}
        return rows.Draft(**fields)


class IntegrationChanges(Body):
    """What is to change; who changes the URL gives the secrets again."""

    name: Name = Field(default_factory=absent)
    url: Url = Field(default_factory=absent)
    enabled: Flag = Field(default_factory=absent)
    verify_tls: Flag = Field(default_factory=absent)
    calls_per_second: CallsPerSecond = Field(default_factory=absent)
    secrets: Secrets = Field(default_factory=absent)
    path_mappings: Mappings = Field(default_factory=absent)
    add_libraries: Flag = Field(default_factory=absent)
    owner_id: OwnerId = Field(default_factory=absent)


class Tested(Answer):
    """How a test ended."""

    outcome: Outcome
    detail: str


class PathQuestion(Body):
    """A path as the service names it."""

    path: Annotated[Text, StringConstraints(min_length=1, max_length=5000)]


class PathAnswer(Answer):
    """Where it is here."""

    local: str
    mapped: bool = Field(description="false: no mapping holds, so it is the same path")


class KindNeeds(Answer):
    """What a kind of service needs."""

    kind: Kind
    category: Category
    url: str | None = Field(description="where everybody finds it; null: say where yours is")
    secrets: list[str]
    optional_secrets: list[str]
    has_paths: bool


class Kinds(Answer):
    """The kinds of services that can be set up."""

    results: list[KindNeeds]


class IntegrationPath(Answer):
    """The integration that an address names."""

    integration_id: Id


class IntegrationQuery(PageQuery):
    """Which integrations are listed."""

    kind: Kind | None = None


@api.get("/integration-kinds", responses={200: Kinds})
def kinds() -> Response:
    """List what can be set up, and what each needs."""
    found = [
        KindNeeds(
            kind=kind,
            category=needs.category,
            url=needs.url,
            secrets=list(needs.secrets),
            optional_secrets=list(needs.optional),
            has_paths=needs.has_paths,
        )
        for kind, needs in REQUIREMENTS.items()
    ]
    return reply(Kinds(results=found))


@api.get("/integrations", responses={200: IntegrationPage, **answers(422)})
def index(query: IntegrationQuery) -> Response:
    """List the integrations."""
    with transaction() as db:
        page = rows.page(db, viewer(), query.window(), query.kind)
    return reply(IntegrationPage.of(page, query, [Integration.of(row) for row in page.rows]))


@api.post("/integrations", responses={201: Integration, **answers(400, 409, 413, 415, 422)})
def add(body: NewIntegration) -> Response:
    """Set a service up."""
    with transaction() as db:
        made = rows.add(db, viewer(), body.draft())
    location = url_for("integrations.read", integration_id=made.id)
    return reply(Integration.of(made), 201, location=location)


@api.get("/integrations/<integration_id>", responses={200: Integration, **answers(404, 422)})
def read(path: IntegrationPath) -> Response:
    """Read an integration."""
    with transaction() as db:
        return reply(Integration.of(rows.get(db, viewer(), path.integration_id)))


@api.patch(
    "/integrations/<integration_id>",
    responses={200: Integration, **answers(400, 404, 409, 413, 415, 422)},
)
def change(path: IntegrationPath, body: IntegrationChanges) -> Response:
    """Change some of an integration's fields."""
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    if "path_mappings" in changes:
        changes["path_mappings"] = _mappings(changes["path_mappings"])
    with transaction() as db:
        changed = rows.change(db, viewer(), path.integration_id, changes)
    return reply(Integration.of(changed))


@api.delete("/integrations/<integration_id>", responses={204: None, **answers(404, 422)})
def remove(path: IntegrationPath) -> Response:
    """Forget a service and its secrets."""
    with transaction() as db:
        rows.remove(db, viewer(), path.integration_id)
    return Response(status=204)


@api.post(
    "/integrations/<integration_id>/test",
    responses={200: Tested, **answers(400, 404, 413, 415, 422)},
)
def test(path: IntegrationPath) -> Response:
    """Ask whether the service answers, is the one meant, and takes the credentials."""
    with transaction() as db:
        row = rows.get(db, viewer(), path.integration_id)
        viewer().require_change(row.owner_id)
    tested = testing.tried(building.connected(row, testing=True))
    with transaction() as db:
        rows.note_test(db, row.id, tested)
    return reply(Tested.model_validate(tested))


@api.post(
    "/integrations/<integration_id>/map-path",
    responses={200: PathAnswer, **answers(400, 404, 413, 415, 422)},
)
def map_path(path: IntegrationPath, body: PathQuestion) -> Response:
    """Tell where a path of the service is here."""
    with transaction() as db:
        row = rows.get(db, viewer(), path.integration_id)
    mappings = paths.parsed(row.path_mappings)
    held = any(each.to_local(body.path) is not None for each in mappings)
    return reply(PathAnswer(local=paths.to_local(mappings, body.path), mapped=held))


def _mappings(given: list[PathMapping]) -> list[paths.PathMapping]:
    return [paths.PathMapping(each.remote, each.local) for each in given]
