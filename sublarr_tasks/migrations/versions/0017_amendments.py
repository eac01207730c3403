"""What people ask to be done with subtitles of ours."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("landed_subtitles", sa.Column("asked", sa.Text(), nullable=True))
    op.add_column("landed_subtitles", sa.Column("refused", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_landed_subtitles_asked"),
        "landed_subtitles",
        "asked IN ('delete', 'delete_and_ignore', 'restore')",
    )
    op.create_index(
        "ix_landed_subtitles_asked",
        "landed_subtitles",
        ["id"],
        unique=False,
        postgresql_where=sa.text("asked IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_landed_subtitles_asked",
        table_name="landed_subtitles",
        postgresql_where=sa.text("asked IS NOT NULL"),
    )
    op.drop_column("landed_subtitles", "refused")
    op.drop_column("landed_subtitles", "asked")
