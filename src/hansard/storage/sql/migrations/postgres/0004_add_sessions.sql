-- Written by `hansard db revision` from the declarations in hansard/storage/tables.py.

ALTER TABLE hansard.blob_uses ADD COLUMN "media_type" text COLLATE "C";

CREATE TABLE hansard.link_keys (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "data" bytea NOT NULL,
    PRIMARY KEY ("tenant_id"),
    FOREIGN KEY ("tenant_id") REFERENCES hansard.tenants ("tenant_id")
);

ALTER TABLE hansard.link_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.link_keys FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.link_keys USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.sessions (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "id" uuid NOT NULL,
    "user_id" text COLLATE "C" NOT NULL,
    "secret_hash" bytea NOT NULL,
    "key_hash" bytea NOT NULL,
    "browser" text COLLATE "C" NOT NULL,
    "seen_at" timestamptz NOT NULL,
    "ended_at" timestamptz,
    PRIMARY KEY ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "user_id") REFERENCES hansard.users ("tenant_id", "id")
);

CREATE INDEX sessions_by_user_id_seen_at_id ON hansard.sessions ("tenant_id", "user_id", "seen_at", "id");

ALTER TABLE hansard.sessions ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.sessions FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.sessions USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.spent_codes (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "id" bytea NOT NULL,
    PRIMARY KEY ("tenant_id", "id")
);

ALTER TABLE hansard.spent_codes ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.spent_codes FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.spent_codes USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));
