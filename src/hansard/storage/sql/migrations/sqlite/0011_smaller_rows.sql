-- By hand: a feed is stored by user, and up to which position positions may have been given.
CREATE TABLE feed_by_user (
    "tenant_id" TEXT NOT NULL,
    "created_at" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,
    "user_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "subject_id" ANY NOT NULL,
    "conversation_id" BLOB,
    "branch" BLOB,
    "seq" INTEGER,
    "count" INTEGER NOT NULL,
    PRIMARY KEY ("tenant_id", "user_id", "position")
) STRICT, WITHOUT ROWID;

INSERT INTO feed_by_user
SELECT tenant_id, created_at, position, user_id, kind, subject_id, conversation_id, branch, seq, count
FROM feed ORDER BY tenant_id, user_id, position;

CREATE TABLE feed_reserved ("position" INTEGER NOT NULL) STRICT;

INSERT INTO feed_reserved SELECT max(
    coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'feed'), 0),
    coalesce((SELECT max(position) FROM feed), 0)
);

DROP TABLE feed;

ALTER TABLE feed_by_user RENAME TO feed;

-- Long values may be compressed: a column of TEXT takes BLOB too. The rows that are there stay valid as they are, so
-- only the declarations change.
PRAGMA writable_schema = 1;

UPDATE sqlite_schema SET sql = replace(sql, '"parts" TEXT', '"parts" ANY') WHERE name = 'messages';

UPDATE sqlite_schema SET sql = replace(sql, '"text" TEXT', '"text" ANY') WHERE name = 'artifact_texts';

UPDATE sqlite_schema SET sql = replace(replace(sql, '"text" TEXT', '"text" ANY'), '"data" TEXT', '"data" ANY')
WHERE name = 'run_events';

PRAGMA writable_schema = RESET;
