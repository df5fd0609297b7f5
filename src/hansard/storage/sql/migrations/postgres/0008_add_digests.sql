-- Written by `hansard db revision` from the declarations in hansard/storage/tables.py.

ALTER TABLE hansard.branches ADD COLUMN "head_digest" bytea;

ALTER TABLE hansard.messages ADD COLUMN "digest" bytea;

ALTER TABLE hansard.artifacts ADD COLUMN "removed" bigint NOT NULL DEFAULT 0;

-- By hand: messages that are there get their digests while the database is used, and the revisions that are gone
-- are counted. Both are done for all tenants, so row security does not apply to the owner meanwhile.
ALTER TABLE hansard.reindexes NO FORCE ROW LEVEL SECURITY;

ALTER TABLE hansard.artifacts NO FORCE ROW LEVEL SECURITY;

ALTER TABLE hansard.revisions NO FORCE ROW LEVEL SECURITY;

INSERT INTO hansard.reindexes (tenant_id, created_at, name, until)
SELECT tenant_id, now(), 'digests', 0 FROM hansard.tenants;

UPDATE hansard.artifacts AS a SET removed = a.revision - (
    SELECT count(*) FROM hansard.revisions AS r
    WHERE r.tenant_id = a.tenant_id AND r.artifact_id = a.id
);

ALTER TABLE hansard.reindexes FORCE ROW LEVEL SECURITY;

ALTER TABLE hansard.artifacts FORCE ROW LEVEL SECURITY;

ALTER TABLE hansard.revisions FORCE ROW LEVEL SECURITY;
