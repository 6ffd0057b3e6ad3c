"""What publishing costs while the broker is refused or frozen."""

from __future__ import annotations

import socket
from collections.abc import Callable

from celery import Celery

from bench.publish import _fresh
from bench.report import Table
from bench.timing import Variant, compare
from owed.celery import publish_with
from owed.waker import waker
from worker.celery import app


def run(scale: float) -> list[Table]:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as frozen:
        refused = socket.create_server(("127.0.0.1", 0))
        ports = {"frozen": frozen.getsockname()[1], "refused": refused.getsockname()[1]}
        refused.close()
        variants = [Variant("broker up", _fresh, _point_at(app))]
        variants += [Variant(f"broker {name}", _fresh, _point_at(_celery_at(port))) for name, port in ports.items()]
        try:
            compare(variants, count=int(200 * scale), pause=0.005)
        finally:
            publish_with(app)
    return [_table(variants)]


def _point_at(celery: Celery) -> Callable[[], None]:
    def around() -> None:
        waker.wait_idle(5)
        waker.unmute()
        publish_with(celery)

    return around


def _celery_at(port: int) -> Celery:
    celery = Celery("outage", set_as_current=False)
    celery.conf.update(broker_write_url=f"redis://127.0.0.1:{port}/0", task_ignore_result=True)
    return celery


def _table(variants: list[Variant]) -> Table:
    normal = variants[0].p99()
    heads = ("broker", "p50 ms", "p99 ms", "p99 more than normal, ms")
    rows = [(each.name, f"{each.p50():.2f}", f"{each.p99():.2f}", f"{each.p99() - normal:+.2f}") for each in variants]
    return Table("Publish with the broker away: nothing raised, nothing waited for", heads, rows)
