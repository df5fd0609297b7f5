-- Functions of the database, applied anew by `hansard db migrate` whenever this file changes. Who may run them is
-- said when that is done: see hansard/storage/postgres/roles.py.

-- An older form of a function goes, whatever its parameters were.
DO $$
DECLARE
    old regprocedure;
BEGIN
    FOR old IN
        SELECT oid FROM pg_proc
        WHERE pronamespace = 'hansard'::regnamespace
          AND proname IN ('feed_position', 'feed_end', 'feed_holder', 'feed_held', 'tenant_ids', 'pending', 'search',
            'search_artifacts', 'append')
    LOOP
        EXECUTE format('DROP FUNCTION %s', old);
    END LOOP;
END
$$;

-- What seals the names in notices, so that nobody outside can guess them.
CREATE TABLE IF NOT EXISTS hansard.notice_key (value text NOT NULL);
INSERT INTO hansard.notice_key
SELECT replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')
WHERE NOT EXISTS (SELECT FROM hansard.notice_key);

-- A feed position is the transaction's number and a count within it. Numbers are handed out in order and those
-- that run are known, so a reader can tell which positions are settled. The epoch is added to keep positions
-- rising when a database is moved to a server whose transaction numbers are lower.
CREATE TABLE IF NOT EXISTS hansard.feed_epoch (value bigint NOT NULL);
INSERT INTO hansard.feed_epoch SELECT 0 WHERE NOT EXISTS (SELECT FROM hansard.feed_epoch);

CREATE FUNCTION hansard.feed_position(n bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF n NOT BETWEEN 0 AND 4095 THEN
        RAISE 'a transaction has 4,095 feed positions, and % is not one of them', n
        USING ERRCODE = 'program_limit_exceeded';
    END IF;
    RETURN (SELECT (value + pg_current_xact_id()::text::bigint) * 4096 + n FROM hansard.feed_epoch);
END
$$;

-- The oldest transaction that this snapshot sees running and that may still add to this database's feed, and
-- who runs it. One that is seen in another database never will, nor one that indexes. One of which nothing is known any more has
-- ended since the snapshot was taken: what it did is not visible here, so it counts.
CREATE FUNCTION hansard.feed_holder() RETURNS TABLE (number bigint, pid integer, prepared text)
LANGUAGE sql STABLE AS $$
    SELECT x::text::bigint, a.pid, p.gid
    FROM pg_snapshot_xip(pg_current_snapshot()) AS x
    CROSS JOIN (SELECT oid FROM pg_database WHERE datname = current_database()) AS here
    LEFT JOIN pg_stat_get_activity(NULL) AS a ON a.backend_xid = x::xid
    LEFT JOIN pg_prepared_xact() AS p ON p.transaction = x::xid
    WHERE coalesce(a.datid, p.dbid, here.oid) = here.oid
      AND a.application_name IS DISTINCT FROM 'hansard indexes'
    ORDER BY 1
    LIMIT 1
$$;

CREATE FUNCTION hansard.feed_end() RETURNS bigint
LANGUAGE sql VOLATILE AS $$
    SELECT (value + coalesce(
        (SELECT number FROM hansard.feed_holder()),
        pg_snapshot_xmax(pg_current_snapshot())::text::bigint)) * 4096
    FROM hansard.feed_epoch
$$;

-- For how many seconds that transaction has run, and what it is. It runs as the owner, who sees more of other
-- sessions than who serves; where the owner may not see when one began, the seconds are null.
CREATE FUNCTION hansard.feed_held() RETURNS TABLE (seconds double precision, holder text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, p.prepared)),
        coalesce('process ' || f.pid, 'prepared transaction ' || f.prepared)
    FROM hansard.feed_holder() AS f
    LEFT JOIN pg_stat_get_activity(f.pid) AS a ON f.pid IS NOT NULL
    LEFT JOIN pg_prepared_xact() AS p ON p.gid = f.prepared
$$;

-- Every tenant, for the upkeep that a server does for all of them.
CREATE FUNCTION hansard.tenant_ids() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT tenant_id FROM hansard.tenants
$$;

-- Which tables have rows that are not indexed yet, and whose, for the server that indexes them.
CREATE FUNCTION hansard.pending() RETURNS TABLE (tenant text, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT tenant_id, 'messages' FROM hansard.messages_pending
    UNION ALL
    SELECT DISTINCT tenant_id, 'artifact_texts' FROM hansard.artifact_texts_pending
$$;

-- The newest indexed matches of a search in the tenant of this transaction. It runs as the owner of the index, to whom
-- row security does not apply there: only so may the engine use the index. The tenant is the transaction's own,
-- never the caller's word, and the messages are under row security as ever.
CREATE FUNCTION hansard.search(
    p_owner text, p_query text, p_before bigint, p_roles text[], p_projects uuid[], p_model text,
    p_since timestamptz, p_until timestamptz, p_archived boolean, p_window bigint
) RETURNS TABLE (message_id uuid, conversation_id uuid, place bigint, score double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.id, m.conversation_id, t.k, ts_rank_cd(t.terms, p_query::tsquery)::double precision
    FROM hansard.messages_terms AS t
    JOIN hansard.messages AS m ON m.tenant_id = t.tenant_id AND m.id = t.id
    JOIN hansard.conversations AS c ON c.tenant_id = m.tenant_id AND c.id = m.conversation_id
    JOIN hansard.branches AS b ON b.tenant_id = m.tenant_id AND b.id = m.branch
    WHERE t.terms @@ p_query::tsquery
      AND t.k < p_before
      AND t.tenant_id = NULLIF(current_setting('hansard.tenant', true), '')
      AND m.owner_id = p_owner
      AND c.state = 'active'
      AND c.expires_at IS NULL
      AND b.state = 'active'
      AND (p_roles IS NULL OR m.role = ANY (p_roles))
      AND (p_projects IS NULL OR c.project_id = ANY (p_projects))
      AND (p_model IS NULL OR m.model = p_model)
      AND (p_since IS NULL OR m.created_at >= p_since)
      AND (p_until IS NULL OR m.created_at < p_until)
      AND (p_archived IS NULL OR c.archived = p_archived)
    ORDER BY t.k DESC
    LIMIT p_window
$$;

-- The newest indexed matches among the artifacts of an owner; it runs as the search above does, for the same reason.
CREATE FUNCTION hansard.search_artifacts(
    p_owner text, p_query text, p_before bigint, p_types text[], p_languages text[],
    p_project uuid, p_since timestamptz, p_until timestamptz, p_window bigint
) RETURNS TABLE (artifact_id uuid, place bigint, score double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.id, t.k, ts_rank_cd(t.terms, p_query::tsquery)::double precision
    FROM hansard.artifact_texts_terms AS t
    JOIN hansard.artifacts AS a ON a.tenant_id = t.tenant_id AND a.id = t.id
    WHERE t.terms @@ p_query::tsquery
      AND t.k < p_before
      AND t.tenant_id = NULLIF(current_setting('hansard.tenant', true), '')
      AND a.owner_id = p_owner
      AND a.state = 'active'
      AND NOT a.temporary
      AND (p_types IS NULL OR a.type = ANY (p_types))
      AND (p_languages IS NULL OR a.language = ANY (p_languages))
      AND (p_project IS NULL OR a.project_id = p_project)
      AND (p_since IS NULL OR a.updated_at >= p_since)
      AND (p_until IS NULL OR a.updated_at < p_until)
    ORDER BY t.k DESC
    LIMIT p_window
$$;

-- Append in one round trip: what hansard/storage/message_tree.py says, for the case in which all is well. Where it
-- is not (no such conversation or branch, an id that is taken, another head than expected), nothing is done
-- and no row comes back: the caller then takes the long way, which knows what to answer.
--
-- The role and the tenant are set for this transaction alone. It is not a SECURITY DEFINER function: the role is
-- the caller's until it is set, and the one that serves after.
CREATE FUNCTION hansard.append(
    p_role text, p_tenant text, p_conversation uuid, p_owner text, p_viewer text, p_branch uuid,
    p_check_head boolean, p_head uuid, p_at timestamptz, p_preview text, p_event bigint,
    p_ids uuid[], p_created timestamptz[], p_roles text[], p_parts json[], p_models text[],
    p_finish text[], p_tokens_in bigint[], p_tokens_out bigint[], p_runs uuid[], p_groups uuid[],
    p_origins uuid[], p_metadata json[], p_authors text[], p_contents bytea[],
    a_days text[], a_hours bigint[], a_roles text[], a_models text[], a_messages bigint[],
    a_words bigint[], a_characters bigint[], a_tokens bigint[], a_engaged bigint[]
) RETURNS TABLE (place uuid, first_seq bigint, parent uuid, parent_digest bytea)
LANGUAGE plpgsql AS $$
DECLARE
    c record;
    b record;
    h record;
    digests bytea[] := '{}';
    gap double precision;
    n bigint := cardinality(p_ids);
BEGIN
    PERFORM set_config('role', p_role, true), set_config('hansard.tenant', p_tenant, true);

    SELECT project_id, branch INTO c
    FROM hansard.conversations
    WHERE tenant_id = p_tenant AND id = p_conversation AND owner_id = p_owner
      AND state = 'active'
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN RETURN; END IF;

    SELECT id, head_seq, head_id INTO b
    FROM hansard.branches
    WHERE tenant_id = p_tenant AND conversation_id = p_conversation AND state = 'active'
      AND id = coalesce(
        p_branch,
        (SELECT v.branch FROM hansard.views AS v
         WHERE v.tenant_id = p_tenant AND v.conversation_id = p_conversation
           AND v.user_id = p_viewer),
        c.branch)
    FOR NO KEY UPDATE;
    IF NOT FOUND
       OR (p_check_head AND b.head_id IS DISTINCT FROM p_head)
       OR EXISTS (SELECT FROM hansard.messages WHERE tenant_id = p_tenant AND id = ANY (p_ids))
    THEN RETURN; END IF;

    SELECT created_at, digest INTO h FROM hansard.messages WHERE tenant_id = p_tenant AND id = b.head_id;
    IF b.head_id IS NULL OR h.digest IS NOT NULL THEN
        FOR i IN 1 .. n LOOP
            digests[i] := sha256(
                coalesce(CASE i WHEN 1 THEN h.digest ELSE digests[i - 1] END, ''::bytea)
                || int8send(b.head_seq + i) || p_contents[i]);
        END LOOP;
    END IF;

    INSERT INTO hansard.messages
        (tenant_id, created_at, id, conversation_id, branch, seq, parent_id, owner_id, role, parts,
         model, finish, tokens_in, tokens_out, run_id, group_id, origin_id, metadata, author_id, digest)
    SELECT p_tenant, p_created[i], p_ids[i], p_conversation, b.id, b.head_seq + i,
        CASE i WHEN 1 THEN b.head_id ELSE p_ids[i - 1] END, p_owner, p_roles[i], p_parts[i],
        p_models[i], p_finish[i], p_tokens_in[i], p_tokens_out[i], p_runs[i], p_groups[i],
        p_origins[i], p_metadata[i], p_authors[i], digests[i]
    FROM generate_series(1, n) AS i;

    INSERT INTO hansard.messages_pending (tenant_id, owner_id, id, k)
    SELECT p_tenant, p_owner, p_ids[i], nextval('hansard.messages_terms_k_seq')
    FROM generate_series(1, n) AS i;

    UPDATE hansard.branches SET head_seq = b.head_seq + n, head_id = p_ids[n], head_digest = digests[n]
    WHERE tenant_id = p_tenant AND id = b.id;

    UPDATE hansard.conversations
    SET active_at = greatest(active_at, p_created[n]), message_count = message_count + n,
        preview = p_preview
    WHERE tenant_id = p_tenant AND id = p_conversation;

    gap := extract(epoch FROM p_created[1] - h.created_at);
    INSERT INTO hansard.activity AS a
        (tenant_id, created_at, owner_id, project_id, day, hour, role, model, slot, conversations,
         messages, words, characters, tokens_in, tokens_out, engaged_seconds)
    SELECT p_tenant, p_created[1], p_owner, coalesce(c.project_id::text, ''), a_days[i], a_hours[i],
        a_roles[i], a_models[i], pg_backend_pid() % 16, 0, a_messages[i], a_words[i],
        a_characters[i], a_tokens[2 * i - 1], a_tokens[2 * i],
        a_engaged[i] + CASE WHEN i = 1 AND gap > 0 AND gap < 1800 THEN floor(gap)::bigint ELSE 0 END
    FROM generate_series(1, cardinality(a_days)) AS i
    ON CONFLICT (tenant_id, owner_id, project_id, day, hour, role, model, slot) DO UPDATE SET
        messages = a.messages + excluded.messages,
        words = a.words + excluded.words,
        characters = a.characters + excluded.characters,
        tokens_in = a.tokens_in + excluded.tokens_in,
        tokens_out = a.tokens_out + excluded.tokens_out,
        engaged_seconds = a.engaged_seconds + excluded.engaged_seconds;

    INSERT INTO hansard.feed
        (tenant_id, created_at, user_id, kind, subject_id, conversation_id, branch, seq, count,
         position)
    VALUES (p_tenant, p_at, p_owner, 'message.created', p_ids[n]::text, p_conversation, b.id,
        b.head_seq + 1, n, hansard.feed_position(p_event));

    RETURN QUERY SELECT b.id, b.head_seq + 1, b.head_id, h.digest;
END
$$;
