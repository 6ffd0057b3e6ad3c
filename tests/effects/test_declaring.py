"""An effect is declared once; its body fits; what was owed under a name that it had is its own."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import transaction

from owed import Declaration, Task, effect, owe, record, registry, task
from owed.claiming import claim
from owed.models import Effect
from owed.running import run
from owed.sweeping import sweep
from owed.testing import drain, owes
from worker.celery import app

ran: list[int] = []


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget afterwards what the test declares."""
    for name in ("_by_name", "_bodies"):
        monkeypatch.setattr(registry, name, dict(getattr(registry, name)))
    monkeypatch.setattr(registry, "_clashes", list(registry._clashes))
    ran.clear()


def found() -> dict[str, list[str]]:
    """Return what the checks say of the effects of these tests, by id."""
    said: dict[str, list[str]] = {}
    for message in run_checks(tags=["owed"]):
        if "declared." in message.msg:
            said.setdefault(str(message.id), []).append(message.msg)
    return said


@pytest.mark.usefixtures("declared")
class TestADeclaration:
    def test_holds_all_that_is_said_of_an_effect(self) -> None:
        @effect("declared.send", kind="external", timeout=5, max_attempts=3, key="to", formerly=("declared.mail",))
        def send(*, to: int) -> None:
            """Send it."""

        assert (send.name, send.queue, send.kind, send.timeout, send.max_attempts) == (
            "declared.send",
            "declared",
            "external",
            5,
            3,
        )
        assert (send.key, send.names) == ("to", ["declared.send", "declared.mail"])
        assert registry.find("declared.mail") is send

    def test_takes_the_functions_name_where_only_its_queue_is_given(self) -> None:
        @effect(queue="declared")
        def send_receipt(*, order_id: int) -> None: ...

        assert (send_receipt.name, send_receipt.queue) == ("declared.send_receipt", "declared")

    def test_is_refused_with_a_kind_that_there_is_not(self) -> None:
        misspelt: Any = "externl"
        with pytest.raises(ValueError, match=r"declared\.send: kind='externl'"):
            Declaration(name="declared.send", takes=takes_another, kind=misspelt)


def takes_another(*, n: int) -> None: ...
def takes_more(*, post_id: int, n: int) -> None: ...
def needs_what_is_optional(*, post_id: int = 0) -> None: ...
def takes_keywords(*, post_ids: list[int]) -> None: ...
def takes_two(post_ids: list[int], ns: list[int]) -> None: ...
def takes_texts(post_ids: list[str]) -> None: ...


@pytest.mark.usefixtures("declared")
class TestABody:
    @pytest.mark.parametrize("body", [takes_another, takes_more, needs_what_is_optional])
    def test_is_refused_unless_it_takes_what_is_declared(self, body: Callable[..., None]) -> None:
        @effect("declared.fit")
        def fit(*, post_id: int) -> None: ...

        with pytest.raises(TypeError, match=r"declared\.fit takes \(post_id\), and its body"):
            fit.runs(body)
        assert registry.bodies(fit) == []

    @pytest.mark.parametrize("body", [takes_keywords, takes_two, takes_texts])
    def test_of_a_batch_is_refused_unless_it_takes_a_list_of_the_subject(self, body: Callable[..., None]) -> None:
        @effect("declared.batch", batch=10)
        def batch(*, post_id: int) -> None: ...

        with pytest.raises(TypeError, match=r"declared\.batch"):
            batch.runs_many(body)

    def test_is_bound_the_way_that_the_declaration_says(self) -> None:
        @effect("declared.batch", batch=10)
        def batch(*, post_id: int) -> None: ...

        @effect("declared.single")
        def single(*, post_id: int) -> None: ...

        with pytest.raises(TypeError, match=r"runs_many\(\)"):
            batch.runs(lambda *, post_id: None)
        with pytest.raises(TypeError, match=r"bind its body with runs\(\)"):
            single.runs_many(lambda post_ids: None)

    def test_is_a_celery_task_with_its_limits_as_soon_as_it_is_bound(self) -> None:
        @task("declared.limited", kind="external", timeout=7, formerly=("declared.unlimited",))
        def limited() -> None: ...

        for name in ("declared.limited", "declared.unlimited"):
            assert (app.tasks[name].soft_time_limit, app.tasks[name].time_limit) == (7.5, 12.5)


@pytest.mark.usefixtures("declared")
class TestTheChecks:
    def test_name_an_effect_without_a_body(self) -> None:
        effect("declared.nothing")(lambda: None)
        [said] = found()["owed.E003"]
        assert "declared.nothing has no body" in said

    def test_name_an_effect_with_two_bodies(self) -> None:
        @effect("declared.twice")
        def twice(*, n: int) -> None: ...

        twice.runs(takes_another)
        twice.runs(twice.takes)
        [said] = found()["owed.E004"]
        assert "takes_another" in said

    def test_name_two_effects_of_one_name(self) -> None:
        @task("declared.one")
        def one() -> None: ...

        @task("declared.other", formerly=("declared.one",))
        def other() -> None: ...

        [said] = found()["owed.E005"]
        assert "declared.one" in said

    def test_find_nothing_wrong_with_one_body_bound_again(self) -> None:
        declaration = effect("declared.again")(takes_another)
        declaration.runs(takes_another)
        declaration.runs(takes_another)
        assert not {"owed.E003", "owed.E004", "owed.E005"} & found().keys()


@pytest.fixture
def renamed(declared: None) -> Task:
    """An effect of which some is owed under the name that it had, and its old declaration."""

    @task("declared.now", formerly=("declared.before",))
    def now(*, n: int) -> None:
        ran.append(n)

    return now


def owe_as_before(n: int) -> int:
    """Write what a web process of the release before writes."""
    before = Declaration(name="declared.before", takes=takes_another)
    with transaction.atomic():
        [pk] = record(before.si(n=n), about=f"post:{n}").ids
    return pk


@pytest.mark.django_db(transaction=True)
class TestARenamedEffect:
    def test_runs_what_was_owed_under_the_name_that_it_had(self, renamed: Task) -> None:
        owe_as_before(1)
        with transaction.atomic():
            owe(renamed.si(n=2), about="post:2")
        drain()
        assert sorted(ran) == [1, 2]
        assert {row.state for row in Effect.objects.of(renamed.effect)} == {"done"}

    def test_answers_a_hint_under_either_name(self, renamed: Task) -> None:
        pk = owe_as_before(1)
        celery = app.tasks["declared.before"]
        celery.push_request(id=str(uuid4()), effects=[pk])
        try:
            celery()
        finally:
            celery.pop_request()
        assert ran == [1]

    def test_is_swept_under_either_name(self, renamed: Task) -> None:
        pk = owe_as_before(1)
        Effect.objects.update(state="waiting", wake_at="2000-01-01T00:00:00Z")
        assert [hint.ids for hint in sweep().hints] == [(pk,)]

    def test_is_owed_once_a_period_under_all_its_names(self, renamed: Task) -> None:
        assert renamed.apply_async(kwargs={"n": 1}, period=86_400).ids
        assert app.tasks["declared.before"].apply_async(kwargs={"n": 1}, period=86_400).ids == []

    def test_is_one_in_lists_and_counts(self, renamed: Task) -> None:
        pk = owe_as_before(1)
        for name in ("declared.now", "declared.before"):
            out = io.StringIO()
            call_command("owed", "list", "--task", name, "--json", stdout=out)
            assert [each["id"] for each in json.loads(out.getvalue())] == [pk]
            assert owes(name).count() == 1

    def test_with_a_key_waits_for_the_one_in_flight_under_the_other_name(self, declared: None) -> None:
        @task("declared.keyed", kind="external", key="n", formerly=("declared.was_keyed",))
        def keyed(*, n: int) -> None: ...

        before = Declaration(name="declared.was_keyed", takes=takes_another, kind="external", key="n")
        with transaction.atomic():
            first, second = record(before.si(n=7), keyed.si(n=7)).ids
        assert len(claim(keyed.effect, [first], uuid4())) == 1
        assert claim(keyed.effect, [second], uuid4()) == []

    def test_unknown_here_waits_and_costs_no_try(self, declared: None) -> None:
        pk = owe_as_before(1)
        assert sweep().hints == []
        drain()
        row = Effect.objects.get(pk=pk)
        assert (row.state, row.attempt) == ("ready", 0)

    def test_without_a_body_here_is_not_claimed(self, declared: None) -> None:
        declaration = effect("declared.nothing")(takes_another)
        with transaction.atomic():
            [pk] = record(declaration.si(n=1)).ids
        with pytest.raises(LookupError, match="no body is bound"):
            run(declaration, [pk], uuid4())
        assert Effect.objects.get(pk=pk).attempt == 0
