-- The statements that the compiler does not write, for PostgreSQL.

-- name: append_one
-- An append of one message: the driver looks at each element of a list, so what is one value is no list on the way.
SELECT place, first_seq, parent, parent_digest FROM hansard.append(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
    ARRAY[$12::uuid], ARRAY[$13::timestamptz], ARRAY[$14::text], ARRAY[$15::json], ARRAY[$16::text],
    ARRAY[$17::text], ARRAY[$18::bigint], ARRAY[$19::bigint], ARRAY[$20::uuid], ARRAY[$21::uuid],
    ARRAY[$22::uuid], ARRAY[$23::json], ARRAY[$24::text], ARRAY[$25::bytea],
    ARRAY[$26::text], ARRAY[$27::bigint], ARRAY[$28::text], ARRAY[$29::text], ARRAY[$30::bigint],
    ARRAY[$31::bigint], ARRAY[$32::bigint], ARRAY[$33::bigint, $34::bigint], ARRAY[$35::bigint]
);

-- name: append
-- An append whose answer is simple: see hansard.append in functions.sql.
SELECT place, first_seq, parent, parent_digest FROM hansard.append(
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
    WHERE c.tenant_id = $1 AND c.id = $2 AND c.owner_id = $4 AND c.state = 'active'
  )
  AND conversation_id = $2
  AND state = 'active';

-- name: index
-- Add one passage to a table's index.
INSERT INTO hansard.{table}_terms (tenant_id, id, passage, terms)
VALUES ($1, $2, $3, $4::text::tsvector);

-- name: add_pending
-- Rows, with their owners, that are to be indexed later; they get their numbers now.
INSERT INTO hansard.{table}_pending (tenant_id, owner_id, id, k)
SELECT $1, e.owner, e.id, nextval('hansard.{table}_terms_k_seq')
FROM unnest($2::text[], $3::uuid[]) WITH ORDINALITY AS e (owner, id, n) ORDER BY e.n;

-- name: pending
-- Which of these rows are pending.
SELECT id FROM hansard.{table}_pending WHERE tenant_id = $1 AND id = ANY ($2);

-- name: forget_pending
DELETE FROM hansard.{table}_pending WHERE tenant_id = $1;

-- name: all_pending
SELECT tenant, name FROM hansard.pending();

-- name: next
-- Some rows to index, which nobody else indexes, moves or deletes meanwhile.
WITH taken AS MATERIALIZED (
    SELECT owner_id, id, k FROM hansard.{table}_pending
    WHERE tenant_id = $1 LIMIT $2 FOR UPDATE SKIP LOCKED
)
SELECT taken.owner_id, taken.id, taken.k, {columns}
FROM taken JOIN hansard.{table} AS r ON r.tenant_id = $1 AND r.id = taken.id
FOR KEY SHARE OF r SKIP LOCKED;

-- name: complete
-- Rows, with their owners, are pending no more; their passages, if they have any, are added to the index.
WITH done AS (
    DELETE FROM hansard.{table}_pending AS p USING unnest($2::text[], $3::uuid[]) AS e (owner, id)
    WHERE p.tenant_id = $1 AND p.owner_id = e.owner AND p.id = e.id
)
INSERT INTO hansard.{table}_terms (tenant_id, id, passage, k, terms) OVERRIDING SYSTEM VALUE
SELECT $1, e.id, e.passage, e.k, e.terms::tsvector
FROM unnest($4::uuid[], $5::bigint[], $6::bigint[], $7::text[]) AS e (id, passage, k, terms)
ON CONFLICT (tenant_id, id, passage) DO UPDATE SET terms = excluded.terms;

-- name: delete
-- Rows go, and are pending no more; their passages go by the index's reference.
WITH gone AS ({delete} RETURNING tenant_id, {owner} AS owner_id, id),
done AS (
    DELETE FROM hansard.{table}_pending AS p USING gone
    WHERE p.tenant_id = gone.tenant_id AND p.owner_id = gone.owner_id AND p.id = gone.id
)
SELECT count(*) FROM gone;

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

-- name: search_messages
-- The newest indexed matches of an owner's search (see hansard.search in functions.sql), and the rows that are not
-- indexed, which a search must read itself.
SELECT message_id AS id, conversation_id AS place, place AS position, score, {nulls}
FROM hansard.search($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
UNION ALL (
    SELECT r.id, r.conversation_id, p.k, NULL, {columns}
    FROM hansard.messages_pending AS p
    JOIN hansard.messages AS r ON r.tenant_id = p.tenant_id AND r.id = p.id
    JOIN hansard.conversations AS c ON c.tenant_id = r.tenant_id AND c.id = r.conversation_id
    JOIN hansard.branches AS b ON b.tenant_id = r.tenant_id AND b.id = r.branch
    WHERE p.tenant_id = $11
      AND p.owner_id = $1
      AND p.k < $3
      AND c.state = 'active'
      AND c.expires_at IS NULL
      AND b.state = 'active'
      AND ($4::text[] IS NULL OR r.role = ANY ($4))
      AND ($5::uuid[] IS NULL OR c.project_id = ANY ($5))
      AND ($6::text IS NULL OR r.model = $6)
      AND ($7::timestamptz IS NULL OR r.created_at >= $7)
      AND ($8::timestamptz IS NULL OR r.created_at < $8)
      AND ($9::boolean IS NULL OR c.archived = $9)
      AND ($12::uuid IS NULL OR r.conversation_id = $12)
    LIMIT $13
);

-- name: search_artifact_texts
-- The same among an owner's artifacts: see hansard.search_artifacts in functions.sql.
SELECT artifact_id AS id, NULL::uuid AS place, place AS position, score, {nulls}
FROM hansard.search_artifacts($1, $2, $3, $4, $5, $6, $7, $8, $9)
UNION ALL (
    SELECT r.id, NULL, p.k, NULL, {columns}
    FROM hansard.artifact_texts_pending AS p
    JOIN hansard.artifact_texts AS r ON r.tenant_id = p.tenant_id AND r.id = p.id
    JOIN hansard.artifacts AS a ON a.tenant_id = r.tenant_id AND a.id = r.id
    WHERE p.tenant_id = $10
      AND p.owner_id = $1
      AND p.k < $3
      AND a.state = 'active'
      AND NOT a.temporary
      AND ($4::text[] IS NULL OR a.type = ANY ($4))
      AND ($5::text[] IS NULL OR a.language = ANY ($5))
      AND ($6::uuid IS NULL OR a.project_id = $6)
      AND ($7::timestamptz IS NULL OR a.updated_at >= $7)
      AND ($8::timestamptz IS NULL OR a.updated_at < $8)
      AND ($11::uuid IS NULL OR r.conversation_id = $11)
    LIMIT $12
);

-- name: rank
-- Which of these passages match, and how well, as the index would say.
SELECT e.n, ts_rank_cd(e.terms::tsvector, $2::tsquery)::double precision
FROM unnest($1::text[]) WITH ORDINALITY AS e (terms, n)
WHERE e.terms::tsvector @@ $2::tsquery;

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
            SELECT FROM pg_class WHERE relnamespace = n.oid
              AND CASE relkind WHEN 'S' THEN NOT has_sequence_privilege(pg_class.oid, 'USAGE') END)
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
