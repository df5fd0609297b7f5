-- The statements that the compiler does not write, for PostgreSQL.

-- name: append
-- An append whose answer is simple: see hansard.append in functions.sql.
SELECT place, first_seq, parent FROM hansard.append(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
    $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34
);

-- name: tip
-- Where reading begins: the branch that was named, else the viewer's, else the main one.
SELECT {columns} FROM hansard.branches
WHERE tenant_id = $1
  AND id = (
    SELECT coalesce($3, v.branch, c.branch)
    FROM hansard.conversations AS c
    LEFT JOIN hansard.views AS v
        ON v.tenant_id = c.tenant_id AND v.conversation_id = c.id AND v.user_id = $5
    WHERE c.tenant_id = $1 AND c.id = $2 AND c.owner_id = $4 AND c.deleted_at IS NULL
  )
  AND conversation_id = $2
  AND deleted_at IS NULL;

-- name: index
-- Add one passage to a table's index.
INSERT INTO hansard.{table}_terms (tenant_id, id, passage, terms)
VALUES ($1, $2, $3, $4::text::tsvector);

-- name: report
-- A change, in the feed; $10 counts the changes of this transaction.
INSERT INTO hansard.feed
    (tenant_id, created_at, user_id, kind, subject_id, conversation_id, branch, seq, count, position)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, hansard.feed_position($10));

-- name: feed_end
-- Entries before this position are settled: no running transaction can still add one.
SELECT hansard.feed_end();

-- name: notify
-- A notice to all who listen, in a transaction of its own, which nobody needs to find after a crash: see notices.py.
SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2);

-- name: search
-- The newest matches of an owner's search: see hansard.search in functions.sql.
SELECT message_id, conversation_id, place, score
FROM hansard.search($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: search_artifacts
-- The newest matches among an owner's artifacts: see hansard.search_artifacts in functions.sql.
SELECT artifact_id, place, score
FROM hansard.search_artifacts($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: health
-- Who we are, and whether the server takes no changes from us.
SELECT current_user::text, pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool;

-- name: tenants
SELECT tenant_id FROM hansard.tenant_ids() AS tenant_id ORDER BY tenant_id;

-- name: migrations
SELECT number, checksum FROM hansard.migrations;

-- name: note
INSERT INTO hansard.migrations (number, name, checksum) VALUES ($1, $2, $3)
ON CONFLICT (number) DO UPDATE SET name = excluded.name, checksum = excluded.checksum;

-- name: role
-- What the role that we are may do that row security cannot hold.
SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user;

-- name: row_security
-- Tables of ours whose row security does not bind us, which must not be. Two kinds are meant not to bind
-- their owner: see ddl.py.
SELECT relname FROM pg_class
WHERE relnamespace = 'hansard'::regnamespace AND relkind = 'r'
  AND relname NOT IN ('migrations', 'feed_epoch')
  AND (NOT relrowsecurity
    OR (NOT relforcerowsecurity AND pg_has_role(relowner, 'USAGE')
      AND relname <> 'tenants' AND relname NOT LIKE '%\_terms'));
