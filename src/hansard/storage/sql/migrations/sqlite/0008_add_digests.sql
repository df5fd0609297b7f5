-- Written by `hansard db revision` from the declarations in hansard/storage/tables.py.

ALTER TABLE branches ADD COLUMN "head_digest" BLOB;

ALTER TABLE messages ADD COLUMN "digest" BLOB;

ALTER TABLE artifacts ADD COLUMN "removed" INTEGER NOT NULL DEFAULT 0;

-- By hand: messages that are there get their digests while the database is used, and the revisions that are gone
-- are counted.
INSERT INTO reindexes (tenant_id, created_at, name, until)
SELECT tenant_id, unixepoch() * 1000000, 'digests', 0 FROM tenants;

UPDATE artifacts SET removed = revision - (
    SELECT count(*) FROM revisions AS r
    WHERE r.tenant_id = artifacts.tenant_id AND r.artifact_id = artifacts.id
);
