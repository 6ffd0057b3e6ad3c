"""Message-IDs tell a repetition from another mail, and mails are dated by the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
import time_machine
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Post
from app.newsletter.announcing import send_publication_notifications
from app.newsletter.models import Delivery, Send, Subscriber
from app.notices.kinds.welcome import WelcomeNotice
from app.notices.models import Notice
from owed import clock
from owed.testing import drain
from tests import factories
from tests.factories import person
from tests.sinks import Sink

pytestmark = pytest.mark.django_db
Readers = Callable[..., list[Subscriber]]


def ids() -> dict[int | None, str]:
    return dict(Delivery.objects.values_list("subscriber_id", "message_id"))


class TestAMessageId:
    def test_is_the_same_where_a_restored_copy_expands_the_mailing_again(
        self, post: Post, readers: Readers, smtp_sink: Sink
    ) -> None:
        readers(3)
        drain()
        first = ids()
        Send.objects.all().delete()
        send_publication_notifications(post)
        drain()
        assert len(set(first.values())) == 3
        assert ids() == first

    def test_differs_for_another_post_with_the_same_number(
        self, author: User, post: Post, readers: Readers, smtp_sink: Sink
    ) -> None:
        readers(1)
        drain()
        first, number = ids(), post.pk
        Post.objects.all().delete()
        factories.publish(author, "Another", id=number)
        drain()
        assert Post.objects.get().pk == number
        assert set(ids().values()).isdisjoint(first.values())

    def test_differs_for_another_reader_with_the_same_number(self, post: Post, readers: Readers, smtp_sink: Sink) -> None:
        [reader] = readers(1)
        drain()
        first = ids()
        Send.objects.all().delete()
        Subscriber.objects.all().delete()
        readers(1, id=reader.pk)
        send_publication_notifications(post)
        drain()
        assert set(ids()) == {reader.pk}
        assert set(ids().values()).isdisjoint(first.values())

    def test_does_not_show_the_secret_of_a_readers_links(self, post: Post, readers: Readers, smtp_sink: Sink) -> None:
        [reader] = readers(1)
        drain()
        assert reader.token not in smtp_sink.captured[0].message["Message-ID"]


class TestTheDateOfAMail:
    @pytest.mark.parametrize("minutes", [-10, 10])
    def test_is_the_databases(self, post: Post, readers: Readers, smtp_sink: Sink, minutes: int) -> None:
        readers(2)
        Notice.objects.owe(person("ann"), WelcomeNotice, "account")
        Subscriber.objects.subscribe("new@example.org", source="test", consent="Yes, by email.")
        now = clock.now()
        with time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=True):
            drain()
        dates = [parsedate_to_datetime(str(each.message["Date"])) for each in smtp_sink.captured]
        assert len(dates) == 4
        assert all(abs((date - now).total_seconds()) < 100 for date in dates), dates
