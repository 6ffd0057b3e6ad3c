"""Retry, run now, discard and cancel: one effect, or exactly those that a filter shows."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import User
from owed import acting, purging, record
from owed.acting import CANCEL, DISCARD, HOLD, RELEASE, RETRY, RUN_NOW, Decision, ReasonNeeded
from owed.filters import BadFilter, Filter
from owed.models import Effect
from owed.sweeping import sweep
from owed.testing import drain
from tests.effects import samples
from tests.effects.samples import rows

pytestmark = pytest.mark.django_db
ADA = Decision(by="ada", reason="sent by hand")


def effects(*words: str) -> str:
    out = StringIO()
    call_command("effects", *words, stdout=out)
    return out.getvalue().strip()


def owe(*signatures: Any, about: str = "post:9") -> list[int]:
    with transaction.atomic():
        return sorted(record(*signatures, about=about).ids)


def dead(number: int = 1, *, about: str = "post:9", error: str = "KeyError: 'slug'") -> list[int]:
    ids = owe(*(samples.note.si(n=n) for n in range(number)), about=about)
    over = {"state": "dead", "attempt": 1, "finished_at": timezone.now(), "outcome": "out of tries", "error": error}
    Effect.objects.filter(pk__in=ids).update(**over)
    return ids


def states(ids: list[int]) -> list[str]:
    return list(Effect.objects.filter(pk__in=ids).order_by("pk").values_list("state", flat=True))


class TestAFilter:
    def test_finds_by_each_of_its_fields_and_by_all_of_them(self) -> None:
        [mine] = dead(about="post:1", error="KeyError: 'slug'")
        [other] = owe(samples.call.si(n=1), about="post:2")
        Effect.objects.filter(pk=mine).update(created_at=F("created_at") - timedelta(hours=3))
        for only in (
            {"id": str(mine)}, {"task": "test.note"}, {"task": "test.no"}, {"about": "post:1"}, {"state": "dead"},
            {"error": "slug"}, {"age": "2h"}, {"queue": "test", "age": "180min"},
        ):  # fmt: skip
            assert [each.pk for each in Filter(**only).effects()] == [mine], only
        assert {each.pk for each in Filter(queue="test").effects()} == {mine, other}
        assert not Filter(state="dead", about="post:2").effects().exists()
        assert not Filter(age="4h").effects().exists()

    @pytest.mark.parametrize(
        "wrong", [{"state": "late"}, {"age": "soon"}, {"as_of": "noon"}, {"as_of": "2026-13-01"}, {"id": "x"}]
    )
    def test_refuses_what_means_nothing(self, wrong: dict[str, str]) -> None:
        with pytest.raises(BadFilter, match=next(iter(wrong))):
            Filter.asked(wrong)

    def test_finds_what_is_owed_under_a_former_name(self) -> None:
        [pk] = owe(samples.renamed.si(n=1))
        Effect.objects.filter(pk=pk).update(task="test.old_name")
        assert [each.pk for each in Filter(task="test.renamed").effects()] == [pk]


class TestThoseThatAFilterShows:
    def test_are_discarded_and_no_other(self) -> None:
        meant, others = dead(5, about="post:1"), dead(5, about="post:2")
        assert (DISCARD.count(Filter(about="post:1")), DISCARD.act(Filter(about="post:1"), ADA)) == (5, 5)
        assert (states(meant), states(others)) == (["discarded"] * 5, ["dead"] * 5)

    def test_are_not_those_that_came_to_it_afterwards(self) -> None:
        shown = dead(2)
        [failing] = owe(samples.note.si(n=9))
        counted = Filter(state="dead").now()
        Effect.objects.filter(pk=failing).update(state="dead", finished_at=timezone.now() + timedelta(seconds=1))
        later = dead(2)
        Effect.objects.filter(pk__in=later).update(finished_at=timezone.now() + timedelta(seconds=1))
        assert RETRY.act(counted, ADA) == 2
        assert states([*shown, failing, *later]) == ["ready", "ready", "dead", "dead", "dead"]

    def test_are_changed_in_statements_of_a_bounded_size(self) -> None:
        dead(1_000)
        with CaptureQueriesContext(connection) as queries:
            assert DISCARD.act(Filter(state="dead"), ADA) == 1_000
        updates = [each["sql"] for each in queries if each["sql"].startswith("UPDATE")]
        assert len(updates) == 2
        assert max(each.count(",") for each in updates) < 520

    def test_come_back_only_where_they_are_asked_for_once_discarded(self) -> None:
        ids = dead(2)
        DISCARD.act(Filter(), ADA)
        assert RETRY.act(Filter(), ADA) == 0
        assert RETRY.act(Filter(state="discarded"), ADA) == 2
        assert [(each.state, each.reason, each.decided_by) for each in Effect.objects.filter(pk__in=ids)] == [
            ("ready", "", "")
        ] * 2


class TestADiscardedEffect:
    def test_keeps_who_and_why_and_its_error(self) -> None:
        [pk] = dead()
        assert DISCARD.act_on([pk], Decision(by="ada", reason="asked reader@example.org at https://x.example/?token=1")) == 1
        effect = Effect.objects.get(pk=pk)
        assert (effect.state, effect.outcome, effect.decided_by) == ("discarded", "discarded", "ada")
        assert effect.reason == "asked [address] at https://x.example/?[query]"
        assert effect.error == "KeyError: 'slug'"
        assert effect.finished_at is not None

    def test_needs_a_reason(self) -> None:
        [pk] = dead()
        for reason in ("", "  "):
            with pytest.raises(ReasonNeeded):
                DISCARD.act_on([pk], Decision(by="ada", reason=reason))
        assert states([pk]) == ["dead"]

    def test_is_never_run_nor_swept(self, applied: None) -> None:
        [failed] = owe(samples.note.si(n=1))
        Effect.objects.filter(pk=failed).update(state="waiting", attempt=1, wake_at=timezone.now() - timedelta(hours=1))
        assert DISCARD.act_on([failed], ADA) == 1
        assert (sweep().ready, drain(), rows()) == (0, [], [])

    def test_is_purged_with_the_dead(self) -> None:
        dead(1)
        [discarded] = dead(1)
        DISCARD.act_on([discarded], ADA)
        Effect.objects.update(finished_at="2020-01-01T00:00Z")
        assert purging.purge(timedelta(days=1)) == 0
        assert purging.purge_dead(timedelta(days=1)) == 2

    def test_is_not_in_the_backlog(self) -> None:
        DISCARD.act_on(dead(), ADA)
        assert Effect.objects.backlog() == []


class TestEachVerb:
    @pytest.mark.parametrize(
        ("verb", "taken"),
        [
            (RETRY, {"dead", "discarded"}),
            (RUN_NOW, {"ready", "waiting"}),
            (DISCARD, {"dead", "held", "ready again", "waiting again", "paused again"}),
            (CANCEL, {"ready", "waiting", "held", "paused"}),
            (HOLD, {"ready", "waiting", "paused", "ready again", "waiting again", "paused again"}),
            (RELEASE, {"held"}),
        ],
    )
    def test_takes_what_it_is_for(self, verb: acting.Verb, taken: set[str]) -> None:
        every = ["ready", "waiting", "running", "held", "paused", "done", "dead", "discarded"]
        every += ["ready again", "waiting again", "paused again"]
        ids = dict(zip(owe(*(samples.note.si(n=n) for n in range(len(every)))), every, strict=True))
        for pk, what in ids.items():
            state, _, again = what.partition(" ")
            over = timezone.now() if state in {"done", "dead", "discarded"} else None
            Effect.objects.filter(pk=pk).update(state=state, attempt=bool(again), finished_at=over)
        before = {pk: each.state for pk, each in Effect.objects.in_bulk().items()}
        hasten = verb is RUN_NOW
        due = set(Effect.objects.filter(wake_at__lte=timezone.now()).values_list("pk", flat=True))
        changed = verb.act_on(sorted(ids), ADA)
        after = Effect.objects.in_bulk()
        found = {ids[pk] for pk in ids if after[pk].state != before[pk]}
        if hasten:
            found = {ids[pk] for pk in ids if after[pk].wake_at <= timezone.now() and pk not in due} & {"ready", "waiting"}
            assert changed == 4
        else:
            assert changed == len(taken)
        assert found == taken

    def test_run_now_lets_what_is_planned_run(self, applied: None) -> None:
        [pk] = owe(samples.note.si(n=7).set(countdown=86_400))
        assert RUN_NOW.act(Filter(about="post:9"), ADA) == 1
        sweep()
        drain()
        assert rows() == [7]
        assert Effect.objects.get(pk=pk).due_at < timezone.now() + timedelta(seconds=1)

    def test_cancel_leaves_what_has_begun(self) -> None:
        begun, untouched = owe(samples.note.si(n=1), samples.note.si(n=2))
        Effect.objects.filter(pk=begun).update(state="running", attempt=1)
        assert CANCEL.act_on([begun, untouched], ADA) == 1
        assert states([begun, untouched]) == ["running", "discarded"]
        assert Effect.objects.get(pk=untouched).outcome == "cancelled"


class TestTheCommand:
    def test_counts_first_and_acts_on_what_the_filter_shows(self) -> None:
        dead(3, about="post:1")
        others = dead(2, about="post:2")
        assert effects("retry", "--about", "post:1", "--count") == "3 test.note\n3 would be owed again."
        assert effects("retry", "--about", "post:1") == "3 owed again."
        assert states(others) == ["dead"] * 2
        assert effects("discard", "--about", "post:2", "--error", "slug", "--reason", "old", "--by", "ada") == "2 discarded."
        assert "ada" in effects("list", "--state", "discarded", "--json")
        assert "old" in effects("list", "--state", "discarded")

    def test_refuses_to_act_on_all_unasked_without_a_reason_or_on_what_means_nothing(self) -> None:
        dead()
        with pytest.raises(CommandError, match="say --all"):
            effects("discard")
        with pytest.raises(CommandError, match="Say why"):
            effects("discard", "--all")
        with pytest.raises(CommandError, match="age"):
            effects("cancel", "--age", "soon")
        assert effects("discard", "--all", "--reason", "old") == "1 discarded."


class TestTheAdmin:
    @pytest.mark.parametrize(("rights", "retried", "discarded"), [(["view"], 1, 0), (["view", "change"], 1, 1)])
    def test_lets_those_act_who_may(self, rights: list[str], retried: int, discarded: int) -> None:
        user = User.objects.create(username="staff", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=[f"{right}_effect" for right in rights]))
        client = Client()
        client.force_login(user)
        first, second = dead(2)
        for action, pk in (("retry", first), ("discard", second)):
            asked = {"action": action, "_selected_action": pk, "reason": "sent by hand"}
            client.post("/admin/owed/effect/", asked)
        assert states([first]) == ["ready" if retried else "dead"]
        assert states([second]) == ["discarded" if discarded else "dead"]

    def test_asks_for_a_reason(self) -> None:
        client = Client()
        client.force_login(User.objects.create(username="root", is_staff=True, is_superuser=True))
        [pk] = dead()
        page = client.post("/admin/owed/effect/", {"action": "discard", "_selected_action": pk}, follow=True)
        assert "Give a reason." in page.content.decode()
        assert states([pk]) == ["dead"]
