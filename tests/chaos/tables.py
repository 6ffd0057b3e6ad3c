"""The business tables of the load: what it meant, and what was done about it."""

SOURCES = 50
READERS = 5

TABLES = f"""
CREATE TABLE chaos_intent (
    n text PRIMARY KEY, kind text NOT NULL, subject bigint, at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE chaos_applied (id bigserial PRIMARY KEY, n text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE chaos_source (id bigint PRIMARY KEY, revision integer NOT NULL DEFAULT 0, content text NOT NULL DEFAULT '');
CREATE TABLE chaos_document (id bigint PRIMARY KEY, revision integer NOT NULL, content text NOT NULL);
INSERT INTO chaos_source (id) SELECT generate_series(1, {SOURCES});
"""
INTEND = "INSERT INTO chaos_intent (n, kind, subject) VALUES (%s, %s, %s)"
EDIT = "UPDATE chaos_source SET revision = revision + 1, content = %s WHERE id = %s"
APPLY = "INSERT INTO chaos_applied (n) VALUES (%s)"
INDEX = """
INSERT INTO chaos_document (id, revision, content)
SELECT id, revision, content FROM chaos_source WHERE id = ANY(%s) ORDER BY id
ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, content = excluded.content
WHERE chaos_document.revision < excluded.revision
"""
SUBSCRIBE = """
INSERT INTO newsletter_subscriber
    (email, state, token, source, consent_text, consent_ip_digest, confirmed_at, created_at)
SELECT 'r' || n || '@example.org', 'confirmed', md5(random()::text) || n, 'chaos', '', '', now(), now()
FROM generate_series(1, %s) AS n
"""
