"""The studio's menus: what each role finds in them, and where a page belongs."""

from __future__ import annotations

import pytest

from app.accounts.models import Role
from app.studio.navigation import groups_for
from tests.studio.forms import Person

pytestmark = pytest.mark.django_db


def pages(person: Person, role: str) -> dict[str, list[str]]:
    return {group.name: [link.page for link in group.links] for group in groups_for(person(role), "/")}


class TestTheMenus:
    def test_have_nothing_that_a_contributor_may_not_open(self, person: Person) -> None:
        assert pages(person, Role.CONTRIBUTOR) == {"write": ["posts", "media"], "audience": ["social"]}

    def test_have_the_rooms_of_an_editor(self, person: Person) -> None:
        found = pages(person, Role.EDITOR)
        assert list(found) == ["write", "audience", "site", "operations"]
        assert found["operations"] == ["control_room", "mailbox"]

    @pytest.mark.parametrize(
        ("path", "group", "page", "current"),
        [
            ("/studio/", "write", "posts", "page"),
            ("/studio/posts/7/effects/", "write", "posts", "true"),
            ("/studio/calendar/", "write", "posts", "true"),
            ("/studio/media/", "write", "media", "page"),
            ("/studio/media/3/", "write", "media", "true"),
            ("/studio/subscribers/segments/", "audience", "subscribers", "true"),
            ("/studio/conservation/", "operations", "control_room", "true"),
        ],
    )
    def test_mark_where_a_page_belongs(self, person: Person, path: str, group: str, page: str, current: str) -> None:
        groups = groups_for(person("editor"), path)
        assert [each.name for each in groups if each.is_current] == [group]
        links = [(link.page, link.current) for each in groups for link in each.links if link.current]
        assert links == [(page, current)]
