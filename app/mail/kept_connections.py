"""SMTP connections that a process keeps from one run to the next."""

from __future__ import annotations

import os
import time
from threading import Lock

from app.mail.conversation import Conversation
from app.mail.server import Server

IDLE = 30.0
"""Seconds after which a connection is not used again; servers close them after a minute or some."""
ASK_AFTER = 3.0
"""Seconds of quiet after which the server is asked whether it is still there: a firewall may have forgotten the connection."""


class KeptConnections:
    """Connections on which nothing is under way. One that is taken belongs to the taker."""

    def __init__(self) -> None:
        self._kept: list[tuple[Conversation, float]] = []
        self._lock = Lock()

    def take(self, server: Server, *, give_up_at: float) -> Conversation | None:
        """Return one to this server that still answers, if there is one. Stale ones are closed."""
        while found := self._pop(server):
            conversation, since = found
            quiet = time.monotonic() - since
            conversation.give_up_at = give_up_at
            if quiet < IDLE and conversation.is_quiet() and (quiet < ASK_AFTER or conversation.is_alive()):
                return conversation
            conversation.close()
        return None

    def keep(self, conversation: Conversation) -> None:
        with self._lock:
            self._kept.append((conversation, time.monotonic()))

    def close(self) -> None:
        """Say goodbye on all of them."""
        with self._lock:
            kept, self._kept = self._kept, []
        for conversation, _ in kept:
            conversation.leave()

    def disown(self) -> None:
        """Leave them to the process that this one was forked from."""
        self._lock = Lock()
        kept, self._kept = self._kept, []
        for conversation, _ in kept:
            conversation.close()

    def _pop(self, server: Server) -> tuple[Conversation, float] | None:
        with self._lock:
            others = [each for each in self._kept if each[0].server != server]
            mine = [each for each in self._kept if each[0].server == server]
            self._kept = mine[:-1]
        for conversation, _ in others:
            conversation.close()
        return mine[-1] if mine else None


CONNECTIONS = KeptConnections()
os.register_at_fork(after_in_child=CONNECTIONS.disown)
