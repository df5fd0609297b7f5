-- Written by `hansard db revision` from the declarations in hansard/storage/tables.py.

CREATE TABLE reindexes (
    k INTEGER PRIMARY KEY,
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "after" BLOB,
    "until" INTEGER NOT NULL,
    UNIQUE ("tenant_id", "name")
) STRICT;

-- By hand: texts have other terms now, so all of them are to be indexed anew, while the database is in use.
INSERT INTO reindexes (tenant_id, created_at, name, until)
SELECT tenant_id, unixepoch() * 1000000, 'messages', (SELECT coalesce(max(k), 0) FROM messages)
FROM tenants;

INSERT INTO reindexes (tenant_id, created_at, name, until)
SELECT tenant_id, unixepoch() * 1000000, 'artifact_texts', (SELECT coalesce(max(k), 0) FROM artifact_texts)
FROM tenants;
