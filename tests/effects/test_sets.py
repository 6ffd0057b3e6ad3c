"""What is owed when all of a set are settled, counted with the end of each member."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import owed as owed_package
from owed import counting, dead_letters, gather, owe, purging, record, registry
from owed.acting import CANCEL, DISCARD, HOLD, RELEASE, RETRY, Decision
from owed.claiming import claim
from owed.filters import Filter
from owed.models import Effect, EffectSet
from owed.running import run
from owed.sweeping import sweep
from owed.testing import drain, expire_leases
from tests.effects import samples

pytestmark = pytest.mark.django_db
ADA = Decision(by="ada", reason="sent by hand")
AFTER = samples.call.si(n=99)


def owed(*signatures: Any, then: Any = AFTER) -> tuple[int, list[int]]:
    """Owe a set. Return its id, and those of its members."""
    with transaction.atomic():
        made = record(*signatures, about="post:9", then=then)
    assert made.then is not None
    return made.then, sorted(made.ids)


def notes(*numbers: int) -> list[Any]:
    return [samples.note.si(n=n) for n in numbers]


def calls(*numbers: int) -> list[Any]:
    return [samples.call.si(n=n) for n in numbers]


def outstanding(pk: int) -> int:
    return EffectSet.objects.get(pk=pk).outstanding


def follows(pk: int) -> bool:
    """Return whether what follows the set is owed; then it is counted as complete, and by no one's mistake."""
    is_owed = Effect.objects.filter(pk=pk).exists()
    assert is_owed == (not EffectSet.objects.get(pk=pk).is_open)
    assert outstanding(pk) == Effect.objects.filter(member_of=pk, finished_at=None).count() or is_owed
    return is_owed


@pytest.mark.usefixtures("applied")
class TestASet:
    def test_owes_what_follows_when_all_are_done_and_once(self) -> None:
        pk, ids = owed(*notes(1, 2, 3))
        run(registry.get("test.note"), ids[:2], uuid4())
        assert (outstanding(pk), follows(pk)) == (1, False)
        run(registry.get("test.note"), ids, uuid4())
        after = Effect.objects.get(pk=pk)
        assert (after.task, after.state, after.about, after.args) == ("test.call", "ready", "post:9", {"n": 99})
        assert follows(pk)
        drain()
        run(registry.get("test.note"), ids, uuid4())
        assert samples.ran.count(("call", f"e{pk}")) == 1
        assert Effect.objects.count() == 4

    def test_counts_external_effects(self) -> None:
        pk, ids = owed(*calls(1, 2, 3))
        report = run(registry.get("test.call"), ids, uuid4())
        assert sorted(report.done) == ids
        assert follows(pk)

    def test_counts_a_batch_with_members_of_several_sets_in_one_statement(self) -> None:
        first, mine = owed(*(samples.together.si(post_id=n) for n in range(5)))
        second, others = owed(*(samples.together.si(post_id=n) for n in range(5, 8)))
        with transaction.atomic():
            alone = record(samples.together.si(post_id=9)).ids
        with CaptureQueriesContext(
            connection,
        ) as queries:
            run(registry.get("test.together"), [*mine, *others[:2], *alone], uuid4())
        assert sum("UPDATE effects_set" in query["sql"] for query in queries) == 1
        assert (follows(first), outstanding(second), follows(second)) == (True, 1, False)

    def test_of_nothing_owes_what_follows_at_once(self) -> None:
        with transaction.atomic():
            made = owe(then=AFTER)
        assert made.ids == [made.then]
        assert Effect.objects.get().args == {"n": 99}
        assert not EffectSet.objects.exists()

    def test_is_taken_back_with_its_transaction(self) -> None:
        with transaction.atomic():
            owe(*notes(1), then=AFTER)
            transaction.set_rollback(True)
        assert (Effect.objects.count(), EffectSet.objects.count()) == (0, 0)

    def test_counts_in_gather_each_call_even_of_one_subject(self) -> None:
        with transaction.atomic(), gather() as all_of_it:
            owe(samples.together.si(post_id=1))
            made = owe(samples.together.si(post_id=1), samples.together.si(post_id=1), then=AFTER)
        assert (len(made.ids), len(all_of_it.ids)) == (2, 1)
        drain()
        assert follows(made.then or 0)

    def test_lets_what_follows_wait_for_its_time(self) -> None:
        soon, _ = owed(*notes(1), then=AFTER.set(countdown=3600))
        moment = timezone.now() + timedelta(days=1)
        later, _ = owed(*notes(2), then=AFTER.set(eta=moment))
        past, _ = owed(*notes(3), then=AFTER.set(eta=timezone.now() - timedelta(days=1)))
        drain(within=0)
        first, second = Effect.objects.get(pk=soon), Effect.objects.get(pk=later)
        assert (first.state, second.state) == ("waiting", "waiting")
        assert first.due_at - first.created_at > timedelta(minutes=59)
        assert abs(second.due_at - moment) < timedelta(seconds=5)
        assert Effect.objects.get(pk=past).state == "done"

    def test_costs_no_statement_more_where_there_is_none(self) -> None:
        with transaction.atomic():
            ids = record(*notes(1, 2), *calls(3)).ids
        with CaptureQueriesContext(connection) as queries:
            run(registry.get("test.note"), ids[:2], uuid4())
            run(registry.get("test.call"), ids[2:], uuid4())
        assert not [query["sql"] for query in queries if "effects_set" in query["sql"]]


@pytest.mark.usefixtures("applied")
class TestAMember:
    def test_that_gave_up_or_ran_out_of_tries_is_settled(self) -> None:
        pk, ids = owed(samples.hopeless.si(n=1), samples.frail.si(n=2))
        drain()
        assert outstanding(pk) == 1
        Effect.objects.filter(pk__in=ids).update(wake_at=timezone.now())
        sweep()
        drain()
        assert follows(pk)

    def test_whose_worker_died_at_its_last_try_is_settled_by_the_sweeper(self) -> None:
        pk, ids = owed(*notes(1, 2))
        Effect.objects.filter(pk__in=ids).update(max_attempts=1)
        claim(registry.get("test.note"), ids, uuid4())
        expire_leases()
        assert set(Effect.objects.filter(pk__in=ids).values_list("state", flat=True)) == {"dead"}
        assert follows(pk)

    def test_that_waits_for_another_try_is_not(self) -> None:
        samples.poison.add(1)
        pk, _ = owed(*calls(1, 2))
        drain()
        assert (outstanding(pk), follows(pk)) == (1, False)

    def test_that_a_person_cancels_is_settled(self) -> None:
        pk, _ = owed(*notes(1, 2))
        assert CANCEL.act(Filter(task="test.note"), ADA) == 2
        assert follows(pk)

    def test_that_is_dead_and_then_discarded_counts_once(self) -> None:
        pk, ids = owed(samples.hopeless.si(n=1), *notes(2))
        run(registry.get("test.hopeless"), ids, uuid4())
        assert outstanding(pk) == 1
        assert DISCARD.act_on(ids[:1], ADA) == 1
        assert (outstanding(pk), follows(pk)) == (1, False)

    def test_that_is_retried_before_the_set_is_complete_is_waited_for(self) -> None:
        pk, ids = owed(samples.hopeless.si(n=1), *notes(2))
        run(registry.get("test.hopeless"), ids[:1], uuid4())
        assert RETRY.act_on(ids[:1], ADA) == 1
        assert outstanding(pk) == 2
        run(registry.get("test.note"), ids[1:], uuid4())
        assert not follows(pk)
        run(registry.get("test.hopeless"), ids[:1], uuid4())
        assert follows(pk)

    def test_that_is_retried_after_it_changes_nothing(self) -> None:
        pk, ids = owed(samples.hopeless.si(n=1))
        drain()
        assert dead_letters.replay(ids) == 1
        drain()
        assert Effect.objects.filter(task="test.call").count() == 1
        assert outstanding(pk) == 0

    def test_that_is_held_is_waited_for(self) -> None:
        pk, ids = owed(*notes(1, 2))
        HOLD.act_on(ids[:1], ADA)
        drain()
        assert (outstanding(pk), follows(pk)) == (1, False)
        RELEASE.act_on(ids[:1], ADA)
        drain()
        assert follows(pk)

    def test_that_is_purged_was_counted(self) -> None:
        pk, ids = owed(*notes(1, 2))
        run(registry.get("test.note"), ids[:1], uuid4())
        assert purging.purge(timedelta(0)) == 1
        assert not follows(pk)
        drain()
        assert follows(pk)
        purging.purge(timedelta(0))
        assert not EffectSet.objects.exists()


@pytest.mark.usefixtures("applied")
class TestARecount:
    def test_owes_what_follows_where_a_worker_counted_nothing(self) -> None:
        pk, ids = owed(*notes(1, 2))
        Effect.objects.filter(pk__in=ids).update(state="done", finished_at=timezone.now())
        assert counting.recount(older_than=0) == 1
        assert follows(pk)
        assert counting.recount(older_than=0) == 0

    def test_leaves_what_is_right_and_what_is_new(self) -> None:
        pk, ids = owed(*notes(1, 2))
        assert counting.recount(older_than=0) == 0
        Effect.objects.filter(pk__in=ids[:1]).delete()
        assert counting.recount() == 0
        assert counting.recount(older_than=0) == 1
        assert (outstanding(pk), follows(pk)) == (1, False)


class TestTheExample:
    def test_of_the_docs_works_as_it_is_printed(self, capsys: pytest.CaptureFixture[str]) -> None:
        page = (Path(owed_package.__file__).parent / "docs" / "howto" / "sets.md").read_text()
        example: dict[str, Any] = {"__name__": "example"}
        for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
            exec(block, example)
        sent: list[int] = []
        example["send_statement"].runs(lambda *, customer_id: sent.append(customer_id))
        try:
            example["begin_month"]("2026-11", [1, 2, 3])
            drain()
        finally:
            for name in ("mail.send_statement", "mail.report_month"):
                registry.drop(name)
        assert sorted(sent) == [1, 2, 3]
        assert capsys.readouterr().out == "2026-11 3 of 3\n"
