"""What Sonarr and Radarr hold, and the looks at them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "arr_syncs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("integration_id", sa.BigInteger(), nullable=False),
        sa.Column("scan_type", sa.Text(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="listing", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("titles_total", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("titles_due", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("titles_read", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("titles_failed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("files_found", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("files_linked", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("files_removed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("wanted_added", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("wanted_updated", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("wanted_removed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "scan_type IN ('incremental', 'full')", name=op.f("ck_arr_syncs_scan_type")
        ),
        sa.CheckConstraint(
            "status IN ('listing', 'reading', 'completed', 'failed', 'cancelled')",
            name=op.f("ck_arr_syncs_status"),
        ),
        sa.ForeignKeyConstraint(
            ["integration_id"],
            ["integrations.id"],
            name=op.f("fk_arr_syncs_integration_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arr_syncs")),
    )
    op.create_index(
        "ix_arr_syncs_integration_id_id", "arr_syncs", ["integration_id", "id"], unique=False
    )
    op.create_index(
        "uq_arr_syncs_one_unfinished",
        "arr_syncs",
        ["integration_id"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('completed', 'failed', 'cancelled')"),
    )
    op.create_table(
        "arr_titles",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("integration_id", sa.BigInteger(), nullable=False),
        sa.Column("arr_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("tags", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("read_signature", sa.Text(), nullable=True),
        sa.Column("sync_id", sa.BigInteger(), nullable=True),
        sa.Column("claim", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["integration_id"],
            ["integrations.id"],
            name=op.f("fk_arr_titles_integration_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["sync_id"], ["arr_syncs.id"], name=op.f("fk_arr_titles_sync_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arr_titles")),
        sa.UniqueConstraint(
            "integration_id", "arr_id", name=op.f("uq_arr_titles_integration_id_arr_id")
        ),
    )
    op.create_index(
        "ix_arr_titles_sync_id",
        "arr_titles",
        ["sync_id", "id"],
        unique=False,
        postgresql_where=sa.text("sync_id IS NOT NULL"),
    )
    op.create_table(
        "arr_files",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("arr_title_id", sa.BigInteger(), nullable=False),
        sa.Column("arr_id", sa.BigInteger(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("local_path", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("date_added", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scene_name", sa.Text(), nullable=True),
        sa.Column("release_group", sa.Text(), nullable=True),
        sa.Column("media_file_id", sa.BigInteger(), nullable=True),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["arr_title_id"],
            ["arr_titles.id"],
            name=op.f("fk_arr_files_arr_title_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["media_file_id"],
            ["media_files.id"],
            name=op.f("fk_arr_files_media_file_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arr_files")),
        sa.UniqueConstraint(
            "arr_title_id", "arr_id", name=op.f("uq_arr_files_arr_title_id_arr_id")
        ),
    )
    op.create_index("ix_arr_files_media_file_id", "arr_files", ["media_file_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_arr_files_media_file_id", table_name="arr_files")
    op.drop_table("arr_files")
    op.drop_index(
        "ix_arr_titles_sync_id",
        table_name="arr_titles",
        postgresql_where=sa.text("sync_id IS NOT NULL"),
    )
    op.drop_table("arr_titles")
    op.drop_index(
        "uq_arr_syncs_one_unfinished",
        table_name="arr_syncs",
        postgresql_where=sa.text("status NOT IN ('completed', 'failed', 'cancelled')"),
    )
    op.drop_index("ix_arr_syncs_integration_id_id", table_name="arr_syncs")
    op.drop_table("arr_syncs")
