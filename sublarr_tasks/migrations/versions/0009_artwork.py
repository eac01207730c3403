"""Artwork that services offer: scored, chosen, fetched."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "artwork",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("votes", sa.Double(), nullable=True),
        sa.Column("vote_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("factors", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default="offered", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("by_person", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("cache_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("likeness", sa.BigInteger(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "state IN ('offered', 'chosen', 'rejected')", name=op.f("ck_artwork_state")
        ),
        sa.ForeignKeyConstraint(
            ["cache_sha256"], ["cache_files.sha256"], name=op.f("fk_artwork_cache_sha256")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_artwork_item_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_artwork")),
    )
    op.create_index("ix_artwork_cache_sha256", "artwork", ["cache_sha256"], unique=False)
    op.create_index(
        "uq_artwork_item_id_type_url",
        "artwork",
        ["item_id", "type", sa.literal_column("md5(url)")],
        unique=True,
    )
    op.add_column(
        "items",
        sa.Column(
            "locked_artwork",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.add_column("items", sa.Column("artwork_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "items",
        sa.Column(
            "artwork_due_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=True,
        ),
    )
    op.create_index(
        "ix_items_artwork_due",
        "items",
        ["library_id", "id"],
        unique=False,
        postgresql_where=sa.text(
            "artwork_due_at IS NOT NULL AND kind IN ('movie', 'series') AND missing_since IS NULL"
        ),
    )
    op.add_column(
        "scan_jobs",
        sa.Column("artwork_queued", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.add_column(
        "scan_jobs",
        sa.Column("artwork_completed", sa.BigInteger(), server_default="0", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("scan_jobs", "artwork_completed")
    op.drop_column("scan_jobs", "artwork_queued")
    op.drop_index(
        "ix_items_artwork_due",
        table_name="items",
        postgresql_where=sa.text(
            "artwork_due_at IS NOT NULL AND kind IN ('movie', 'series') AND missing_since IS NULL"
        ),
    )
    op.drop_column("items", "artwork_due_at")
    op.drop_column("items", "artwork_at")
    op.drop_column("items", "locked_artwork")
    op.drop_index("uq_artwork_item_id_type_url", table_name="artwork")
    op.drop_index("ix_artwork_cache_sha256", table_name="artwork")
    op.drop_table("artwork")
