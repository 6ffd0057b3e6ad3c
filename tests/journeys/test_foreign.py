"""What somebody else puts into our queue: it may cost a worker its life, and never an effect."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from pytest_celery import CeleryTestSetup

from tests.journeys import sample_tasks as samples
from tests.journeys.owing import owe, state
from tests.journeys.test_effects import waiting
from tests.journeys.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("fresh"), pytest.mark.timeout(300), pytest.mark.covers("X12", "X6")]


def message(task: str, body: str = "W1tdLCB7fSwge31d", **headers: object) -> str:
    """Return a message as kombu writes it; the body is [[], {}, {}] unless told otherwise."""
    way = {"exchange": "", "routing_key": "upkeep"}
    properties = {"delivery_tag": str(uuid4()), "delivery_info": way, "body_encoding": "base64"}
    told = {"lang": "py", "task": task, "id": str(uuid4()), "root_id": None, "parent_id": None, "group": None, **headers}
    kind = {"content-type": "application/json", "content-encoding": "utf-8"}
    return json.dumps({"body": body, **kind, "headers": told, "properties": properties})


READABLE = {
    "an empty object": "{}",
    "a task of somebody else": message("somebody.elses"),
    "a body that is no JSON": message("test.write", body="AAAA", effects=[1]),
    "ids that are none": message("test.write", effects=["x"]),
    "ids that never were": message("test.write", effects=[10**18]),
    "an id that is no uuid": message("test.write", id="none", effects=[1]),
}

# kombu itself cannot read these: the worker ends, and takes the message with it.
GARBAGE = {"no JSON": "garbage", "no text": b"\xff\xfe\x00", "a list": "[1, 2]"}


class TestAMessageThatIsNoneOfOurs:
    @pytest.mark.parametrize("name", READABLE)
    def test_stops_no_worker(self, celery_setup: CeleryTestSetup, name: str) -> None:
        celery_setup.broker.container.client.lpush("upkeep", READABLE[name])
        [pk] = owe(samples.write.si(n=1))
        eventually(lambda: state(pk) == "done" and not waiting(celery_setup))
        assert celery_setup.worker.container.status == "running"
        assert samples.written() == [(1, 1)]

    @pytest.mark.parametrize("name", GARBAGE)
    def test_costs_a_restart_where_celery_cannot_read_it(self, celery_setup: CeleryTestSetup, name: str) -> None:
        [before] = owe(samples.wait_for_gate.si(n=1))
        eventually(lambda: state(before) == "running")
        celery_setup.broker.container.client.lpush("upkeep", GARBAGE[name])
        celery_setup.worker.container.wait()
        samples.open_gate()
        [after] = owe(samples.write.si(n=2))
        celery_setup.worker.restart()
        eventually(lambda: state(after) == "done" and not waiting(celery_setup))
        assert celery_setup.worker.container.status == "running"
        assert samples.written()[-1] == (2, 1)
