"""A post to thousands of readers, while the workers that send it are killed."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from tests.chaos.journey import OPEN
from tests.chaos.laws import hold
from tests.chaos.monkey import PATIENCE, kill_workers
from tests.chaos.rig import CHILDREN, WORKERS, Rig, rigged, wait_until
from tests.chaos.tables import SUBSCRIBE
from tests.chaos.verdict import lines
from tools.devserver.server import ROOT

PUBLISH = """
from django.utils import timezone
from app.accounts.models import Role, User
from app.blog.models import Post
post = Post(title="Mailing is on", content="To all.", author=User.objects.create_user("chaos", role=Role.AUTHOR))
post.save()
post.publish(at=timezone.now())
"""
STATES = "SELECT state, count(*) FROM newsletter_delivery GROUP BY state"
IN_FLIGHT = "SELECT id FROM newsletter_delivery WHERE state = 'submitting'"
UNKNOWN = "SELECT id FROM newsletter_delivery WHERE state = 'unknown'"
WITH_ADDRESS = """
SELECT reader.email, delivery.state FROM newsletter_delivery delivery
JOIN newsletter_subscriber reader ON reader.id = delivery.subscriber_id
"""


def run(readers: int, kills: int, seed: int) -> dict[str, Any]:
    """Mail to so many under so many kills of worker groups. Return what became of it. Raises Broken."""
    with rigged(pause="0.002", keep=ROOT / "var" / "chaos" / f"mailing-{seed}") as rig:
        with rig.database() as database:
            database.execute(SUBSCRIBE, [readers])
        for worker in WORKERS:
            rig.start_worker(worker)
        rig.manage("shell", "--verbosity", "0", "-c", PUBLISH)
        in_flight = kill(rig, readers, kills, random.Random(seed))
        rested = wait_until(lambda: rig.count(OPEN) == 0, PATIENCE)
        return judge(rig, readers, kills, in_flight, rested)


def kill(rig: Rig, readers: int, kills: int, rng: random.Random) -> set[int]:
    """Kill a worker's whole group at so many moments of the mailing. Return the deliveries that were in flight just before."""
    in_flight: set[int] = set()
    for _ in kill_workers(rig, lambda: mailed(rig), readers, kills, rng):
        in_flight |= column(rig, IN_FLIGHT)
    return in_flight


def judge(rig: Rig, readers: int, kills: int, in_flight: set[int], rested: bool) -> dict[str, Any]:
    """Compare the rows with what the SMTP server wrote down. Raises Broken."""
    with rig.database() as database:
        states: dict[str, int] = dict(database.execute(STATES).fetchall())
        by_address: dict[str, str] = dict(database.execute(WITH_ADDRESS).fetchall())
    copies = Counter(each["to"] for each in lines(rig.folder / "oracle.log"))
    unknown = column(rig, UNKNOWN)
    laws = {
        "sent + unknown = readers": states.get("sent", 0) + len(unknown) == readers,
        "nobody twice": not [to for to, number in copies.items() if number > 1],
        "every sent one arrived": not [to for to, state in by_address.items() if state == "sent" and to not in copies],
        "unknown <= kills x window": len(unknown) <= kills * CHILDREN,
        "each unknown was in flight at a kill": unknown <= in_flight,
        "all is over": rested,
    }
    arrived = sum(1 for to, state in by_address.items() if state == "unknown" and to in copies)
    facts = {"readers": readers, "kills": kills, "window": CHILDREN, "arrived_of_unknown": arrived}
    return hold({**facts, **states, "copies": copies.total()}, laws)


def mailed(rig: Rig) -> int:
    """Return how many messages the SMTP server has written down."""
    path = rig.folder / "oracle.log"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def column(rig: Rig, query: str) -> set[int]:
    with rig.database() as database:
        return {row[0] for row in database.execute(query.encode())}
