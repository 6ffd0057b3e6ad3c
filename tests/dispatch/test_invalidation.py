"""signal_cache_invalidator: rows C1 to C14 of the checklist."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import Signal, receiver

from app.blog.signals import post_liked, post_published, post_viewed
from app.dispatch import SignalManager, get_cache_keys_for_post, signal_cache_invalidator

KEYS = ["post_7", "user_posts_3", "category_posts_5", "recent_posts", "trending_posts"]


def a_post(**changes: Any) -> SimpleNamespace:
    return SimpleNamespace(**{"pk": 7, "author_id": 3, "category_id": 5} | changes)


def stale(*keys: str) -> list[str]:
    return [key for key in keys if key in cache]


@pytest.fixture(autouse=True)
def _full_cache(settings: Any) -> Iterator[None]:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "dispatch"}}
    cache.set_many(dict.fromkeys([*KEYS, "category_posts_6", "group_1", "other"], "OLD"))
    yield
    cache.clear()


class TestKeysOfAPost:
    @pytest.mark.covers("C14")
    def test_are_the_five_families(self) -> None:
        assert get_cache_keys_for_post(a_post()) == KEYS

    @pytest.mark.covers("C4")
    def test_leave_out_what_the_post_lacks(self) -> None:
        assert get_cache_keys_for_post(a_post(category_id=None)) == [
            "post_7",
            "user_posts_3",
            "recent_posts",
            "trending_posts",
        ]

    @pytest.mark.covers("C5")
    def test_come_from_ids_alone(self) -> None:
        class Post:
            pk, author_id, category_id = 7, 3, 5

            @property
            def author(self) -> None:
                raise AssertionError("a query")

            category = author

        assert get_cache_keys_for_post(Post()) == KEYS


@pytest.mark.django_db(transaction=True)
class TestInvalidator:
    @pytest.mark.covers("C1")
    @pytest.mark.parametrize("order", ["above", "below"])
    def test_works_above_and_below_receiver(self, order: str) -> None:
        signal, ran = Signal(), []
        connect, invalidate = receiver(signal), signal_cache_invalidator(get_cache_keys_for_post)

        def body(sender: Any, instance: Any, **kwargs: Any) -> None:
            ran.append(instance.pk)

        body.__globals__["_signal_of_this_test"] = signal
        handler = invalidate(connect(body)) if order == "above" else connect(invalidate(body))
        signal.send(None, instance=a_post())

        assert handler
        assert ran == [7]
        assert stale(*KEYS) == []
        assert stale("other") == ["other"]

    @pytest.mark.covers("C1")
    def test_works_on_post_save_in_the_tutorials_order(self) -> None:
        @signal_cache_invalidator(lambda group: [f"group_{group.pk}"])
        @receiver(post_save, sender=Group)  # noqa: DJ013 - the wrong order is the point
        def invalidate_group(sender: Any, instance: Group, **kwargs: Any) -> None:
            """Nothing else to do."""

        Group.objects.create(pk=1, name="one")

        assert stale("group_1") == []
        assert post_save.disconnect(invalidate_group, sender=Group) is False
        post_save.receivers = [row for row in post_save.receivers if row[1] is not invalidate_group]
        post_save.sender_receivers_cache.clear()

    @pytest.mark.covers("C1")
    def test_refuses_loudly_a_receiver_on_a_signal_out_of_reach(self) -> None:
        hidden = {"signal": Signal()}

        def body(sender: Any, **kwargs: Any) -> None: ...

        receiver(hidden["signal"])(body)
        with pytest.raises(TypeError, match="above @signal_cache_invalidator"):
            signal_cache_invalidator()(body)

    @pytest.mark.covers("C2")
    def test_waits_for_the_commit(self) -> None:
        @signal_cache_invalidator()
        def handler(sender: Any, **kwargs: Any) -> None: ...

        with transaction.atomic():
            handler(None, instance=a_post())
            assert stale("post_7") == ["post_7"]
        assert stale("post_7") == []

    @pytest.mark.covers("C2")
    def test_forgets_what_was_rolled_back(self) -> None:
        @signal_cache_invalidator()
        def handler(sender: Any, **kwargs: Any) -> None: ...

        with transaction.atomic():
            handler(None, instance=a_post())
            transaction.set_rollback(True)
        assert stale("post_7") == ["post_7"]

    @pytest.mark.covers("C6")
    def test_covers_the_list_on_which_the_post_stood_before(self) -> None:
        @signal_cache_invalidator()
        def handler(sender: Any, **kwargs: Any) -> None: ...

        before = SimpleNamespace(author_id=3, category_id=5)
        handler(None, post=a_post(category_id=6), before=before)

        assert stale("category_posts_5", "category_posts_6") == []

    @pytest.mark.covers("C6")
    def test_covers_a_post_that_is_gone(self) -> None:
        @signal_cache_invalidator()
        def handler(sender: Any, **kwargs: Any) -> None: ...

        handler(None, post_id=7, before=SimpleNamespace(author_id=3, category_id=5))

        assert stale(*KEYS) == []

    @pytest.mark.covers("C8")
    def test_invalidates_whatever_the_receiver_does(self) -> None:
        @signal_cache_invalidator()
        def handler(sender: Any, **kwargs: Any) -> None:
            raise ValueError("broken")

        with pytest.raises(ValueError, match="broken"):
            handler(None, instance=a_post())
        assert stale(*KEYS) == []

    @pytest.mark.covers("C8")
    def test_invalidates_when_the_manager_undoes_a_failed_handler(self) -> None:
        @signal_cache_invalidator()
        def handler(sender: Any, **kwargs: Any) -> None:
            raise ValueError("broken")

        manager, signal = SignalManager(), Signal()
        manager.register_handler(signal, handler)
        with transaction.atomic():
            manager.dispatch_signal(signal, post=a_post())
        assert stale(*KEYS) == []

    @pytest.mark.covers("C9")
    @pytest.mark.parametrize("signal", [post_published, post_viewed, post_liked, post_save])
    def test_hears_each_signal_with_its_own_names(self, signal: Signal) -> None:
        @signal_cache_invalidator()
        def handler(sender: Any, **kwargs: Any) -> None: ...

        payload = {"instance": a_post(), "created": True} if signal is post_save else {"post": a_post(), "user": None}
        handler(sender=SimpleNamespace, signal=signal, **payload)

        assert stale(*KEYS) == []

    @pytest.mark.covers("C10")
    def test_never_breaks_a_write_with_cache_trouble(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def away(*args: Any, **kwargs: Any) -> None:
            raise ConnectionError

        @signal_cache_invalidator()
        def handler(sender: Any, **kwargs: Any) -> None: ...

        monkeypatch.setattr(LocMemCache, "delete_many", away)
        with transaction.atomic():
            Group.objects.create(name="kept")
            handler(None, instance=a_post())
        assert Group.objects.filter(name="kept").exists()

    @pytest.mark.covers("C14")
    @pytest.mark.parametrize("pattern", ["group_{pk}", ["group_{pk}"], lambda group: f"group_{group.pk}"])
    def test_takes_the_pattern_of_any_model(self, pattern: Any) -> None:
        @signal_cache_invalidator(cache_pattern=pattern)
        def handler(sender: Any, instance: Any, **kwargs: Any) -> None: ...

        handler(Group, instance=Group(pk=1))

        assert stale("group_1") == []
        assert stale(*KEYS) == KEYS
