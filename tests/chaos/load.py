"""The web's part, in a process that dies: changes are committed, and what they owe is rung, or not.

`python -m tests.chaos.load ENGINE SEED GENERATION POSTS` runs until SIGTERM. What COMMIT answered for is appended to the log.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.db import DatabaseError, InterfaceError, connection, transaction  # noqa: E402  after the settings are read
from kombu.exceptions import OperationalError  # noqa: E402

from app.accounts.models import Role, User  # noqa: E402
from app.blog.models import Post  # noqa: E402
from owed import clock  # noqa: E402
from tests.chaos import plain, samples  # noqa: E402
from tests.chaos.tables import EDIT, INTEND, SOURCES  # noqa: E402

THREADS = 2
PAUSE = 0.06
KINDS = {"apply": 48, "index": 20, "call": 20}
POSTS = {"post": 3, "revise": 3, "poison": 0.3}
ROLLBACKS = 0.1
DEATHS = 1 / 500
stopped = threading.Event()


class RolledBack(Exception):
    """The change was never made; nothing of it may be seen anywhere."""


class Writer(threading.Thread):
    """Somebody who changes things, one transaction after the other."""

    def __init__(self, name: str, engine: str, posts: bool, rng: random.Random) -> None:
        super().__init__(name=name)
        self.engine, self.rng = engine, rng
        self.kinds = {**KINDS, **(POSTS if posts else {})}
        self.log = os.open(os.environ["CHAOS_INTENTS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.posts: list[tuple[int, str]] = []
        self.number = 0

    def run(self) -> None:
        while not stopped.wait(PAUSE * self.rng.uniform(0.3, 1.7)):
            began = time.monotonic()
            try:
                done = self._change()
            except RolledBack:
                continue
            except (DatabaseError, InterfaceError, OperationalError, OSError):
                connection.close()
                done = {}
            self._note(**done, ms=round((time.monotonic() - began) * 1000, 2))
        connection.close()

    def _change(self) -> dict[str, str]:
        """Commit one change and return its name and kind."""
        self.number += 1
        n = f"{self.name}i{self.number}"
        kind = self.rng.choices(list(self.kinds), list(self.kinds.values()))[0]
        if kind == "revise" and not self.posts:
            kind = "post"
        with transaction.atomic():
            transaction.on_commit(self._die_sometimes)
            subject = self._make(kind, n)
            with connection.cursor() as cursor:
                cursor.execute(INTEND, [n, kind, subject])
            if self.rng.random() < ROLLBACKS:
                raise RolledBack
        if kind == "post" and subject:
            self.posts.append((subject, n))
        return {"n": n, "kind": kind}

    def _make(self, kind: str, n: str) -> int | None:
        special: dict[str, Callable[[str], int]] = {"post": self._publish, "revise": self._revise, "index": self._edit}
        if kind in special:
            return special[kind](n)
        self._owe(kind, n, None)
        return None

    def _publish(self, n: str) -> int:
        author = User.objects.get(username="chaos")
        post = Post(title=f"{n} is news", content=f"The text of {n}.", author=author)
        post.save()
        post.publish(at=clock.now())
        return int(post.pk)

    def _revise(self, n: str) -> int:
        pk, name = self.rng.choice(self.posts)
        Post.objects.get(pk=pk).revise(title=f"{name} is revised by {n}")
        return pk

    def _edit(self, n: str) -> int:
        subject = self.rng.randint(1, SOURCES)
        with connection.cursor() as cursor:
            cursor.execute(EDIT, [f"as {n} left it", subject])
        self._owe("index", n, subject)
        return subject

    def _owe(self, kind: str, n: str, subject: int | None) -> None:
        if self.engine == "ours":
            transaction.on_commit(samples.owe(kind, n, subject).enqueue, robust=True)
        else:
            plain.owe(kind, n, subject)

    def _die_sometimes(self) -> None:
        """End between COMMIT and the first hint, as a machine that goes down does."""
        if self.rng.random() < DEATHS:
            os._exit(137)

    def _note(self, **line: Any) -> None:
        os.write(self.log, (json.dumps(line) + "\n").encode())


def main(engine: str, seed: str, generation: str, posts: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    if posts == "posts":
        author()
    rng = random.Random(f"{seed}/{generation}")
    writers = [
        Writer(f"g{generation}t{number}", engine, posts == "posts", random.Random(rng.random())) for number in range(THREADS)
    ]
    for writer in writers:
        writer.start()
    print("writing", flush=True)
    for writer in writers:
        writer.join()


def author() -> None:
    """Make the one who writes, while the database may be away."""
    while not stopped.is_set():
        try:
            if not User.objects.filter(username="chaos").exists():
                User.objects.create_user("chaos", role=Role.AUTHOR)
        except (DatabaseError, InterfaceError):
            connection.close()
            time.sleep(0.2)
        else:
            return


if __name__ == "__main__":
    main(*sys.argv[1:])
