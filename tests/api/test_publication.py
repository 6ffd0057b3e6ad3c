"""Publishing and withdrawing, once each, by those who may."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from app.accounts.models import Profile, User
from app.blog.models import Post
from app.blog.signals import post_published
from app.newsletter.models import MailingChoice, MailingSettings
from app.social.models import Account, ShareChoice
from tests.api.client import Program, person, program_of

TOGETHER = 20


@pytest.mark.django_db
class TestPublication:
    @pytest.mark.covers("H16")
    def test_is_made_once_and_then_said_to_exist(self, author: Program, draft: Post) -> None:
        first, second = (author.post(f"/posts/{draft.pk}/publication") for _ in range(2))
        assert (first.status, first.json["post"]) == (201, draft.pk)
        assert first.json["effects"] == f"/api/v1/effects?about=post:{draft.pk}"
        assert (second.status, second.json["detail"]) == (409, "The post is already published.")

    def test_is_taken_away_once(self, author: Program, published: Post) -> None:
        answers = [author.delete(f"/posts/{published.pk}/publication") for _ in range(2)]
        assert [answer.status for answer in answers] == [204, 409]
        assert answers[1].json["detail"] == "The post is not published."

    def test_made_again_keeps_its_first_time(self, author: Program, published: Post) -> None:
        author.delete(f"/posts/{published.pk}/publication")
        again = author.post(f"/posts/{published.pk}/publication")
        published.refresh_from_db()
        assert (again.status, published.is_public) == (201, True)
        assert again.json["published_at"].replace("Z", "+00:00")[:23] == published.published_at.isoformat()[:23]  # type: ignore[union-attr]

    @pytest.mark.covers("M4")
    def test_is_not_a_contributors_to_make(self, contributor: Program) -> None:
        mine = contributor.post("/posts", {"title": "Mine"}).json["id"]
        answer = contributor.post(f"/posts/{mine}/publication")
        assert (answer.status, Post.objects.get(pk=mine).status) == (403, "draft")

    def test_of_anothers_draft_is_as_if_it_were_not_there(
        self, other: Program, reader: Program, anybody: Program, draft: Post
    ) -> None:
        statuses = [program.post(f"/posts/{draft.pk}/publication").status for program in (other, reader, anybody)]
        assert statuses == [404, 404, 401]

    def test_of_anothers_post_is_not_to_be_withdrawn(
        self, other: Program, reader: Program, editor: Program, published: Post
    ) -> None:
        statuses = [program.delete(f"/posts/{published.pk}/publication").status for program in (other, reader, editor)]
        assert statuses == [403, 403, 204]


@pytest.mark.django_db
class TestWhatIsDecidedWithIt:
    def test_is_where_to_whom_in_which_words_and_when(self, author: Program, draft: Post) -> None:
        account = Account.objects.create(network="dummy", name="Ours")
        said = {
            "where": "email", "audience": "tag:press", "subject": "Read this", "preview": "Beside it",
            "networks": [{"account": account.pk, "wording": "New"}], "publish_at": "2031-05-06T07:08:00+02:00",
        }  # fmt: skip
        answer = author.post(f"/posts/{draft.pk}/publication", said)
        assert (answer.status, answer.json["status"], answer.json["published_at"]) == (201, "scheduled", None)
        assert answer.json["publish_at"] == "2031-05-06T05:08:00Z"
        draft.refresh_from_db()
        choice = MailingChoice.objects.get(post=draft)
        assert (draft.on_site, choice.is_mailed, choice.filters) == (False, True, {"tag": "press"})
        assert (choice.subject, choice.preview) == ("Read this", "Beside it")
        assert ShareChoice.objects.wording(draft.pk, account.pk) == "New"

    def test_is_the_publications_where_it_is_not_said(self, author: Program, draft: Post) -> None:
        MailingSettings(pk=1, where="email").save()
        assert author.post(f"/posts/{draft.pk}/publication").json["status"] == "mailed"

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"where": "paper"}, "where"),
            ({"audience": "segment:99"}, "audience"),
            ({"audience": "never"}, "audience"),
            ({"subject": "x" * 201}, "subject"),
            ({"networks": [{"account": 99}]}, "networks"),
            ({"publish_at": "2020-01-01T00:00:00Z"}, "publish_at"),
            ({"mail": True}, "mail"),
        ],
    )
    def test_is_refused_as_a_whole(self, author: Program, draft: Post, wrong: dict[str, object], field: str) -> None:
        answer = author.post(f"/posts/{draft.pk}/publication", wrong)
        assert (answer.status, field in answer.text) == (422, True)
        draft.refresh_from_db()
        assert (draft.status, MailingChoice.objects.count(), ShareChoice.objects.count()) == ("draft", 0, 0)


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    @pytest.mark.covers("H16", "H17")
    def test_publish_once(self) -> None:
        ann = person("ann", "author")
        draft = Post(author=ann, title="Wanted")
        draft.save()
        told: list[int] = []
        listener = lambda sender, post, **kwargs: told.append(post.pk)  # noqa: E731
        post_published.connect(listener)
        try:
            statuses = self._all_at_once(ann, f"/posts/{draft.pk}/publication")
        finally:
            post_published.disconnect(listener)
        assert sorted(statuses) == [201] + [409] * (TOGETHER - 1)
        assert told == [draft.pk]
        assert Profile.objects.get(user=ann).published_post_count == 1

    def _all_at_once(self, user: User, path: str) -> list[int]:
        programs, barrier = [program_of(user) for _ in range(TOGETHER)], Barrier(TOGETHER)

        def publish(program: Program) -> int:
            barrier.wait(30)
            try:
                return program.post(path).status
            finally:
                connection.close()

        with ThreadPoolExecutor(TOGETHER) as pool:
            return list(pool.map(publish, programs))
