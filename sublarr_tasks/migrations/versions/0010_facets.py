"""What items have in common: labels and people."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "labels",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('genre', 'studio', 'tag', 'country', 'collection')",
            name=op.f("ck_labels_kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labels")),
    )
    op.create_index(
        "ix_labels_name", "labels", [sa.literal_column("lower(name)"), "id"], unique=False
    )
    op.create_index(
        "uq_labels_kind_name", "labels", ["kind", sa.literal_column("lower(name)")], unique=True
    )
    op.create_table(
        "people",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tmdb_id", sa.Text(), nullable=True),
        sa.Column("picture_url", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
    )
    op.create_index("uq_people_name", "people", [sa.literal_column("lower(name)")], unique=True)
    op.create_table(
        "credits",
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('actor', 'director', 'writer')", name=op.f("ck_credits_kind")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_credits_item_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_credits_person_id")),
        sa.PrimaryKeyConstraint("item_id", "kind", "position", name=op.f("pk_credits")),
    )
    op.create_index("ix_credits_person_id", "credits", ["person_id"], unique=False)
    op.create_table(
        "item_labels",
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("label_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_item_labels_item_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["label_id"], ["labels.id"], name=op.f("fk_item_labels_label_id")),
        sa.PrimaryKeyConstraint("item_id", "label_id", name=op.f("pk_item_labels")),
    )
    op.create_index("ix_item_labels_label_id", "item_labels", ["label_id"], unique=False)
    op.add_column(
        "items",
        sa.Column(
            "actors",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.add_column(
        "items",
        sa.Column(
            "directors",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.add_column(
        "items",
        sa.Column(
            "writers",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.create_index(
        "ix_items_tvdb_id",
        "items",
        ["tvdb_id"],
        unique=False,
        postgresql_where=sa.text("kind IN ('movie', 'series')"),
    )
    # The next scan reads every NFO again, and writes what is in common.
    op.execute("UPDATE directories SET signature = NULL")
    op.execute("UPDATE items SET digest = ''")


def downgrade() -> None:
    op.drop_index("ix_items_tvdb_id", table_name="items")
    op.drop_column("items", "writers")
    op.drop_column("items", "directors")
    op.drop_column("items", "actors")
    op.drop_index("ix_item_labels_label_id", table_name="item_labels")
    op.drop_table("item_labels")
    op.drop_index("ix_credits_person_id", table_name="credits")
    op.drop_table("credits")
    op.drop_index("uq_people_name", table_name="people")
    op.drop_table("people")
    op.drop_index("uq_labels_kind_name", table_name="labels")
    op.drop_index("ix_labels_name", table_name="labels")
    op.drop_table("labels")
