-- Written by `hansard db revision` from the declarations in hansard/storage/tables.py.

CREATE TABLE tenants (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "instructions" TEXT NOT NULL,
    UNIQUE ("tenant_id")
) STRICT;

CREATE TABLE users (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "traits" TEXT NOT NULL,
    UNIQUE ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id") REFERENCES tenants ("tenant_id")
) STRICT;

CREATE TABLE projects (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    "id" BLOB NOT NULL,
    "owner_id" TEXT NOT NULL,
    "parent_id" BLOB,
    "name" TEXT NOT NULL,
    "instructions" TEXT NOT NULL,
    "model" TEXT,
    "deleted_at" INTEGER,
    UNIQUE ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "owner_id") REFERENCES users ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "parent_id") REFERENCES projects ("tenant_id", "id")
) STRICT;

CREATE INDEX projects_by_owner_id_parent_id ON projects ("tenant_id", "owner_id", "parent_id");

CREATE TABLE conversations (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    "id" BLOB NOT NULL,
    "owner_id" TEXT NOT NULL,
    "project_id" BLOB,
    "title" TEXT NOT NULL,
    "system" TEXT NOT NULL,
    "model" TEXT,
    "tags" TEXT NOT NULL,
    "metadata" TEXT NOT NULL,
    "pinned" INTEGER NOT NULL,
    "archived" INTEGER NOT NULL,
    "branch" BLOB NOT NULL,
    "active_at" INTEGER NOT NULL,
    "message_count" INTEGER NOT NULL,
    "preview" TEXT NOT NULL,
    "expires_at" INTEGER,
    "deleted_at" INTEGER,
    "title_key" TEXT NOT NULL,
    UNIQUE ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "owner_id") REFERENCES users ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "project_id") REFERENCES projects ("tenant_id", "id")
) STRICT;

CREATE INDEX conversations_by_owner_id_active_at_id ON conversations ("tenant_id", "owner_id", "active_at", "id");

CREATE INDEX conversations_by_project_id_active_at_id ON conversations ("tenant_id", "project_id", "active_at", "id") WHERE "project_id" IS NOT NULL;

CREATE INDEX conversations_by_expires_at ON conversations ("tenant_id", "expires_at") WHERE "expires_at" IS NOT NULL;

CREATE TABLE branches (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    "id" BLOB NOT NULL,
    "conversation_id" BLOB NOT NULL,
    "name" TEXT NOT NULL,
    "parent_branch" BLOB,
    "fork_seq" INTEGER NOT NULL,
    "head_seq" INTEGER NOT NULL,
    "head_id" BLOB,
    "cut_from" BLOB,
    "deleted_at" INTEGER,
    UNIQUE ("tenant_id", "id"),
    UNIQUE ("tenant_id", "conversation_id", "id"),
    FOREIGN KEY ("tenant_id", "conversation_id") REFERENCES conversations ("tenant_id", "id")
) STRICT;

CREATE INDEX branches_by_parent_branch_fork_seq ON branches ("tenant_id", "parent_branch", "fork_seq") WHERE "parent_branch" IS NOT NULL;

CREATE TABLE messages (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "id" BLOB NOT NULL,
    "conversation_id" BLOB NOT NULL,
    "branch" BLOB NOT NULL,
    "seq" INTEGER NOT NULL,
    "parent_id" BLOB,
    "owner_id" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "parts" TEXT NOT NULL,
    "model" TEXT,
    "finish" TEXT,
    "tokens_in" INTEGER,
    "tokens_out" INTEGER,
    "run_id" BLOB,
    "group_id" BLOB,
    "origin_id" BLOB,
    "metadata" TEXT NOT NULL,
    UNIQUE ("tenant_id", "id"),
    UNIQUE ("tenant_id", "branch", "seq"),
    FOREIGN KEY ("tenant_id", "conversation_id", "branch") REFERENCES branches ("tenant_id", "conversation_id", "id")
) STRICT;

CREATE VIRTUAL TABLE messages_terms USING fts5(terms, content='', tokenize="ascii tokenchars '~'");

INSERT INTO messages_terms (messages_terms, rank) VALUES ('secure-delete', 1);

CREATE TABLE views (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "conversation_id" BLOB NOT NULL,
    "user_id" TEXT NOT NULL,
    "branch" BLOB NOT NULL,
    UNIQUE ("tenant_id", "conversation_id", "user_id"),
    FOREIGN KEY ("tenant_id", "conversation_id", "branch") REFERENCES branches ("tenant_id", "conversation_id", "id")
) STRICT;

CREATE TABLE ratings (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    "conversation_id" BLOB NOT NULL,
    "message_id" BLOB NOT NULL,
    "user_id" TEXT NOT NULL,
    "value" INTEGER NOT NULL,
    "note" TEXT NOT NULL,
    UNIQUE ("tenant_id", "message_id", "user_id"),
    FOREIGN KEY ("tenant_id", "message_id") REFERENCES messages ("tenant_id", "id")
) STRICT;

CREATE INDEX ratings_by_conversation_id ON ratings ("tenant_id", "conversation_id");

CREATE TABLE summaries (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    "id" BLOB NOT NULL,
    "conversation_id" BLOB NOT NULL,
    "branch" BLOB NOT NULL,
    "seq" INTEGER NOT NULL,
    "text" TEXT NOT NULL,
    "model" TEXT,
    UNIQUE ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "conversation_id", "branch") REFERENCES branches ("tenant_id", "conversation_id", "id")
) STRICT;

CREATE INDEX summaries_by_branch_seq ON summaries ("tenant_id", "branch", "seq");

CREATE TABLE blobs (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "id" BLOB NOT NULL,
    "size" INTEGER NOT NULL,
    "media_type" TEXT NOT NULL,
    UNIQUE ("tenant_id", "id")
) STRICT;

CREATE TABLE blob_chunks (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "blob_id" BLOB NOT NULL,
    "number" INTEGER NOT NULL,
    "data" BLOB NOT NULL,
    UNIQUE ("tenant_id", "blob_id", "number"),
    FOREIGN KEY ("tenant_id", "blob_id") REFERENCES blobs ("tenant_id", "id")
) STRICT;

CREATE TABLE blob_uses (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "blob_id" BLOB NOT NULL,
    "owner_id" TEXT NOT NULL,
    "holder" ANY NOT NULL,
    UNIQUE ("tenant_id", "blob_id", "owner_id", "holder"),
    FOREIGN KEY ("tenant_id", "blob_id") REFERENCES blobs ("tenant_id", "id")
) STRICT;

CREATE INDEX blob_uses_by_holder ON blob_uses ("tenant_id", "holder");

CREATE TABLE runs (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    "id" BLOB NOT NULL,
    "owner_id" TEXT NOT NULL,
    "conversation_id" BLOB NOT NULL,
    "branch" BLOB NOT NULL,
    "prompt_id" BLOB,
    "message_id" BLOB NOT NULL,
    "group_id" BLOB,
    "model" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "mode" TEXT NOT NULL,
    "options" TEXT NOT NULL,
    "worker" TEXT NOT NULL,
    "lease_until" INTEGER NOT NULL,
    "cancel_requested" INTEGER NOT NULL,
    "tokens_in" INTEGER,
    "tokens_out" INTEGER,
    "error" TEXT,
    "ended_at" INTEGER,
    UNIQUE ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "conversation_id", "branch") REFERENCES branches ("tenant_id", "conversation_id", "id")
) STRICT;

CREATE INDEX runs_by_conversation_id_id ON runs ("tenant_id", "conversation_id", "id");

CREATE INDEX runs_by_status_lease_until ON runs ("tenant_id", "status", "lease_until");

CREATE TABLE run_events (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "run_id" BLOB NOT NULL,
    "number" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "data" TEXT NOT NULL,
    UNIQUE ("tenant_id", "run_id", "number"),
    FOREIGN KEY ("tenant_id", "run_id") REFERENCES runs ("tenant_id", "id")
) STRICT;

CREATE INDEX run_events_by_created_at ON run_events ("tenant_id", "created_at");

CREATE TABLE settings (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    "user_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    UNIQUE ("tenant_id", "user_id", "name"),
    FOREIGN KEY ("tenant_id", "user_id") REFERENCES users ("tenant_id", "id")
) STRICT;

CREATE TABLE activity (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "owner_id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "day" TEXT NOT NULL,
    "hour" INTEGER NOT NULL,
    "role" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "slot" INTEGER NOT NULL,
    "conversations" INTEGER NOT NULL,
    "messages" INTEGER NOT NULL,
    "words" INTEGER NOT NULL,
    "characters" INTEGER NOT NULL,
    "tokens_in" INTEGER NOT NULL,
    "tokens_out" INTEGER NOT NULL,
    "engaged_seconds" INTEGER NOT NULL,
    UNIQUE ("tenant_id", "owner_id", "project_id", "day", "hour", "role", "model", "slot")
) STRICT;

CREATE TABLE feed (
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "position" INTEGER PRIMARY KEY AUTOINCREMENT,
    "user_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "subject_id" ANY NOT NULL,
    "conversation_id" BLOB,
    "branch" BLOB,
    "seq" INTEGER,
    "count" INTEGER NOT NULL
) STRICT;

CREATE INDEX feed_by_user_id_position ON feed ("tenant_id", "user_id", "position");
