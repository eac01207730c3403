"""The second factor: time-based codes (RFC 6238), each taken once, and codes for a lost phone."""

import hashlib
import hmac
import secrets
import time
from typing import Any

import pyotp
from sqlalchemy import Connection, Row, delete, func, insert, update

from sublarr_tasks import encryption
from sublarr_tasks.errors import Conflict, InputError
from sublarr_tasks.models import RecoveryCode, User

ISSUER = "Sublarr"
STEP_SECONDS = 30
# Clocks differ: the code before and the one after the present one are good too.
DRIFT = 1
RECOVERY_CODES = 10


def begin(db: Connection, user: Row[Any]) -> tuple[str, str]:
    """Make a secret that counts once it is confirmed; returns it and its otpauth address."""
    if user.totp_enabled:
        raise Conflict("A second factor is in use; take it away first.")
    secret = pyotp.random_base32()
    db.execute(
        update(User).where(User.id == user.id).values(totp_secret=encryption.encrypt(secret))
    )
    return secret, pyotp.TOTP(secret).provisioning_uri(name=user.name, issuer_name=ISSUER)


def confirm(db: Connection, user: Row[Any], code: str) -> list[str]:
    """Switch the second factor on with its first code; returns the recovery codes, shown once."""
    if user.totp_enabled or user.totp_secret is None:
        raise Conflict("Ask for a secret first.")
    if not _takes(db, user, code):
        raise InputError({"code": "This is not the present code. Is the clock right?"})
    db.execute(
        update(User).where(User.id == user.id).values(totp_enabled=True, updated_at=func.now())
    )
    codes = [f"{secrets.token_hex(5)}-{secrets.token_hex(5)}" for _ in range(RECOVERY_CODES)]
    _forget_codes(db, user.id)
    db.execute(
        insert(RecoveryCode), [{"user_id": user.id, "digest": _digest(each)} for each in codes]
    )
    return codes


def disable(db: Connection, user_id: int) -> None:
    """Take the second factor away; its codes are good no more."""
    _forget_codes(db, user_id)
    db.execute(
        update(User)
        .where(User.id == user_id)
        .values(totp_secret=None, totp_enabled=False, updated_at=func.now())
    )


def passes(db: Connection, user: Row[Any], code: str) -> bool:
    """Use up a code of the app, or a recovery code; each is good once."""
    if _takes(db, user, code):
        return True
    spent = db.execute(
        delete(RecoveryCode).where(
            RecoveryCode.user_id == user.id, RecoveryCode.digest == _digest(code)
        )
    )
    return spent.rowcount == 1


def _takes(db: Connection, user: Row[Any], code: str) -> bool:
    """Compare a code with those of the present steps, and never go back to an earlier one."""
    code = code.strip().replace(" ", "")
    app = pyotp.TOTP(encryption.decrypt(user.totp_secret))
    now = int(time.time()) // STEP_SECONDS
    for step in range(now - DRIFT, now + DRIFT + 1):
        if hmac.compare_digest(app.generate_otp(step).encode(), code.encode()):
            moved = db.execute(
                update(User).where(User.id == user.id, User.totp_step < step).values(totp_step=step)
            )
            return moved.rowcount == 1
    return False


def _forget_codes(db: Connection, user_id: int) -> None:
    db.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.strip().lower().encode()).digest()
