"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# What every library ignores until its owner says otherwise; later versions do not change it here.
IGNORED = {
    "file": [
        ".DS_Store",
        "Thumbs.db",
        "desktop.ini",
        "._*",
        "*.part",
        "*.partial",
        "*.partial~",
        "*.crdownload",
        "*.tmp",
        "*.!ut",
        "*.!qB",
        "*.!bt",
        "*.bc!",
        "*.aria2",
        "RARBG_DO_NOT_MIRROR.???",
        "RARBG.???",
        "RARBG.com.???",
        "RARBG.to.???",
        "ETRG.???",
    ],
    "directory": [
        ".*",
        "@eaDir",
        "#recycle",
        "@Recycle",
        "@Recently-Snapshot",
        "#snapshot",
        "lost+found",
        "$RECYCLE.BIN",
        "RECYCLER",
        ".Trash-*",
        "System Volume Information",
        "incomplete",
        "_UNPACK_*",
        "_FAILED_*",
        "__ADMIN__",
        "sample",
    ],
    "video": ["sample", "*-sample", "*.sample", "*_sample", "*- sample"],
    "image": [
        "sample",
        "*-sample",
        "*.sample",
        "*_sample",
        "*- sample",
        "proof",
        "*-proof",
        "*- proof",
    ],
}


def upgrade() -> None:
    op.create_table(
        "cache_files",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("extension", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_cache_files")),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("args", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'completed', 'failed', 'cancelled')",
            name=op.f("ck_jobs_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_state_id", "jobs", ["state", "id"], unique=False)
    op.create_table(
        "libraries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("symlinks", sa.Text(), server_default="follow", nullable=False),
        sa.Column("full_every", sa.Integer(), server_default="6", nullable=False),
        sa.Column("scans_since_full", sa.Integer(), server_default="0", nullable=False),
        sa.Column("worker_group", sa.Text(), nullable=True),
        sa.Column("last_scan_at", sa.DateTime(timezone=True), nullable=True),
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
        sa.PrimaryKeyConstraint("id", name=op.f("pk_libraries")),
        sa.UniqueConstraint("name", name=op.f("uq_libraries_name")),
        sa.UniqueConstraint("path", name=op.f("uq_libraries_path")),
    )
    op.create_table(
        "directories",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("library_id", sa.BigInteger(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("path_key", sa.LargeBinary(), nullable=False),
        sa.Column("inode", sa.BigInteger(), nullable=True),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("depth", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["library_id"],
            ["libraries.id"],
            name=op.f("fk_directories_library_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directories")),
        sa.UniqueConstraint(
            "library_id", "path_key", name=op.f("uq_directories_library_id_path_key")
        ),
    )
    op.create_table(
        "ignore_patterns",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("library_id", sa.BigInteger(), nullable=True),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.ForeignKeyConstraint(
            ["library_id"],
            ["libraries.id"],
            name=op.f("fk_ignore_patterns_library_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ignore_patterns")),
        sa.UniqueConstraint(
            "library_id",
            "target",
            "pattern",
            name=op.f("uq_ignore_patterns_library_id_target_pattern"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "scan_jobs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("library_id", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("directories_total", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("directories_queued", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("directories_scanned", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("directories_skipped", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("movies_found", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("movies_new", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("movies_updated", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("movies_removed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("series_found", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("series_new", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("series_updated", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("series_removed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("episodes_found", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("episodes_new", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("episodes_updated", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("episodes_removed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("assets_queued", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("assets_cached", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("enrichment_queued", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("enrichment_completed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("assets_skipped", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("discovering_failed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("scanning_failed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("caching_failed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("enriching_failed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("errors_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("current_operation", sa.Text(), nullable=True),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("root", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("unit_seconds", sa.Double(), nullable=True),
        sa.Column("window", sa.Integer(), server_default="16", nullable=False),
        sa.Column("phase_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("discovery_completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scanning_completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("caching_completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "status IN ('queued', 'discovering', 'scanning', 'caching', 'enriching', 'completed', 'failed', 'cancelled')",
            name=op.f("ck_scan_jobs_status"),
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_scan_jobs_job_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["library_id"],
            ["libraries.id"],
            name=op.f("fk_scan_jobs_library_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_jobs")),
    )
    op.create_index("ix_scan_jobs_library_id_id", "scan_jobs", ["library_id", "id"], unique=False)
    op.create_index(
        "uq_scan_jobs_one_unfinished",
        "scan_jobs",
        ["library_id"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('completed', 'failed', 'cancelled')"),
    )
    op.create_table(
        "items",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("library_id", sa.BigInteger(), nullable=False),
        sa.Column("directory_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("original_title", sa.Text(), nullable=True),
        sa.Column("sort_title", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("edition", sa.Text(), nullable=True),
        sa.Column("plot", sa.Text(), nullable=True),
        sa.Column("tagline", sa.Text(), nullable=True),
        sa.Column("runtime_minutes", sa.Integer(), nullable=True),
        sa.Column("content_rating", sa.Text(), nullable=True),
        sa.Column("premiered", sa.Date(), nullable=True),
        sa.Column("set_name", sa.Text(), nullable=True),
        sa.Column("genres", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("imdb_id", sa.Text(), nullable=True),
        sa.Column("tmdb_id", sa.Text(), nullable=True),
        sa.Column("tvdb_id", sa.Text(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("nfo_reason", sa.Text(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["directory_id"],
            ["directories.id"],
            name=op.f("fk_items_directory_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["library_id"], ["libraries.id"], name=op.f("fk_items_library_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_items")),
    )
    op.create_index(
        "ix_items_added_at",
        "items",
        ["added_at", "id"],
        unique=False,
        postgresql_where=sa.text("missing_since IS NULL"),
    )
    op.create_index(
        "ix_items_library_id_title",
        "items",
        ["library_id", sa.literal_column('lower("left"(sort_title, 200))'), "id"],
        unique=False,
        postgresql_where=sa.text("missing_since IS NULL"),
    )
    op.create_index(
        "ix_items_missing",
        "items",
        ["library_id"],
        unique=False,
        postgresql_where=sa.text("missing_since IS NOT NULL"),
    )
    op.create_index(
        "ix_items_state",
        "items",
        ["state", sa.literal_column('lower("left"(sort_title, 200))'), "id"],
        unique=False,
        postgresql_where=sa.text("missing_since IS NULL"),
    )
    op.create_index(
        "ix_items_title",
        "items",
        [sa.literal_column('lower("left"(sort_title, 200))'), "id"],
        unique=False,
        postgresql_where=sa.text("missing_since IS NULL"),
    )
    op.create_index(
        "ix_items_title_words",
        "items",
        [
            sa.literal_column(
                "to_tsvector('simple'::regconfig, regexp_replace(title, '[^[:alnum:]]+'::text, ' '::text, 'g'::text))"
            )
        ],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_items_year",
        "items",
        [sa.literal_column("coalesce(year, 0)"), "id"],
        unique=False,
        postgresql_where=sa.text("missing_since IS NULL"),
    )
    op.create_index(
        "uq_items_directory_id_key",
        "items",
        ["directory_id", sa.literal_column("md5(key)")],
        unique=True,
    )
    op.create_table(
        "scan_units",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("scan_id", sa.BigInteger(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("crashes", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("claim", sa.Text(), nullable=True),
        sa.Column("alone", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'running', 'done', 'failed', 'skipped', 'cancelled')",
            name=op.f("ck_scan_units_state"),
        ),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["scan_jobs.id"], name=op.f("fk_scan_units_scan_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_units")),
        sa.UniqueConstraint(
            "scan_id", "phase", "subject_id", name=op.f("uq_scan_units_scan_id_phase_subject_id")
        ),
    )
    op.create_index(
        "ix_scan_units_ended",
        "scan_units",
        ["scan_id", "state", "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('pending', 'running')"),
    )
    op.create_index(
        "ix_scan_units_open",
        "scan_units",
        ["scan_id", "phase", "lease_until", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('pending', 'running')"),
    )
    op.create_index("ix_scan_units_scan_id_id", "scan_units", ["scan_id", "id"], unique=False)
    op.create_table(
        "assets",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("library_id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("directory_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("companion", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("forced", sa.Boolean(), nullable=False),
        sa.Column("hearing_impaired", sa.Boolean(), nullable=False),
        sa.Column("default", sa.Boolean(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("inode", sa.BigInteger(), nullable=False),
        sa.Column("cache_state", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("cache_reason", sa.Text(), nullable=True),
        sa.Column("cache_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["cache_sha256"], ["cache_files.sha256"], name=op.f("fk_assets_cache_sha256")
        ),
        sa.ForeignKeyConstraint(
            ["directory_id"],
            ["directories.id"],
            name=op.f("fk_assets_directory_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_assets_item_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assets")),
    )
    op.create_index("ix_assets_cache_sha256", "assets", ["cache_sha256"], unique=False)
    op.create_index("ix_assets_item_id", "assets", ["item_id"], unique=False)
    op.create_index(
        "ix_assets_missing",
        "assets",
        ["library_id"],
        unique=False,
        postgresql_where=sa.text("missing_since IS NOT NULL"),
    )
    op.create_index(
        "ix_assets_uncached",
        "assets",
        ["library_id", "id"],
        unique=False,
        postgresql_where=sa.text("cache_state = 'pending' AND missing_since IS NULL"),
    )
    op.create_index(
        "uq_assets_directory_id_name",
        "assets",
        ["directory_id", sa.literal_column("md5(name)")],
        unique=True,
    )
    op.create_table(
        "media_files",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("directory_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("extra_kind", sa.Text(), nullable=True),
        sa.Column("part", sa.Integer(), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("disc", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("inode", sa.BigInteger(), nullable=False),
        sa.Column("container", sa.Text(), nullable=True),
        sa.Column("duration", sa.Double(), nullable=True),
        sa.Column("bit_rate", sa.BigInteger(), nullable=True),
        sa.Column("chapters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("attached_pictures", sa.Integer(), nullable=False),
        sa.Column("probe_state", sa.Text(), nullable=False),
        sa.Column("probe_reason", sa.Text(), nullable=True),
        sa.Column("probe_detail", sa.Text(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["directory_id"],
            ["directories.id"],
            name=op.f("fk_media_files_directory_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_media_files_item_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_files")),
    )
    op.create_index("ix_media_files_inode", "media_files", ["inode"], unique=False)
    op.create_index("ix_media_files_item_id", "media_files", ["item_id"], unique=False)
    op.create_index(
        "ix_media_files_missing",
        "media_files",
        ["directory_id"],
        unique=False,
        postgresql_where=sa.text("missing_since IS NOT NULL"),
    )
    op.create_index(
        "uq_media_files_directory_id_name",
        "media_files",
        ["directory_id", sa.literal_column("md5(name)")],
        unique=True,
    )
    op.create_table(
        "streams",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("media_file_id", sa.BigInteger(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("codec", sa.Text(), nullable=True),
        sa.Column("profile", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("default", sa.Boolean(), nullable=False),
        sa.Column("forced", sa.Boolean(), nullable=False),
        sa.Column("hearing_impaired", sa.Boolean(), nullable=False),
        sa.Column("visual_impaired", sa.Boolean(), nullable=False),
        sa.Column("commentary", sa.Boolean(), nullable=False),
        sa.Column("original", sa.Boolean(), nullable=False),
        sa.Column("bit_rate", sa.BigInteger(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("frame_rate", sa.Double(), nullable=True),
        sa.Column("bit_depth", sa.Integer(), nullable=True),
        sa.Column("hdr", sa.Text(), nullable=True),
        sa.Column("interlaced", sa.Boolean(), nullable=True),
        sa.Column("channels", sa.Integer(), nullable=True),
        sa.Column("layout", sa.Text(), nullable=True),
        sa.Column("sample_rate", sa.Integer(), nullable=True),
        sa.Column("text", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["media_file_id"],
            ["media_files.id"],
            name=op.f("fk_streams_media_file_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_streams")),
        sa.UniqueConstraint("media_file_id", "index", name=op.f("uq_streams_media_file_id_index")),
    )
    op.bulk_insert(
        sa.table("ignore_patterns", sa.column("target"), sa.column("pattern")),
        [
            {"target": target, "pattern": pattern}
            for target, patterns in IGNORED.items()
            for pattern in patterns
        ],
    )


def downgrade() -> None:
    op.drop_table("streams")
    op.drop_index("uq_media_files_directory_id_name", table_name="media_files")
    op.drop_index(
        "ix_media_files_missing",
        table_name="media_files",
        postgresql_where=sa.text("missing_since IS NOT NULL"),
    )
    op.drop_index("ix_media_files_item_id", table_name="media_files")
    op.drop_index("ix_media_files_inode", table_name="media_files")
    op.drop_table("media_files")
    op.drop_index("uq_assets_directory_id_name", table_name="assets")
    op.drop_index(
        "ix_assets_uncached",
        table_name="assets",
        postgresql_where=sa.text("cache_state = 'pending' AND missing_since IS NULL"),
    )
    op.drop_index(
        "ix_assets_missing",
        table_name="assets",
        postgresql_where=sa.text("missing_since IS NOT NULL"),
    )
    op.drop_index("ix_assets_item_id", table_name="assets")
    op.drop_index("ix_assets_cache_sha256", table_name="assets")
    op.drop_table("assets")
    op.drop_index("ix_scan_units_scan_id_id", table_name="scan_units")
    op.drop_index(
        "ix_scan_units_open",
        table_name="scan_units",
        postgresql_where=sa.text("state IN ('pending', 'running')"),
    )
    op.drop_index(
        "ix_scan_units_ended",
        table_name="scan_units",
        postgresql_where=sa.text("state NOT IN ('pending', 'running')"),
    )
    op.drop_table("scan_units")
    op.drop_index("uq_items_directory_id_key", table_name="items")
    op.drop_index(
        "ix_items_year", table_name="items", postgresql_where=sa.text("missing_since IS NULL")
    )
    op.drop_index("ix_items_title_words", table_name="items", postgresql_using="gin")
    op.drop_index(
        "ix_items_title", table_name="items", postgresql_where=sa.text("missing_since IS NULL")
    )
    op.drop_index(
        "ix_items_state", table_name="items", postgresql_where=sa.text("missing_since IS NULL")
    )
    op.drop_index(
        "ix_items_missing",
        table_name="items",
        postgresql_where=sa.text("missing_since IS NOT NULL"),
    )
    op.drop_index(
        "ix_items_library_id_title",
        table_name="items",
        postgresql_where=sa.text("missing_since IS NULL"),
    )
    op.drop_index(
        "ix_items_added_at", table_name="items", postgresql_where=sa.text("missing_since IS NULL")
    )
    op.drop_table("items")
    op.drop_index(
        "uq_scan_jobs_one_unfinished",
        table_name="scan_jobs",
        postgresql_where=sa.text("status NOT IN ('completed', 'failed', 'cancelled')"),
    )
    op.drop_index("ix_scan_jobs_library_id_id", table_name="scan_jobs")
    op.drop_table("scan_jobs")
    op.drop_table("ignore_patterns")
    op.drop_table("directories")
    op.drop_table("libraries")
    op.drop_index("ix_jobs_state_id", table_name="jobs")
    op.drop_table("jobs")
    op.drop_table("cache_files")
