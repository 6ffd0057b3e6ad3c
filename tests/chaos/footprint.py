"""What a publication, a mail and a view cost: rows, write-ahead log, processor time, messages. For docs/howto/scale.md."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import redis

from tests.chaos.journey import OPEN
from tests.chaos.meter import TICKS, used
from tests.chaos.rig import Rig, rigged, wait_until
from tests.chaos.tables import SUBSCRIBE

PATIENCE = 900.0
POSTS, VIEWS, IDLE = 40, 5_000, 60.0
WORKER = "chaos1"
PUBLISH = """
from django.utils import timezone
from app.accounts.models import Role, User
from app.blog.models import Post
author = User.objects.filter(username="footprint").first() or User.objects.create_user("footprint", role=Role.AUTHOR)
text = "A paragraph of *some* words and a [link](https://example.org/).\\n\\n" * 20
for number in range({number}):
    post = Post(title=f"A post {{number}}", content=text, author=author)
    post.save()
    post.publish(at=timezone.now())
"""
SEE = """
import uuid
from django.utils import timezone
from app.blog.models import Post
from app.stats.page_views import Seen, write
posts, now = list(Post.objects.values_list("pk", flat=True)), timezone.now()
for second in range({number} // 20):
    write([Seen(posts[(second + n) % len(posts)], uuid.uuid4().bytes, now.date(), now) for n in range(20)])
"""
WAL = "SELECT wal_bytes, wal_records, wal_fpi FROM pg_stat_wal"
SIZES = """
SELECT relname, n_live_tup, pg_total_relation_size(relid), pg_indexes_size(relid) FROM pg_stat_user_tables
WHERE relname = ANY(%s) ORDER BY relname
"""
TABLES = ["effects_effect", "newsletter_delivery", "newsletter_subscriber", "stats_view"]


def run(seed: int, *, readers: int = 5_000) -> dict[str, Any]:
    """Publish to no one, then once to so many, with one worker of two processes. Return what each cost."""
    told: dict[str, Any] = {}
    with rigged(pause="0") as rig:
        rig.start_worker(WORKER)
        rig.manage("shell", "--verbosity", "0", "-c", PUBLISH.format(number=2))
        rest(rig)
        told |= dict(cost(rig, f"idle for {IDLE:g} s", 1, lambda: time.sleep(IDLE)))
        told |= dict(cost(rig, "a publication", POSTS, lambda: publish(rig, POSTS)))
        with rig.database() as database:
            database.execute(SUBSCRIBE, [readers])
            database.execute("VACUUM ANALYZE")
            database.execute("CHECKPOINT")
        told |= dict(cost(rig, "a mail", readers, lambda: publish(rig, 1)))
        told |= dict(cost(rig, "a view", VIEWS, lambda: see(rig, VIEWS)))
        told |= dict(sizes(rig))
    return told


def publish(rig: Rig, number: int) -> None:
    rig.manage("shell", "--verbosity", "0", "-c", PUBLISH.format(number=number))
    rest(rig)


def see(rig: Rig, number: int) -> None:
    """Write views as a web process does: those of a second in one statement."""
    rig.manage("shell", "--verbosity", "0", "-c", SEE.format(number=number))
    rest(rig)


def rest(rig: Rig) -> None:
    """Wait until nothing is owed."""
    if not wait_until(lambda: rig.count(OPEN) == 0, PATIENCE, 0.5):
        raise RuntimeError(f"{rig.count(OPEN)} are still owed after {PATIENCE:g} s")


def cost(rig: Rig, what: str, number: int, do: Callable[[], None]) -> Iterator[tuple[str, float]]:
    """Yield the figures of one of so many that were done at once."""
    before, began = figures(rig), time.monotonic()
    do()
    after, seconds = figures(rig), time.monotonic() - began
    yield f"{what}: seconds for all", round(seconds, 1)
    for name, value in after.items():
        yield f"{what}: {name}", round((value - before[name]) / number, 4)


def figures(rig: Rig) -> dict[str, float]:
    with closing(psycopg.connect(host=str(rig.folder / "pg"), user="afterword", dbname="afterword")) as connection:
        wal = connection.execute(WAL).fetchone()
        rows = connection.execute("SELECT count(*), coalesce(sum(attempt), 0) FROM effects_effect").fetchone()
    assert wal
    assert rows
    with redis.Redis(unix_socket_path=str(rig.broker.socket)) as client:
        pushed = client.info("commandstats").get("cmdstat_lpush", {}).get("calls", 0)
    return {
        "WAL bytes": float(wal[0]),
        "WAL records": wal[1],
        "WAL page images": wal[2],
        "effects": rows[0],
        "attempts": float(rows[1]),
        "messages": pushed,
        "worker CPU ms": 1000 * tree(rig.processes[WORKER].pid),
        "PostgreSQL CPU ms": 1000 * tree(rig.processes["postgres"].pid),
    }


def tree(pid: int) -> float:
    """Return the processor time of a process, of its children, and of those that have ended. Seconds."""
    try:
        children = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        children = []
    return (sum(used(pid)) + sum(sum(used(child)) for child in children)) / TICKS


def sizes(rig: Rig) -> Iterator[tuple[str, float]]:
    """Yield bytes of a row, its indexes included."""
    with rig.database() as database:
        database.execute("VACUUM ANALYZE")
        for name, rows, size, indexes in database.execute(SIZES, [TABLES]).fetchall():
            if rows:
                yield f"{name}: bytes of a row", round(size / rows)
                yield f"{name}: of which indexes", round(indexes / rows)
