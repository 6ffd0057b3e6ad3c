"""A host that is down while thousands are owed to it: it is tried now and then, and nobody else waits for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Now
from django.utils import timezone

from app.accounts.models import User
from app.blog.models import Post
from app.outbound import breaker
from app.social import effects
from app.social.models import Account, SocialPost
from app.social.networks import key_for
from owed import record
from owed.models import Effect
from owed.testing import drain
from tests.outbound.receiver import Receiver, says
from tests.sizes import sizes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.covers("X12")]
DUE = 40
Hooked = Callable[[Receiver], Account]
Listening = Callable[..., Receiver]


def later(receiver: Receiver, due: int | None = None) -> None:
    """Let the host's rest end, and so much of what waits in the ledger be due, or all."""
    cache.delete(f"breaker:rest:{urlsplit(receiver.url).netloc}")
    waiting = Effect.objects.filter(finished_at=None).order_by("pk")[:due]
    Effect.objects.filter(pk__in=waiting.values("pk")).update(wake_at=Now())


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no rest end by itself while so many are looked at: rightly, one more would be tried then."""
    for name in ("SHORTEST", "LONGEST", "PROBE"):
        monkeypatch.setattr(breaker, name, 3600.0)


@pytest.fixture(params=sizes(2 * DUE, 500))
def owed(request: pytest.FixtureRequest, rests: None, ann: User, hooked: Hooked, listening: Listening) -> Receiver:
    """Many posts owed to a webhook whose host fails."""
    receiver = listening(says(503))
    account = hooked(receiver)
    now = timezone.now()
    drafts = [Post(author=ann, title=f"{n}", slug=f"p{n}", status="published", published_at=now) for n in range(request.param)]
    posts = Post.objects.bulk_create(drafts)
    rows = SocialPost.objects.bulk_create(
        [SocialPost(account=account, post=post, key=key_for(account, post)) for post in posts]
    )
    with transaction.atomic():
        for row in rows:
            record(effects.deliver.si(social_post_id=row.pk))
    return receiver


class TestAHostThatIsDown:
    @pytest.mark.long
    @pytest.mark.timeout(900)
    def test_is_asked_a_few_times_and_holds_up_nobody(self, owed: Receiver, post: Post) -> None:
        drain()
        assert len(owed.received) == breaker.FAILURES
        runs = Effect.objects.filter(task="social.deliver").aggregate(runs=Sum("attempt"))["runs"]
        # One puts off all that wait; the other post is owed a little later, and of so few some are due again while others run.
        assert runs <= breaker.FAILURES + 5
        assert not Effect.objects.filter(finished_at=None).exclude(task__startswith="social.").filter(attempt=0).exists()
        for _ in range(3):
            later(owed, DUE)
            drain()
        assert len(owed.received) == breaker.FAILURES + 3
        assert not Effect.objects.filter(state="dead").exists()

        owed.answers[:] = [says(200)]
        later(owed)
        drain()
        later(owed)
        drain()
        shared = SocialPost.objects.exclude(post=post)
        assert set(shared.values_list("state", flat=True)) == {"sent"}
        done = [each.headers["webhook-id"].partition(".")[0] for each in owed.received[breaker.FAILURES + 3 :]]
        assert len(done) == len(set(done))
        assert set(shared.values_list("key", flat=True)) <= set(done)

    def test_that_says_no_is_not_down(self, listening: Listening, hooked: Hooked) -> None:
        account = hooked(listening(says(404)))
        for _ in range(breaker.FAILURES):
            breaker.failed(account.host)
        assert breaker.rest(account.host)
        breaker.answered(account.host)
        assert breaker.rest(account.host) is None


class TestAnotherHost:
    def test_has_nothing_put_off(self, rests: None, ann: User, hooked: Hooked, listening: Listening, post: Post) -> None:
        down, up = listening(says(503)), listening(says(200))
        accounts = [hooked(down), hooked(up)]
        later = [
            Post(author=ann, title=f"{n}", slug=f"p{n}", status="published", published_at=timezone.now()) for n in range(9)
        ]
        posts = [post, *Post.objects.bulk_create(later)]
        with transaction.atomic():
            for each in posts:
                for account in accounts:
                    row, _ = SocialPost.objects.get_or_create(
                        account=account, post=each, defaults={"key": key_for(account, each)}
                    )
                    record(effects.deliver.si(social_post_id=row.pk))
        drain()
        assert len(down.received) == breaker.FAILURES
        assert SocialPost.objects.filter(account=accounts[1], state="sent").count() == len(up.received) == len(posts)
        assert not Effect.objects.filter(finished_at=None).exclude(
            key__in=[str(row.pk) for row in accounts[0].social_posts.all()]
        )


class TestARest:
    def test_grows_up_to_five_minutes_and_lets_one_caller_try_after_it(self) -> None:
        rests = []
        for _ in range(9):
            breaker.failed("away.example")
            if resting := breaker.rest("away.example"):
                rests.append(resting.total_seconds())
                cache.delete("breaker:rest:away.example")
                assert breaker.rest("away.example") is None
                assert breaker.rest("away.example")
        assert len(rests) == 9 - breaker.FAILURES + 1
        assert breaker.SHORTEST <= rests[0] < rests[-1] <= 2 * breaker.LONGEST

    def test_stays_at_five_minutes_after_a_week_of_failures(self) -> None:
        for failures in (20, 2000):
            cache.set("breaker:failures:away.example", failures)
            cache.delete("breaker:rest:away.example")
            breaker.failed("away.example")
            assert cache.get("breaker:rest:away.example") == breaker.LONGEST

    def test_is_not_made_longer_by_those_who_were_under_way(self) -> None:
        for _ in range(20):
            breaker.failed("away.example")
        resting = breaker.rest("away.example")
        assert resting
        assert resting.total_seconds() <= 2 * breaker.PROBE

    @pytest.mark.long
    def test_of_a_host_for_which_many_wait_sends_a_few_a_second_back_and_the_first_of_them_soon(self) -> None:
        for _ in range(breaker.FAILURES):
            breaker.failed("away.example")
        cache.touch("breaker:rest:away.example", 600)  # longer than a slow machine takes to ask
        waits = [resting.total_seconds() for _ in range(5000) if (resting := breaker.rest("away.example"))]
        tens = Counter(int(wait / 10) for wait in waits)
        assert len(waits) == 5000
        assert max(waits[:100]) <= 2 * breaker.PROBE
        assert max(tens.values()) <= 10 * 3 * breaker.RETURNS
        assert max(waits) <= 2 * breaker.LONGEST_WAIT

    @pytest.mark.long
    def test_forgets_how_many_waited_when_the_host_answers(self) -> None:
        for _ in range(breaker.FAILURES):
            breaker.failed("away.example")
        for _ in range(1000):
            breaker.rest("away.example")
        breaker.answered("away.example")
        for _ in range(breaker.FAILURES):
            breaker.failed("away.example")
        resting = breaker.rest("away.example")
        assert resting
        assert resting.total_seconds() <= 2 * breaker.PROBE
