-- Written by `hansard db revision` from the declarations in hansard/storage/tables/.

ALTER TABLE hansard.tenants ADD COLUMN "model" text COLLATE "C";

ALTER TABLE hansard.tenants ADD COLUMN "options" json NOT NULL DEFAULT '{}';

ALTER TABLE hansard.tenants ADD COLUMN "rules" text[] NOT NULL DEFAULT '{}';

ALTER TABLE hansard.users ADD COLUMN "instructions" text COLLATE "C" NOT NULL DEFAULT '';

ALTER TABLE hansard.users ADD COLUMN "model" text COLLATE "C";

ALTER TABLE hansard.users ADD COLUMN "options" json NOT NULL DEFAULT '{}';

ALTER TABLE hansard.users ADD COLUMN "rules" text[] NOT NULL DEFAULT '{}';

CREATE TABLE hansard.tags (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "version" bigint NOT NULL,
    "updated_at" timestamptz NOT NULL,
    "id" uuid NOT NULL,
    "state" text COLLATE "C" NOT NULL,
    "deleted_at" timestamptz,
    "owner_id" text COLLATE "C" NOT NULL,
    "name" text COLLATE "C" NOT NULL,
    "color" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "owner_id") REFERENCES hansard.users ("tenant_id", "id")
);

CREATE UNIQUE INDEX tags_by_owner_id_name ON hansard.tags ("tenant_id", "owner_id", "name") WHERE "state" = 'active';

ALTER TABLE hansard.tags ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.tags FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.tags USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.tag_removals (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "tag_id" uuid NOT NULL,
    "table" text COLLATE "C" NOT NULL,
    "record_id" uuid NOT NULL,
    PRIMARY KEY ("tenant_id", "tag_id", "table", "record_id"),
    FOREIGN KEY ("tenant_id", "tag_id") REFERENCES hansard.tags ("tenant_id", "id")
);

ALTER TABLE hansard.tag_removals ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.tag_removals FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.tag_removals USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.rules (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "version" bigint NOT NULL,
    "updated_at" timestamptz NOT NULL,
    "id" uuid NOT NULL,
    "state" text COLLATE "C" NOT NULL,
    "deleted_at" timestamptz,
    "owner_id" text COLLATE "C" NOT NULL,
    "name" text COLLATE "C" NOT NULL,
    "text" text COLLATE "C" NOT NULL,
    "position" text COLLATE "C" NOT NULL,
    "always" boolean NOT NULL,
    "tags" text[] NOT NULL,
    PRIMARY KEY ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "owner_id") REFERENCES hansard.users ("tenant_id", "id")
);

CREATE UNIQUE INDEX rules_by_owner_id_name ON hansard.rules ("tenant_id", "owner_id", "name") WHERE "state" = 'active';

ALTER TABLE hansard.rules ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.rules FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.rules USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.agents (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "version" bigint NOT NULL,
    "updated_at" timestamptz NOT NULL,
    "id" uuid NOT NULL,
    "state" text COLLATE "C" NOT NULL,
    "deleted_at" timestamptz,
    "owner_id" text COLLATE "C" NOT NULL,
    "name" text COLLATE "C" NOT NULL,
    "description" text COLLATE "C" NOT NULL,
    "instructions" text COLLATE "C" NOT NULL,
    "model" text COLLATE "C",
    "options" json NOT NULL,
    "rules" text[] NOT NULL,
    "tools" text[] NOT NULL,
    "output_schema" json,
    PRIMARY KEY ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "owner_id") REFERENCES hansard.users ("tenant_id", "id")
);

CREATE UNIQUE INDEX agents_by_owner_id_name ON hansard.agents ("tenant_id", "owner_id", "name") WHERE "state" = 'active';

ALTER TABLE hansard.agents ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.agents FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.agents USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.prompts (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "version" bigint NOT NULL,
    "updated_at" timestamptz NOT NULL,
    "id" uuid NOT NULL,
    "state" text COLLATE "C" NOT NULL,
    "deleted_at" timestamptz,
    "owner_id" text COLLATE "C" NOT NULL,
    "agent_id" uuid,
    "name" text COLLATE "C" NOT NULL,
    "description" text COLLATE "C" NOT NULL,
    "body" text COLLATE "C" NOT NULL,
    "variables" json NOT NULL,
    "tags" text[] NOT NULL,
    "rules" text[] NOT NULL,
    "follow_ups" text[] NOT NULL,
    "public" boolean NOT NULL,
    "revision" bigint NOT NULL,
    "holder" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "owner_id") REFERENCES hansard.users ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "agent_id") REFERENCES hansard.agents ("tenant_id", "id")
);

CREATE INDEX prompts_by_agent_id ON hansard.prompts ("tenant_id", "agent_id") WHERE "agent_id" IS NOT NULL;

CREATE INDEX prompts_by_public ON hansard.prompts ("tenant_id", "public");

CREATE UNIQUE INDEX prompts_by_owner_id_holder_name ON hansard.prompts ("tenant_id", "owner_id", "holder", "name") WHERE "state" = 'active';

ALTER TABLE hansard.prompts ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.prompts FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.prompts USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.prompt_revisions (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "prompt_id" uuid NOT NULL,
    "number" bigint NOT NULL,
    "body" text COLLATE "C" NOT NULL,
    "variables" json NOT NULL,
    PRIMARY KEY ("tenant_id", "prompt_id", "number"),
    FOREIGN KEY ("tenant_id", "prompt_id") REFERENCES hansard.prompts ("tenant_id", "id")
);

ALTER TABLE hansard.prompt_revisions ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.prompt_revisions FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.prompt_revisions USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

ALTER TABLE hansard.projects ADD COLUMN "options" json NOT NULL DEFAULT '{}';

ALTER TABLE hansard.projects ADD COLUMN "rules" text[] NOT NULL DEFAULT '{}';

ALTER TABLE hansard.projects ADD COLUMN "tags" text[] NOT NULL DEFAULT '{}';

ALTER TABLE hansard.conversations ADD COLUMN "agent_id" uuid;

ALTER TABLE hansard.conversations ADD COLUMN "traits" json NOT NULL DEFAULT '{}';

CREATE INDEX conversations_by_agent_id ON hansard.conversations ("tenant_id", "agent_id") WHERE "agent_id" IS NOT NULL;

CREATE TABLE hansard.project_moves (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "project_id" uuid NOT NULL,
    "conversation_id" uuid NOT NULL,
    "to_project_id" uuid,
    PRIMARY KEY ("tenant_id", "project_id", "conversation_id"),
    FOREIGN KEY ("tenant_id", "project_id") REFERENCES hansard.projects ("tenant_id", "id"),
    FOREIGN KEY ("tenant_id", "conversation_id") REFERENCES hansard.conversations ("tenant_id", "id")
);

CREATE INDEX project_moves_by_conversation_id ON hansard.project_moves ("tenant_id", "conversation_id");

ALTER TABLE hansard.project_moves ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.project_moves FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.project_moves USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

ALTER TABLE hansard.runs ADD COLUMN "applied" json NOT NULL DEFAULT '{}';

-- By hand: the tags of the conversations become records.
ALTER TABLE hansard.conversations NO FORCE ROW LEVEL SECURITY;

ALTER TABLE hansard.tags NO FORCE ROW LEVEL SECURITY;

INSERT INTO hansard.tags
    ("tenant_id", "created_at", "version", "updated_at", "id", "state", "owner_id", "name", "color")
SELECT tenant_id, min(created_at), 1, min(created_at), gen_random_uuid(), 'active', owner_id, tag, ''
FROM hansard.conversations, unnest(tags) AS tag
GROUP BY tenant_id, owner_id, tag;

ALTER TABLE hansard.tags FORCE ROW LEVEL SECURITY;

ALTER TABLE hansard.conversations FORCE ROW LEVEL SECURITY;
