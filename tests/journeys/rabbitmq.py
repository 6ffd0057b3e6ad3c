"""A RabbitMQ of the test's own, where the machine has one: `apt-get install rabbitmq-server`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.servers import unused_port
from tests.waiting import wait_until

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


@contextmanager
def rabbitmq(folder: Path) -> Iterator[int]:
    """Run it on loopback, with all that it keeps in the folder. Yields its port."""
    port = unused_port()
    env = {
        **os.environ,
        "HOME": str(folder),
        "RABBITMQ_NODENAME": f"test-{uuid.uuid4().hex[:8]}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(unused_port()),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(unused_port()),
    }
    # The server would start the port mapper by itself, and leave it behind.
    mapper = subprocess.Popen(["epmd"], env=env)
    with (folder / "rabbitmq.log").open("wb") as log:
        process = subprocess.Popen([SERVER], env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_until(lambda: _answers(port), timeout=120)
        yield port
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)
        mapper.kill()
        mapper.wait(30)


def _answers(port: int) -> bool:
    """Return whether it greets, as AMQP 0-9-1 has it."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        connection.sendall(b"AMQP\x00\x00\x09\x01")
        return bool(connection.recv(8))
    return False
