"""Logging in and out, the sessions that are open, and the second factor."""

from datetime import datetime
from typing import Annotated, Literal

from flask import Response, request
from pydantic import Field, StringConstraints

from api import cookies
from api.auth import open_to_all, user_with_session, viewer, visitor
from api.fields import Answer, Body, Flag, Id, OptionalBody, Text, reply
from api.openapi import resource
from api.problems import answers
from sublarr_tasks.accounts import lockout, logins, sessions, tokens, totp, users
from sublarr_tasks.accounts.sessions import Tokens
from sublarr_tasks.accounts.tokens import Kind
from sublarr_tasks.db import transaction
from sublarr_tasks.errors import Forbidden, Unauthenticated
from sublarr_tasks.models import Role, Scope

api = resource("auth", "Sessions of people, and their second factor.")
door = resource("login", "Where people come in.", open_to_all=True)

Password = Annotated[Text, StringConstraints(min_length=1, max_length=1024)]
Code = Annotated[Text, StringConstraints(max_length=64)]


class Login(Body):
    """A name and a password, and a code where the person has a second factor."""

    name: Annotated[Text, StringConstraints(max_length=64)]
    password: Password
    code: Code | None = Field(None, description="of the authenticator, or a recovery code")
    cookies: Flag = Field(
        default=False, description="keep the session in the browser and give no tokens"
    )


class Refresh(OptionalBody):
    """A refresh token; without one the browser's is taken."""

    refresh_token: Annotated[Text, StringConstraints(max_length=4096)] | None = None


class Granted(Answer):
    """What a login gives: tokens, or with cookies the token for the header X-CSRF-Token."""

    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the word of RFC 6750
    expires_in: int = Field(description="seconds that the access token is good for")
    access_token: str | None
    refresh_token: str | None = Field(description="good once; using it again ends the session")
    csrf_token: str | None


class Me(Answer):
    """Who one is here; without a user it is the installation's own key."""

    user_id: int | None
    name: str | None
    role: Role
    scope: Scope
    session_id: int | None
    totp_enabled: bool


class Session(Answer):
    """A login that stands."""

    id: int
    address: str | None
    user_agent: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    present: bool = Field(description="the one that asks")


class Sessions(Answer):
    """The sessions that are open."""

    results: list[Session]


class NewPassword(Body):
    """A change of one's own password."""

    password: Password = Field(description="the present one")
    new_password: Password


class Proof(Body):
    """One's password, and the code where there is a second factor."""

    password: Password
    code: Code | None = None


class Confirmation(Body):
    """The first code of a new secret."""

    code: Code


class TotpSecret(Answer):
    """What an authenticator needs; it counts once a code of it was confirmed."""

    secret: str
    uri: str


class RecoveryCodes(Answer):
    """Codes that stand for the second factor, each once; they are not shown again."""

    recovery_codes: list[str]


class SessionPath(Answer):
    """The session that an address names."""

    session_id: Id


@door.post("/auth/login", responses={200: Granted, **answers(400, 401, 413, 415, 422, 429, 503)})
@open_to_all
def login(body: Login) -> Response:
    """Log in."""
    made = logins.login(
        body.name, body.password, body.code, request.remote_addr, request.user_agent.string
    )
    return _granted(made, in_cookies=body.cookies)


@door.post("/auth/refresh", responses={200: Granted, **answers(400, 401, 403, 413, 415, 422, 503)})
@open_to_all
def refresh(body: Refresh) -> Response:
    """Trade a refresh token for new tokens."""
    if body.refresh_token is not None:
        return _granted(logins.refresh(body.refresh_token), in_cookies=False)
    kept = cookies.refresh(request)
    if kept is None:
        raise Unauthenticated("Give a refresh token.")
    with transaction() as db:
        known = tokens.read(db, kept, Kind.REFRESH)
        cookies.require_own_page(db, request, known.session_id)
    return _granted(logins.refresh(kept), in_cookies=True)


@api.post("/auth/logout", responses={204: None, **answers(400, 413, 415, 422)})
def logout() -> Response:
    """End this session, in every process at once."""
    user_id, session_id = user_with_session()
    with transaction() as db:
        sessions.revoke(db, session_id, "logout", user_id=user_id)
    return _gone()


@api.post("/auth/logout-everywhere", responses={204: None, **answers(400, 413, 415, 422)})
def logout_everywhere() -> Response:
    """End all of one's sessions."""
    user_id, _ = user_with_session()
    with transaction() as db:
        sessions.revoke_all(db, user_id, "logout")
    return _gone()


@api.get("/auth/me", responses={200: Me})
def me() -> Response:
    """Tell who one is."""
    here = visitor()
    name, enabled = None, False
    if here.viewer.user_id is not None:
        with transaction() as db:
            user = users.get(db, here.viewer.user_id)
        name, enabled = user.name, user.totp_enabled
    return reply(
        Me(
            user_id=here.viewer.user_id,
            name=name,
            role=here.viewer.role,
            scope=here.viewer.scope,
            session_id=here.session_id,
            totp_enabled=enabled,
        )
    )


@api.get("/auth/sessions", responses={200: Sessions})
def index() -> Response:
    """List one's open sessions."""
    user_id = viewer().user_id
    if user_id is None:
        raise Forbidden("The installation's key has no sessions.")
    with transaction() as db:
        rows = sessions.of_user(db, user_id)
    present = visitor().session_id
    found = [Session.model_validate(row._asdict() | {"present": row.id == present}) for row in rows]
    return reply(Sessions(results=found))


@api.delete("/auth/sessions/<session_id>", responses={204: None, **answers(404, 422)})
def end(path: SessionPath) -> Response:
    """End one of one's sessions."""
    user_id = viewer().user_id
    if user_id is None:
        raise Forbidden("The installation's key has no sessions.")
    with transaction() as db:
        sessions.revoke(db, path.session_id, "ended", user_id=user_id)
    return Response(status=204)


@api.post("/auth/password", responses={204: None, **answers(400, 413, 415, 422)})
def change_password(body: NewPassword) -> Response:
    """Change one's password; all other sessions end."""
    user_id, session_id = user_with_session()
    user = logins.prove(user_id, body.password, request.remote_addr)
    with transaction() as db:
        users.set_password(
            db, user, body.new_password, keep_session=session_id, field="new_password"
        )
    return Response(status=204)


@api.post("/auth/totp", responses={200: TotpSecret, **answers(400, 409, 413, 415, 422)})
def begin_totp(body: Proof) -> Response:
    """Make a secret for an authenticator."""
    user_id, _ = user_with_session()
    user = logins.prove(user_id, body.password, request.remote_addr)
    with transaction() as db:
        secret, uri = totp.begin(db, user)
    return reply(TotpSecret(secret=secret, uri=uri))


@api.post("/auth/totp/confirm", responses={200: RecoveryCodes, **answers(400, 409, 413, 415, 422)})
def confirm_totp(body: Confirmation) -> Response:
    """Switch the second factor on."""
    user_id, _ = user_with_session()
    with transaction() as db:
        lockout.attempt(db, f"totp:{user_id}", request.remote_addr)
    with transaction() as db:
        user = users.get(db, user_id)
        codes = totp.confirm(db, user, body.code)
        lockout.succeeded(db, f"totp:{user_id}", request.remote_addr)
    return reply(RecoveryCodes(recovery_codes=codes))


@api.post("/auth/totp/disable", responses={204: None, **answers(400, 413, 415, 422)})
def disable_totp(body: Proof) -> Response:
    """Take the second factor away."""
    user_id, _ = user_with_session()
    logins.prove(user_id, body.password, request.remote_addr, code=body.code, whole=True)
    with transaction() as db:
        totp.disable(db, user_id)
    return Response(status=204)


def _granted(made: Tokens, *, in_cookies: bool) -> Response:
    if not in_cookies:
        return reply(
            Granted(
                expires_in=made.expires_in,
                access_token=made.access,
                refresh_token=made.refresh,
                csrf_token=None,
            )
        )
    with transaction() as db:
        csrf = tokens.csrf(db, made.session_id)
    answer = reply(
        Granted(expires_in=made.expires_in, access_token=None, refresh_token=None, csrf_token=csrf)
    )
    cookies.put(answer, made, csrf)
    return answer


def _gone() -> Response:
    answer = Response(status=204)
    cookies.take_away(answer)
    return answer
