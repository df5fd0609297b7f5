-- Written by `hansard db revision` from the declarations in hansard/storage/tables.py.

ALTER TABLE blob_uses ADD COLUMN "media_type" TEXT;

CREATE TABLE link_keys (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "data" BLOB NOT NULL,
    UNIQUE ("tenant_id"),
    FOREIGN KEY ("tenant_id") REFERENCES tenants ("tenant_id")
) STRICT;

CREATE TABLE sessions (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "id" BLOB NOT NULL,
    "user_id" TEXT NOT NULL,
    "secret_hash" BLOB NOT NULL,
    "key_hash" BLOB NOT NULL,
    "browser" TEXT NOT NULL,
    "seen_at" INTEGER NOT NULL,
    "ended_at" INTEGER,
    UNIQUE ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "user_id") REFERENCES users ("tenant_id", "id")
) STRICT;

CREATE INDEX sessions_by_user_id_seen_at_id ON sessions ("tenant_id", "user_id", "seen_at", "id");

CREATE TABLE spent_codes (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "id" BLOB NOT NULL,
    UNIQUE ("tenant_id", "id")
) STRICT;
