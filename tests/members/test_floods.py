"""One sender cannot make the site write to strangers without limit."""

from __future__ import annotations

from collections import Counter

import pytest
from django.test import Client

from app.accounts.models import ApiToken, User
from app.blog.models import Comment, Post
from app.newsletter.models import Subscriber
from tests.factories import Publish, person

pytestmark = pytest.mark.django_db
SAME = ("203.0.113.9", "::ffff:203.0.113.9", "::FFFF:cb00:7109")
FORMS = {
    "/subscribe/": {"email": "victim{}@example.org"},
    "/join/": {"username": "victim{}", "email": "victim{}@example.org", "password": "a-good-password-7"},
    "/password/": {"email": "victim{}@example.org"},
    "/posts/open/comments": {"guest_name": "V", "guest_email": "v{}@example.org", "content": "Number {}"},
}


def send(path: str, number: int, *, sender: str = "203.0.113.9") -> tuple[int, str]:
    form = {name: value.format(number) for name, value in FORMS[path].items()}
    answer = Client(REMOTE_ADDR=sender).post(path, form)
    return answer.status_code, answer.headers.get("Retry-After", "")


@pytest.fixture(autouse=True)
def _post(publish: Publish) -> None:
    publish("Open")


@pytest.mark.parametrize("path", FORMS)
class TestAFlood:
    def test_of_one_sender_stops_after_thirty_in_a_minute(self, path: str) -> None:
        answers = Counter(send(path, number)[0] for number in range(40))
        assert answers == {answers.most_common(1)[0][0]: 30, 429: 10}
        assert send(path, 99) == (429, "60")

    def test_does_not_stop_another_sender(self, path: str) -> None:
        for number in range(31):
            send(path, number)
        assert send(path, 99, sender="198.51.100.7")[0] in {200, 302}


class TestTheLimit:
    def test_is_one_for_the_page_and_the_api(self) -> None:
        for number in range(30):
            send("/subscribe/", number)
        api = Client(REMOTE_ADDR="203.0.113.9")
        answer = api.post("/api/v1/subscribers", {"email": "one@example.org"}, content_type="application/json")
        assert (answer.status_code, answer["Retry-After"], Subscriber.objects.count()) == (429, "60", 30)

    def test_takes_an_ipv4_address_for_the_same_sender_however_it_is_written(self) -> None:
        answers = [send("/subscribe/", number, sender=sender)[0] for sender in SAME for number in range(15)]
        assert answers == [200] * 30 + [429] * 15

    def test_of_likes_is_the_readers_on_the_page_and_by_the_api(self, client: Client) -> None:
        reader = person("fan")
        client.force_login(reader)
        answers = Counter(client.post("/posts/open/likes").status_code for _ in range(70))
        assert answers == {302: 60, 429: 10}
        refused = client.post("/posts/open/likes")
        assert (refused["Retry-After"], "Too many attempts" in refused.content.decode()) == ("60", True)
        fragment = client.post("/posts/open/likes", headers={"hx-request": "true"})
        assert (fragment.status_code, 'aria-pressed="true"' in fragment.content.decode()) == (429, True)
        token = {"Authorization": f"Token {ApiToken.objects.issue(reader)[1]}"}
        assert client.put(f"/api/v1/posts/{Post.objects.get().pk}/like", headers=token).status_code == 429

    def test_of_comments_is_the_members_wherever_they_are(self, client: Client) -> None:
        reader = person("fan")
        client.force_login(reader)
        answers = [
            client.post("/posts/open/comments", {"content": f"Number {n}"}, REMOTE_ADDR=f"203.0.113.{n}").status_code
            for n in range(21)
        ]
        assert answers == [200] * 20 + [429]
        token = {"Authorization": f"Token {ApiToken.objects.issue(reader)[1]}"}
        address = f"/api/v1/posts/{Post.objects.get().pk}/comments"
        assert client.post(address, {"content": "a"}, headers=token, content_type="application/json").status_code == 429

    def test_takes_an_ipv6_network_for_one_sender(self) -> None:
        answers = [send("/subscribe/", number, sender=f"2001:db8:1:2::{number:x}")[0] for number in range(31)]
        assert answers == [200] * 30 + [429]
        assert send("/subscribe/", 99, sender="2001:db8:1:3::1")[0] == 200

    def test_counts_no_form_that_is_refused(self) -> None:
        bad = Client(REMOTE_ADDR="203.0.113.9")
        assert {bad.post("/subscribe/", {"email": "no address"}).status_code for _ in range(40)} == {422}
        assert send("/subscribe/", 1)[0] == 200

    def test_shows_in_the_page_and_keeps_what_was_typed(self) -> None:
        for number in range(30):
            send("/posts/open/comments", number)
        answer = Client(REMOTE_ADDR="203.0.113.9").post(
            "/posts/open/comments",
            {"guest_name": "V", "guest_email": "v@example.org", "content": "Long thoughts"},
            headers={"hx-request": "true"},
        )
        page = answer.content.decode()
        assert (answer.status_code, "Too many attempts" in page, "Long thoughts" in page) == (429, True, True)
        assert (Comment.objects.count(), User.objects.filter(username__startswith="victim").count()) == (30, 0)
