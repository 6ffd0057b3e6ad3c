"""A way to the broker whose connections go silent: they stay open, and carry nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from tests.servers import unused_port


class SilentProxy:
    """Stands on a port before a broker. What is silent is neither closed nor answered."""

    def __init__(self, connect: Callable[[], socket.socket], url: str) -> None:
        self.connect = connect
        self.port = unused_port()
        self.url = url.format(port=self.port)
        self.is_silent = False
        """Whether new connections are silent from the start."""
        self._lines: list[Line] = []
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def silence(self) -> int:
        """Let nothing pass on the connections that are open now. Return how many there are."""
        for line in self._lines:
            line.is_silent = True
        return len(self._lines)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for line in self._lines:
            line.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._lines.append(Line(client, self.connect(), is_silent=self.is_silent))


class Line:
    """One connection, in both directions."""

    def __init__(self, client: socket.socket, server: socket.socket, *, is_silent: bool) -> None:
        self.is_silent = is_silent
        self.ends = (client, server)
        ways = ((client, server), (server, client))
        self.threads = [threading.Thread(target=self._carry, args=way, daemon=True) for way in ways]
        for thread in self.threads:
            thread.start()

    def close(self) -> None:
        for end in self.ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join()
        for end in self.ends:
            end.close()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while octets := source.recv(65536):
                if not self.is_silent:
                    target.sendall(octets)
        if not self.is_silent:
            with suppress(OSError):
                target.shutdown(socket.SHUT_RDWR)
