"""New keys for stored secrets."""

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import insert, update

from libraries import one, rows
from people import person
from sublarr_tasks import encryption, rotation, settings
from sublarr_tasks.accounts import sessions, tokens
from sublarr_tasks.accounts.tokens import Kind
from sublarr_tasks.db import transaction
from sublarr_tasks.errors import Unauthenticated
from sublarr_tasks.models import Base, SigningKey, User

# How this house names a column that holds something encrypted.
ENCRYPTED = ("secret", "secrets", "totp_secret")


def test_every_encrypted_column_is_in_the_list() -> None:
    columns = {
        (table.name, column.name)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.name in ENCRYPTED
    }

    assert columns == {(column.class_.__tablename__, column.key) for _, column in rotation.SECRETS}


@pytest.mark.usefixtures("database")
def test_a_rotation_leaves_nothing_that_needs_the_old_key() -> None:
    anna = person("anna")
    with transaction() as db:
        db.execute(update(User).values(totp_secret=encryption.encrypt("open sesame")))
    assert encryption.add_key()

    with transaction() as db:
        count = rotation.reencrypt(db)

    newest = (settings.current().home / "encryption_keys").read_text().split()[0]
    assert count == 2
    assert Fernet(newest).decrypt(one(User).totp_secret.encode()) == b"open sesame"
    with transaction() as db:
        assert tokens.read(db, anna.tokens.access, Kind.ACCESS).user_id == anna.id


@pytest.mark.usefixtures("database")
def test_a_new_signing_key_ends_every_session() -> None:
    anna = person("anna")

    with transaction() as db:
        tokens.change_key(db)

    with transaction() as db, pytest.raises(Unauthenticated):
        tokens.read(db, anna.tokens.access, Kind.ACCESS)
    with transaction() as db:
        made = sessions.begin(db, anna.id, None, None)
        assert tokens.read(db, made.access, Kind.ACCESS).user_id == anna.id
    assert one(SigningKey).id == 2


@pytest.mark.usefixtures("database")
def test_a_spoilt_secret_stops_the_rotation_and_changes_nothing() -> None:
    person("anna")
    before = one(SigningKey).secret
    with transaction() as db:
        db.execute(insert(SigningKey).values(secret="spoilt"))
    encryption.add_key()

    with pytest.raises(Exception, match="not here"), transaction() as db:
        rotation.reencrypt(db)

    assert rows(SigningKey)[0].secret == before
