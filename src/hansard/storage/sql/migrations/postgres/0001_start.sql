-- Written by `hansard db revision` from the declarations in hansard/storage/tables.py.

CREATE SCHEMA IF NOT EXISTS hansard;

CREATE TABLE hansard.tenants (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "version" bigint NOT NULL,
    "updated_at" timestamptz NOT NULL,
    "name" text COLLATE "C" NOT NULL,
    "instructions" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("tenant_id")
);

ALTER TABLE hansard.tenants ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.tenants USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.users (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "version" bigint NOT NULL,
    "updated_at" timestamptz NOT NULL,
    "id" text COLLATE "C" NOT NULL,
    "name" text COLLATE "C" NOT NULL,
    "traits" json NOT NULL,
    PRIMARY KEY ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id") REFERENCES hansard.tenants ("tenant_id")
);

ALTER TABLE hansard.users ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.users FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.users USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.projects (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "version" bigint NOT NULL,
    "updated_at" timestamptz NOT NULL,
    "id" uuid NOT NULL,
    "owner_id" text COLLATE "C" NOT NULL,
    "parent_id" uuid,
    "name" text COLLATE "C" NOT NULL,
    "instructions" text COLLATE "C" NOT NULL,
    "model" text COLLATE "C",
    "deleted_at" timestamptz,
    PRIMARY KEY ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "owner_id") REFERENCES hansard.users ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "parent_id") REFERENCES hansard.projects ("tenant_id", "id")
);

CREATE INDEX projects_by_owner_id_parent_id ON hansard.projects ("tenant_id", "owner_id", "parent_id");

ALTER TABLE hansard.projects ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.projects FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.projects USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.conversations (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "version" bigint NOT NULL,
    "updated_at" timestamptz NOT NULL,
    "id" uuid NOT NULL,
    "owner_id" text COLLATE "C" NOT NULL,
    "project_id" uuid,
    "title" text COLLATE "C" NOT NULL,
    "system" text COLLATE "C" NOT NULL,
    "model" text COLLATE "C",
    "tags" text[] NOT NULL,
    "metadata" json NOT NULL,
    "pinned" boolean NOT NULL,
    "archived" boolean NOT NULL,
    "branch" uuid NOT NULL,
    "active_at" timestamptz NOT NULL,
    "message_count" bigint NOT NULL,
    "preview" text COLLATE "C" NOT NULL,
    "expires_at" timestamptz,
    "deleted_at" timestamptz,
    "title_key" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "owner_id") REFERENCES hansard.users ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "project_id") REFERENCES hansard.projects ("tenant_id", "id")
);

CREATE INDEX conversations_by_owner_id_active_at_id ON hansard.conversations ("tenant_id", "owner_id", "active_at", "id");

CREATE INDEX conversations_by_project_id_active_at_id ON hansard.conversations ("tenant_id", "project_id", "active_at", "id") WHERE "project_id" IS NOT NULL;

CREATE INDEX conversations_by_expires_at ON hansard.conversations ("tenant_id", "expires_at") WHERE "expires_at" IS NOT NULL;

ALTER TABLE hansard.conversations ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.conversations FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.conversations USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.branches (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "version" bigint NOT NULL,
    "updated_at" timestamptz NOT NULL,
    "id" uuid NOT NULL,
    "conversation_id" uuid NOT NULL,
    "name" text COLLATE "C" NOT NULL,
    "parent_branch" uuid,
    "fork_seq" bigint NOT NULL,
    "head_seq" bigint NOT NULL,
    "head_id" uuid,
    "cut_from" uuid,
    "deleted_at" timestamptz,
    PRIMARY KEY ("tenant_id", "id"),
    UNIQUE ("tenant_id", "conversation_id", "id"),
    FOREIGN KEY ("tenant_id", "conversation_id") REFERENCES hansard.conversations ("tenant_id", "id")
);

CREATE INDEX branches_by_parent_branch_fork_seq ON hansard.branches ("tenant_id", "parent_branch", "fork_seq") WHERE "parent_branch" IS NOT NULL;

ALTER TABLE hansard.branches ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.branches FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.branches USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.messages (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "id" uuid NOT NULL,
    "conversation_id" uuid NOT NULL,
    "branch" uuid NOT NULL,
    "seq" bigint NOT NULL,
    "parent_id" uuid,
    "owner_id" text COLLATE "C" NOT NULL,
    "role" text COLLATE "C" NOT NULL,
    "parts" json NOT NULL,
    "model" text COLLATE "C",
    "finish" text COLLATE "C",
    "tokens_in" bigint,
    "tokens_out" bigint,
    "run_id" uuid,
    "group_id" uuid,
    "origin_id" uuid,
    "metadata" json NOT NULL,
    PRIMARY KEY ("tenant_id", "id"),
    UNIQUE ("tenant_id", "branch", "seq"),
    FOREIGN KEY ("tenant_id", "conversation_id", "branch") REFERENCES hansard.branches ("tenant_id", "conversation_id", "id")
);

ALTER TABLE hansard.messages ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.messages FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.messages USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.messages_terms (
    "tenant_id" text COLLATE "C" NOT NULL,
    "id" uuid NOT NULL,
    "passage" bigint NOT NULL,
    "k" bigint GENERATED ALWAYS AS IDENTITY,
    "terms" tsvector NOT NULL,
    PRIMARY KEY ("tenant_id", "id", passage),
    FOREIGN KEY ("tenant_id", "id") REFERENCES hansard.messages ("tenant_id", "id") ON DELETE CASCADE
);

CREATE INDEX messages_terms_by_terms ON hansard.messages_terms USING gin (terms);

ALTER TABLE hansard.messages_terms ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.messages_terms USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.views (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "conversation_id" uuid NOT NULL,
    "user_id" text COLLATE "C" NOT NULL,
    "branch" uuid NOT NULL,
    PRIMARY KEY ("tenant_id", "conversation_id", "user_id"),
    FOREIGN KEY ("tenant_id", "conversation_id", "branch") REFERENCES hansard.branches ("tenant_id", "conversation_id", "id")
);

ALTER TABLE hansard.views ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.views FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.views USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.ratings (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "version" bigint NOT NULL,
    "updated_at" timestamptz NOT NULL,
    "conversation_id" uuid NOT NULL,
    "message_id" uuid NOT NULL,
    "user_id" text COLLATE "C" NOT NULL,
    "value" bigint NOT NULL,
    "note" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("tenant_id", "message_id", "user_id"),
    FOREIGN KEY ("tenant_id", "message_id") REFERENCES hansard.messages ("tenant_id", "id")
);

CREATE INDEX ratings_by_conversation_id ON hansard.ratings ("tenant_id", "conversation_id");

ALTER TABLE hansard.ratings ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.ratings FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.ratings USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.summaries (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "version" bigint NOT NULL,
    "updated_at" timestamptz NOT NULL,
    "id" uuid NOT NULL,
    "conversation_id" uuid NOT NULL,
    "branch" uuid NOT NULL,
    "seq" bigint NOT NULL,
    "text" text COLLATE "C" NOT NULL,
    "model" text COLLATE "C",
    PRIMARY KEY ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "conversation_id", "branch") REFERENCES hansard.branches ("tenant_id", "conversation_id", "id")
);

CREATE INDEX summaries_by_branch_seq ON hansard.summaries ("tenant_id", "branch", "seq");

ALTER TABLE hansard.summaries ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.summaries FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.summaries USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.blobs (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "id" bytea NOT NULL,
    "size" bigint NOT NULL,
    "media_type" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("tenant_id", "id")
);

ALTER TABLE hansard.blobs ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.blobs FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.blobs USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.blob_chunks (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "blob_id" bytea NOT NULL,
    "number" bigint NOT NULL,
    "data" bytea NOT NULL,
    PRIMARY KEY ("tenant_id", "blob_id", "number"),
    FOREIGN KEY ("tenant_id", "blob_id") REFERENCES hansard.blobs ("tenant_id", "id")
);

ALTER TABLE hansard.blob_chunks ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.blob_chunks FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.blob_chunks USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.blob_uses (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "blob_id" bytea NOT NULL,
    "owner_id" text COLLATE "C" NOT NULL,
    "holder" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("tenant_id", "blob_id", "owner_id", "holder"),
    FOREIGN KEY ("tenant_id", "blob_id") REFERENCES hansard.blobs ("tenant_id", "id")
);

CREATE INDEX blob_uses_by_holder ON hansard.blob_uses ("tenant_id", "holder");

ALTER TABLE hansard.blob_uses ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.blob_uses FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.blob_uses USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.runs (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "version" bigint NOT NULL,
    "updated_at" timestamptz NOT NULL,
    "id" uuid NOT NULL,
    "owner_id" text COLLATE "C" NOT NULL,
    "conversation_id" uuid NOT NULL,
    "branch" uuid NOT NULL,
    "prompt_id" uuid,
    "message_id" uuid NOT NULL,
    "group_id" uuid,
    "model" text COLLATE "C" NOT NULL,
    "status" text COLLATE "C" NOT NULL,
    "mode" text COLLATE "C" NOT NULL,
    "options" json NOT NULL,
    "worker" text COLLATE "C" NOT NULL,
    "lease_until" timestamptz NOT NULL,
    "cancel_requested" boolean NOT NULL,
    "tokens_in" bigint,
    "tokens_out" bigint,
    "error" json,
    "ended_at" timestamptz,
    PRIMARY KEY ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "conversation_id", "branch") REFERENCES hansard.branches ("tenant_id", "conversation_id", "id")
);

CREATE INDEX runs_by_conversation_id_id ON hansard.runs ("tenant_id", "conversation_id", "id");

CREATE INDEX runs_by_status_lease_until ON hansard.runs ("tenant_id", "status", "lease_until");

ALTER TABLE hansard.runs ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.runs FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.runs USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.run_events (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "run_id" uuid NOT NULL,
    "number" bigint NOT NULL,
    "type" text COLLATE "C" NOT NULL,
    "text" text COLLATE "C" NOT NULL,
    "data" json NOT NULL,
    PRIMARY KEY ("tenant_id", "run_id", "number"),
    FOREIGN KEY ("tenant_id", "run_id") REFERENCES hansard.runs ("tenant_id", "id")
);

CREATE INDEX run_events_by_created_at ON hansard.run_events ("tenant_id", "created_at");

ALTER TABLE hansard.run_events ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.run_events FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.run_events USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.settings (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "version" bigint NOT NULL,
    "updated_at" timestamptz NOT NULL,
    "user_id" text COLLATE "C" NOT NULL,
    "name" text COLLATE "C" NOT NULL,
    "value" json NOT NULL,
    PRIMARY KEY ("tenant_id", "user_id", "name"),
    FOREIGN KEY ("tenant_id", "user_id") REFERENCES hansard.users ("tenant_id", "id")
);

ALTER TABLE hansard.settings ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.settings FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.settings USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.activity (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "owner_id" text COLLATE "C" NOT NULL,
    "project_id" text COLLATE "C" NOT NULL,
    "day" text COLLATE "C" NOT NULL,
    "hour" bigint NOT NULL,
    "role" text COLLATE "C" NOT NULL,
    "model" text COLLATE "C" NOT NULL,
    "slot" bigint NOT NULL,
    "conversations" bigint NOT NULL,
    "messages" bigint NOT NULL,
    "words" bigint NOT NULL,
    "characters" bigint NOT NULL,
    "tokens_in" bigint NOT NULL,
    "tokens_out" bigint NOT NULL,
    "engaged_seconds" bigint NOT NULL,
    PRIMARY KEY ("tenant_id", "owner_id", "project_id", "day", "hour", "role", "model", "slot")
);

ALTER TABLE hansard.activity ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.activity FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.activity USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.feed (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "position" bigint NOT NULL,
    "user_id" text COLLATE "C" NOT NULL,
    "kind" text COLLATE "C" NOT NULL,
    "subject_id" text COLLATE "C" NOT NULL,
    "conversation_id" uuid,
    "branch" uuid,
    "seq" bigint,
    "count" bigint NOT NULL,
    PRIMARY KEY ("tenant_id", "position")
);

CREATE INDEX feed_by_user_id_position ON hansard.feed ("tenant_id", "user_id", "position");

ALTER TABLE hansard.feed ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.feed FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.feed USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));
