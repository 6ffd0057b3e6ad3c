"""The broker is stopped for a minute, frozen and then refused, while posts are published over HTTP.

Two sites share the database. The broker of one stays up, so that each publication has a twin at the same moment: what slows
both is the machine.
"""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from itertools import count
from typing import Any

import httpx2

from tests.chaos.drills import PATIENCE, drill, start_workers
from tests.chaos.journey import OPEN
from tests.chaos.laws import hold
from tests.chaos.rig import Rig, wait_until

SLOW_MS = 300.0
RATIO = 1.5
WARM_UP = 40
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
DRAFTS = """
from app.accounts.models import Role, User
from app.blog.models import Post
author = User.objects.create_user("chaos", password="chaos-of-the-broker", role=Role.AUTHOR)
for n in range({number}):
    Post(title=f"Draft {{n}}", content="A paragraph of an *ordinary* length.\\n\\n" * 20, author=author).save()
"""
FIRST = "SELECT min(id) FROM blog_post"
PUBLISHED = "SELECT count(*) FROM blog_post WHERE status = 'published'"
UNOWED = """
SELECT count(*) FROM blog_post WHERE status = 'published' AND NOT EXISTS (
    SELECT FROM effects_effect WHERE about = 'post:' || blog_post.id AND task = 'email.announce')
"""
DEAD = "SELECT count(*) FROM effects_effect WHERE state = 'dead'"
Pairs = list[tuple[float, float]]
"""Milliseconds of twins: with the broker up, and with it away."""


def run(seed: int, *, publishes: int = 500, seconds: float = 60.0) -> dict[str, Any]:
    """Publish so many in each outage of so many seconds, and their twins. Raises Broken."""
    with drill("outage", seed) as rig, ExitStack() as stack:
        rig.manage("shell", "--verbosity", "0", "-c", DRAFTS.format(number=2 * (WARM_UP + 2 * publishes)))
        drafts = count(rig.count(FIRST))
        up = rig.start_web("up", CELERY_BROKER_URL=f"redis+socket://{rig.cache.socket}?virtual_host=5")
        sites = [stack.enter_context(Writer(url, drafts).signed_in()) for url in (up, rig.start_web("web"))]
        pace = seconds / publishes
        together(sites, WARM_UP, pace)
        rig.kill("broker", signal.SIGSTOP)
        frozen = together(sites, publishes, pace)
        rig.kill("broker", signal.SIGCONT)
        rig.kill("broker")
        refused = together(sites, publishes, pace)
        rig.start_again("broker")
        start_workers(rig)
        rested = wait_until(lambda: rig.count(OPEN) == 0, 2 * PATIENCE)
        return judged(rig, {"frozen": frozen, "refused": refused}, sites, rested)


class Writer:
    """Somebody who presses Publish, over and over."""

    def __init__(self, url: str, drafts: Iterator[int]) -> None:
        self.client = httpx2.Client(base_url=url, timeout=60)
        self.drafts = drafts
        self.pressed = 0
        self.errors: list[str] = []

    @contextmanager
    def signed_in(self) -> Iterator[Writer]:
        wait_until(self._answers, 60)
        with closing(self.client):
            form = {"username": "chaos", "password": "chaos-of-the-broker", "csrfmiddlewaretoken": self._token("/login/")}
            assert self.client.post("/login/", data=form).status_code == 302
            self.form = {"csrfmiddlewaretoken": self._token("/studio/posts/new/")}
            yield self

    def publish(self, pk: int) -> float:
        """Return how many milliseconds the answer took."""
        self.pressed += 1
        pressed = time.perf_counter()
        answer = self.client.post(f"/studio/posts/{pk}/publication", data=self.form)
        took = (time.perf_counter() - pressed) * 1000
        if answer.status_code not in {302, 303}:
            self.errors.append(f"{answer.url}: {answer.status_code}")
        return took

    def _answers(self) -> bool:
        try:
            return self.client.get("/healthz").status_code == 200
        except httpx2.HTTPError:
            return False

    def _token(self, page: str) -> str:
        found = TOKEN.search(self.client.get(page).text)
        assert found, page
        return found[1]


def together(sites: list[Writer], number: int, pace: float) -> Pairs:
    """Publish on both sites at the same moments."""
    pairs, began = [], time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        for turn in range(number):
            time.sleep(max(0.0, began + turn * pace - time.monotonic()))
            up, away = (pool.submit(site.publish, next(site.drafts)) for site in sites)
            pairs.append((up.result(), away.result()))
    return pairs


def judged(rig: Rig, outages: dict[str, Pairs], sites: list[Writer], rested: bool) -> dict[str, Any]:
    """Compare each outage with its twins. Raises Broken."""
    facts: dict[str, Any] = {"published": rig.count(PUBLISHED), "errors": sum(len(site.errors) for site in sites)}
    laws = {
        "no error": facts["errors"] == 0,
        "each is published": facts["published"] == sum(site.pressed for site in sites),
        "each owes": rig.count(UNOWED) == 0,
        "all is done": rested and rig.count(DEAD) == 0,
    }
    for name, pairs in outages.items():
        up, away = (sorted(times) for times in zip(*pairs, strict=True))
        slow, chance = alone(pairs), alone([(took, twin) for twin, took in pairs])
        facts[name] = f"{told(away)}, twins {told(up)}, {slow} slow alone, {chance} twins slow alone"
        laws[f"{name}: p99 at most {RATIO} x the twins'"] = p99(away) <= RATIO * p99(up)
        # Two standard deviations of the difference of two counts: what a busy machine does to both by chance.
        laws[f"{name}: no more over {SLOW_MS:g} ms than by chance"] = slow - chance <= 2 * (slow + chance) ** 0.5
    return hold(facts, laws)


def alone(pairs: Pairs) -> int:
    """Return how many of the second were slow whose twin was not."""
    return sum(1 for twin, took in pairs if took > SLOW_MS and twin < SLOW_MS / 2)


def told(times: list[float]) -> str:
    return f"p50 {times[len(times) // 2]:.0f} p99 {p99(times):.0f} max {times[-1]:.0f} ms"


def p99(times: list[float]) -> float:
    return times[int(len(times) * 0.99)]
