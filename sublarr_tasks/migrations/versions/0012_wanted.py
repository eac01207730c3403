"""Wanted subtitles: profiles, what is lacking, searches, what landed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "blacklist_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("subtitle_id", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blacklist_entries")),
    )
    op.create_index(
        "uq_blacklist_entries_provider_subtitle_id",
        "blacklist_entries",
        ["provider", "subtitle_id"],
        unique=True,
    )
    op.create_table(
        "language_profiles",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("wishes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("cutoff", sa.Text(), nullable=True),
        sa.Column("undetermined", sa.Text(), nullable=True),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
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
        sa.PrimaryKeyConstraint("id", name=op.f("pk_language_profiles")),
    )
    op.create_index(
        "uq_language_profiles_default",
        "language_profiles",
        ["is_default"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.create_index(
        "uq_language_profiles_name",
        "language_profiles",
        [sa.literal_column("lower(name)")],
        unique=True,
    )
    op.create_table(
        "searches",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("trigger", sa.Text(), server_default="api", nullable=False),
        sa.Column("status", sa.Text(), server_default="running", nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("total", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("processed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("found", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("skipped", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("current_item", sa.Text(), nullable=True),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('webhook', 'person', 'upgrade', 'clock')", name=op.f("ck_searches_kind")
        ),
        sa.CheckConstraint(
            "status IN ('running', 'completed', 'cancelled')", name=op.f("ck_searches_status")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_searches_owner_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_searches")),
    )
    op.create_index(
        "ix_searches_running",
        "searches",
        ["id"],
        unique=False,
        postgresql_where=sa.text("status = 'running'"),
    )
    op.create_index(
        "uq_searches_one_of_the_clock",
        "searches",
        ["kind"],
        unique=True,
        postgresql_where=sa.text("status = 'running' AND kind IN ('clock', 'upgrade')"),
    )
    op.create_table(
        "provider_cache",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("integration_id", sa.BigInteger(), nullable=False),
        sa.Column("query", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("candidates", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "cached_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["integration_id"],
            ["integrations.id"],
            name=op.f("fk_provider_cache_integration_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_provider_cache")),
    )
    op.create_index("ix_provider_cache_expires_at", "provider_cache", ["expires_at"], unique=False)
    op.create_index(
        "ix_provider_cache_integration_id", "provider_cache", ["integration_id"], unique=False
    )
    op.create_table(
        "provider_records",
        sa.Column("integration_id", sa.BigInteger(), nullable=False),
        sa.Column("searches", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("searches_failed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("candidates", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("downloads", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("downloads_failed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("landed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("score_sum", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("seconds_sum", sa.Double(), server_default="0", nullable=False),
        sa.Column("failures_in_a_row", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_failure_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_failure", sa.Text(), nullable=True),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("blocked_reason", sa.Text(), nullable=True),
        sa.Column("quota_left", sa.Integer(), nullable=True),
        sa.Column("quota_reset_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["integration_id"],
            ["integrations.id"],
            name=op.f("fk_provider_records_integration_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("integration_id", name=op.f("pk_provider_records")),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("library_id", sa.BigInteger(), nullable=True),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("about", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_notices_item_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["library_id"], ["libraries.id"], name=op.f("fk_notices_library_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index(
        "ix_notices_waiting",
        "notices",
        ["id"],
        unique=False,
        postgresql_where=sa.text("delivered_at IS NULL"),
    )
    op.create_table(
        "profile_assignments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=True),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column("tag", sa.Text(), nullable=True),
        sa.Column("integration_id", sa.BigInteger(), nullable=True),
        sa.Column("library_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(item_id, tag, integration_id, library_id) = 1",
            name=op.f("ck_profile_assignments_one_target"),
        ),
        sa.ForeignKeyConstraint(
            ["integration_id"],
            ["integrations.id"],
            name=op.f("fk_profile_assignments_integration_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["items.id"],
            name=op.f("fk_profile_assignments_item_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["library_id"],
            ["libraries.id"],
            name=op.f("fk_profile_assignments_library_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["profile_id"],
            ["language_profiles.id"],
            name=op.f("fk_profile_assignments_profile_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile_assignments")),
    )
    op.create_index(
        "ix_profile_assignments_profile_id", "profile_assignments", ["profile_id"], unique=False
    )
    op.create_index(
        "uq_profile_assignments_integration_id",
        "profile_assignments",
        ["integration_id"],
        unique=True,
    )
    op.create_index(
        "uq_profile_assignments_item_id", "profile_assignments", ["item_id"], unique=True
    )
    op.create_index(
        "uq_profile_assignments_library_id", "profile_assignments", ["library_id"], unique=True
    )
    op.create_index(
        "uq_profile_assignments_tag",
        "profile_assignments",
        [sa.literal_column("lower(tag)")],
        unique=True,
    )
    op.create_table(
        "landed_subtitles",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("library_id", sa.BigInteger(), nullable=True),
        sa.Column("directory_id", sa.BigInteger(), nullable=True),
        sa.Column("media_file_id", sa.BigInteger(), nullable=True),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column("integration_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("forced", sa.Boolean(), nullable=False),
        sa.Column("hearing_impaired", sa.Boolean(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("provisional", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("subtitle_id", sa.Text(), nullable=False),
        sa.Column("release", sa.Text(), nullable=True),
        sa.Column("score", sa.SmallInteger(), nullable=False),
        sa.Column("breakdown", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("charset", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("text_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), server_default="landed", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("recycled", sa.Text(), nullable=True),
        sa.Column(
            "landed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('landing', 'landed', 'replaced', 'deleted', 'lost')",
            name=op.f("ck_landed_subtitles_state"),
        ),
        sa.ForeignKeyConstraint(
            ["directory_id"],
            ["directories.id"],
            name=op.f("fk_landed_subtitles_directory_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["integration_id"],
            ["integrations.id"],
            name=op.f("fk_landed_subtitles_integration_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_landed_subtitles_item_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["library_id"],
            ["libraries.id"],
            name=op.f("fk_landed_subtitles_library_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["media_file_id"],
            ["media_files.id"],
            name=op.f("fk_landed_subtitles_media_file_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_landed_subtitles")),
    )
    op.create_index(
        "ix_landed_subtitles_integration_id", "landed_subtitles", ["integration_id"], unique=False
    )
    op.create_index("ix_landed_subtitles_item_id", "landed_subtitles", ["item_id"], unique=False)
    op.create_index(
        "ix_landed_subtitles_library_id_id", "landed_subtitles", ["library_id", "id"], unique=False
    )
    op.create_index(
        "ix_landed_subtitles_media_file_id", "landed_subtitles", ["media_file_id"], unique=False
    )
    op.create_index(
        "uq_landed_subtitles_directory_id_name",
        "landed_subtitles",
        ["directory_id", sa.literal_column("md5(name)")],
        unique=True,
        postgresql_where=sa.text("state IN ('landing', 'landed')"),
    )
    op.create_table(
        "wanted_items",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("media_file_id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("title_id", sa.BigInteger(), nullable=False),
        sa.Column("library_id", sa.BigInteger(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("forced", sa.Boolean(), nullable=False),
        sa.Column("optional", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("upgrade", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("existing", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="wanted", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("first_searched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_searched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "next_attempt_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("priority", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("turn", sa.Integer(), server_default="0", nullable=False),
        sa.Column("search_id", sa.BigInteger(), nullable=True),
        sa.Column("chosen", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("claim", sa.Text(), nullable=True),
        sa.Column("crashes", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("score", sa.SmallInteger(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column(
            "added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "status IN ('wanted', 'searching', 'found', 'failed', 'ignored', 'translating', 'transcribing')",
            name=op.f("ck_wanted_items_status"),
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_wanted_items_item_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["media_file_id"],
            ["media_files.id"],
            name=op.f("fk_wanted_items_media_file_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["profile_id"],
            ["language_profiles.id"],
            name=op.f("fk_wanted_items_profile_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["search_id"],
            ["searches.id"],
            name=op.f("fk_wanted_items_search_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wanted_items")),
    )
    op.create_index(
        "ix_wanted_items_due",
        "wanted_items",
        ["next_attempt_at", "id"],
        unique=False,
        postgresql_where=sa.text(
            "search_id IS NULL AND (status IN ('wanted', 'failed') OR upgrade)"
        ),
    )
    op.create_index("ix_wanted_items_item_id", "wanted_items", ["item_id"], unique=False)
    op.create_index(
        "ix_wanted_items_library_id_status",
        "wanted_items",
        ["library_id", "status", "id"],
        unique=False,
    )
    op.create_index(
        "ix_wanted_items_queue",
        "wanted_items",
        ["priority", "turn", "id"],
        unique=False,
        postgresql_where=sa.text("search_id IS NOT NULL"),
    )
    op.create_index("ix_wanted_items_search_id", "wanted_items", ["search_id"], unique=False)
    op.create_index("ix_wanted_items_status_id", "wanted_items", ["status", "id"], unique=False)
    op.create_index(
        "ix_wanted_items_title_id", "wanted_items", ["title_id", "status", "id"], unique=False
    )
    op.create_index(
        "uq_wanted_items_media_file_id_language_forced",
        "wanted_items",
        ["media_file_id", "language", "forced"],
        unique=True,
    )
    op.add_column("libraries", sa.Column("judged_to", sa.BigInteger(), nullable=True))
    op.add_column(
        "scan_jobs", sa.Column("wanted_added", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "scan_jobs",
        sa.Column("wanted_updated", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.add_column(
        "scan_jobs",
        sa.Column("wanted_removed", sa.BigInteger(), server_default="0", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("scan_jobs", "wanted_removed")
    op.drop_column("scan_jobs", "wanted_updated")
    op.drop_column("scan_jobs", "wanted_added")
    op.drop_column("libraries", "judged_to")
    op.drop_index("uq_wanted_items_media_file_id_language_forced", table_name="wanted_items")
    op.drop_index("ix_wanted_items_title_id", table_name="wanted_items")
    op.drop_index("ix_wanted_items_status_id", table_name="wanted_items")
    op.drop_index("ix_wanted_items_search_id", table_name="wanted_items")
    op.drop_index(
        "ix_wanted_items_queue",
        table_name="wanted_items",
        postgresql_where=sa.text("search_id IS NOT NULL"),
    )
    op.drop_index("ix_wanted_items_library_id_status", table_name="wanted_items")
    op.drop_index("ix_wanted_items_item_id", table_name="wanted_items")
    op.drop_index(
        "ix_wanted_items_due",
        table_name="wanted_items",
        postgresql_where=sa.text(
            "search_id IS NULL AND (status IN ('wanted', 'failed') OR upgrade)"
        ),
    )
    op.drop_table("wanted_items")
    op.drop_index(
        "uq_landed_subtitles_directory_id_name",
        table_name="landed_subtitles",
        postgresql_where=sa.text("state IN ('landing', 'landed')"),
    )
    op.drop_index("ix_landed_subtitles_media_file_id", table_name="landed_subtitles")
    op.drop_index("ix_landed_subtitles_library_id_id", table_name="landed_subtitles")
    op.drop_index("ix_landed_subtitles_item_id", table_name="landed_subtitles")
    op.drop_index("ix_landed_subtitles_integration_id", table_name="landed_subtitles")
    op.drop_table("landed_subtitles")
    op.drop_index("uq_profile_assignments_tag", table_name="profile_assignments")
    op.drop_index("uq_profile_assignments_library_id", table_name="profile_assignments")
    op.drop_index("uq_profile_assignments_item_id", table_name="profile_assignments")
    op.drop_index("uq_profile_assignments_integration_id", table_name="profile_assignments")
    op.drop_index("ix_profile_assignments_profile_id", table_name="profile_assignments")
    op.drop_table("profile_assignments")
    op.drop_index(
        "ix_notices_waiting", table_name="notices", postgresql_where=sa.text("delivered_at IS NULL")
    )
    op.drop_table("notices")
    op.drop_table("provider_records")
    op.drop_index("ix_provider_cache_integration_id", table_name="provider_cache")
    op.drop_index("ix_provider_cache_expires_at", table_name="provider_cache")
    op.drop_table("provider_cache")
    op.drop_index(
        "uq_searches_one_of_the_clock",
        table_name="searches",
        postgresql_where=sa.text("status = 'running' AND kind IN ('clock', 'upgrade')"),
    )
    op.drop_index(
        "ix_searches_running", table_name="searches", postgresql_where=sa.text("status = 'running'")
    )
    op.drop_table("searches")
    op.drop_index("uq_language_profiles_name", table_name="language_profiles")
    op.drop_index(
        "uq_language_profiles_default",
        table_name="language_profiles",
        postgresql_where=sa.text("is_default"),
    )
    op.drop_table("language_profiles")
    op.drop_index("uq_blacklist_entries_provider_subtitle_id", table_name="blacklist_entries")
    op.drop_table("blacklist_entries")
