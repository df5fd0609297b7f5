-- By hand: up to which row an index is complete. Rows that are there are indexed.
CREATE TABLE messages_indexed (k INTEGER NOT NULL) STRICT;

INSERT INTO messages_indexed SELECT coalesce(max(k), 0) FROM messages;

CREATE TABLE artifact_texts_indexed (k INTEGER NOT NULL) STRICT;

INSERT INTO artifact_texts_indexed SELECT coalesce(max(k), 0) FROM artifact_texts;
