-- By hand: the rows that are not indexed yet. Rows that are there are indexed.
CREATE TABLE hansard.messages_pending (
    "tenant_id" text COLLATE "C" NOT NULL,
    "owner_id" text COLLATE "C" NOT NULL,
    "id" uuid NOT NULL,
    "k" bigint NOT NULL,
    PRIMARY KEY ("tenant_id", "owner_id", "id")
);

ALTER TABLE hansard.messages_pending ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.messages_pending USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));

CREATE TABLE hansard.artifact_texts_pending (
    "tenant_id" text COLLATE "C" NOT NULL,
    "owner_id" text COLLATE "C" NOT NULL,
    "id" uuid NOT NULL,
    "k" bigint NOT NULL,
    PRIMARY KEY ("tenant_id", "owner_id", "id")
);

ALTER TABLE hansard.artifact_texts_pending ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.artifact_texts_pending USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));
