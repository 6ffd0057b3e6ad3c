"""What must exist once for ever is a unique row: two workers that write it at the same moment write one."""

from __future__ import annotations

from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from app.accounts.models import Role, User
from app.blog.models import Post
from app.newsletter.announcing import announce_again, expand, send_publication_notifications
from app.newsletter.errors import NotTheNext
from app.newsletter.models import Delivery, Send, Subscriber
from app.notices.kinds.welcome import WelcomeNotice
from app.notices.models import Notice
from app.social.models import Account, SocialPost
from app.social.sharing import share
from owed.models import Effect
from tests.proof.threads import Elsewhere, uncommitted

pytestmark = [pytest.mark.usefixtures("people"), pytest.mark.covers("T8", "M16", "E6")]


@pytest.fixture
def post() -> Post:
    writer = User.objects.create_user("writer", role=Role.AUTHOR)
    post = Post.objects.create(title="Owed", content="Text.", author=writer)
    post.publish(at=timezone.now())
    return post


class TestAtOnce:
    def test_two_announcements_open_one_send(self, post: Post) -> None:
        with uncommitted(partial(send_publication_notifications, post.pk, now=timezone.now())):
            other = Elsewhere(partial(send_publication_notifications, post.pk, now=timezone.now()))
            other.await_blocked()
        assert other.result() == Send.objects.get()

    @pytest.mark.covers("A4")
    @pytest.mark.parametrize("commit", [True, False])
    def test_two_who_press_open_one_more_round(self, post: Post, commit: bool) -> None:
        send_publication_notifications(post.pk, now=timezone.now())
        Send.objects.update(state=Send.State.FINISHED)
        press = partial(announce_again, post.pk, 2, by=post.author_id, now=timezone.now())
        with uncommitted(press, commit=commit):
            other = Elsewhere(press)
            other.await_blocked()
        if commit:
            with pytest.raises(NotTheNext):
                other.result()
        else:
            assert other.result().round == 2
        assert list(Send.objects.order_by("round").values_list("round", flat=True)) == [1, 2]
        assert Effect.objects.filter(task="email.page", args__send_id=Send.objects.get(round=2).pk).count() == 1

    def test_two_expansions_of_a_page_write_each_delivery_once(self, post: Post) -> None:
        now = timezone.now()
        for n in range(3):
            Subscriber.objects.create(email=f"r{n}@example.org", state=Subscriber.State.CONFIRMED, confirmed_at=now)
        send = send_publication_notifications(post.pk, now=now)
        assert send
        with transaction.atomic():
            Send.objects.select_for_update().get()
            first = Elsewhere(partial(expand, send.pk, after=0))
            second = Elsewhere(partial(expand, send.pk, after=0))
            first.await_blocked()
            second.await_blocked()
        assert sorted([first.result(), second.result()]) == [0, 3]
        assert Delivery.objects.count() == 3

    def test_two_events_owe_one_notice(self, post: Post) -> None:
        owe = partial(Notice.objects.owe, post.author, WelcomeNotice, "account")
        with uncommitted(owe):
            other = Elsewhere(owe)
            other.await_blocked()
        assert other.result() is None
        assert Notice.objects.filter(kind="welcome").count() == 1

    def test_two_shares_make_one_post_in_an_account(self, post: Post) -> None:
        Account.objects.create(owner=post.author, network="dummy", name="Demo", active=True)
        with uncommitted(partial(share, post.pk, now=timezone.now())):
            other = Elsewhere(partial(share, post.pk, now=timezone.now()))
            other.await_blocked()
        other.result()
        assert SocialPost.objects.count() == 1


class TestTwoReadersOfOnePage:
    """Both hold the post as it was before the other came."""

    @pytest.mark.covers("M6", "M7")
    def test_are_both_counted(self, post: Post) -> None:
        readers = [User.objects.create_user(f"reader{n}") for n in range(2)]
        pages = [Post.objects.get() for _ in readers]
        for page, reader in zip(pages, readers, strict=True):
            page.like(reader)
            page.comment(author=reader, content="Read.")
        counted = Post.objects.get()
        assert (counted.like_count, counted.comment_count) == (2, 2)
