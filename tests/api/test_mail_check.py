"""The mail check by the API."""

from __future__ import annotations

import pytest

from app.mail.verdicts import Level, Subject, Verdict
from app.newsletter.models import MailCheck
from owed.models import Effect
from tests.api.client import Program, person, program_of

pytestmark = pytest.mark.django_db


class TestTheMailCheck:
    def test_is_asked_for_once_and_read(self) -> None:
        editor = program_of(person("edith", "editor"))
        assert editor.get("/mail/check").json == {"is_waiting": False, "checked_at": None, "verdicts": []}
        for _twice in range(2):
            asked = editor.post("/mail/check")
            assert (asked.status, asked.json["is_waiting"]) == (202, True)
        assert Effect.objects.filter(about="mail").count() == 1
        MailCheck.store([Verdict(subject=Subject.UNSUBSCRIBE, level=Level.BAD, code="unsubscribe_http")])
        found = editor.get("/mail/check").json
        [verdict] = found["verdicts"]
        assert (found["is_waiting"], verdict["subject"], verdict["level"]) == (False, "unsubscribe", "bad")
        assert "https" in verdict["change"]

    def test_is_for_those_who_keep_the_list(self, author: Program) -> None:
        assert author.get("/mail/check").status == 403
        assert author.post("/mail/check").status == 403
