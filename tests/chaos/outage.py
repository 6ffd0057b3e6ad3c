"""The broker is stopped for a minute, frozen and then refused, while posts are published over HTTP."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import httpx2

from tests.chaos.drills import PATIENCE, drill, start_workers
from tests.chaos.journey import OPEN
from tests.chaos.laws import hold
from tests.chaos.rig import Rig, wait_until
from tests.servers import unused_port

SLOW_MS = 300.0
RATIO = 1.5
WARM_UP = 60
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


def run(seed: int, *, publishes: int = 500, seconds: float = 60.0) -> dict[str, Any]:
    """Publish so many in each outage of so many seconds, and as many with the broker up between them. Raises Broken."""
    with drill("outage", seed) as rig:
        part = publishes // 3 + 1
        rig.manage("shell", "--verbosity", "0", "-c", DRAFTS.format(number=WARM_UP + 3 * part + 2 * publishes))
        rig.start_web(unused_port())
        pace = seconds / publishes
        with Writer(rig).signed_in() as writer:
            writer.publish(WARM_UP, pace)
            up = writer.publish(part, pace)
            rig.kill("broker", signal.SIGSTOP)
            frozen = writer.publish(publishes, pace)
            rig.kill("broker", signal.SIGCONT)
            up += writer.publish(part, pace)
            rig.kill("broker")
            refused = writer.publish(publishes, pace)
            rig.start_again("broker")
            up += writer.publish(part, pace)
        start_workers(rig)
        rested = wait_until(lambda: rig.count(OPEN) == 0, PATIENCE)
        return judged(rig, {"up": up, "frozen": frozen, "refused": refused}, writer, rested)


class Writer:
    """Somebody who presses Publish, over and over, on a fixed pace."""

    def __init__(self, rig: Rig) -> None:
        self.client = httpx2.Client(base_url=rig.env["SITE_URL"], timeout=60)
        self.drafts = count(rig.count(FIRST))
        self.errors: list[str] = []
        self.pressed = 0

    @contextmanager
    def signed_in(self) -> Iterator[Writer]:
        wait_until(self._answers, 60)
        with self.client:
            form = {"username": "chaos", "password": "chaos-of-the-broker", "csrfmiddlewaretoken": self._token("/login/")}
            assert self.client.post("/login/", data=form).status_code == 302
            self.form = {"csrfmiddlewaretoken": self._token("/studio/posts/new/")}
            yield self

    def publish(self, number: int, pace: float) -> list[float]:
        """Return how many milliseconds each answer took."""
        took, began = [], time.monotonic()
        for turn in range(number):
            time.sleep(max(0.0, began + turn * pace - time.monotonic()))
            pressed = time.perf_counter()
            answer = self.client.post(f"/studio/posts/{next(self.drafts)}/publication", data=self.form)
            took.append((time.perf_counter() - pressed) * 1000)
            self.pressed += 1
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


def judged(rig: Rig, took: dict[str, list[float]], writer: Writer, rested: bool) -> dict[str, Any]:
    """Compare the outages with the times when the broker was up. Raises Broken."""
    normal, slow = p99(took["up"]), {name: sum(each > SLOW_MS for each in times) for name, times in took.items()}
    facts: dict[str, Any] = {"published": rig.count(PUBLISHED), "errors": len(writer.errors)}
    laws = {
        "no error": not writer.errors,
        "each is published": facts["published"] == writer.pressed,
        "each owes": rig.count(UNOWED) == 0,
        "all is done": rested and rig.count(DEAD) == 0,
    }
    for name, times in took.items():
        facts[name] = f"p50 {median(times):.0f} p99 {p99(times):.0f} max {max(times):.0f} ms, {slow[name]} slow of {len(times)}"
        laws[f"{name}: p99 at most {RATIO} x normal"] = p99(times) <= RATIO * normal
        # A busy machine is slow at times; the broker's part is what is slow more often without it.
        laws[f"{name}: none slower than {SLOW_MS:g} ms for the broker"] = slow[name] <= slow["up"]
    return hold(facts, laws)


def median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]
