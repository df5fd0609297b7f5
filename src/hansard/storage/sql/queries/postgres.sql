-- The statements that the compiler does not write, for PostgreSQL.

-- name: append
-- An append whose answer is simple: see hansard.append in functions.sql.
SELECT place, first_seq, parent, parent_digest FROM hansard.append(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
    $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37
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
    WHERE c.tenant_id = $1 AND c.id = $2 AND c.owner_id = $4 AND c.state = 'active'
  )
  AND conversation_id = $2
  AND state = 'active';

-- name: index
-- Add one passage to a table's index.
INSERT INTO hansard.{table}_terms (tenant_id, id, passage, terms)
VALUES ($1, $2, $3, $4::text::tsvector);

-- name: reindex
-- One passage of a row that is indexed already; it stays where it is, and one more goes beside the others.
INSERT INTO hansard.{table}_terms (tenant_id, id, passage, k, terms) OVERRIDING SYSTEM VALUE
VALUES ($1, $2, $3, coalesce(
    (SELECT max(k) FROM hansard.{table}_terms WHERE tenant_id = $1 AND id = $2),
    nextval(pg_get_serial_sequence('hansard.{table}_terms', 'k'))
), $4::text::tsvector)
ON CONFLICT (tenant_id, id, passage) DO UPDATE SET terms = excluded.terms;

-- name: shorten
-- Passages that a row has no more.
DELETE FROM hansard.{table}_terms WHERE tenant_id = $1 AND id = $2 AND passage >= $3;

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
-- Who we are, whether the server takes no changes from us, for how many seconds the oldest transaction runs that
-- may still add to the feed, and what that is.
SELECT session_user::text, pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool,
    held.seconds, held.holder
FROM (VALUES (1)) AS one LEFT JOIN hansard.feed_held() AS held ON true;

-- name: tenants
SELECT tenant_id FROM hansard.tenant_ids() AS tenant_id ORDER BY tenant_id COLLATE "C";

-- name: migrations
SELECT number, checksum FROM hansard.migrations;

-- name: note
INSERT INTO hansard.migrations (number, name, checksum) VALUES ($1, $2, $3)
ON CONFLICT (number) DO UPDATE SET name = excluded.name, checksum = excluded.checksum;

-- name: notice_key
SELECT value FROM hansard.notice_key;

-- name: types
-- The array types that our statements use.
SELECT $1::uuid[], $2::text[], $3::bigint[], $4::timestamptz[], $5::json[], $6::bytea[], $7::boolean[];

-- name: conditions
-- What the record rests on: see conditions.py.
SELECT quote_ident(current_database()) AS database, quote_ident(session_user) AS role,
    current_setting('server_version_num')::int / 10000 AS version,
    pg_is_in_recovery() AS standby,
    current_setting('fsync') AS fsync,
    current_setting('server_encoding') AS server_encoding,
    current_setting('client_encoding') AS client_encoding,
    current_setting('standard_conforming_strings') AS standard_conforming_strings,
    current_setting('row_security') AS row_security,
    current_setting('synchronous_commit') AS synchronous_commit,
    current_setting('default_transaction_isolation') AS default_transaction_isolation,
    current_setting('default_transaction_read_only') AS default_transaction_read_only;

-- name: row_security
-- Tables of ours without row security.
SELECT string_agg(relname, ', ' ORDER BY relname) FROM pg_class
WHERE relnamespace = 'hansard'::regnamespace AND relkind IN ('r', 'p')
  AND relname NOT IN ('migrations', 'feed_epoch', 'notice_key') AND NOT relrowsecurity;

-- name: role
-- Why the role that we are cannot serve; null if it can.
SELECT CASE
    WHEN (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)
        THEN 'is above row security'
    WHEN pg_has_role(nspowner, 'MEMBER')
        OR EXISTS (SELECT FROM pg_class WHERE relnamespace = n.oid AND pg_has_role(relowner, 'MEMBER'))
        OR EXISTS (SELECT FROM pg_proc WHERE pronamespace = n.oid AND pg_has_role(proowner, 'MEMBER'))
        THEN 'owns tables of Hansard'
    WHEN NOT has_schema_privilege(n.oid, 'USAGE')
        OR EXISTS (
            SELECT FROM pg_class CROSS JOIN unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) AS right_to
            WHERE relnamespace = n.oid AND relkind IN ('r', 'p') AND relrowsecurity
              AND NOT has_table_privilege(pg_class.oid, right_to))
        OR EXISTS (
            SELECT FROM pg_proc WHERE pronamespace = n.oid
              AND NOT has_function_privilege(pg_proc.oid, 'EXECUTE'))
        THEN 'lacks rights'
    END
FROM pg_namespace AS n WHERE nspname = 'hansard';

-- name: owns_schema
SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'hansard';

-- name: grantees
-- Who serves: the role $1, and all others that have been granted to write messages.
SELECT $1::text
UNION
SELECT quote_ident(grantee) FROM information_schema.role_table_grants
WHERE table_schema = 'hansard' AND table_name = 'messages' AND privilege_type = 'INSERT'
  AND grantee NOT IN ('PUBLIC', current_user)
  AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = grantee);
