"""The posts of a month."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from app.accounts.models import User
from tests import factories

pytestmark = pytest.mark.django_db


def shown(client: Client, query: str) -> dict[str, list[str]]:
    """Return the titles by day."""
    weeks = client.get(f"/studio/calendar/{query}").context["weeks"]
    days = [day for week in weeks for day in week if day["posts"]]
    return {day["date"].isoformat(): [post.title for post, _at in day["posts"]] for day in days}


class TestTheCalendar:
    def test_shows_what_is_planned_and_what_came_out(self, desk: Client, anna: User) -> None:
        for title, hour in (("Later", 20), ("Sooner", 8)):
            factories.write(anna, title).schedule(publish_at=datetime(2031, 3, 31, hour, tzinfo=UTC))
        factories.write(anna, "Next month").schedule(publish_at=datetime(2031, 4, 1, tzinfo=UTC))
        factories.write(anna, "Old").publish(at=datetime(2019, 12, 31, 23, 59, tzinfo=UTC))
        factories.write(anna, "A draft")
        assert shown(desk, "?month=2031-03") == {"2031-03-31": ["Sooner", "Later"]}
        assert shown(desk, "?month=2031-04") == {"2031-04-01": ["Next month"]}
        assert shown(desk, "?month=2019-12") == {"2019-12-31": ["Old"]}

    def test_shows_an_author_their_own(self, anna: User, carl: User) -> None:
        factories.write(anna, "Hers").schedule(publish_at=datetime(2031, 3, 3, tzinfo=UTC))
        client = Client()
        client.force_login(carl)
        assert shown(client, "?month=2031-03") == {}

    @pytest.mark.parametrize("month", ["", "2031-13", "2031-00", "0000-01", "9999-12", "x"])
    def test_shows_this_month_where_none_is_named(self, desk: Client, month: str) -> None:
        answer = desk.get(f"/studio/calendar/?month={month}")
        assert answer.status_code == 200
        assert answer.context["first"] == answer.context["today"].replace(day=1)

    def test_of_the_first_and_the_last_month_that_it_knows(self, desk: Client) -> None:
        for month in ("1970-01", "2100-12"):
            assert desk.get(f"/studio/calendar/?month={month}").status_code == 200
