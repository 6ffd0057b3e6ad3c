"""gunicorn's master with waitress's loop in its workers: a thread is taken by a whole request and left with its answer.

gunicorn's own threads read and write with their client: eight who do that slowly stop everyone else. Here one loop does it
for all connections, and slow clients cost a socket each.
"""

from __future__ import annotations

import logging
import os
import resource
import socket
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, create_server

from app.middleware import http_figures
from config import worker_states
from config.web_request import Request, Task

PULSE = 1
FILES = 4096
FILES_PER_CONNECTION = 3
"""Its socket, a body on the disk, an answer from the disk."""
SEND_BUFFER = 128 * 1024
"""waitress reads as many bytes from a file for each send: with the system's own 2.5 MB, unread answers keep the loop busy."""
IDLE = 2.0
"""Seconds that a connection without a request is left open after the worker was asked to end."""


class WaitressWorker(Worker):  # type: ignore[misc]
    """Serves until gunicorn asks it to end, and then ends what has begun."""

    def __init__(self, age: int, *rest: Any) -> None:
        super().__init__(age, *rest)
        # The master makes the worker before it forks, and ends older ones after that.
        worker_states.set_state(age, worker_states.LOADING)
        self.insisted = False
        self.connections: dict[int, Any] = {}
        self.next_look = 0.0

    def run(self) -> None:
        http_figures.use_part(self.age)
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._listen()
        worker_states.set_state(self.age, worker_states.READY)
        while self._is_needed():
            self._turn()
        self._drain()

    def handle_exit(self, number: int, frame: FrameType | None) -> None:
        """SIGTERM. A second one, which gunicorn sends where the first took long, ends the wait for others."""
        self.insisted = not self.alive
        super().handle_exit(number, frame)
        for server in self._servers():
            server.pull_trigger()

    def count(self) -> None:
        """Count a request."""
        self.nr += 1

    def requests(self) -> Iterator[Request]:
        """Yield the requests that are arriving, waiting or being answered."""
        for channel in self._channels():
            yield from [*([channel.request] if channel.request else []), *channel.requests]

    def _listen(self) -> None:
        limit = min(self.cfg.worker_connections, (_raise_file_limit() - 64) // FILES_PER_CONNECTION)
        create_server(
            self.wsgi,
            self.connections,
            sockets=[listener.sock for listener in self.sockets],
            threads=self.cfg.threads,
            backlog=self.cfg.backlog,
            connection_limit=limit,
            channel_timeout=self.cfg.timeout,
            cleanup_interval=5,
            asyncore_use_poll=True,
            max_request_header_size=65_536,
            # Django reads these itself: app/middleware/trusted_proxies.py, SECURE_PROXY_SSL_HEADER.
            clear_untrusted_proxy_headers=False,
            ident=None,
        )
        for server in self._servers():
            server.adj.socket_options = [*server.adj.socket_options, (socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)]
            server.channel_class = _channel_class(self)

    def _is_needed(self) -> bool:
        """Return whether to go on: until gunicorn's word, and then until the workers that follow this one are up."""
        if os.getppid() != self.ppid:
            self.alive = False
            return False
        if self.nr >= self.max_requests and self._can_be_spared():
            self.alive = False
            return False
        return self.alive or (worker_states.is_any_loading() and not self.insisted)

    def _can_be_spared(self) -> bool:
        return self.cfg.workers == 1 or (worker_states.ready() > 1 and not worker_states.is_any_loading())

    def _turn(self) -> None:
        self.notify()
        wasyncore.loop(timeout=PULSE, use_poll=True, map=self.connections, count=1)
        if time.monotonic() >= self.next_look:
            self.next_look = time.monotonic() + PULSE
            self._close_too_slow()

    def _close_too_slow(self) -> None:
        for channel in self._channels():
            if channel.request and channel.request.is_too_slow():
                channel.will_close = True

    def _drain(self) -> None:
        """Take no more connections; end the requests that have begun, and send what is left of the answers."""
        worker_states.set_state(self.age, worker_states.GONE)
        self.alive = False
        began = time.monotonic()
        for server in self._servers():
            wasyncore.dispatcher.close(server)
        while self._channels() and time.monotonic() < began + self.cfg.graceful_timeout - PULSE:
            for channel in self._channels():
                if _is_idle(channel) and time.monotonic() > began + IDLE:
                    channel.will_close = True
            self._turn()

    def _servers(self) -> list[BaseWSGIServer]:
        return [each for each in list(self.connections.values()) if isinstance(each, BaseWSGIServer)]

    def _channels(self) -> list[HTTPChannel]:
        return [each for each in list(self.connections.values()) if isinstance(each, HTTPChannel)]


def _channel_class(worker: WaitressWorker) -> type[HTTPChannel]:
    """Return the class of this worker's connections: waitress makes them with no argument of ours."""
    task_class = type("Task", (Task,), {"worker": worker})
    parser_class = type("Request", (Request,), {"others": staticmethod(worker.requests)})
    return type("Channel", (HTTPChannel,), {"parser_class": parser_class, "task_class": task_class})


def _is_idle(channel: HTTPChannel) -> bool:
    return not (channel.requests or channel.request or channel.total_outbufs_len)


def _raise_file_limit() -> int:
    """Allow the process as many open files as it may have, up to FILES, and return how many it has."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if most == resource.RLIM_INFINITY else min(FILES, most)
    if allowed < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return max(allowed, wanted)
