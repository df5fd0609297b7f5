-- The statements that the compiler does not write, for SQLite.
-- A row of a search index is a passage of a row: of its last passage, the rowid is the row's k. The passages before
-- have the numbers before, so the numbers are dense, which keeps the index small.

-- name: head
-- Where an append goes: the branch that was named, else the viewer's, else the main one.
-- When the head was said, its digest, and whether the id of the first message is taken.
SELECT c.project_id, h.created_at, h.digest, b.id, b.head_seq, b.head_id,
    EXISTS (SELECT 1 FROM messages AS m WHERE m.tenant_id = :tenant AND m.id = :first)
FROM conversations AS c
LEFT JOIN views AS v
    ON v.tenant_id = c.tenant_id AND v.conversation_id = c.id AND v.user_id = :viewer
JOIN branches AS b
    ON b.tenant_id = c.tenant_id AND b.id = coalesce(:branch, v.branch, c.branch)
LEFT JOIN messages AS h ON h.tenant_id = b.tenant_id AND h.id = b.head_id
WHERE c.tenant_id = :tenant
  AND c.id = :conversation
  AND c.owner_id = :owner
  AND c.state = 'active'
  AND b.conversation_id = c.id
  AND b.state = 'active';

-- name: tip
-- Where reading begins: the branch that was named, else the viewer's, else the main one.
SELECT {columns} FROM branches
WHERE tenant_id = ?1
  AND id = (
    SELECT coalesce(?3, v.branch, c.branch)
    FROM conversations AS c
    LEFT JOIN views AS v
        ON v.tenant_id = c.tenant_id AND v.conversation_id = c.id AND v.user_id = ?5
    WHERE c.tenant_id = ?1 AND c.id = ?2 AND c.owner_id = ?4 AND c.state = 'active'
  )
  AND conversation_id = ?2
  AND state = 'active';

-- name: advance
-- A branch now ends further on.
UPDATE branches SET head_seq = ?3, head_id = ?4, head_digest = ?5 WHERE tenant_id = ?1 AND id = ?2;

-- name: touch
-- What a conversation shows of its messages.
UPDATE conversations
SET active_at = max(active_at, ?3), message_count = message_count + ?4, preview = ?5
WHERE tenant_id = ?1 AND id = ?2;

-- name: index
-- Add one passage to a table's index.
INSERT INTO {table}_terms (rowid, terms) VALUES (?1, ?2);

-- name: unindex
-- Take one passage out of a table's index; the engine needs the terms that it was added with.
INSERT INTO {table}_terms ({table}_terms, rowid, terms) VALUES ('delete', ?1, ?2);

-- name: newest
SELECT coalesce(max(k), 0) FROM {table};

-- name: behind
-- How many numbers there are after the mark: pending rows, and what long texts among them take.
SELECT max(0, coalesce(max(k), 0) - (SELECT k FROM {table}_indexed)) FROM {table};

-- name: forget
-- Empty an index: all rows are pending.
INSERT INTO {table}_terms ({table}_terms) VALUES ('delete-all');

-- name: next
-- The next rows to index: how many passages can be numbered from after the row before it, and whether it is indexed.
SELECT t.k, t.k - coalesce((SELECT max(n.k) FROM {table} AS n WHERE n.k < t.k), 0),
    EXISTS (SELECT 1 FROM {table}_terms_docsize WHERE id = t.k), {columns}
FROM {table} AS t WHERE t.k > (SELECT k FROM {table}_indexed) ORDER BY t.k LIMIT ?1;

-- name: raise
-- No row up to this one is pending.
UPDATE {table}_indexed SET k = ?1;

-- name: keep_up
-- If no row up to the first was pending, none up to the second is.
UPDATE {table}_indexed SET k = ?2 WHERE k = ?1;

-- name: lower
-- Rows that go (?1) leave their k to rows to come, which are pending then.
UPDATE {table}_indexed SET k = min(k, (
    SELECT coalesce(max(k), 0) FROM {table} WHERE k NOT IN (SELECT value FROM json_each(?1))
));

-- name: lower_stale
-- They are not indexed with the terms of before.
UPDATE reindexes SET until = min(until, (
    SELECT coalesce(max(k), 0) FROM {table} WHERE k NOT IN (SELECT value FROM json_each(?2))
))
WHERE name = ?1;

-- name: stale
-- Which rows of a table may be in its index with the terms of before: those up to a k, after an id.
SELECT coalesce(lower(hex(after)), ''), until FROM reindexes WHERE tenant_id = ?1 AND name = ?2;

-- name: room
-- A row's k, how many passages can be numbered from after the row before it to there, and whether it is pending.
SELECT k, k - coalesce((SELECT max(n.k) FROM {table} AS n WHERE n.k < t.k), 0),
    k > (SELECT i.k FROM {table}_indexed AS i)
    AND NOT EXISTS (SELECT 1 FROM {table}_terms_docsize WHERE id = t.k)
FROM {table} AS t WHERE tenant_id = ?1 AND id = ?2;

-- name: held
-- How many passages the index has of the row with that k.
SELECT count(*) FROM {table}_terms_docsize
WHERE id BETWEEN coalesce((SELECT max(k) FROM {table} WHERE k < ?1), 0) + 1 AND ?1;

-- name: statistics
-- What the index counts: its passages and their terms, and the passages that match.
SELECT block, (SELECT count(*) FROM {table}_terms WHERE {table}_terms MATCH ?1)
FROM {table}_terms_data WHERE id = 1;

-- name: tenants
SELECT tenant_id FROM tenants ORDER BY tenant_id;

-- name: report
-- A change, in the feed.
INSERT INTO feed
    (tenant_id, created_at, user_id, kind, subject_id, conversation_id, branch, seq, count, position)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10);

-- name: reserved
-- The position up to which positions may have been given.
SELECT position FROM feed_reserved;

-- name: reserve
UPDATE feed_reserved SET position = ?1;

-- name: search_messages
-- The newest matches of an owner's search. The index gives them newest first and only those of the owner
-- (each term carries the owner's mark), so the work ends with the window. Filters are on the row.
SELECT r.id, r.conversation_id, t.rowid, -bm25(messages_terms)
FROM messages_terms AS t
CROSS JOIN messages AS r ON r.k = (SELECT min(n.k) FROM messages AS n WHERE n.k >= t.rowid)
{filters}
  AND messages_terms MATCH :match
  AND t.rowid < :before
ORDER BY t.rowid DESC
LIMIT :window;

-- name: pending_messages
-- The owner's rows that a search must read itself, newest first.
SELECT r.k, {columns}
FROM messages AS r
{filters}
  AND r.k > (SELECT k FROM messages_indexed)
  AND NOT EXISTS (SELECT 1 FROM messages_terms_docsize AS d WHERE d.id = r.k)
  AND (:conversation IS NULL OR r.conversation_id = :conversation)
ORDER BY r.k DESC;

-- name: filters_messages
-- What is found of the messages that match. The sign before the tenant keeps the engine from choosing an index by it:
-- the rows are already named by their k.
CROSS JOIN conversations AS c ON c.tenant_id = r.tenant_id AND c.id = r.conversation_id
CROSS JOIN branches AS b ON b.tenant_id = r.tenant_id AND b.id = r.branch
WHERE +r.tenant_id = :tenant
  AND r.owner_id = :owner
  AND c.state = 'active'
  AND c.expires_at IS NULL
  AND b.state = 'active'
  AND (:roles IS NULL OR r.role IN (SELECT value FROM json_each(:roles)))
  AND (:projects IS NULL OR lower(hex(c.project_id)) IN (SELECT value FROM json_each(:projects)))
  AND (:model IS NULL OR r.model = :model)
  AND (:since IS NULL OR r.created_at >= :since)
  AND (:until IS NULL OR r.created_at < :until)
  AND (:archived IS NULL OR c.archived = :archived);

-- name: search_artifact_texts
-- The newest matches among an owner's artifacts; how it works is said above.
SELECT r.id, r.conversation_id, t.rowid, -bm25(artifact_texts_terms)
FROM artifact_texts_terms AS t
CROSS JOIN artifact_texts AS r
    ON r.k = (SELECT min(n.k) FROM artifact_texts AS n WHERE n.k >= t.rowid)
{filters}
  AND artifact_texts_terms MATCH :match
  AND t.rowid < :before
ORDER BY t.rowid DESC
LIMIT :window;

-- name: pending_artifact_texts
SELECT r.k, {columns}
FROM artifact_texts AS r
{filters}
  AND r.k > (SELECT k FROM artifact_texts_indexed)
  AND NOT EXISTS (SELECT 1 FROM artifact_texts_terms_docsize AS d WHERE d.id = r.k)
  AND (:conversation IS NULL OR r.conversation_id = :conversation)
ORDER BY r.k DESC;

-- name: filters_artifact_texts
CROSS JOIN artifacts AS a ON a.tenant_id = r.tenant_id AND a.id = r.id
WHERE +r.tenant_id = :tenant
  AND r.owner_id = :owner
  AND a.state = 'active'
  AND NOT a.temporary
  AND (:types IS NULL OR a.type IN (SELECT value FROM json_each(:types)))
  AND (:languages IS NULL OR a.language IN (SELECT value FROM json_each(:languages)))
  AND (:project IS NULL OR a.project_id = :project)
  AND (:since IS NULL OR a.updated_at >= :since)
  AND (:until IS NULL OR a.updated_at < :until);
