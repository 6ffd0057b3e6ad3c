"""Search as it was until November 2026, over a table of its own: one tsvector made by PostgreSQL, every match ranked."""

from __future__ import annotations

import re
from typing import Any

from owed.sql import rows, run

WHOLE_LETTERS = {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th"}
ALIKE = ("øØłŁđĐðÐħĦıŧŦ", "oOlLdDdDhHitT")
ENTITIES = (("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "''"), ("&amp;", "&"))


def folded(expression: str) -> str:
    for letter, plain in WHOLE_LETTERS.items():
        expression = f"replace({expression}, '{letter}', '{plain}')"
    apart = f"normalize(translate({expression}, '{ALIKE[0]}', '{ALIKE[1]}'), NFKD)"
    return f"normalize(regexp_replace({apart}, '[\\u0300-\\u036f]', '', 'g'), NFKC)"


def unescaped(text: str) -> str:
    for entity, character in ENTITIES:
        text = f"replace({text}, '{entity}', '{character}')"
    return text


INLINE = "a|abbr|b|cite|code|del|em|i|ins|kbd|mark|q|s|small|span|strong|sub|sup"
WITHIN = f"""'</?(?:{INLINE})(?:\\s(?:"[^"]*"|[^">])*)?>'"""
TAGS = """'<[a-zA-Z/!](?:"[^"]*"|[^">])*>?'"""
HTML = f"regexp_replace(left(content_html, 1000000), {WITHIN}, '', 'g')"
PLAIN = unescaped(f"regexp_replace({HTML}, {TAGS}, ' ', 'g')")
WORDS = f"""
SELECT post.id AS post_id, post.revision, post.published_at, translate(post.title, U&'\\E000\\E001', '') AS title,
       concat_ws(' ', post.excerpt, category.name, (
           SELECT string_agg(tag.name, ' ' ORDER BY tag.id) FROM blog_tag tag
           JOIN blog_post_tags filed ON filed.tag_id = tag.id WHERE filed.post_id = post.id
       )) AS about,
       left(translate(regexp_replace({PLAIN}, '\\s+', ' ', 'g'), U&'\\E000\\E001', ''), 150000) AS body
FROM blog_post post LEFT JOIN blog_category category ON category.id = post.category_id
WHERE post.id = ANY(%(ids)s) AND post.status = 'published'
"""
TITLE, ABOUT, BODY = folded("title"), folded("left(about, 20000)"), folded("body")
UPSERT = f"""
INSERT INTO bench_document (post_id, revision, title, body, published_at, vector)
SELECT post_id, revision, title, body, published_at,
       setweight(to_tsvector('english', {TITLE}) || to_tsvector('simple', {TITLE}), 'A')
       || setweight(to_tsvector('english', {ABOUT}), 'B') || setweight(to_tsvector('english', {BODY}), 'D')
FROM ({WORDS}) AS words
ON CONFLICT (post_id) DO UPDATE SET revision = excluded.revision, title = excluded.title, body = excluded.body,
    published_at = excluded.published_at, vector = excluded.vector
"""
TABLE = """
DROP TABLE IF EXISTS bench_document;
CREATE TABLE bench_document (post_id bigint PRIMARY KEY, revision int NOT NULL, title text NOT NULL, body text NOT NULL,
    vector tsvector NOT NULL, published_at timestamptz NOT NULL);
"""
INDEX = "CREATE INDEX bench_vector ON bench_document USING gin (vector)"

LAST_WORD = re.compile(r"(?:^|(?<=\s))\w{2,}$")
TEXT, HEAD, BEGUN = folded("%(text)s"), folded("%(head)s"), folded("%(last)s")
WHOLE = f"websearch_to_tsquery('english', {TEXT})"
LAST = f"(to_tsquery('english', {BEGUN}) || to_tsquery('simple', {BEGUN}))"
QUERY = f"({WHOLE} || (websearch_to_tsquery('english', {HEAD}) && {LAST}))"
SEARCH = """
WITH asked AS MATERIALIZED (SELECT {query} AS query, {whole} AS whole, {query} || {whole} AS marked),
found AS (
    SELECT post_id, published_at, ts_rank(vector, whole) + ts_rank(vector, query) / 4 AS rank, count(*) OVER () AS total
    FROM bench_document, asked WHERE vector @@ query
    ORDER BY rank DESC, published_at DESC, post_id DESC LIMIT 20
)
SELECT found.post_id, total, ts_headline('english', title, marked, %(marks)s || ', HighlightAll=true'),
       ts_headline('english', left(body, 20000), marked, %(marks)s || ', MaxFragments=2, MinWords=10, MaxWords=30')
FROM found JOIN bench_document USING (post_id), asked
ORDER BY rank DESC, found.published_at DESC, found.post_id DESC
"""


def index(ids: list[int]) -> int:
    return run(UPSERT, {"ids": ids})


def search(text: str) -> list[Any]:
    """Return the posts of the first page, as the code of the day found, marked and read them."""
    from app.blog.models import Post  # not before Django is set up in the processes that load

    match = LAST_WORD.search(text)
    last = match.group() if match and text.count('"') % 2 == 0 else ""
    values = {"text": text, "head": text.removesuffix(last), "last": f"'{last}':*", "marks": "StartSel=<, StopSel=>"}
    found = rows(SEARCH.format(query=QUERY if last else WHOLE, whole=WHOLE), values)
    return list(Post.objects.listed().in_bulk([row[0] for row in found]).values())
