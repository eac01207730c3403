"""Series and music: their parts, files of several episodes; edits by hand."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shared_files",
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("media_file_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_shared_files_item_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["media_file_id"],
            ["media_files.id"],
            name=op.f("fk_shared_files_media_file_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("item_id", "media_file_id", name=op.f("pk_shared_files")),
    )
    op.create_index(
        "ix_shared_files_media_file_id", "shared_files", ["media_file_id"], unique=False
    )
    op.add_column("items", sa.Column("parent_id", sa.BigInteger(), nullable=True))
    op.add_column("items", sa.Column("season_number", sa.Integer(), nullable=True))
    op.add_column("items", sa.Column("episode_number", sa.Integer(), nullable=True))
    op.add_column("items", sa.Column("absolute_number", sa.Integer(), nullable=True))
    op.add_column("items", sa.Column("disc_number", sa.Integer(), nullable=True))
    op.add_column("items", sa.Column("track_number", sa.Integer(), nullable=True))
    op.add_column("items", sa.Column("artist", sa.Text(), nullable=True))
    op.add_column(
        "items",
        sa.Column(
            "edits",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    op.create_index(
        "ix_items_kind",
        "items",
        ["kind", sa.literal_column('lower("left"(sort_title, 200))'), "id"],
        unique=False,
        postgresql_where=sa.text("missing_since IS NULL"),
    )
    op.create_index(
        "ix_items_parent_id",
        "items",
        ["parent_id"],
        unique=False,
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )
    op.create_foreign_key(
        op.f("fk_items_parent_id"), "items", "items", ["parent_id"], ["id"], ondelete="CASCADE"
    )
    op.add_column(
        "media_files", sa.Column("tags", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    )
    op.add_column(
        "scan_jobs", sa.Column("albums_found", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "scan_jobs", sa.Column("albums_new", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "scan_jobs",
        sa.Column("albums_updated", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.add_column(
        "scan_jobs",
        sa.Column("albums_removed", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.add_column(
        "scan_jobs", sa.Column("tracks_found", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "scan_jobs", sa.Column("tracks_new", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "scan_jobs",
        sa.Column("tracks_updated", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.add_column(
        "scan_jobs",
        sa.Column("tracks_removed", sa.BigInteger(), server_default="0", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("scan_jobs", "tracks_removed")
    op.drop_column("scan_jobs", "tracks_updated")
    op.drop_column("scan_jobs", "tracks_new")
    op.drop_column("scan_jobs", "tracks_found")
    op.drop_column("scan_jobs", "albums_removed")
    op.drop_column("scan_jobs", "albums_updated")
    op.drop_column("scan_jobs", "albums_new")
    op.drop_column("scan_jobs", "albums_found")
    op.drop_column("media_files", "tags")
    op.drop_constraint(op.f("fk_items_parent_id"), "items", type_="foreignkey")
    op.drop_index(
        "ix_items_parent_id", table_name="items", postgresql_where=sa.text("parent_id IS NOT NULL")
    )
    op.drop_index(
        "ix_items_kind", table_name="items", postgresql_where=sa.text("missing_since IS NULL")
    )
    op.drop_column("items", "edits")
    op.drop_column("items", "artist")
    op.drop_column("items", "track_number")
    op.drop_column("items", "disc_number")
    op.drop_column("items", "absolute_number")
    op.drop_column("items", "episode_number")
    op.drop_column("items", "season_number")
    op.drop_column("items", "parent_id")
    op.drop_index("ix_shared_files_media_file_id", table_name="shared_files")
    op.drop_table("shared_files")
