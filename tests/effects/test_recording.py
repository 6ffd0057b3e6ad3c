"""Recording: in the transaction, or not at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from owed import BadArguments, NotInTransaction, UnknownEffect, clock, gather, record, registry
from owed.models import Effect
from owed.testing import broker_down, owes
from owed.waker import waker
from tests.effects import samples


@pytest.mark.django_db(transaction=True)
class TestRecord:
    @pytest.mark.covers("G12", "D17")
    def test_refuses_to_write_outside_a_transaction(self) -> None:
        with pytest.raises(NotInTransaction, match=r"open transaction\.atomic"):
            record(samples.note.si(n=1))
        assert not Effect.objects.exists()

    @pytest.mark.covers("G12", "X4")
    def test_leaves_nothing_when_the_transaction_rolls_back(self) -> None:
        with pytest.raises(RuntimeError), transaction.atomic():
            record(samples.note.si(n=1))
            raise RuntimeError
        assert not Effect.objects.exists()

    @pytest.mark.covers("X4")
    def test_follows_its_savepoint(self) -> None:
        with transaction.atomic():
            record(samples.note.si(n=1))
            with pytest.raises(RuntimeError), transaction.atomic():
                record(samples.note.si(n=2))
                raise RuntimeError
        assert [effect.args for effect in Effect.objects.all()] == [{"n": 1}]

    @pytest.mark.covers("G13")
    def test_writes_six_effects_in_one_statement(self) -> None:
        with (
            transaction.atomic(),
            CaptureQueriesContext(
                connection,
            ) as queries,
        ):
            owed = record(*(samples.note.si(n=n) for n in range(6)), about="post:1")
        assert len(queries) == 1
        assert len(owed.ids) == 6

    def test_names_the_subject(self) -> None:
        with transaction.atomic():
            record(samples.note.si(n=7), about="post:7")
        assert owes("test.note").get().about == "post:7"

    @pytest.mark.parametrize(
        "wrong",
        [
            lambda: record(samples.note.si(m=1)),
            lambda: record(samples.note.si(1)),
            lambda: record(samples.together.si(post_ids=[1])),
            lambda: record(samples.note.si(n={"title": "a whole post"})),
            lambda: record(samples.note.si(n="x" * 3000)),
        ],
        ids=["wrong keyword", "positional", "plural", "object", "too long"],
    )
    @pytest.mark.covers("X11", "T3")
    def test_refuses_arguments_that_are_not_ids(self, wrong: Any) -> None:
        with pytest.raises(BadArguments), transaction.atomic():
            wrong()

    def test_finds_no_effect_by_a_name_that_nothing_declares(self) -> None:
        with pytest.raises(UnknownEffect, match=r"no effect 'test\.nobody'"):
            registry.get("test.nobody")

    def test_delays_by_the_row_and_never_by_the_broker(self) -> None:
        with transaction.atomic():
            owed = record(samples.note.si(n=1).set(countdown=3600))
        effect = Effect.objects.get()
        assert owed.ready == []
        assert effect.state == "waiting"
        assert (effect.due_at - effect.created_at).total_seconds() == pytest.approx(3600, abs=1)

    @pytest.mark.parametrize("wrong_by", [timedelta(days=3), timedelta(days=-3)])
    def test_reads_a_moment_by_the_databases_clock(self, wrong_by: timedelta) -> None:
        at = clock.now() + timedelta(hours=1)
        with time_machine.travel(at + wrong_by), transaction.atomic():
            record(samples.note.si(n=1).set(eta=at))
        assert abs(Effect.objects.get().due_at - at) < timedelta(seconds=1)

    @pytest.mark.covers("X3")
    def test_survives_an_earlier_hook_that_raises(self) -> None:
        def explode() -> None:
            raise RuntimeError("a neighbour's hook")

        with pytest.raises(RuntimeError), transaction.atomic():
            transaction.on_commit(explode)
            owed = record(samples.note.si(n=1))
            transaction.on_commit(owed.enqueue, robust=True)
        assert owes("test.note").count() == 1

    @pytest.mark.covers("X2", "G13")
    def test_neither_waits_nor_raises_when_the_broker_is_away(self) -> None:
        with broker_down() as tried:
            with transaction.atomic():
                owed = record(samples.note.si(n=1))
                transaction.on_commit(owed.enqueue, robust=True)
            assert waker.wait_idle(5)
        assert [hint.ids for hint in tried] == [tuple(owed.ids)]
        assert owes("test.note").count() == 1

    @pytest.mark.covers("X1")
    def test_makes_a_plain_delay_durable(self) -> None:
        samples.note.delay(n=4)
        assert owes("test.note").get().args == {"n": 4}

    def test_leaves_a_plain_call_to_the_body(self, applied: None) -> None:
        samples.note(n=5)
        assert samples.ran == [("note", 5)]
        assert not Effect.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestGather:
    @pytest.mark.covers("P10", "G5")
    def test_inserts_a_bulk_in_one_statement(self) -> None:
        with CaptureQueriesContext(connection) as queries, transaction.atomic(), gather() as owed:
            for n in range(500):
                record(samples.together.si(post_id=n))
        assert sum("INSERT INTO effects_effect" in query["sql"] for query in queries) == 1
        assert len(owed.ids) == 500

    def test_drops_what_a_savepoint_took_back(self) -> None:
        with transaction.atomic(), gather():
            record(samples.note.si(n=1))
            with pytest.raises(RuntimeError), transaction.atomic():
                record(samples.note.si(n=2))
                raise RuntimeError
        assert [effect.args["n"] for effect in owes("test.note")] == [1]

    @pytest.mark.covers("P10")
    def test_owes_a_batch_each_subject_once(self) -> None:
        """A batch reads current state, and that is what this commit leaves. What runs alone may mean each call."""
        with transaction.atomic(), gather():
            for n in (1, 2, 1):
                record(samples.together.si(post_id=n), about=f"post:{n}")
                record(samples.note.si(n=n))
        assert [effect.args["post_id"] for effect in owes("test.together").order_by("pk")] == [1, 2]
        assert owes("test.note").count() == 3

    def test_drops_what_a_named_savepoint_took_back(self) -> None:
        with transaction.atomic(), gather():
            before = connection.savepoint()
            record(samples.note.si(n=1))
            after = connection.savepoint()
            record(samples.note.si(n=2))
            connection.savepoint_rollback(after)
            connection.savepoint_commit(before)
        assert [effect.args["n"] for effect in owes("test.note")] == [1]

    def test_is_refused_outside_a_transaction(self) -> None:
        with pytest.raises(NotInTransaction), gather():
            pass

    def test_joins_the_one_around_it(self) -> None:
        with transaction.atomic(), gather() as outer:
            record(samples.note.si(n=1))
            with gather() as inner:
                record(samples.note.si(n=2))
        assert len(outer.ids) == 2
        assert inner.ids == []
