"""A set on the pages, in the API and by the command: what waits, for how many, and what it was owed after."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from app.accounts.models import Role, User
from app.blog.models import Post
from owed import record
from owed.acting import CANCEL, Decision
from owed.filters import Filter
from owed.models import Effect
from owed.testing import drain, follows
from tests.effects import samples
from tests.markup import squeezed

pytestmark = pytest.mark.django_db


@pytest.fixture
def author() -> User:
    return User.objects.create_user("author", role=Role.AUTHOR)


@pytest.fixture
def post(author: User) -> Post:
    return Post.objects.create(title="Counted", content="Text.", author=author)


@pytest.fixture
def waits(post: Post) -> tuple[int, list[int]]:
    with transaction.atomic():
        made = record(samples.call.si(n=1), samples.call.si(n=2), about=post, then=samples.call.si(n=3))
    return made.then or 0, sorted(made.ids)


def command(*words: str) -> str:
    out = StringIO()
    call_command("owed", *words, stdout=out)
    return out.getvalue().strip()


class TestTheEffectsPage:
    def test_says_what_it_waits_for_and_afterwards_what_it_followed(
        self, client: Client, waits: tuple[int, list[int]], author: User
    ) -> None:
        then, [first, _] = waits
        client.force_login(author)
        page = client.get(f"/studio/effects/{then}/").content.decode()
        assert "Waits for 2 of 2 effects" in page
        assert f"set={then}" not in page  # the list of all effects is not an author's
        member = client.get(f"/studio/effects/{first}/").content.decode()
        assert "one of 2 effects, of which 2 are open" in member
        assert f"/studio/effects/{then}/" in member
        drain()
        assert "2 effects that are settled" in client.get(f"/studio/effects/{then}/").content.decode()

    def test_is_for_those_who_may_see_the_post(self, client: Client, waits: tuple[int, list[int]]) -> None:
        then, _ = waits
        client.force_login(User.objects.create_user("other", role=Role.AUTHOR))
        assert client.get(f"/studio/effects/{then}/").status_code == 403
        client.force_login(User.objects.create_user("editor", role=Role.EDITOR))
        page = client.get(f"/studio/effects/{then}/").content.decode()
        assert f"set={then}" in page
        assert "2 effects" in client.get("/studio/effects/list/", {"set": then}).content.decode()
        assert "0 effects" in client.get("/studio/effects/list/", {"set": then + 1}).content.decode()
        assert client.get(f"/studio/effects/{then + 9}/").status_code == 404


class TestASet:
    def test_is_found_in_the_control_room_with_its_members_by_state(self, client: Client, waits: tuple[int, list[int]]) -> None:
        then, [first, _] = waits
        CANCEL.act(Filter(id=str(first)), Decision(by="ada", reason="not needed"))
        client.force_login(User.objects.create_user("editor", role=Role.EDITOR))
        room = squeezed(client.get("/studio/effects/").content)
        assert f'href="/studio/effects/{then}/"' in room
        assert "Waits for 1 of 2 effects" in room
        page = squeezed(client.get(f"/studio/effects/{then}/").content)
        assert f"?set={then}&amp;state=ready" in page
        assert "Ready 1" in page
        assert "Discarded 1" in page

    def test_stays_chosen_when_its_effects_are_searched(self, client: Client, waits: tuple[int, list[int]]) -> None:
        then, _ = waits
        client.force_login(User.objects.create_user("editor", role=Role.EDITOR))
        page = squeezed(client.get("/studio/effects/list/", {"set": then}).content)
        assert f'name="set" value="{then}"' in page

    def test_is_in_the_admin_with_its_members_by_state(self, admin_client: Client, waits: tuple[int, list[int]]) -> None:
        then, _ = waits
        assert "test.call" in admin_client.get("/admin/owed/effectset/").content.decode()
        page = admin_client.get(f"/admin/owed/effectset/{then}/change/").content.decode()
        members = f"/admin/owed/effect/?member_of={then}&amp;state__exact=ready"
        assert members in page
        assert "2 effects" in admin_client.get(members.replace("&amp;", "&")).content.decode()


class TestTheCommand:
    def test_lists_and_shows_what_waits_and_a_verb_takes_the_set(self, waits: tuple[int, list[int]]) -> None:
        then, [first, _] = waits
        assert command("sets") == f"test.call e{then} waits for 2 of 2"
        assert json.loads(command("show", str(then)))["states"] == {"ready": 2}
        assert json.loads(command("show", str(first)))["set"]["then"] == then
        assert command("cancel", "--set", str(then), "--count").endswith("2 would be cancelled.")
        assert CANCEL.act(Filter(set=str(then)), Decision(by="ada", reason="not needed")) == 2
        assert json.loads(command("show", str(then)))["follows"]["outstanding"] == 0
        assert command("sets") == "Nothing waits for the end of a set."


class TestTheTestingKit:
    def test_finds_what_an_effect_follows(self, waits: tuple[int, list[int]], post: Post) -> None:
        then, _ = waits
        assert [each.pk for each in follows(samples.call, about=post)] == [then]
        assert not follows(samples.note).exists()
        drain()
        assert not follows(samples.call).exists()
        assert Effect.objects.get(pk=then).state == "done"
