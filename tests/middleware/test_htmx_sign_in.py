"""A page that outlived its session."""

from __future__ import annotations

import pytest
from django.test import Client

from app.accounts.models import User
from tests.factories import Publish

pytestmark = pytest.mark.django_db
HERE = {"hx-request": "true", "hx-current-url": "http://testserver/posts/open/?page=2"}


class TestAFragment:
    def test_that_needs_a_session_leads_the_whole_page_to_the_sign_in(self, publish: Publish) -> None:
        publish("Open")
        answer = Client().post("/posts/open/likes", headers=HERE)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer["HX-Redirect"] == "/login/?next=%2Fposts%2Fopen%2F%3Fpage%3D2"

    @pytest.mark.parametrize("path", ["/studio/", "/studio/effects/", "/studio/posts/new/"])
    def test_of_the_studio_does_so_too(self, path: str) -> None:
        assert Client().get(path, headers={"hx-request": "true"})["HX-Redirect"] == "/login/?next=%2F"

    def test_never_leads_to_another_site(self, publish: Publish) -> None:
        publish("Open")
        headers = {**HERE, "hx-current-url": "https://evil.example/posts/"}
        assert Client().post("/posts/open/likes", headers=headers)["HX-Redirect"] == "/login/?next=%2F"

    def test_of_a_session_is_answered(self, publish: Publish, author: User) -> None:
        publish("Open")
        reader = Client()
        reader.force_login(author)
        assert "HX-Redirect" not in reader.post("/posts/open/likes", headers=HERE)

    def test_without_htmx_is_redirected_as_ever(self, publish: Publish) -> None:
        publish("Open")
        answer = Client().post("/posts/open/likes")
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/login/")
