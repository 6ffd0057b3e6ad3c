"""The judge: what was committed, against what the business tables and the outside say became of it.

`python -m tests.chaos.verdict FOLDER DATABASE_URL` prints one JSON object. It reads the load's and the oracle's logs and the
tables; it knows neither the ledger's table nor any code of the project.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import psycopg

STALE = """
SELECT 'source ' || source.id FROM chaos_source source LEFT JOIN chaos_document document USING (id)
WHERE source.revision > 0 AND (document.revision, document.content) IS DISTINCT FROM (source.revision, source.content)
"""
STALE_SEARCH = """
SELECT 'post ' || post.id FROM blog_post post LEFT JOIN search_document found ON found.post_id = post.id
WHERE post.status = 'published' AND (found.revision, found.title) IS DISTINCT FROM (post.revision, post.title)
"""
NEWEST = "SELECT title FROM blog_post WHERE status = 'published' ORDER BY published_at DESC, id DESC LIMIT 50"
FEED = "SELECT body FROM feeds_document WHERE scope = 'site' AND format = 'rss'"
IN_DOUBT = """
SELECT split_part(post.title, ' ', 1), reader.email FROM newsletter_delivery delivery
JOIN blog_post post ON post.id = delivery.post_id JOIN newsletter_subscriber reader ON reader.id = delivery.subscriber_id
WHERE delivery.state = 'unknown'
"""
NAMED = 20
POST = "post"
WARM_UP = 20


class Judge:
    """Collects what is wrong, by kind, each with a name."""

    def __init__(self, folder: Path, database: psycopg.Connection) -> None:
        self.query = database.execute
        self.answers = lines(folder / "intents.log")
        self.seen = lines(folder / "oracle.log")
        self.intents = dict(self.query("SELECT n, kind FROM chaos_intent").fetchall())
        self.wrong: dict[str, list[str]] = {"lost": [], "doubled": [], "unknown": [], "stale": [], "phantom": []}
        self.repeats = 0

    def verdict(self) -> dict[str, Any]:
        self._durable()
        self._applied()
        self._called()
        if self._of(POST):
            self._mailed()
            self._published()
        self.wrong["stale"] += [name for (name,) in self.query(STALE)]
        counts = {name: len(found) for name, found in self.wrong.items()}
        named = {name: found[:NAMED] for name, found in self.wrong.items() if found}
        return {"committed": len(self.intents), **counts, "repeats": self.repeats, "named": named, **self._speed()}

    def _durable(self) -> None:
        """What the load was told is committed must be there."""
        gone = {each["n"] for each in self.answers if "n" in each} - set(self.intents)
        self.wrong["lost"] += [f"{n}: acknowledged, then gone" for n in sorted(gone)]

    def _applied(self) -> None:
        applied = dict(self.query("SELECT n, count(*) FROM chaos_applied GROUP BY n").fetchall())
        self._compare("apply", applied)
        self.wrong["phantom"] += [f"{n}: applied" for n in sorted(set(applied) - set(self._of("apply")))]

    def _called(self) -> None:
        keys: dict[str, Counter[str]] = defaultdict(Counter)
        for each in self.seen:
            if each["kind"] == "call":
                keys[each["n"]][each["key"]] += 1
        self._compare("call", {n: len(counted) for n, counted in keys.items()})
        self.repeats += sum(counted.total() - len(counted) for counted in keys.values())
        self.wrong["phantom"] += [f"{n}: called" for n in sorted(set(keys) - set(self._of("call")))]

    def _mailed(self) -> None:
        """Each reader gets each post once, or the delivery is shown as in doubt."""
        mails = Counter((each["subject"].split()[0], each["to"]) for each in self.seen if each["kind"] == "mail")
        doubted = set(self.query(IN_DOUBT).fetchall())
        readers = [email for (email,) in self.query("SELECT email FROM newsletter_subscriber WHERE state = 'confirmed'")]
        wanted = {(n, reader) for n in self._of(POST) for reader in readers}
        self.wrong["lost"] += [f"{n}: no mail to {reader}" for n, reader in sorted(wanted - set(mails) - doubted)]
        self.wrong["doubled"] += [f"{n}: {count} mails to {reader}" for (n, reader), count in mails.items() if count > 1]
        self.wrong["unknown"] += [f"{n}: mail to {reader}" for n, reader in sorted(doubted)]

    def _published(self) -> None:
        self.wrong["stale"] += [f"{name}: search" for (name,) in self.query(STALE_SEARCH)]
        row = self.query(FEED).fetchone()
        feed = bytes(row[0]).decode() if row else ""
        self.wrong["stale"] += [f"{title}: feed" for (title,) in self.query(NEWEST) if title not in feed]

    def _compare(self, kind: str, done: dict[str, int]) -> None:
        self.wrong["lost"] += [f"{n}: {kind}" for n in self._of(kind) if n not in done]
        self.wrong["doubled"] += [f"{n}: {kind} x{done[n]}" for n in self._of(kind) if done.get(n, 0) > 1]

    def _of(self, kind: str) -> list[str]:
        return [n for n, found in self.intents.items() if found == kind]

    def _speed(self) -> dict[str, float]:
        late = self.query(
            "SELECT extract(epoch FROM min(applied.at) - intent.at)::float8 "
            "FROM chaos_applied applied JOIN chaos_intent intent USING (n) GROUP BY n, intent.at"
        ).fetchall()
        answered = [each["ms"] for each in self.answers if "n" not in each or int(each["n"].rpartition("i")[2]) > WARM_UP]
        return {"late_p99_s": p99([row[0] for row in late]), "publish_p99_ms": p99(answered)}


def p99(values: list[float]) -> float:
    return round(sorted(values)[int(len(values) * 0.99)], 3) if values else 0.0


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the log's objects; a last line that a kill cut short was not acknowledged."""
    whole = [line for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")] if path.exists() else []
    return [json.loads(line) for line in whole]


def main(folder: str, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as database:
        print(json.dumps(Judge(Path(folder), database).verdict()))


if __name__ == "__main__":
    main(*sys.argv[1:])
