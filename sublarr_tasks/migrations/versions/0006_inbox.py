"""The inbox of webhooks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inbox_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("integration_id", sa.BigInteger(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("paths", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("gone", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("scan_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'done', 'ignored')", name=op.f("ck_inbox_events_state")
        ),
        sa.ForeignKeyConstraint(
            ["integration_id"],
            ["integrations.id"],
            name=op.f("fk_inbox_events_integration_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["scan_jobs.id"], name=op.f("fk_inbox_events_scan_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_events")),
        sa.UniqueConstraint(
            "integration_id", "digest", name=op.f("uq_inbox_events_integration_id_digest")
        ),
    )
    op.create_index(
        "ix_inbox_events_due_at",
        "inbox_events",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_inbox_events_integration_id_id", "inbox_events", ["integration_id", "id"], unique=False
    )
    op.add_column(
        "integrations", sa.Column("history_cursor", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("integrations", "history_cursor")
    op.drop_index("ix_inbox_events_integration_id_id", table_name="inbox_events")
    op.drop_index(
        "ix_inbox_events_due_at",
        table_name="inbox_events",
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.drop_table("inbox_events")
