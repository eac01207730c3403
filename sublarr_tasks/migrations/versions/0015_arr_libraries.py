"""Libraries for what Sonarr and Radarr hold elsewhere; files are linked as they are scanned."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_arr_files_unlinked",
        "arr_files",
        [sa.literal_column("md5(local_path)")],
        unique=False,
        postgresql_where=sa.text("media_file_id IS NULL"),
    )
    op.add_column(
        "arr_syncs",
        sa.Column("libraries_added", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.add_column("arr_titles", sa.Column("root", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "integrations",
        sa.Column("add_libraries", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )
    op.add_column(
        "integrations",
        sa.Column(
            "added_roots",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )


def downgrade() -> None:
    op.drop_column("integrations", "added_roots")
    op.drop_column("integrations", "add_libraries")
    op.drop_column("arr_titles", "root")
    op.drop_column("arr_syncs", "libraries_added")
    op.drop_index(
        "ix_arr_files_unlinked",
        table_name="arr_files",
        postgresql_where=sa.text("media_file_id IS NULL"),
    )
