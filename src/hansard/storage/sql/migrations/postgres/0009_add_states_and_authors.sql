-- Written by `hansard db revision` from the declarations in hansard/storage/tables.py.

ALTER TABLE hansard.projects ADD COLUMN "state" text COLLATE "C" NOT NULL DEFAULT 'active';

ALTER TABLE hansard.conversations ADD COLUMN "state" text COLLATE "C" NOT NULL DEFAULT 'active';

ALTER TABLE hansard.branches ADD COLUMN "state" text COLLATE "C" NOT NULL DEFAULT 'active';

ALTER TABLE hansard.messages ADD COLUMN "author_id" text COLLATE "C";

ALTER TABLE hansard.runs ADD COLUMN "author_id" text COLLATE "C";

ALTER TABLE hansard.artifacts ADD COLUMN "state" text COLLATE "C" NOT NULL DEFAULT 'active';

ALTER TABLE hansard.collections ADD COLUMN "state" text COLLATE "C" NOT NULL DEFAULT 'active';

-- By hand: the dates of 1970 stood for states. It is done for all tenants, so row security does not apply to the owner meanwhile.
ALTER TABLE hansard.projects NO FORCE ROW LEVEL SECURITY;

UPDATE hansard.projects SET
    state = CASE deleted_at
        WHEN '1970-01-01T00:00:00Z' THEN 'importing'
        WHEN '1970-01-02T00:00:00Z' THEN 'purging'
        ELSE 'trashed'
    END,
    deleted_at = CASE WHEN deleted_at > '1970-01-02T00:00:00Z' THEN deleted_at END
WHERE deleted_at IS NOT NULL;

ALTER TABLE hansard.projects FORCE ROW LEVEL SECURITY;

ALTER TABLE hansard.conversations NO FORCE ROW LEVEL SECURITY;

UPDATE hansard.conversations SET
    state = CASE deleted_at
        WHEN '1970-01-01T00:00:00Z' THEN 'importing'
        WHEN '1970-01-02T00:00:00Z' THEN 'purging'
        ELSE 'trashed'
    END,
    deleted_at = CASE WHEN deleted_at > '1970-01-02T00:00:00Z' THEN deleted_at END
WHERE deleted_at IS NOT NULL;

ALTER TABLE hansard.conversations FORCE ROW LEVEL SECURITY;

ALTER TABLE hansard.branches NO FORCE ROW LEVEL SECURITY;

UPDATE hansard.branches SET
    state = CASE deleted_at
        WHEN '1970-01-01T00:00:00Z' THEN 'importing'
        WHEN '1970-01-02T00:00:00Z' THEN 'purging'
        ELSE 'trashed'
    END,
    deleted_at = CASE WHEN deleted_at > '1970-01-02T00:00:00Z' THEN deleted_at END
WHERE deleted_at IS NOT NULL;

ALTER TABLE hansard.branches FORCE ROW LEVEL SECURITY;

ALTER TABLE hansard.artifacts NO FORCE ROW LEVEL SECURITY;

UPDATE hansard.artifacts SET
    state = CASE deleted_at
        WHEN '1970-01-01T00:00:00Z' THEN 'importing'
        WHEN '1970-01-02T00:00:00Z' THEN 'purging'
        ELSE 'trashed'
    END,
    deleted_at = CASE WHEN deleted_at > '1970-01-02T00:00:00Z' THEN deleted_at END
WHERE deleted_at IS NOT NULL;

ALTER TABLE hansard.artifacts FORCE ROW LEVEL SECURITY;

ALTER TABLE hansard.collections NO FORCE ROW LEVEL SECURITY;

UPDATE hansard.collections SET
    state = CASE deleted_at
        WHEN '1970-01-01T00:00:00Z' THEN 'importing'
        WHEN '1970-01-02T00:00:00Z' THEN 'purging'
        ELSE 'trashed'
    END,
    deleted_at = CASE WHEN deleted_at > '1970-01-02T00:00:00Z' THEN deleted_at END
WHERE deleted_at IS NOT NULL;

ALTER TABLE hansard.collections FORCE ROW LEVEL SECURITY;
