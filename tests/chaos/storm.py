"""A host is down for an hour while thousands are owed to it, and a site in ordinary use beside it waits for nothing.

The host answers 503, cuts the line or says nothing, in turns. It never begins with saying nothing: that would hold each child
of the workers for one request's time, once.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate, count, takewhile
from typing import Any

from app.outbound import breaker
from tests.chaos.drills import DONE, drill, start_workers
from tests.chaos.laws import hold
from tests.chaos.meter import Minute, minutes
from tests.chaos.outage import p99
from tests.chaos.rig import CHILDREN, WORKERS, Rig, wait_until
from tests.outbound.receiver import Answer, Handler, Receiver, cuts, hangs, receiving, says

TURN = 20.0
"""Seconds for which the host is down in one way."""
WARM = 50
"""Ordinary effects done before the first is measured."""
LATE, BEHIND = 5.0, 120.0
"""Seconds that others may be late, at the 99th percentile; and at most what is in the queue of those who wait."""
LONGEST = 2 * breaker.LONGEST_WAIT
"""Seconds until the last of those who wait looks again."""
SLOWEST = 10
"""Deliveries in a second."""
CONNECT = """
from django.db.models import QuerySet
from django.utils import timezone
from app.accounts.models import Role, User
from app.blog.models import Post
from app.social.connecting import connect
from app.social.models import SocialPost
from app.social.networks import key_for
author, now = User.objects.create_user("chaos", role=Role.AUTHOR), timezone.now()
account, _ = connect(network="webhook", name="hook", endpoint="{url}")
drafts = [Post(author=author, title=f"{{n}}", slug=f"p{{n}}", status="published", published_at=now) for n in range({owed})]
rows = [SocialPost(account=account, post=post, key=key_for(account, post)) for post in QuerySet(Post).bulk_create(drafts)]
SocialPost.objects.bulk_create(rows)
"""
OWE = """
from django.db import transaction
from app.social import effects
from owed import gather, record
from owed.waker import waker
from app.social.models import SocialPost
with transaction.atomic(), gather():
    for pk in SocialPost.objects.values_list("pk", flat=True):
        record(effects.deliver.si(social_post_id=pk))
waker.wait_idle(30)
"""
WAITS = "SELECT count(*) FROM effects_effect WHERE finished_at IS NULL AND task = 'social.deliver'"
DEAD = "SELECT count(*) FROM effects_effect WHERE state = 'dead'"
KEYS = "SELECT key FROM social_socialpost WHERE state = 'sent'"
LATENESS = """
SELECT queue = 'social', extract(epoch FROM coalesce(finished_at, clock_timestamp()) - due_at)::float8
FROM effects_effect WHERE task <> 'social.deliver' AND due_at >= to_timestamp(%s) AND due_at < to_timestamp(%s)
"""
Lateness = dict[str, list[float]]
"""Seconds from due to done, of the other queues and of the storm's own."""


def run(
    seed: int, *, owed: int = 10_000, seconds: float = 3600.0, before: float = 30.0, loads: str = "tasks.social"
) -> dict[str, Any]:
    """Owe so many posts to a host that is down for so long, and wait until it has each. Raises Broken."""
    with drill("storm", seed) as rig, receiving() as receiver:
        host = Host(receiver, random.Random(seed))
        rig.loads = loads
        rig.manage("shell", "--verbosity", "0", "-c", CONNECT.format(url=receiver.url, owed=owed))
        start_workers(rig)
        rig.start_program("stream", ["tests.chaos.stream"])
        wait_until(lambda: rig.count(DONE) > WARM, 60, 0.1)
        calm = time.time()
        time.sleep(before)
        down = time.time()
        rig.manage("shell", "--verbosity", "0", "-c", OWE)
        cost = list(said(minutes(rig, "social.deliver", down + seconds)))
        up = host.come_back()
        recovered = wait_until(lambda: rig.count(WAITS) == 0, LONGEST + owed / SLOWEST, 1)
        facts = {"owed": owed, "down_s": round(up - down), "recovered_s": round(time.time() - up)}
        rig.stop("stream")
        lateness = {"before": late(rig, calm, down), "during": late(rig, down, up), "after": late(rig, up, time.time())}
        return judged(rig, host, recovered, facts, cost, lateness)


class Host:
    """Down in one way after the other until it comes back; it remembers each try, and what it took."""

    def __init__(self, receiver: Receiver, rng: random.Random) -> None:
        self.ways: list[Answer] = [*rng.sample([says(503), cuts], 2), hangs]
        self.tries: list[float] = []
        self.taken: Counter[str] = Counter()
        self.up = False
        receiver.answers[:] = [self.answer]

    def answer(self, handler: Handler) -> None:
        """Take the call where the host is up."""
        if self.up:
            self.taken[handler.headers["webhook-id"].partition(".")[0]] += 1
            return says(204)(handler)
        self.tries.append(time.time())
        return self.ways[int((time.time() - self.tries[0]) / TURN) % len(self.ways)](handler)

    def come_back(self) -> float:
        """Return since when it is up."""
        self.up = True
        return time.time()

    def most_in_a_minute(self, after: float) -> int:
        """Return how often it was tried in the worst minute that begins so many seconds after the first try."""
        begins = [at for at in self.tries if at >= self.tries[0] + after]
        return max((sum(1 for at in self.tries if 0 <= at - begin < 60) for begin in begins), default=0)


def said(cost: Iterator[Minute]) -> Iterator[Minute]:
    """Tell each minute as it passes: an hour is long."""
    for number, minute in enumerate(cost, 1):
        print(f"minute {number}: {minute}", flush=True)
        yield minute


def late(rig: Rig, since: float, until: float) -> Lateness:
    """Return how late the ordinary effects were that were due in that time, sorted."""
    with rig.database() as database:
        rows = database.execute(LATENESS, [since, until]).fetchall()
    return {
        name: sorted(seconds for own, seconds in rows if own is (name == "same queue")) for name in ("others", "same queue")
    }


def judged(
    rig: Rig, host: Host, recovered: bool, facts: dict[str, Any], cost: list[Minute], lateness: dict[str, Lateness]
) -> dict[str, Any]:
    """Compare what the host saw with what the ledger says. Raises Broken."""
    with rig.database() as database:
        keys = {key for (key,) in database.execute(KEYS)}
    sent, again = len(keys), host.taken - Counter(keys)
    tries, most = len(host.tries), breaker.FAILURES * len(WORKERS) * CHILDREN + rests(facts["down_s"])
    later, dead = host.most_in_a_minute(after=60), rig.count(DEAD)
    at_first = host.most_in_a_minute(after=0)
    facts |= {"sent": sent, "taken": len(host.taken), "taken_again": again.total(), "dead": dead}
    facts |= {"tries": f"{tries} of at most {most}, {at_first} in the first minute, later {later} in one at most"}
    facts |= {f"late {when}": spread(each["others"]) for when, each in lateness.items()}
    facts |= {f"late {when}, same queue": spread(each["same queue"]) for when, each in lateness.items()}
    laws = {
        "it is tried a few times": 0 < tries <= most,
        "it is tried twice a minute at most once it rests long": later <= 2,
        f"nobody else waits: p99 at most {LATE:g} s": p99(lateness["during"]["others"]) <= LATE,
        f"what is queued with them for others at most {BEHIND:g} s": lateness["during"]["same queue"][-1] <= BEHIND,
        "nothing is dead": dead == 0,
        "each is sent": sent == facts["owed"],
        "each was taken once": host.taken.keys() == keys and not again,
        f"all is done within {LONGEST:g} s and the time that the work takes": recovered,
    }
    return hold({**facts, "cost": " | ".join(map(str, (*cost[:2], *cost[2:][-1:]))) or "less than a minute"}, laws)


def rests(seconds: float) -> int:
    """Return how many rests begin in that time: one try ends each."""
    ends = accumulate(map(breaker.rest_after, count(breaker.FAILURES)))
    return 1 + sum(1 for _ in takewhile(lambda end: end < seconds, ends))


def spread(seconds: list[float]) -> str:
    return f"p50 {seconds[len(seconds) // 2]:.2f} p99 {p99(seconds):.2f} max {seconds[-1]:.2f} s of {len(seconds)}"
