"""Enriching: what metadata services say, what waits and why."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "preferences",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_preferences")),
    )
    op.add_column(
        "items",
        sa.Column(
            "studios",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.add_column(
        "items",
        sa.Column(
            "countries",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.add_column(
        "items",
        sa.Column(
            "tags",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.add_column(
        "items",
        sa.Column(
            "local_fields",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.add_column(
        "items",
        sa.Column(
            "remote",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    op.add_column(
        "items", sa.Column("enrichment", sa.Text(), server_default="pending", nullable=False)
    )
    op.add_column("items", sa.Column("enrichment_reason", sa.Text(), nullable=True))
    op.add_column(
        "items", sa.Column("enrich_attempts", sa.SmallInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "items",
        sa.Column(
            "enrich_due_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=True,
        ),
    )
    op.add_column("items", sa.Column("enriched_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("items", sa.Column("match_confidence", sa.Double(), nullable=True))
    op.add_column("items", sa.Column("match_reason", sa.Text(), nullable=True))
    op.create_index(
        "ix_items_enrich_due",
        "items",
        ["library_id", "id"],
        unique=False,
        postgresql_where=sa.text(
            "enrich_due_at IS NOT NULL AND kind IN ('movie', 'series') AND missing_since IS NULL"
        ),
    )
    op.create_index(
        "ix_items_enrichment_failed",
        "items",
        [sa.text('lower("left"(sort_title, 200))'), "id"],
        unique=False,
        postgresql_where=sa.text("enrichment = 'enrichment_failed' AND missing_since IS NULL"),
    )
    op.create_index(
        "ix_items_tmdb_id",
        "items",
        ["tmdb_id"],
        unique=False,
        postgresql_where=sa.text("kind IN ('movie', 'series')"),
    )
    op.add_column("integrations", sa.Column("calls_per_second", sa.Double(), nullable=True))
    op.add_column(
        "libraries",
        sa.Column("enrich", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )
    op.add_column(
        "scan_jobs",
        sa.Column("enrichment_skipped", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.add_column(
        "scan_jobs",
        sa.Column(
            "waits",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    op.add_column("scan_units", sa.Column("step", sa.Text(), nullable=True))
    op.execute(
        "UPDATE scan_units SET step = CASE phase WHEN 'discovering' THEN 'discover'"
        " WHEN 'scanning' THEN 'read' ELSE 'store' END"
    )
    op.alter_column("scan_units", "step", nullable=False)
    # The next scan reads every NFO again, and notes which fields it gives.
    op.execute("UPDATE directories SET signature = NULL")
    op.execute("UPDATE items SET digest = ''")
    op.add_column(
        "scan_units", sa.Column("deferrals", sa.SmallInteger(), server_default="0", nullable=False)
    )
    op.drop_constraint(op.f("uq_scan_units_scan_id_phase_subject_id"), "scan_units", type_="unique")
    op.create_unique_constraint(
        op.f("uq_scan_units_scan_id_phase_subject_id_step"),
        "scan_units",
        ["scan_id", "phase", "subject_id", "step"],
    )
    op.drop_index("ix_scan_units_open", table_name="scan_units")
    op.create_index(
        "ix_scan_units_open",
        "scan_units",
        ["scan_id", "phase", "lease_until", "deferrals", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('pending', 'running')"),
    )


def downgrade() -> None:
    op.drop_index("ix_scan_units_open", table_name="scan_units")
    op.create_index(
        "ix_scan_units_open",
        "scan_units",
        ["scan_id", "phase", "lease_until", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('pending', 'running')"),
    )
    op.drop_constraint(
        op.f("uq_scan_units_scan_id_phase_subject_id_step"), "scan_units", type_="unique"
    )
    op.create_unique_constraint(
        op.f("uq_scan_units_scan_id_phase_subject_id"),
        "scan_units",
        ["scan_id", "phase", "subject_id"],
        postgresql_nulls_not_distinct=False,
    )
    op.drop_column("scan_units", "deferrals")
    op.drop_column("scan_units", "step")
    op.drop_column("scan_jobs", "waits")
    op.drop_column("scan_jobs", "enrichment_skipped")
    op.drop_column("libraries", "enrich")
    op.drop_column("integrations", "calls_per_second")
    op.drop_index("ix_items_enrichment_failed", table_name="items")
    op.drop_index(
        "ix_items_tmdb_id",
        table_name="items",
        postgresql_where=sa.text("kind IN ('movie', 'series')"),
    )
    op.drop_index(
        "ix_items_enrich_due",
        table_name="items",
        postgresql_where=sa.text(
            "enrich_due_at IS NOT NULL AND kind IN ('movie', 'series') AND missing_since IS NULL"
        ),
    )
    op.drop_column("items", "match_reason")
    op.drop_column("items", "match_confidence")
    op.drop_column("items", "enriched_at")
    op.drop_column("items", "enrich_due_at")
    op.drop_column("items", "enrich_attempts")
    op.drop_column("items", "enrichment_reason")
    op.drop_column("items", "enrichment")
    op.drop_column("items", "remote")
    op.drop_column("items", "local_fields")
    op.drop_column("items", "tags")
    op.drop_column("items", "countries")
    op.drop_column("items", "studios")
    op.drop_table("preferences")
