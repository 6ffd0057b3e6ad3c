"""The mailbox, sends, networks and images."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest
from pytest_django import Settings

from app.blog.models import Media, Post
from app.newsletter.models import Delivery, Send, Subscriber
from app.social.models import Account
from tests.studio.forms import Person, SignedIn
from tests.studio.images import png

pytestmark = pytest.mark.django_db


def letter(folder: Path, subject: str, *, html: str = "") -> str:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Afterword <post@example.org>", "rita@example.org", subject
    message.set_content("The words.")
    if html:
        message.add_alternative(html, subtype="html")
    path = folder / f"{len(list(folder.iterdir())):06}-abc.eml"
    path.write_bytes(bytes(message))
    return path.stem


class TestTheMailbox:
    def test_lists_letters_newest_first_and_finds_them(self, signed_in: SignedIn, mailbox: Path) -> None:
        letter(mailbox, "Older one")
        letter(mailbox, "Grüße <b>")
        page = signed_in("editor").get("/studio/mailbox/").content.decode()
        assert page.index("Grüße &lt;b&gt;") < page.index("Older one")
        assert "Older one" not in signed_in("editor").get("/studio/mailbox/?q=gr%C3%BC").content.decode()

    def test_shows_a_letter_where_it_can_do_nothing(self, signed_in: SignedIn, mailbox: Path) -> None:
        name = letter(mailbox, "Hello", html="<p>Hi<script>alert(1)</script></p>")
        page = signed_in("editor").get(f"/studio/mailbox/{name}/").content.decode()
        assert "The words." in page
        assert 'sandbox=""' in page
        frame = signed_in("editor").get(f"/studio/mailbox/{name}/html")
        assert "sandbox" in frame["Content-Security-Policy"]
        assert "default-src 'none'" in frame["Content-Security-Policy"]
        assert "script-src" not in frame["Content-Security-Policy"]
        assert frame["X-Frame-Options"] == "SAMEORIGIN"

    @pytest.mark.parametrize("name", ["nothing", "..%2F..%2Fetc%2Fpasswd", "%00", "a.b"])
    def test_opens_no_other_file(self, signed_in: SignedIn, mailbox: Path, name: str) -> None:
        assert signed_in("editor").get(f"/studio/mailbox/{name}/").status_code in (400, 404)

    def test_reads_what_is_not_well_formed(self, signed_in: SignedIn, mailbox: Path) -> None:
        (mailbox / "1-bad.eml").write_bytes(
            b"Subject: =?nonsense?B?!!!?=\nContent-Type: text/html; charset=klingon\n\n<p>\xff\xfe"
        )
        assert signed_in("editor").get("/studio/mailbox/1-bad/").status_code == 200
        assert signed_in("editor").get("/studio/mailbox/1-bad/html").status_code == 200

    def test_is_not_there_where_mail_is_really_sent(self, signed_in: SignedIn, settings: Settings) -> None:
        settings.MAILBOX_DIR = None
        assert signed_in("editor").get("/studio/mailbox/").status_code == 404


class TestASend:
    def test_balances_before_the_readers_eyes(self, signed_in: SignedIn, draft: Post) -> None:
        send = Send.objects.create(post=draft, state="sending", candidates=2)
        for number, state in enumerate(("sent", "failed")):
            subscriber = Subscriber.objects.create(email=f"r{number}@example.org", source="page")
            Delivery.objects.create(send=send, post=draft, subscriber=subscriber, state=state)
        page = signed_in("author").get(f"/studio/sends/{send.pk}/").content.decode()
        assert "1 received it, 1 did not." in page
        assert "@example.org" not in page
        assert signed_in("contributor").get(f"/studio/sends/{send.pk}/").status_code == 403
        assert "Failed" in signed_in("author").get(f"/studio/sends/{send.pk}/?state=failed").content.decode()

    def test_names_its_readers_to_those_who_see_the_list(self, signed_in: SignedIn, draft: Post) -> None:
        send = Send.objects.create(post=draft, state="finished", candidates=3)
        for name, state in (("ann", "sent"), ("bob", "failed"), ("", "sent")):
            reader = Subscriber.objects.create(email=f"{name}@example.org", source="page") if name else None
            Delivery.objects.create(
                send=send, post=draft, subscriber=reader, state=state, error="no such mailbox" * (name == "bob")
            )
        path, editor = f"/studio/sends/{send.pk}/", signed_in("editor")
        page = editor.get(path).content.decode()
        assert "ann@example.org" in page
        assert "bob@example.org" in page
        assert "ann@" not in editor.get(path, {"q": "BOB", "state": "failed"}).content.decode()
        assert "No matching subscribers." in editor.get(path, {"q": "bob\0", "state": "sent"}).content.decode()
        lines = b"".join(editor.get(f"{path}deliveries.csv", {"state": "failed"}).streaming_content).decode().splitlines()  # type: ignore[attr-defined]
        assert lines == ["email,name,state,attempts,finished_at,error", "bob@example.org,,failed,0,,no such mailbox"]
        assert signed_in("author").get(f"{path}deliveries.csv").status_code == 403
        assert "ann@" not in signed_in("author").get(path, {"q": "nobody"}).content.decode()


class TestANetwork:
    def test_shows_its_secret_once(self, signed_in: SignedIn) -> None:
        told = {"network": "webhook", "name": "Hook", "endpoint": "http://127.0.0.1:9999/hook", "secret": ""}
        client = signed_in("author")
        page = client.post("/studio/social/", told).content.decode()
        secret = Account.objects.get().secret
        assert secret in page
        assert secret not in client.get("/studio/social/").content.decode()

    def test_is_switched_off_by_its_owner_only(self, signed_in: SignedIn, person: Person) -> None:
        account = Account.objects.create(network="dummy", name="Recorder", owner=person("editor"))
        assert signed_in("author").post(f"/studio/social/{account.pk}", {"_method": "delete"}).status_code == 403
        signed_in("editor").post(f"/studio/social/{account.pk}", {"_method": "delete"})
        account.refresh_from_db()
        assert account.active is False

    def test_says_what_it_cannot_connect_to(self, signed_in: SignedIn) -> None:
        told = {"network": "webhook", "name": "Hook", "endpoint": "ftp://x", "secret": ""}
        answer = signed_in("author").post("/studio/social/", told)
        assert (answer.status_code, b"http or https" in answer.content) == (422, True)

    @pytest.mark.covers("E8")
    @pytest.mark.parametrize(
        "host", ["10.0.0.7", "169.254.169.254", "[::1]", "[fd00::7]", "localhost", "2130706433", "1.1.1.1:25", "1.1.1.1:99999"]
    )
    def test_is_refused_at_once_where_no_call_can_ever_go(self, signed_in: SignedIn, settings: Settings, host: str) -> None:
        settings.OUTBOUND_ALLOW = ()
        told = {"network": "webhook", "name": "Hook", "endpoint": f"http://{host}/hook", "secret": ""}
        answer = signed_in("author").post("/studio/social/", told)
        assert (answer.status_code, b"can never be called from here" in answer.content) == (422, True)
        assert not Account.objects.exists()

    def test_is_taken_on_the_networks_that_the_operator_allows(self, signed_in: SignedIn, settings: Settings) -> None:
        settings.OUTBOUND_ALLOW = ("10.0.0.0/8",)
        told = {"network": "webhook", "name": "Hook", "endpoint": "http://10.0.0.7/hook", "secret": ""}
        answer = signed_in("author").post("/studio/social/", told)
        assert (answer.status_code, b"cannot be found" in answer.content, Account.objects.count()) == (200, False, 1)

    def test_is_taken_with_a_warning_while_its_name_leads_nowhere(self, signed_in: SignedIn) -> None:
        told = {"network": "webhook", "name": "Hook", "endpoint": "https://hook.invalid/", "secret": ""}
        answer = signed_in("author").post("/studio/social/", told)
        assert (answer.status_code, b"hook.invalid cannot be found" in answer.content, Account.objects.count()) == (
            200,
            True,
            1,
        )


class TestAnImage:
    def test_is_kept_and_told_how_to_show(self, signed_in: SignedIn) -> None:
        page = signed_in("author").post("/studio/media/", {"file": png(), "alt": "A blue field"}).content.decode()
        assert f"![A blue field]({Media.objects.get().url})" in page

    def test_is_refused_when_it_is_none(self, signed_in: SignedIn) -> None:
        answer = signed_in("author").post("/studio/media/", {"file": png(b"GIF89a nonsense"), "alt": ""})
        assert (answer.status_code, Media.objects.count()) == (422, 0)
