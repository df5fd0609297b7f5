-- Written by `hansard db revision` from the declarations in hansard/storage/tables.py.

CREATE TABLE hansard.artifacts (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "version" bigint NOT NULL,
    "updated_at" timestamptz NOT NULL,
    "id" uuid NOT NULL,
    "owner_id" text COLLATE "C" NOT NULL,
    "conversation_id" uuid,
    "project_id" uuid,
    "message_id" uuid,
    "branch" uuid,
    "part" bigint,
    "type" text COLLATE "C" NOT NULL,
    "language" text COLLATE "C" NOT NULL,
    "media_type" text COLLATE "C" NOT NULL,
    "title" text COLLATE "C" NOT NULL,
    "description" text COLLATE "C" NOT NULL,
    "identifier" text COLLATE "C" NOT NULL,
    "file_name" text COLLATE "C" NOT NULL,
    "revision" bigint NOT NULL,
    "size" bigint NOT NULL,
    "closed" boolean NOT NULL,
    "temporary" boolean NOT NULL,
    "metadata" json NOT NULL,
    "deleted_at" timestamptz,
    PRIMARY KEY ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "owner_id") REFERENCES hansard.users ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "conversation_id") REFERENCES hansard.conversations ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "project_id") REFERENCES hansard.projects ("tenant_id", "id")
);

CREATE INDEX artifacts_by_owner_id_updated_at_id ON hansard.artifacts ("tenant_id", "owner_id", "updated_at", "id");

CREATE INDEX artifacts_by_conversation_id_updated_at_id ON hansard.artifacts ("tenant_id", "conversation_id", "updated_at", "id") WHERE "conversation_id" IS NOT NULL;

CREATE INDEX artifacts_by_project_id_updated_at_id ON hansard.artifacts ("tenant_id", "project_id", "updated_at", "id") WHERE "project_id" IS NOT NULL;

CREATE INDEX artifacts_by_branch ON hansard.artifacts ("tenant_id", "branch") WHERE "branch" IS NOT NULL;

ALTER TABLE hansard.artifacts ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.artifacts FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.artifacts USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.contents (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "id" bytea NOT NULL,
    "encoding" text COLLATE "C" NOT NULL,
    "data" bytea NOT NULL,
    PRIMARY KEY ("tenant_id", "id")
);

ALTER TABLE hansard.contents ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.contents FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.contents USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.revisions (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "artifact_id" uuid NOT NULL,
    "number" bigint NOT NULL,
    "digest" bytea NOT NULL,
    "size" bigint NOT NULL,
    "closed" boolean NOT NULL,
    "title" text COLLATE "C" NOT NULL,
    "author" text COLLATE "C",
    "model" text COLLATE "C",
    "message_id" uuid,
    "part" bigint,
    "restored_from" bigint,
    "note" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("tenant_id", "artifact_id", "number"),
    FOREIGN KEY ("tenant_id", "artifact_id") REFERENCES hansard.artifacts ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "digest") REFERENCES hansard.contents ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "message_id") REFERENCES hansard.messages ("tenant_id", "id")
);

CREATE INDEX revisions_by_message_id ON hansard.revisions ("tenant_id", "message_id") WHERE "message_id" IS NOT NULL;

CREATE INDEX revisions_by_digest ON hansard.revisions ("tenant_id", "digest");

ALTER TABLE hansard.revisions ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.revisions FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.revisions USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.artifact_texts (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "id" uuid NOT NULL,
    "owner_id" text COLLATE "C" NOT NULL,
    "conversation_id" uuid,
    "text" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "id") REFERENCES hansard.artifacts ("tenant_id", "id")
);

ALTER TABLE hansard.artifact_texts ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.artifact_texts FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.artifact_texts USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.artifact_texts_terms (
    "tenant_id" text COLLATE "C" NOT NULL,
    "id" uuid NOT NULL,
    "passage" bigint NOT NULL,
    "k" bigint GENERATED ALWAYS AS IDENTITY,
    "terms" tsvector NOT NULL,
    PRIMARY KEY ("tenant_id", "id", passage),
    FOREIGN KEY ("tenant_id", "id") REFERENCES hansard.artifact_texts ("tenant_id", "id") ON DELETE CASCADE
);

CREATE INDEX artifact_texts_terms_by_terms ON hansard.artifact_texts_terms USING gin (terms);

ALTER TABLE hansard.artifact_texts_terms ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.artifact_texts_terms USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.extractions (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "message_id" uuid NOT NULL,
    "conversation_id" uuid NOT NULL,
    "count" bigint NOT NULL,
    PRIMARY KEY ("tenant_id", "message_id"),
    FOREIGN KEY ("tenant_id", "message_id") REFERENCES hansard.messages ("tenant_id", "id")
);

CREATE INDEX extractions_by_conversation_id ON hansard.extractions ("tenant_id", "conversation_id");

ALTER TABLE hansard.extractions ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.extractions FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.extractions USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.scans (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "version" bigint NOT NULL,
    "updated_at" timestamptz NOT NULL,
    "user_id" text COLLATE "C" NOT NULL,
    "conversation_id" uuid NOT NULL,
    PRIMARY KEY ("tenant_id", "user_id"),
    FOREIGN KEY ("tenant_id", "user_id") REFERENCES hansard.users ("tenant_id", "id")
);

ALTER TABLE hansard.scans ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.scans FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.scans USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.artifact_uses (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "owner_id" text COLLATE "C" NOT NULL,
    "day" text COLLATE "C" NOT NULL,
    "type" text COLLATE "C" NOT NULL,
    "language" text COLLATE "C" NOT NULL,
    "made" bigint NOT NULL,
    "edited" bigint NOT NULL,
    "opened" bigint NOT NULL,
    "copied" bigint NOT NULL,
    "exported" bigint NOT NULL,
    PRIMARY KEY ("tenant_id", "owner_id", "day", "type", "language")
);

ALTER TABLE hansard.artifact_uses ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.artifact_uses FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.artifact_uses USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.collections (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "version" bigint NOT NULL,
    "updated_at" timestamptz NOT NULL,
    "id" uuid NOT NULL,
    "owner_id" text COLLATE "C" NOT NULL,
    "project_id" uuid,
    "name" text COLLATE "C" NOT NULL,
    "description" text COLLATE "C" NOT NULL,
    "deleted_at" timestamptz,
    PRIMARY KEY ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "owner_id") REFERENCES hansard.users ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "project_id") REFERENCES hansard.projects ("tenant_id", "id")
);

CREATE INDEX collections_by_owner_id_name_id ON hansard.collections ("tenant_id", "owner_id", "name", "id");

CREATE INDEX collections_by_project_id ON hansard.collections ("tenant_id", "project_id") WHERE "project_id" IS NOT NULL;

ALTER TABLE hansard.collections ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.collections FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.collections USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.collected (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "collection_id" uuid NOT NULL,
    "artifact_id" uuid NOT NULL,
    PRIMARY KEY ("tenant_id", "collection_id", "artifact_id"),
    FOREIGN KEY ("tenant_id", "collection_id") REFERENCES hansard.collections ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "artifact_id") REFERENCES hansard.artifacts ("tenant_id", "id")
);

CREATE INDEX collected_by_artifact_id ON hansard.collected ("tenant_id", "artifact_id");

ALTER TABLE hansard.collected ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.collected FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.collected USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.shares (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "version" bigint NOT NULL,
    "updated_at" timestamptz NOT NULL,
    "id" uuid NOT NULL,
    "owner_id" text COLLATE "C" NOT NULL,
    "artifact_id" uuid NOT NULL,
    "user_id" text COLLATE "C",
    "right" text COLLATE "C" NOT NULL,
    "token_hash" bytea,
    "revision" bigint,
    "expires_at" timestamptz,
    "revoked_at" timestamptz,
    PRIMARY KEY ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "artifact_id") REFERENCES hansard.artifacts ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "owner_id") REFERENCES hansard.users ("tenant_id", "id")
);

CREATE INDEX shares_by_artifact_id ON hansard.shares ("tenant_id", "artifact_id");

CREATE INDEX shares_by_user_id_created_at_id ON hansard.shares ("tenant_id", "user_id", "created_at", "id") WHERE "user_id" IS NOT NULL;

CREATE INDEX shares_by_token_hash ON hansard.shares ("tenant_id", "token_hash") WHERE "token_hash" IS NOT NULL;

ALTER TABLE hansard.shares ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.shares FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.shares USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));
