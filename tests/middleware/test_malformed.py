"""What cannot be read is answered 400, whichever page it is sent to; our own errors stay errors."""

from __future__ import annotations

import pytest
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from app.accounts.models import User
from app.middleware.malformed import Malformed
from tests.factories import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


class TestNul:
    @pytest.mark.parametrize("kind", ["authors", "categories", "tags"])
    @pytest.mark.parametrize("file", ["rss.xml", "atom.xml", "feed.json", ""])
    def test_in_a_path_is_refused(self, client: Client, kind: str, file: str) -> None:
        for method in (client.get, client.head):
            assert method(f"/{kind}/a%00/{file}").status_code == 400

    @pytest.mark.parametrize("address", ["/?page=%00", "/search/?q=a%00b", "/admin/blog/post/?status=%00", "/login/?next=%00"])
    def test_in_a_query_breaks_no_page(self, desk: Client, address: str) -> None:
        assert desk.get(address).status_code in (200, 302, 400)

    @pytest.mark.parametrize("query", ["task", "state", "queue", "kind", "about", "status", "name", "q"])
    @pytest.mark.parametrize("table", ["owed_effect", "blog_post", "blog_comment", "notices_notice", "accounts_user"])
    def test_in_a_filter_of_the_admin_breaks_no_page(self, desk: Client, table: str, query: str) -> None:
        assert desk.get(reverse(f"admin:{table}_changelist"), {query: "\0"}).status_code in (200, 302, 400)

    def test_is_refused_by_the_api_in_its_own_words(self, client: Client) -> None:
        answer = client.get("/api/v1/posts?author=%00")
        assert (answer.status_code, list(answer.json()["fields"])) == (422, ["author"])

    def test_in_a_field_that_goes_to_the_database_is_refused(self, desk: Client) -> None:
        assert desk.post("/studio/effects/pauses", {"task": "\0"}).status_code == 400

    def test_in_a_text_is_named_by_the_form_which_keeps_it(self, client: Client) -> None:
        client.force_login(person("ann", "author"))
        answer = client.post("/studio/posts/new/", {"title": "A", "content": "a\nkept words \0"})
        assert answer.status_code == 422
        assert "kept words" in answer.content.decode()


class TestTheAdmin:
    @pytest.mark.filterwarnings("ignore:The default scheme will be changed")
    @pytest.mark.parametrize("query", ["category=x", "author=x", "category=99999999999999999999"])
    def test_answers_no_error_to_a_wrong_id(self, desk: Client, query: str) -> None:
        assert desk.get(f"/admin/blog/post/add/?{query}").status_code in (200, 400)
        name, value = query.split("=")
        assert desk.post("/admin/blog/post/add/", {name: value, "title": "A"}).status_code in (200, 400)

    @pytest.mark.parametrize("chosen", ["x", "99999999999999999999", "\0"])
    def test_answers_no_error_to_a_wrong_choice(self, desk: Client, chosen: str) -> None:
        data = {"action": "publish", "_selected_action": chosen}
        assert desk.post(reverse("admin:blog_post_changelist"), data).status_code in (302, 400)


class TestTheCharset:
    @pytest.mark.parametrize("charset", ["latin-1", "utf-16", "cp1252", "hex", "rot13", "zlib"])
    @pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
    def test_of_a_request_is_utf_8(self, client: Client, charset: str, kind: str) -> None:
        client.get("/login/")
        for address in ("/login/", "/subscribe/", "/api/v1/subscribers", "/admin/login/"):
            answer = client.generic("POST", address, b"username=a", content_type=f"{kind}; charset={charset}")
            assert answer.status_code == 400

    @pytest.mark.parametrize("charset", ["utf-8", "UTF8", "us-ascii", "no-such-name"])
    def test_may_be_named_in_several_ways(self, client: Client, charset: str) -> None:
        kind = f"application/x-www-form-urlencoded; charset={charset}"
        answer = client.generic("POST", "/subscribe/", b"email=nonsense", content_type=kind)
        assert answer.status_code == 422


class TestOurOwnErrors:
    @pytest.mark.parametrize(
        "error", [ValueError("no"), DataError("integer out of range"), ValueError("Field 'id' expected a number but got 'y'.")]
    )
    def test_stay_errors(self, error: Exception) -> None:
        def view(request: HttpRequest) -> HttpResponse:
            return HttpResponse()

        assert Malformed(view).process_exception(RequestFactory().get("/?a=x"), error) is None
