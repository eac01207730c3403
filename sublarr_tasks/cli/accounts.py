"""People and keys from the command line: the first admin, and the way back in."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from sublarr_tasks import db, encryption, keys, local, rotation, settings
from sublarr_tasks.accounts import lockout, tokens, totp, users
from sublarr_tasks.embedded import Home
from sublarr_tasks.errors import InputError
from sublarr_tasks.models import Role
from sublarr_tasks.paging import MOST_ON_A_PAGE, Window

user_app = typer.Typer(no_args_is_help=True, help="Add people, and let them in again.")
key_app = typer.Typer(invoke_without_command=True, help="The API key, and the encryption's keys.")

out = Console(soft_wrap=True)

Name = Annotated[str, typer.Argument(help="The user's name.")]


@user_app.command("add")
def add_user(
    name: Name,
    *,
    admin: Annotated[bool, typer.Option("--admin", help="May do everything.")] = False,
) -> None:
    """Add a user; the password is asked for, or read from standard input."""
    password = _password()
    with local.for_a_command(worker_needed=False), db.transaction() as connection:
        users.add(connection, name, password, Role.ADMIN if admin else Role.USER)


@user_app.command("list")
def list_users() -> None:
    """List the users."""
    table = Table("Name", "Role", "Enabled", "Second factor", "Last login", box=None)
    with local.for_a_command(worker_needed=False), db.transaction() as connection:
        for user in users.page(connection, Window(limit=MOST_ON_A_PAGE)).rows:
            seen = f"{user.last_login_at:%Y-%m-%d %H:%M}" if user.last_login_at else "-"
            enabled, factor = (
                "yes" if flag else "no" for flag in (user.enabled, user.totp_enabled)
            )
            table.add_row(user.name, user.role, enabled, factor, seen)
    out.print(table, highlight=False, markup=False)


@user_app.command("password")
def set_password(name: Name) -> None:
    """Set a user's password; all sessions of the user end."""
    password = _password()
    with local.for_a_command(worker_needed=False), db.transaction() as connection:
        users.set_password(connection, users.named(connection, name), password)


@user_app.command("unlock")
def unlock(
    name: Name,
    *,
    second_factor: Annotated[
        bool, typer.Option("--drop-second-factor", help="Take a lost second factor away.")
    ] = False,
) -> None:
    """Let a user try again who failed to log in too often."""
    with local.for_a_command(worker_needed=False), db.transaction() as connection:
        user = users.named(connection, name)
        lockout.unlock(connection, user.name)
        if second_factor:
            totp.disable(connection, user.id)


@user_app.command("remove")
def remove_user(name: Name) -> None:
    """Delete a user, who must own nothing any more."""
    with local.for_a_command(worker_needed=False), db.transaction() as connection:
        users.remove(connection, users.named(connection, name).id)


@key_app.callback()
def show_key(context: typer.Context) -> None:
    """Print the API key of this installation, making it if there is none."""
    if context.invoked_subcommand is None:
        current = settings.current()
        Home(current.home).prepare()
        out.print(keys.obtain(current).value, highlight=False, markup=False)


@key_app.command("rotate")
def rotate(
    *,
    sign_out: Annotated[
        bool, typer.Option("--sign-out", help="Change the tokens' key too; all sessions end.")
    ] = False,
) -> None:
    """Encrypt every stored secret with a new key."""
    with local.for_a_command(worker_needed=False):
        made = encryption.add_key()
        with db.transaction() as connection:
            if sign_out:
                tokens.change_key(connection)
            count = rotation.reencrypt(connection)
        encryption.drop_old_keys()
    source = "a new key" if made else "the first key of SUBLARR_ENCRYPTION_KEYS"
    out.print(f"{count} stored secrets are encrypted with {source}.", highlight=False)


def _password() -> str:
    """Ask for a password twice, or read it from what is piped in."""
    if sys.stdin.isatty():
        entered: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        return entered
    entered = sys.stdin.readline().rstrip("\n")
    if not entered:
        raise InputError({"password": "Give one on standard input."})
    return entered
