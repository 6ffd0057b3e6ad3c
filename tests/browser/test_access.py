"""Pages for everybody: axe finds nothing, and nothing is wider than the screen."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page
from pytest_django import Settings

from app.accounts.models import User
from app.blog.models import Category, Post, Tag
from app.members.email_change import request_email_change
from app.members.password_reset import reset_path
from app.newsletter.models import Send, Subscriber
from app.outbound import breaker
from owed import heartbeat, schedules
from owed.figures import Figures
from owed.models import Effect
from owed.schedules import Schedule
from tests.browser.pages import Open, sign_in
from tests.members.email_change import link
from tests.studio.test_publication import dead
from tests.studio.test_rooms import letter

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
RULES: dict[str, Any] = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
SCREENS = [(320, "light"), (320, "dark"), (1280, "light"), (1280, "dark")]
TEXT = """Some *words* and a [link](https://example.org/).

## A heading

| one | two |
|:----|----:|
| 1   | 2   |

> Quoted.

```python
print("a line that is quite long, so that it has to scroll on a small screen and nowhere else")
```

1. first
2. second[^1]

[^1]: A note.
"""


@pytest.fixture
def post(editor: User) -> Post:
    post = Post(title="Everything a page can hold", content=TEXT, excerpt="In one place.", author=editor)
    post.category = Category.objects.create(name="Essays", slug="essays")
    post.save()
    post.tags.add(Tag.objects.create(name="web", slug="web"))
    post.publish(at=timezone.now())
    post.comment(content="Said.", author=editor)
    Post(title="Unfinished", content=TEXT, author=editor).save()
    User.objects.update(registered_via="site")
    Send.objects.create(post=post, state="finished")
    Subscriber.objects.create(email="reader@example.org", state="confirmed", confirmed_at=timezone.now())
    dead(post)
    Effect.objects.filter(state="ready").update(state="waiting", error="Traceback\nOSError: later")
    return post


def control_room(post: Post) -> Schedule:
    """Fill every part of the control room. Return a schedule that was changed and paused."""
    now = timezone.now().replace(second=0, microsecond=0)
    for minutes in range(1, 40, 3):
        at = now - timedelta(minutes=minutes)
        Figures.objects.create(
            span="minute", at=at, task="email.page", queue="email", owed=70, done=60 + minutes, retried=minutes
        )
    hint = uuid4()
    Effect.objects.filter(state="waiting").update(state="running", hint=hint, started_at=now)
    run = {"hint": str(hint), "task": "email.page", "pid": 31, "since": now.timestamp()}
    facts = {
        "host": "a-host-with-quite-a-long-name.example.org",
        "pid": 30,
        "queues": ["email", "feeds", "social"],
        "runs": [run],
    }
    heartbeat.beat("worker@a-host-with-quite-a-long-name.example.org", {**facts, "since": now.timestamp()})
    for _ in range(4):
        breaker.failed(breaker.MAIL)
    schedules.sync()
    schedule = Schedule.objects.get(name="upkeep.prove")
    schedule.change(by="edith", cron="0 7 * * *", every=None, zone="America/Argentina/ComodRivadavia")
    schedule.run_now()
    schedule.pause(by="edith", why="The provider is being moved until the end of the week")
    return schedule


def problems(page: Page, path: str) -> list[str]:
    """Return what is wrong with the page, in words."""
    page.goto(path)
    found = Axe().run(page, options=RULES).response["violations"]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{path}: {each['id']} {[node['html'][:120] for node in each['nodes'][:3]]}" for each in found] + (
        [f"{path}: {wide} px too wide"] if wide > 0 else []
    )


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
class TestEverybody:
    @pytest.mark.long
    def test_can_read(self, open_page: Open, post: Post, width: int, scheme: str) -> None:
        page = open_page(width, scheme)
        shelves = ["/authors/edith/", "/categories/essays/", "/tags/web/", "/archive/", f"/archive/{timezone.now().year}/"]
        doors = ["/login/", "/join/", "/password/", "/subscribe/", "/nowhere/", f"{post.get_absolute_url()}comments"]
        request_email_change(post.author, "edith@new.example", now=timezone.now())
        doors += ["/password/x/y/", reset_path(post.author), "/addresses/1/x/", link(post.author)]
        paths = ["/", post.get_absolute_url(), "/search/", "/search/?q=words", "/search/?q=zebra", *shelves, *doors]
        assert [wrong for path in paths for wrong in problems(page, path)] == []

    @pytest.mark.long
    def test_can_write(self, open_page: Open, post: Post, settings: Settings, tmp_path: Path, width: int, scheme: str) -> None:
        settings.MAILBOX_DIR = tmp_path
        name = letter(tmp_path, "Hello", html="<html lang='en'><title>Hello</title><main><h1>Hello</h1></main></html>")
        schedule = control_room(post)
        page = open_page(width, scheme)
        sign_in(page)
        own = [f"/studio/posts/{post.pk}/{part}" for part in ("", "effects/", "mailing/")] + [
            "/account/",
            "/account/password",
            "/account/address",
        ]
        rooms = [
            "/studio/effects/",
            "/studio/effects/list/",
            "/studio/schedules/",
            f"/studio/schedules/{schedule.pk}/",
            "/studio/mailbox/",
            f"/studio/mailbox/{name}/",
            "/studio/social/",
            "/studio/media/",
            "/studio/import/",
            "/studio/export/",
            "/studio/settings/",
            "/studio/pages/",
            "/studio/pages/new/",
            f"/studio/posts/{post.pk}/options/",
            "/studio/welcome/name/",
            "/studio/welcome/begin/",
            "/studio/settings/look/",
            "/studio/settings/search/",
            "/studio/settings/redirects/",
        ]
        paths = ["/studio/", "/studio/posts/new/", *own, *rooms, post.get_absolute_url()]
        assert [wrong for path in paths for wrong in problems(page, path)] == []
