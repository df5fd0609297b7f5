-- Written by `hansard db revision` from the declarations in hansard/storage/tables.py.

CREATE TABLE artifacts (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    "id" BLOB NOT NULL,
    "owner_id" TEXT NOT NULL,
    "conversation_id" BLOB,
    "project_id" BLOB,
    "message_id" BLOB,
    "branch" BLOB,
    "part" INTEGER,
    "type" TEXT NOT NULL,
    "language" TEXT NOT NULL,
    "media_type" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "identifier" TEXT NOT NULL,
    "file_name" TEXT NOT NULL,
    "revision" INTEGER NOT NULL,
    "size" INTEGER NOT NULL,
    "closed" INTEGER NOT NULL,
    "temporary" INTEGER NOT NULL,
    "metadata" TEXT NOT NULL,
    "deleted_at" INTEGER,
    UNIQUE ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "owner_id") REFERENCES users ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "conversation_id") REFERENCES conversations ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "project_id") REFERENCES projects ("tenant_id", "id")
) STRICT;

CREATE INDEX artifacts_by_owner_id_updated_at_id ON artifacts ("tenant_id", "owner_id", "updated_at", "id");

CREATE INDEX artifacts_by_conversation_id_updated_at_id ON artifacts ("tenant_id", "conversation_id", "updated_at", "id") WHERE "conversation_id" IS NOT NULL;

CREATE INDEX artifacts_by_project_id_updated_at_id ON artifacts ("tenant_id", "project_id", "updated_at", "id") WHERE "project_id" IS NOT NULL;

CREATE INDEX artifacts_by_branch ON artifacts ("tenant_id", "branch") WHERE "branch" IS NOT NULL;

CREATE TABLE contents (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "id" BLOB NOT NULL,
    "encoding" TEXT NOT NULL,
    "data" BLOB NOT NULL,
    UNIQUE ("tenant_id", "id")
) STRICT;

CREATE TABLE revisions (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "artifact_id" BLOB NOT NULL,
    "number" INTEGER NOT NULL,
    "digest" BLOB NOT NULL,
    "size" INTEGER NOT NULL,
    "closed" INTEGER NOT NULL,
    "title" TEXT NOT NULL,
    "author" TEXT,
    "model" TEXT,
    "message_id" BLOB,
    "part" INTEGER,
    "restored_from" INTEGER,
    "note" TEXT NOT NULL,
    UNIQUE ("tenant_id", "artifact_id", "number"),
    FOREIGN KEY ("tenant_id", "artifact_id") REFERENCES artifacts ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "digest") REFERENCES contents ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "message_id") REFERENCES messages ("tenant_id", "id")
) STRICT;

CREATE INDEX revisions_by_message_id ON revisions ("tenant_id", "message_id") WHERE "message_id" IS NOT NULL;

CREATE INDEX revisions_by_digest ON revisions ("tenant_id", "digest");

CREATE TABLE artifact_texts (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "id" BLOB NOT NULL,
    "owner_id" TEXT NOT NULL,
    "conversation_id" BLOB,
    "text" TEXT NOT NULL,
    UNIQUE ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "id") REFERENCES artifacts ("tenant_id", "id")
) STRICT;

CREATE VIRTUAL TABLE artifact_texts_terms USING fts5(terms, content='', tokenize="ascii tokenchars '~'");

INSERT INTO artifact_texts_terms (artifact_texts_terms, rank) VALUES ('secure-delete', 1);

CREATE TABLE extractions (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "message_id" BLOB NOT NULL,
    "conversation_id" BLOB NOT NULL,
    "count" INTEGER NOT NULL,
    UNIQUE ("tenant_id", "message_id"),
    FOREIGN KEY ("tenant_id", "message_id") REFERENCES messages ("tenant_id", "id")
) STRICT;

CREATE INDEX extractions_by_conversation_id ON extractions ("tenant_id", "conversation_id");

CREATE TABLE scans (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    "user_id" TEXT NOT NULL,
    "conversation_id" BLOB NOT NULL,
    UNIQUE ("tenant_id", "user_id"),
    FOREIGN KEY ("tenant_id", "user_id") REFERENCES users ("tenant_id", "id")
) STRICT;

CREATE TABLE artifact_uses (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "owner_id" TEXT NOT NULL,
    "day" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "language" TEXT NOT NULL,
    "made" INTEGER NOT NULL,
    "edited" INTEGER NOT NULL,
    "opened" INTEGER NOT NULL,
    "copied" INTEGER NOT NULL,
    "exported" INTEGER NOT NULL,
    UNIQUE ("tenant_id", "owner_id", "day", "type", "language")
) STRICT;

CREATE TABLE collections (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    "id" BLOB NOT NULL,
    "owner_id" TEXT NOT NULL,
    "project_id" BLOB,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "deleted_at" INTEGER,
    UNIQUE ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "owner_id") REFERENCES users ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "project_id") REFERENCES projects ("tenant_id", "id")
) STRICT;

CREATE INDEX collections_by_owner_id_name_id ON collections ("tenant_id", "owner_id", "name", "id");

CREATE INDEX collections_by_project_id ON collections ("tenant_id", "project_id") WHERE "project_id" IS NOT NULL;

CREATE TABLE collected (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "collection_id" BLOB NOT NULL,
    "artifact_id" BLOB NOT NULL,
    UNIQUE ("tenant_id", "collection_id", "artifact_id"),
    FOREIGN KEY ("tenant_id", "collection_id") REFERENCES collections ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "artifact_id") REFERENCES artifacts ("tenant_id", "id")
) STRICT;

CREATE INDEX collected_by_artifact_id ON collected ("tenant_id", "artifact_id");

CREATE TABLE shares (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    "id" BLOB NOT NULL,
    "owner_id" TEXT NOT NULL,
    "artifact_id" BLOB NOT NULL,
    "user_id" TEXT,
    "right" TEXT NOT NULL,
    "token_hash" BLOB,
    "revision" INTEGER,
    "expires_at" INTEGER,
    "revoked_at" INTEGER,
    UNIQUE ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "artifact_id") REFERENCES artifacts ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "owner_id") REFERENCES users ("tenant_id", "id")
) STRICT;

CREATE INDEX shares_by_artifact_id ON shares ("tenant_id", "artifact_id");

CREATE INDEX shares_by_user_id_created_at_id ON shares ("tenant_id", "user_id", "created_at", "id") WHERE "user_id" IS NOT NULL;

CREATE INDEX shares_by_token_hash ON shares ("tenant_id", "token_hash") WHERE "token_hash" IS NOT NULL;
