-- By hand: the key of a feed is the index by which it is read, so that an entry is in one index.
ALTER TABLE hansard.feed DROP CONSTRAINT feed_pkey;

DROP INDEX hansard.feed_by_user_id_position;

ALTER TABLE hansard.feed ADD PRIMARY KEY ("tenant_id", "user_id", "position");
