"""Publishing: files of ours in libraries, and what was before."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "publications",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("directory_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=True),
        sa.Column("before_sha256", sa.LargeBinary(), nullable=True),
        sa.Column(
            "fields",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column(
            "written_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["before_sha256"], ["cache_files.sha256"], name=op.f("fk_publications_before_sha256")
        ),
        sa.ForeignKeyConstraint(
            ["directory_id"],
            ["directories.id"],
            name=op.f("fk_publications_directory_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_publications_item_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publications")),
    )
    op.create_index(
        "ix_publications_before_sha256", "publications", ["before_sha256"], unique=False
    )
    op.create_index("ix_publications_item_id", "publications", ["item_id"], unique=False)
    op.create_index(
        "uq_publications_directory_id_name",
        "publications",
        ["directory_id", sa.literal_column("md5(name)")],
        unique=True,
    )
    op.add_column("items", sa.Column("published_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "libraries",
        sa.Column("publish_nfo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "libraries",
        sa.Column("publish_artwork", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "scan_jobs",
        sa.Column("publish_queued", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.add_column(
        "scan_jobs",
        sa.Column("publish_completed", sa.BigInteger(), server_default="0", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("scan_jobs", "publish_completed")
    op.drop_column("scan_jobs", "publish_queued")
    op.drop_column("libraries", "publish_artwork")
    op.drop_column("libraries", "publish_nfo")
    op.drop_column("items", "published_at")
    op.drop_index("uq_publications_directory_id_name", table_name="publications")
    op.drop_index("ix_publications_item_id", table_name="publications")
    op.drop_index("ix_publications_before_sha256", table_name="publications")
    op.drop_table("publications")
