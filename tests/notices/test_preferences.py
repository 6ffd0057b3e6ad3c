"""The link with which somebody stops one kind of mail."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from app.accounts.models import Profile, Role, User
from app.blog.models import Post
from app.notices import kinds
from app.notices.kinds.onboarding import OnboardingNotice
from app.notices.kinds.welcome import WelcomeNotice, send_welcome_email
from app.notices.models import Notice, Watch
from app.notices.preferences import StopLink
from owed.testing import drain
from tests.factories import person
from tests.sinks import Sink

pytestmark = [pytest.mark.django_db, pytest.mark.covers("H14")]


class TestALinkInANotice:
    def test_stops_its_kind_of_mail_by_post_alone(self, post: Post, ann: User, bob: User, smtp_sink: Sink) -> None:
        post.comment(author=bob, content="x")
        drain()
        [path] = re.findall(r"http://127\.0\.0\.1:8000(/notices/\S+)", smtp_sink.captured[0].body("plain"))
        client = Client(enforce_csrf_checks=True)
        for method in [client.get, client.head]:
            assert method(path).status_code == 200
        assert Profile.objects.get(user=ann).notify_comments
        page = client.post(path)
        assert page.status_code == 200
        assert page["Referrer-Policy"] == "same-origin"
        profile = Profile.objects.get(user=ann)
        assert (profile.notify_comments, profile.notify_likes) == (False, True)

    @pytest.mark.covers("H14")
    def test_is_one_click_in_the_header_of_the_mail(self, post: Post, ann: User, bob: User, smtp_sink: Sink) -> None:
        post.comment(author=bob, content="x")
        drain()
        mail = smtp_sink.captured[0].message
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        [path] = re.findall(r"<http://127\.0\.0\.1:8000(/notices/\S+)>", mail["List-Unsubscribe"])
        answer = Client(enforce_csrf_checks=True).post(path, {"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, Profile.objects.get(user=ann).notify_comments) == (200, False)

    def test_stops_likes(self, ann: User) -> None:
        StopLink(ann.pk, "likes").turn_off()
        assert not Profile.objects.get(user=ann).notify_likes

    def test_stops_drafts(self) -> None:
        editor = person("ed", Role.EDITOR)
        Watch.objects.create(user=editor)
        StopLink(editor.pk, "drafts").turn_off()
        assert not Watch.objects.exists()

    def test_stops_first_steps_for_good(self, ann: User) -> None:
        Notice.objects.owe(ann, OnboardingNotice, "profile")
        for _ in range(2):
            StopLink(ann.pk, "onboarding").turn_off()
        assert Notice.objects.owe(ann, OnboardingNotice, "first-post") is None
        assert set(Notice.objects.values_list("state", flat=True)) == {"suppressed"}

    @pytest.mark.parametrize("forged", ["{}x", "x{}", "0000000000"])
    def test_that_was_tampered_with_is_not_found(self, client: Client, ann: User, forged: str) -> None:
        path = StopLink(ann.pk, "likes").get_absolute_url()
        token = forged.format(path.split("/")[2])
        assert client.post(f"/notices/{token}/").status_code == 404
        assert Profile.objects.get(user=ann).notify_likes

    def test_outlives_its_account(self, client: Client, ann: User) -> None:
        path = StopLink(ann.pk, "onboarding").get_absolute_url()
        ann.delete()
        assert client.post(path).status_code == 200

    def test_is_there_for_every_kind_but_answers_to_what_one_did_oneself(self) -> None:
        without = {name for name, kind in kinds.KINDS.items() if kind.preference is None}
        # A paused mailing waits for a decision: its notice has no switch either.
        assert without == {"reset", "password", "move", "moving", "moved", "refusals", "second_factor"}

    def test_stands_in_every_mail(self, ann: User, smtp_sink: Sink) -> None:
        Notice.objects.owe(ann, WelcomeNotice, "account")
        Notice.objects.owe(ann, OnboardingNotice, "profile")
        send_welcome_email(ann.pk)
        drain()
        assert len(smtp_sink.captured) == 2
        assert all("/notices/" in each.body(kind) for each in smtp_sink.captured for kind in ("plain", "html"))
