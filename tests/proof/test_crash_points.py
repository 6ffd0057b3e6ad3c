"""A process dies at a named point; the next one finds what was promised."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import owed
from app.accounts.models import Role, User
from app.blog.models import Post
from app.search.models import Document
from owed import Signature
from owed.models import Effect
from owed.testing import drain
from tests.proof import samples
from tests.proof.ledger import applied, called, execute, owe, pass_time, recover, select, standing
from tests.proof.processes import Actor, once

pytestmark = pytest.mark.covers("T6")
DEAD = 137
COVERED = {"before-count"}  # in test_sets


def dies_at(*points: str) -> pytest.MarkDecorator:
    """Give the test each of these points in turn, and note that it covers them."""
    COVERED.update(points)
    return pytest.mark.parametrize("point", points)


def changed() -> int:
    return len(select("SELECT n FROM proof_document"))


class TestADeathBeforeTheCommit:
    @dies_at("after-insert")
    @pytest.mark.covers("X1", "G12")
    def test_leaves_neither_the_change_nor_what_it_owed(self, actor: Actor, point: str) -> None:
        assert actor("owe", 1, crash_at=point) == DEAD
        assert changed() == 0
        assert not Effect.objects.exists()

    @dies_at("before-commit")
    @pytest.mark.covers("X1")
    def test_leaves_nothing_of_a_plain_delay(self, actor: Actor, point: str) -> None:
        assert actor("delay", 1, crash_at=point) == DEAD
        assert not Effect.objects.exists()


class TestADeathBetweenCommitAndBroker:
    @dies_at("after-commit", "before-publish", "mid-publish")
    @pytest.mark.covers("X1")
    def test_leaves_what_was_owed_to_the_sweeper(self, actor: Actor, point: str) -> None:
        assert actor("owe", 1, 2, 3, crash_at=point) == DEAD
        assert changed() == 1
        assert {each.state for each in Effect.objects.all()} == {"ready"}
        recover()
        assert applied() == [1, 2, 3]

    @pytest.mark.covers("X1", "H17")
    def test_of_a_published_post_leaves_all_its_effects(self, actor: Actor, people: None) -> None:
        writer = User.objects.create_user("writer", role=Role.AUTHOR)
        post = Post.objects.create(title="Owed", content="Text.", author=writer)
        drain()
        assert actor("publish", post.pk, crash_at="after-commit") == DEAD
        assert Post.objects.get().is_public
        assert Effect.objects.pending().count() == 7
        drain()
        assert {(each.state, each.attempt) for each in Effect.objects.all()} == {("done", 1)}
        assert Document.objects.get().title == "Owed"

    @pytest.mark.covers("X1")
    def test_happens_in_a_process_that_only_the_environment_told(self) -> None:
        assert once("owe", 1, crash_at="after-commit") == DEAD
        recover()
        assert applied() == [1]


ATOMIC = [samples.apply.si(n=1), samples.together.si(post_id=1)]
ONE_OF_EACH = [*ATOMIC, samples.call.si(n=1)]
either_atomic = pytest.mark.parametrize("signature", ATOMIC, ids=lambda each: each.effect.name)


class TestADeathAtWork:
    @dies_at("after-claim", "after-body", "before-finish-commit")
    @either_atomic
    @pytest.mark.covers("X5", "D1")
    def test_keeps_nothing_of_an_atomic_effect_and_the_next_attempt_does_it(
        self, actor: Actor, point: str, signature: Signature
    ) -> None:
        [pk] = owe(signature)
        assert actor("run", signature.effect.name, pk, crash_at=point) == DEAD
        assert applied() == []
        assert standing(pk) == ("running", 1)
        recover()
        assert applied() == [1]
        assert standing(pk) == ("done", 2)

    @dies_at("after-claim", "after-body", "before-finish-commit")
    @pytest.mark.covers("X5", "P9")
    def test_keeps_nothing_of_a_batch_and_each_of_it_is_done_once(self, actor: Actor, point: str) -> None:
        ids = owe(*(samples.together.si(post_id=n) for n in range(20)))
        assert actor("run", "proof.together", *ids, crash_at=point) == DEAD
        assert applied() == []
        recover()
        assert applied() == list(range(20))

    @dies_at("after-finish-commit")
    @either_atomic
    @pytest.mark.covers("X5")
    def test_after_the_finishing_commit_changes_nothing(self, actor: Actor, point: str, signature: Signature) -> None:
        [pk] = owe(signature)
        assert actor("run", signature.effect.name, pk, crash_at=point) == DEAD
        recover()
        assert applied() == [1]
        assert standing(pk) == ("done", 1)

    @pytest.mark.parametrize(("point", "calls"), [("after-claim", [2]), ("after-body", [1, 2]), ("after-finish-commit", [1])])
    @pytest.mark.covers("X5", "X9")
    def test_repeats_an_external_effect_only_under_its_key(self, actor: Actor, point: str, calls: list[int]) -> None:
        [pk] = owe(samples.call.si(n=1))
        assert actor("run", "proof.call", pk, crash_at=point) == DEAD
        recover()
        assert called() == [(f"e{pk}", attempt) for attempt in calls]
        assert standing(pk) == ("done", calls[-1])


class TestADeathAtTheClock:
    @dies_at("mid-sweep")
    @pytest.mark.covers("X5")
    def test_loses_no_ring(self, actor: Actor, point: str) -> None:
        fresh, running = owe(samples.apply.si(n=1), samples.apply.si(n=2))
        execute("UPDATE effects_effect SET state = 'running', attempt = 1 WHERE id = %s", [running])
        pass_time()
        assert actor("sweep", crash_at=point) == DEAD
        assert (standing(fresh), standing(running)) == (("ready", 0), ("ready", 1))
        recover()
        assert applied() == [1, 2]


class TestADeathWhileFailing:
    @dies_at("mid-fail")
    @pytest.mark.parametrize("how", ["fail", "later", "give up"])
    @pytest.mark.parametrize("signature", ONE_OF_EACH, ids=lambda each: each.effect.name)
    @pytest.mark.covers("X5")
    def test_is_a_lost_lease(self, actor: Actor, point: str, how: str, signature: Signature) -> None:
        [pk] = owe(signature)
        assert actor("run_told", how, signature.effect.name, pk, crash_at=point) == DEAD
        assert standing(pk) == ("running", 1)
        assert applied() == []
        recover()
        assert standing(pk) == ("done", 2)


def test_every_point_in_the_code_is_died_at() -> None:
    folder = Path(owed.__file__).parent
    in_code = {name for path in folder.rglob("*.py") for name in re.findall(r'crash\.point\("([^"]+)"\)', path.read_text())}
    assert in_code == COVERED
