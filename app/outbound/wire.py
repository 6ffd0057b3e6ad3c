"""Connections that go where they were checked to go, and end when their time is up."""

import ssl
import time
from collections.abc import Iterable
from ipaddress import ip_network
from typing import Any

import httpcore2
from django.conf import settings

from app.outbound.addresses import NEVER_PORTS, Address, permitted, resolve

Option = Any
CONNECT_SECONDS = 5.0


class Deadline:
    """One moment that every step of a request shares, however many steps there are."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self, error: type[httpcore2.TimeoutException], at_most: float | None = None) -> float:
        """Return the seconds that remain, or raise the error when none do."""
        seconds = self._at - time.monotonic()
        if seconds <= 0:
            raise error("the time is up")
        return seconds if at_most is None else min(seconds, at_most)


class GuardedBackend(httpcore2.NetworkBackend):
    """Resolve a name once, refuse it if any of its addresses is not permitted, connect to those very addresses."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._plain = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Option] | None = None,
    ) -> httpcore2.NetworkStream:
        addresses = self._permitted(host, port)
        for address in addresses[:-1]:
            try:
                return self._connect(address, port)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return self._connect(addresses[-1], port)

    def _permitted(self, host: str, port: int) -> list[Address]:
        try:
            addresses = resolve(host, port, seconds=self._deadline.left(httpcore2.ConnectTimeout, CONNECT_SECONDS))
        except OSError as error:
            raise httpcore2.ConnectError("unresolved") from error
        # Checked after resolving, and connected to the very address: a name may resolve to another one the next moment.
        allow = [ip_network(text) for text in settings.OUTBOUND_ALLOW]
        if port in NEVER_PORTS or not addresses or not all(permitted(address, allow) for address in addresses):
            raise httpcore2.ConnectError("refused")
        return addresses

    def _connect(self, address: Address, port: int) -> httpcore2.NetworkStream:
        seconds = self._deadline.left(httpcore2.ConnectTimeout, CONNECT_SECONDS)
        return TimedStream(self._plain.connect_tcp(str(address), port, timeout=seconds, socket_options=[]), self._deadline)


class TimedStream(httpcore2.NetworkStream):
    """A stream on which no peer gains time by answering slowly."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(httpcore2.ReadTimeout, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # In pieces, each with the time that is left: one send of 10 MB to a slow peer would have no limit.
        for start in range(0, len(buffer), 2**16):
            self._stream.write(buffer[start : start + 2**16], self._deadline.left(httpcore2.WriteTimeout, timeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        seconds = self._deadline.left(httpcore2.ConnectTimeout, timeout)
        return TimedStream(self._stream.start_tls(ssl_context, server_hostname, seconds), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        self._stream.close()
