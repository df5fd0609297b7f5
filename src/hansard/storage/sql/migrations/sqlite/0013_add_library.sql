-- Written by `hansard db revision` from the declarations in hansard/storage/tables/.

ALTER TABLE tenants ADD COLUMN "model" TEXT;

ALTER TABLE tenants ADD COLUMN "options" TEXT NOT NULL DEFAULT '{}';

ALTER TABLE tenants ADD COLUMN "rules" TEXT NOT NULL DEFAULT '[]';

ALTER TABLE users ADD COLUMN "instructions" TEXT NOT NULL DEFAULT '';

ALTER TABLE users ADD COLUMN "model" TEXT;

ALTER TABLE users ADD COLUMN "options" TEXT NOT NULL DEFAULT '{}';

ALTER TABLE users ADD COLUMN "rules" TEXT NOT NULL DEFAULT '[]';

CREATE TABLE tags (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    "id" BLOB NOT NULL,
    "state" TEXT NOT NULL,
    "deleted_at" INTEGER,
    "owner_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "color" TEXT NOT NULL,
    UNIQUE ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "owner_id") REFERENCES users ("tenant_id", "id")
) STRICT;

CREATE UNIQUE INDEX tags_by_owner_id_name ON tags ("tenant_id", "owner_id", "name") WHERE "state" = 'active';

CREATE TABLE tag_removals (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "tag_id" BLOB NOT NULL,
    "table" TEXT NOT NULL,
    "record_id" BLOB NOT NULL,
    UNIQUE ("tenant_id", "tag_id", "table", "record_id"),
    FOREIGN KEY ("tenant_id", "tag_id") REFERENCES tags ("tenant_id", "id")
) STRICT;

CREATE TABLE rules (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    "id" BLOB NOT NULL,
    "state" TEXT NOT NULL,
    "deleted_at" INTEGER,
    "owner_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "position" TEXT NOT NULL,
    "always" INTEGER NOT NULL,
    "tags" TEXT NOT NULL,
    UNIQUE ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "owner_id") REFERENCES users ("tenant_id", "id")
) STRICT;

CREATE UNIQUE INDEX rules_by_owner_id_name ON rules ("tenant_id", "owner_id", "name") WHERE "state" = 'active';

CREATE TABLE agents (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    "id" BLOB NOT NULL,
    "state" TEXT NOT NULL,
    "deleted_at" INTEGER,
    "owner_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "instructions" TEXT NOT NULL,
    "model" TEXT,
    "options" TEXT NOT NULL,
    "rules" TEXT NOT NULL,
    "tools" TEXT NOT NULL,
    "output_schema" TEXT,
    UNIQUE ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "owner_id") REFERENCES users ("tenant_id", "id")
) STRICT;

CREATE UNIQUE INDEX agents_by_owner_id_name ON agents ("tenant_id", "owner_id", "name") WHERE "state" = 'active';

CREATE TABLE prompts (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "updated_at" INTEGER NOT NULL,
    "id" BLOB NOT NULL,
    "state" TEXT NOT NULL,
    "deleted_at" INTEGER,
    "owner_id" TEXT NOT NULL,
    "agent_id" BLOB,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "variables" TEXT NOT NULL,
    "tags" TEXT NOT NULL,
    "rules" TEXT NOT NULL,
    "follow_ups" TEXT NOT NULL,
    "public" INTEGER NOT NULL,
    "revision" INTEGER NOT NULL,
    "holder" TEXT NOT NULL,
    UNIQUE ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "owner_id") REFERENCES users ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "agent_id") REFERENCES agents ("tenant_id", "id")
) STRICT;

CREATE INDEX prompts_by_agent_id ON prompts ("tenant_id", "agent_id") WHERE "agent_id" IS NOT NULL;

CREATE INDEX prompts_by_public ON prompts ("tenant_id", "public");

CREATE UNIQUE INDEX prompts_by_owner_id_holder_name ON prompts ("tenant_id", "owner_id", "holder", "name") WHERE "state" = 'active';

CREATE TABLE prompt_revisions (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "prompt_id" BLOB NOT NULL,
    "number" INTEGER NOT NULL,
    "body" TEXT NOT NULL,
    "variables" TEXT NOT NULL,
    UNIQUE ("tenant_id", "prompt_id", "number"),
    FOREIGN KEY ("tenant_id", "prompt_id") REFERENCES prompts ("tenant_id", "id")
) STRICT;

ALTER TABLE projects ADD COLUMN "options" TEXT NOT NULL DEFAULT '{}';

ALTER TABLE projects ADD COLUMN "rules" TEXT NOT NULL DEFAULT '[]';

ALTER TABLE projects ADD COLUMN "tags" TEXT NOT NULL DEFAULT '[]';

ALTER TABLE conversations ADD COLUMN "agent_id" BLOB;

ALTER TABLE conversations ADD COLUMN "traits" TEXT NOT NULL DEFAULT '{}';

CREATE INDEX conversations_by_agent_id ON conversations ("tenant_id", "agent_id") WHERE "agent_id" IS NOT NULL;

CREATE TABLE project_moves (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "project_id" BLOB NOT NULL,
    "conversation_id" BLOB NOT NULL,
    "to_project_id" BLOB,
    UNIQUE ("tenant_id", "project_id", "conversation_id"),
    FOREIGN KEY ("tenant_id", "project_id") REFERENCES projects ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "conversation_id") REFERENCES conversations ("tenant_id", "id")
) STRICT;

CREATE INDEX project_moves_by_conversation_id ON project_moves ("tenant_id", "conversation_id");

ALTER TABLE runs ADD COLUMN "applied" TEXT NOT NULL DEFAULT '{}';

-- By hand: the tags of the conversations become records.
INSERT INTO tags ("tenant_id", "created_at", "version", "updated_at", "id", "state", "owner_id", "name", "color")
SELECT
    tenant_id, min(created_at), 1, min(created_at),
    unhex(
        hex(randomblob(6)) || '4' || substr(hex(randomblob(2)), 2) || '8' || substr(hex(randomblob(2)), 2)
        || hex(randomblob(6))
    ),
    'active', owner_id, value, ''
FROM conversations, json_each(tags)
GROUP BY tenant_id, owner_id, value;
