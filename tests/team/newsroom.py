"""What the tests of the team share."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from app.log.models import Entry
from owed.testing import drain
from tests.sinks import Sink

PASSWORD = "reading-glasses-7"


def invite(client: Client, email: str = "new@example.org", role: str = "author") -> Any:
    answer = client.post("/studio/team/", {"email": email, "role": role}, follow=True)
    drain()
    return answer


def links(sink: Sink) -> list[str]:
    """Return the paths of the invitations that arrived, in order."""
    return [path for each in sink.captured for path in re.findall(r"(/invitations/\d+/\w+/)", each.body("plain"))]


def subjects(sink: Sink, address: str) -> list[str]:
    """Return the subjects of what one address got."""
    return [str(each.message["Subject"]) for each in sink.to(address)]


def logged() -> list[str]:
    """Return what the log names, oldest first."""
    return list(Entry.objects.order_by("pk").values_list("action", flat=True))


def heading(answer: Any) -> str:
    return re.findall(r"<h1>(.*?)</h1>", answer.content.decode())[0]
