-- Written by `hansard db revision` from the declarations in hansard/storage/tables.py.

ALTER TABLE projects ADD COLUMN "state" TEXT NOT NULL DEFAULT 'active';

ALTER TABLE conversations ADD COLUMN "state" TEXT NOT NULL DEFAULT 'active';

ALTER TABLE branches ADD COLUMN "state" TEXT NOT NULL DEFAULT 'active';

ALTER TABLE messages ADD COLUMN "author_id" TEXT;

ALTER TABLE runs ADD COLUMN "author_id" TEXT;

ALTER TABLE artifacts ADD COLUMN "state" TEXT NOT NULL DEFAULT 'active';

ALTER TABLE collections ADD COLUMN "state" TEXT NOT NULL DEFAULT 'active';

-- By hand: the dates of 1970 stood for states.
UPDATE projects SET
    state = CASE deleted_at WHEN 0 THEN 'importing' WHEN 86400000000 THEN 'purging' ELSE 'trashed' END,
    deleted_at = CASE WHEN deleted_at > 86400000000 THEN deleted_at END
WHERE deleted_at IS NOT NULL;

UPDATE conversations SET
    state = CASE deleted_at WHEN 0 THEN 'importing' WHEN 86400000000 THEN 'purging' ELSE 'trashed' END,
    deleted_at = CASE WHEN deleted_at > 86400000000 THEN deleted_at END
WHERE deleted_at IS NOT NULL;

UPDATE branches SET
    state = CASE deleted_at WHEN 0 THEN 'importing' WHEN 86400000000 THEN 'purging' ELSE 'trashed' END,
    deleted_at = CASE WHEN deleted_at > 86400000000 THEN deleted_at END
WHERE deleted_at IS NOT NULL;

UPDATE artifacts SET
    state = CASE deleted_at WHEN 0 THEN 'importing' WHEN 86400000000 THEN 'purging' ELSE 'trashed' END,
    deleted_at = CASE WHEN deleted_at > 86400000000 THEN deleted_at END
WHERE deleted_at IS NOT NULL;

UPDATE collections SET
    state = CASE deleted_at WHEN 0 THEN 'importing' WHEN 86400000000 THEN 'purging' ELSE 'trashed' END,
    deleted_at = CASE WHEN deleted_at > 86400000000 THEN deleted_at END
WHERE deleted_at IS NOT NULL;
