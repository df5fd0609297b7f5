-- Written by `hansard db revision` from the declarations in hansard/storage/tables.py.

CREATE TABLE hansard.reindexes (
    "tenant_id" text COLLATE "C" NOT NULL,
    "created_at" timestamptz NOT NULL,
    "name" text COLLATE "C" NOT NULL,
    "after" uuid,
    "until" bigint NOT NULL,
    PRIMARY KEY ("tenant_id", "name")
);

-- By hand: texts have other terms now, so all of them are to be indexed anew, while the database is in use.
INSERT INTO hansard.reindexes (tenant_id, created_at, name, until)
SELECT tenant_id, now(), searched, 0
FROM hansard.tenants CROSS JOIN (VALUES ('messages'), ('artifact_texts')) AS tables (searched);

ALTER TABLE hansard.reindexes ENABLE ROW LEVEL SECURITY;

ALTER TABLE hansard.reindexes FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON hansard.reindexes USING (tenant_id = NULLIF(current_setting('hansard.tenant', true), '')) WITH CHECK (tenant_id = NULLIF(current_setting('hansard.tenant', true), ''));
