"""A resume at the moment at which a sweeper or another pause puts effects aside: none stays aside."""

from __future__ import annotations

from functools import partial

import pytest

from owed.acting import Decision
from owed.models import Pause
from owed.pausing import pause, resume
from owed.sweeping import sweep
from tests.proof import samples
from tests.proof.ledger import owe, pass_time, standing
from tests.proof.threads import Elsewhere, uncommitted

pytestmark = pytest.mark.covers("T6")
ADA = Decision(by="ada", reason="the provider is down")


class TestAResume:
    def test_finds_what_a_sweeper_puts_aside_at_that_moment(self) -> None:
        [pk] = owe(samples.apply.si(n=1))
        Pause.objects.create(queue="proof", reason="x", decided_by="ada", since="2026-01-01T00:00Z")
        pass_time()
        with uncommitted(sweep):
            other = Elsewhere(partial(resume, queue="proof", decision=ADA))
            other.await_blocked()
        assert other.result()
        assert standing(pk) == ("ready", 0)

    def test_finds_what_the_pause_itself_puts_aside_at_that_moment(self) -> None:
        [pk] = owe(samples.apply.si(n=1))
        Pause.objects.create(queue="proof", reason="x", decided_by="ada", since="2026-01-01T00:00Z")
        with uncommitted(partial(pause, queue="proof", decision=ADA)):
            other = Elsewhere(partial(resume, queue="proof", decision=ADA))
            other.await_blocked()
        other.result()
        assert standing(pk) == ("ready", 0)
