"""The operator's door: `sublarr`.

Exit codes: 0 done; 1 the scan failed; 2 input that cannot be taken; 3 this machine is not ready;
4 a server does not answer; 5 not possible now (another scan runs); 6 done, but some directories
or files failed; 130 cancelled by Ctrl-C.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sublarr_tasks import (
    __version__,
    db,
    enqueue,
    errors,
    filenames,
    health,
    keys,
    libraries,
    local,
    logs,
    progress,
    publications,
    scans,
    settings,
    terminal,
)
from sublarr_tasks.cli import accounts, subtitles
from sublarr_tasks.cli.codes import FAILED, INTERRUPTED, PARTLY
from sublarr_tasks.models import LibraryKind, ScanStatus, Trigger
from sublarr_tasks.profiles import Profile, Publishing
from sublarr_tasks.viewers import INSTALLATION

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
KIND_HELP = "What a new library holds; films where this is not said."
library_app = typer.Typer(no_args_is_help=True, help="List, add and remove libraries.")
app.add_typer(library_app, name="library")
app.add_typer(accounts.user_app, name="user")
app.add_typer(accounts.key_app, name="key")
app.add_typer(subtitles.subtitle_app, name="subtitle")

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)

EXIT_CODES: tuple[tuple[type[errors.SublarrError], int], ...] = (
    (errors.InputError, 2),
    (errors.NotFound, 2),
    (errors.StartError, 3),
    (errors.Unavailable, 4),
    (errors.Conflict, 5),
)


class OnInterrupt(StrEnum):
    """What Ctrl-C does to a scan."""

    CANCEL = "cancel"
    DETACH = "detach"


def main() -> None:
    """Run a command; an error of ours is one sentence and an exit code."""
    try:
        app()
    except errors.SublarrError as error:
        err.print(str(error), style="red", markup=False, highlight=False)
        sys.exit(next((code for kind, code in EXIT_CODES if isinstance(error, kind)), FAILED))


@app.command()
def up() -> None:
    """Run everything on this machine until Ctrl-C: servers, worker, beat, API, Flower."""
    with local.everything(sys.stdout) as (running, key):
        running.supervisor.listen()  # who reads that it runs may stop it
        current = settings.current()
        out.print(f"API      http://{current.host}:{current.port}/api/v1/docs", highlight=False)
        out.print(
            f"Flower   http://{current.flower_host}:{current.flower_port}  (user sublarr)",
            highlight=False,
        )
        shown = key.value if key.is_new else f"in {current.home / keys.FILE_NAME}"
        out.print(f"API key  {shown}", highlight=False, markup=False)
        running.supervisor.wait()


@app.command()
def scan(
    path: Annotated[Path, typer.Argument(help="A folder of films, series or music.")],
    *,
    name: Annotated[str, typer.Option(help="The library's name; without it the folder's.")] = "",
    kind: Annotated[LibraryKind | None, typer.Option(help=KIND_HELP)] = None,
    full: Annotated[bool, typer.Option("--full", help="Read every directory again.")] = False,
    profile: Annotated[Profile, typer.Option(help="What to do.")] = Profile.STANDARD,
    accept_losses: Annotated[
        bool, typer.Option("--accept-losses", help="Go on though a third of the library is gone.")
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Leave the scan to a running stack, do not follow it.")
    ] = False,
    on_interrupt: Annotated[
        OnInterrupt, typer.Option(help="What Ctrl-C does: cancel the scan or leave it.")
    ] = OnInterrupt.CANCEL,
) -> None:
    """Scan a folder, on a running stack or on one for as long as it takes."""
    with _stack():
        with db.transaction() as connection:
            library_id = libraries.at(connection, str(path.absolute()), name or None, kind)
        scan_id = _requested(library_id, profile, full=full, accept_losses=accept_losses)
        if detach:
            out.print(
                f"Scan {scan_id} is queued, for the running stack or the next that starts.",
                highlight=False,
            )
            return
        _follow(scan_id, on_interrupt)


@app.command()
def publish(
    name: Annotated[str, typer.Argument(help="The library's name.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take back what was written.")] = False,
) -> None:
    """Write NFO files and chosen artwork beside the films and series of a library."""
    if dry_run and undo:
        raise errors.InputError({"--dry-run": "Give it or --undo, not both."})
    mode = Publishing.DRY_RUN if dry_run else Publishing.UNDO if undo else Publishing.WRITE
    with _stack():
        with db.transaction() as connection:
            library_id = libraries.named(connection, name)
            asked = publications.of_library(connection, INSTALLATION, library_id, mode)
        enqueue.send_job(asked.job_id)
        ended = _ended(asked.scan_id, OnInterrupt.CANCEL)
        with db.transaction() as connection:
            for title, said in publications.outcomes(connection, asked.scan_id):
                out.print(f"{title}: {said}", highlight=False, markup=False)
        raise typer.Exit(_exit_code(ended))


@app.command()
def demo() -> None:
    """Make a small sample library in SUBLARR_HOME and scan it."""
    from sublarr_tasks import samples  # noqa: PLC0415 - encoders load slowly

    folder = settings.current().home / "demo" / "Movies"
    with _stack():
        samples.demo(folder)
        out.print(f"The sample library is in {folder}", highlight=False)
        with db.transaction() as connection:
            library_id = libraries.at(connection, str(folder), "Demo")
        _follow(_requested(library_id, Profile.STANDARD), OnInterrupt.CANCEL)


@app.command()
def status() -> None:
    """Say whether a stack runs here, how its libraries stand, and whether all is well."""
    stack = local.find()
    if stack is None:
        out.print(f"Nothing runs in {settings.current().home}.", highlight=False)
        return
    local.use(stack)
    out.print(f"A stack runs in {settings.current().home}, process {stack.pid}.", highlight=False)
    table = Table("Library", "Folder", "Scan", "Status", "Directories", "Errors", box=None)
    with db.transaction() as connection:
        for library in libraries.overview(connection):
            table.add_row(*("-" if value is None else escape(str(value)) for value in library))
    out.print(table, highlight=False)
    found = health.report()
    table = Table("Subsystem", "Healthy", "Message", box=None)
    for name, facts in found.subsystems.items():
        table.add_row(name, "yes" if facts["healthy"] else "no", escape(str(facts["message"])))
    out.print(table, highlight=False)
    raise typer.Exit(0 if found.healthy else FAILED)


@app.command()
def migrate() -> None:
    """Bring the database to this version's schema."""
    with local.for_a_command(worker_needed=False):
        local.migrate()
    out.print("The database is up to date.")


@app.command()
def worker(
    pool: Annotated[str, typer.Argument(help="all, control, disk or net.")] = "all",
    group: Annotated[str | None, typer.Option(help="The worker group of this host.")] = None,
) -> None:
    """Run a worker on the servers of a running stack or of the environment."""
    _become(local.worker(pool, group))


@app.command()
def beat() -> None:
    """Run the clock."""
    _become(local.beat())


@app.command()
def watch() -> None:
    """Scan directories of watched libraries as their files change."""
    _become(local.watch())


@app.command()
def api() -> None:
    """Serve the API; a key that is new is printed."""
    made = keys.obtain(settings.current())
    if made.is_new:
        out.print(f"API key  {made.value}", highlight=False, markup=False)
    _become(local.api())


@app.command()
def flower() -> None:
    """Serve Flower, behind a password."""
    current = settings.current()
    os.environ.update(local.flower_environment(current))
    _become(local.flower())


@library_app.command("list")
def list_libraries() -> None:
    """List the libraries."""
    with local.for_a_command(worker_needed=False), db.transaction() as connection:
        for name, path, *_ in libraries.overview(connection):
            shown = filenames.printable(path)
            out.print(f"{name}\t{shown}", highlight=False, markup=False)


@library_app.command("add")
def add_library(
    path: Annotated[Path, typer.Argument(help="A folder of films, series or music.")],
    name: Annotated[str, typer.Option(help="Its name; without it the folder's.")] = "",
    kind: Annotated[LibraryKind | None, typer.Option(help=KIND_HELP)] = None,
) -> None:
    """Add a folder without scanning it."""
    with local.for_a_command(worker_needed=False), db.transaction() as connection:
        libraries.at(connection, str(path.absolute()), name or None, kind)


@library_app.command("remove")
def remove_library(name: Annotated[str, typer.Argument(help="The library's name.")]) -> None:
    """Forget a library and what was found in it; its files stay."""
    with local.for_a_command(worker_needed=False), db.transaction() as connection:
        libraries.remove(connection, INSTALLATION, libraries.named(connection, name))


@app.callback(invoke_without_command=True)
def _version(
    *, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False
) -> None:
    """Sublarr Tasks: scan libraries of films, series and music with a fleet of workers."""
    if version:
        out.print(__version__)
        raise typer.Exit
    logs.configure()


@contextmanager
def _stack() -> Iterator[None]:
    """Find a stack with a worker, or start one and tell whoever watches what takes so long."""
    with ExitStack() as running:
        with out.status("Starting PostgreSQL, Redis and a worker ..."):
            running.enter_context(local.for_a_command(worker_needed=True))
        yield


def _requested(
    library_id: int, profile: Profile, *, full: bool = False, accept_losses: bool = False
) -> int:
    """Ask for a scan, or take up the one that has not ended."""
    options = {"accept_losses": True} if accept_losses else {}
    try:
        with db.transaction() as connection:
            asked = scans.request(
                connection,
                library_id,
                trigger=Trigger.CLI,
                full=full,
                profile=profile,
                options=options,
            )
    except errors.ScanRunning as running:
        err.print(f"Scan {running.scan_id} of this library has not ended; following it.")
        return running.scan_id
    enqueue.send_job(asked.job_id)
    return asked.scan_id


def _follow(scan_id: int, on_interrupt: OnInterrupt) -> None:
    """Show a scan to its end and leave with its exit code."""
    ended = _ended(scan_id, on_interrupt)
    terminal.summary(out, ended)
    raise typer.Exit(_exit_code(ended))


def _ended(scan_id: int, on_interrupt: OnInterrupt) -> progress.Progress:
    """Show a scan to its end."""

    def look() -> progress.Progress:
        with db.transaction() as connection:
            return progress.of(connection, INSTALLATION, scan_id)

    with _interrupts() as interrupted:
        ended = terminal.follow(out, look, interrupted)
    if ended is None:
        _interrupt(scan_id, on_interrupt)
        ended = look()
    return ended


def _interrupt(scan_id: int, on_interrupt: OnInterrupt) -> None:
    if on_interrupt is OnInterrupt.DETACH:
        out.print(
            f"Scan {scan_id} goes on with the running stack, or where it was left when one starts.",
            highlight=False,
        )
        raise typer.Exit(0)
    with db.transaction() as connection:
        scans.cancel(connection, scan_id)


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C into an event; the second is an ordinary one."""
    interrupted = threading.Event()

    def note(_: int, __: FrameType | None) -> None:
        interrupted.set()
        signal.signal(signal.SIGINT, before)

    before: Callable[[int, FrameType | None], object] | int | None
    before = signal.signal(signal.SIGINT, note)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


def _exit_code(ended: progress.Progress) -> int:
    row = ended.scan
    if row.status == ScanStatus.CANCELLED:
        return INTERRUPTED
    if row.status == ScanStatus.FAILED:
        return FAILED
    return PARTLY if row.errors_count else 0


def _become(argv: list[str]) -> NoReturn:
    """Turn into a long-running process; nothing stands between it and its signals."""
    stack = local.find()
    if stack is None:
        raise errors.StartError(
            "SUBLARR_DATABASE_URL and SUBLARR_REDIS_URL are not set and no stack runs in"
            f" {settings.current().home}; `sublarr up` starts one."
        )
    local.use(stack)
    os.execv(argv[0], argv)  # noqa: S606 - our own program, from a list
