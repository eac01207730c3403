"""What is lacking, and the search for it, from the command line."""

import time
from typing import Annotated, Any

import typer
from rich.console import Console

from sublarr_tasks import db, enqueue, filenames, libraries, local
from sublarr_tasks.cli.codes import INTERRUPTED, PARTLY
from sublarr_tasks.models import SearchStatus
from sublarr_tasks.paging import MOST_ON_A_PAGE, Window
from sublarr_tasks.viewers import INSTALLATION
from sublarr_tasks.wanted import choosing, items, noting, requests, searches
from sublarr_tasks.wanted.items import WantedFilter
from sublarr_tasks.wanted.requests import Which

LOOK_SECONDS = 0.5
# No clock runs with a stack that is there for one command: what waited is sent again by us.
SEND_EVERY = 10

subtitle_app = typer.Typer(no_args_is_help=True, help="What is lacking, and the search for it.")
out = Console(soft_wrap=True)

Library = Annotated[str, typer.Option("--library", help="Of this library alone, by its name.")]
Language = Annotated[str, typer.Option(help="In this language alone, such as de or pt-BR.")]


@subtitle_app.command("list")
def list_wanted(library: Library = "", language: Language = "") -> None:
    """List what is lacking, the newest first, and count it."""
    with local.for_a_command(worker_needed=False), db.transaction() as connection:
        library_id = libraries.named(connection, library) if library else None
        wanted = WantedFilter(library_id=library_id, language=language or None)
        page = items.page(connection, INSTALLATION, wanted, Window(limit=MOST_ON_A_PAGE))
        counted = items.summary(connection, INSTALLATION, library_id)
    for row in page.rows:
        spoken = f"{row.language} (forced)" if row.forced else row.language
        said = (filenames.printable(row.path), spoken, row.status, row.detail or row.reason)
        out.print("\t".join(said), highlight=False, markup=False)
    out.print(f"{counted.total_wanted} lacking, {counted.upgradeable} could be better.")


@subtitle_app.command("want")
def want(
    languages: Annotated[list[str], typer.Argument(help="In the order of preference: de en.")],
) -> None:
    """Say which languages are wanted, in the profile that holds for everything."""
    with local.for_a_command(worker_needed=False):
        with db.transaction() as connection:
            choosing.want(connection, INSTALLATION, languages)
            changed = noting.to_walk(connection)
        for library_id in changed:
            while _walked(library_id):
                pass


@subtitle_app.command("search")
def search(
    library: Library = "",
    language: Language = "",
    *,
    upgrades: Annotated[
        bool, typer.Option("--upgrades", help="Also for what could be better.")
    ] = False,
) -> None:
    """Search for what is lacking, and follow the search to its end; Ctrl-C cancels it.

    Code 6 says that something was not found.
    """
    with local.for_a_command(worker_needed=True):
        with db.transaction() as connection:
            library_id = libraries.named(connection, library) if library else None
            which = Which(library_id=library_id, language=language or None, upgrades=upgrades)
            begun = requests.search(connection, INSTALLATION, which)
        try:
            ended = _followed(begun.id)
        except KeyboardInterrupt:
            with db.transaction() as connection:
                searches.cancel(connection, INSTALLATION, begun.id)
            raise typer.Exit(INTERRUPTED) from None
    out.print(
        f"{ended.total} searched for: {ended.found} found, {ended.failed} not,"
        f" {ended.skipped} put off.",
        highlight=False,
    )
    raise typer.Exit(0 if ended.found == ended.total else PARTLY)


def _walked(library_id: int) -> bool:
    with db.transaction() as connection:
        return noting.walk(connection, library_id)


def _followed(search_id: int) -> Any:  # noqa: ANN401 - a search's row
    """Wait for a search's end, and show how far it is where somebody watches."""
    with out.status("Searching ...") as shown:
        looked = 0
        while True:
            with db.transaction() as connection:
                searches.complete_all(connection)
                row = searches.get(connection, INSTALLATION, search_id)
                waiting = searches.waiting(connection, enqueue.SEARCHES_AT_ONCE)
            if row.status != SearchStatus.RUNNING:
                return row
            if looked % SEND_EVERY == 0:
                for worker_group, videos in waiting.items():
                    enqueue.send_searches(worker_group, videos)
            shown.update(f"{row.processed} of {row.total}: {row.current_item or '...'}")
            looked += 1
            time.sleep(LOOK_SECONDS)
