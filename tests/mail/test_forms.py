"""Addresses of every script are taken on each page that asks for one, as by the API."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from app.accounts.models import User
from app.blog.models import Comment
from app.mail.forms import validate_address
from app.newsletter.models import Subscriber
from owed.testing import drain
from tests.factories import Publish
from tests.sinks import Sink, smtp_sink

__all__ = ["smtp_sink"]
ADDRESS = "δοκιμή@example.org"


class TestAnAddress:
    @pytest.mark.parametrize(
        "address", [ADDRESS, "用户@例子.世界", "o'hara+tag@example.org", "ünïcödé.x@münchen.example", "a@b.example"]
    )
    def test_may_be_in_any_script(self, address: str) -> None:
        validate_address(address)

    @pytest.mark.parametrize(
        "address",
        [
            "",
            "@example.org",
            "δοκιμή",
            "δ οκ@example.org",
            "a..b@example.org",
            ".a@example.org",
            "a@",
            "a@b",
            "δ@-x.example",
            "a@b@c.example",
        ]
        + [f"a{mark}b@example.org" for mark in "\u202e\u200b\u0085\xa0\r\n<>"]
        + ["δ" * 126 + "@example.org"],
    )
    def test_is_refused_where_no_mail_could_reach_it(self, address: str) -> None:
        with pytest.raises(ValidationError):
            validate_address(address)


@pytest.mark.django_db(transaction=True)
class TestAPage:
    def test_takes_it_for_a_subscription_and_mails_it(self, smtp_sink: Sink) -> None:
        assert Client().post("/subscribe/", {"email": ADDRESS}).status_code == 200
        drain()
        assert (Subscriber.objects.get().email, [each.recipient for each in smtp_sink.captured]) == (ADDRESS, [ADDRESS])

    def test_takes_it_for_a_new_account(self) -> None:
        Client().post("/join/", {"username": "δ", "email": ADDRESS, "password": "a-good-password-7"})
        assert User.objects.get().email == ADDRESS

    def test_takes_it_for_a_comment(self, publish: Publish) -> None:
        path = f"{publish().get_absolute_url()}comments"
        Client().post(path, {"guest_name": "Δ", "guest_email": ADDRESS, "content": "Said."})
        assert Comment.objects.get().guest_email == ADDRESS

    @pytest.mark.parametrize("path", ["/subscribe/", "/join/", "/password/"])
    def test_lets_a_browser_send_it(self, path: str) -> None:
        page = Client().get(path).content.decode()
        assert ('inputmode="email"' in page, 'type="email"' in page) == (True, False)
