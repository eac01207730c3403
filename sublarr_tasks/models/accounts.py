"""Who may use the product: people, their sessions and API keys, and how often logins failed."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from sublarr_tasks.models.base import CASCADE, Base, BigInt, Created, Id, words


class Role(StrEnum):
    """What a person may do at most."""

    USER = "user"
    ADMIN = "admin"


class Scope(StrEnum):
    """What an API key may do; never more than its owner."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


class User(Base):
    """A person; `totp_step` is the last time step whose code was taken, so none counts twice."""

    __tablename__ = "users"
    __table_args__ = (
        Index("uq_users_name", text("lower(name)"), unique=True),
        CheckConstraint(f"role IN ({words(tuple(Role))})", "role"),
    )

    id: Mapped[Id]
    name: Mapped[str]
    role: Mapped[str]
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    password_hash: Mapped[str]
    totp_secret: Mapped[str | None]
    totp_enabled: Mapped[bool] = mapped_column(server_default=text("false"))
    totp_step: Mapped[BigInt] = mapped_column(server_default="0")
    created_at: Mapped[Created]
    updated_at: Mapped[Created]
    last_login_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """The SHA-256 of a code that stands for the second factor once."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("user_id", "digest"),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete=CASCADE))
    digest: Mapped[bytes] = mapped_column(LargeBinary)


class Session(Base):
    """A login and the tokens that came of it; only a refresh token of `generation` is good."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_user_id", "user_id"),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete=CASCADE))
    generation: Mapped[int] = mapped_column(server_default="1")
    address: Mapped[str | None]
    user_agent: Mapped[str | None]
    created_at: Mapped[Created]
    last_used_at: Mapped[Created]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str | None]


class SigningKey(Base):
    """A key that signs tokens, encrypted; the newest signs, all that are here are believed."""

    __tablename__ = "signing_keys"

    id: Mapped[Id]
    secret: Mapped[str]
    created_at: Mapped[Created]


class ApiKey(Base):
    """A program's key; of the key itself only the SHA-256 is kept, and how it begins."""

    __tablename__ = "api_keys"
    __table_args__ = (
        UniqueConstraint("digest"),
        Index("ix_api_keys_user_id", "user_id", "id"),
        CheckConstraint(f"scope IN ({words(tuple(Scope))})", "scope"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete=CASCADE))
    name: Mapped[str]
    scope: Mapped[str]
    prefix: Mapped[str]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Created]
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class LoginFailure(Base):
    """Logins that failed for a name or from an address, whether or not the name exists."""

    __tablename__ = "login_failures"

    subject: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_failed_at: Mapped[Created]
    locked_until: Mapped[datetime | None]
