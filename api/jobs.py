"""Jobs: what people and the clock asked for."""

from flask import Response

from api.auth import viewer
from api.fields import Answer, Id, reply
from api.openapi import resource
from api.paging import PageQuery
from api.problems import answers
from api.schemas.scans import Job, JobPage
from sublarr_tasks import catalog
from sublarr_tasks.db import transaction
from sublarr_tasks.models import JobState

api = resource("jobs", "What people and the clock asked for.")


class JobPath(Answer):
    """The job that an address names."""

    job_id: Id


class JobQuery(PageQuery):
    """Which jobs are listed."""

    state: JobState | None = None


@api.get("/jobs", responses={200: JobPage, **answers(422)})
def index(query: JobQuery) -> Response:
    """List jobs, the newest first."""
    with transaction() as db:
        page = catalog.jobs(db, viewer(), query.window(), state=query.state)
    return reply(JobPage.of(page, query, [Job.model_validate(row) for row in page.rows]))


@api.get("/jobs/<job_id>", responses={200: Job, **answers(404, 422)})
def read(path: JobPath) -> Response:
    """Read a job."""
    with transaction() as db:
        return reply(Job.model_validate(catalog.job(db, viewer(), path.job_id)))
