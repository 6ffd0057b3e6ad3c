"""Every text that a person sees is marked for translation."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from lxml import html
from pytest_django import Settings

from app.accounts.models import Role, User
from app.blog.models import Comment, Post
from app.mail.compiled import Addressee
from app.mail.message import Letter
from app.members.models import EmailChange
from app.newsletter.greeting import letter as greeting_letter
from app.newsletter.letters import confirmation_letter, post_context, post_letter
from app.newsletter.models import Confirmation, Greeting, Subscriber
from app.notices import kinds
from app.notices.letters import letter
from app.notices.models import Notice
from app.site import languages
from app.studio import urls as studio_urls
from app.team.invitation_mail import letter as invitation_letter
from app.team.models import Invitation
from owed.models import Effect
from tests.pseudo_locale import LANGUAGE, WORD, pseudo_locale, unmarked

NAMES: frozenset[str] = frozenset(
    {"Afterword", "RSS", "Atom", "JSON", "Feed", "Flower", "Markdown", "Mastodon", "Bluesky", "Dummy", "UTC", "HTML", "API"}
)
"""Proper names and names of formats."""

OWN_NAMES = frozenset(word for _, name in languages.choices() for _, own in name for word in WORD.findall(own))
"""Each language is offered under its own name for itself."""
NAMES |= OWN_NAMES
GROUPED = re.compile(r"\d[.,\u00a0\u202f]\d{3}(?!\d)")
"""A number as people read it: a program takes `1,234` for something else."""

READER = ["home", "archive", "search", "login", "join", "password_reset", "subscribe"]
MEMBER = ["account", "account_address", "account_password"]
FRAGMENTS = {"subscribers_csv", "statistics_csv", "preview", "new_working_copy"}
STUDIO = sorted(
    pattern.name
    for pattern in studio_urls.urlpatterns
    if not pattern.pattern.converters
    and pattern.name not in {"subscribers_csv", "statistics_csv", "preview", "new_working_copy"}
)
"""Every page of the studio whose address names no object, but for files and answers to scripts."""


@pytest.fixture
def large_ids(db: None) -> None:
    """Let ids have seven digits: what a program reads must not have separators in it."""
    with connection.cursor() as cursor:
        for number, model in enumerate((Post, Comment, User, Effect, Subscriber)):
            sequence = f"pg_get_serial_sequence('{model._meta.db_table}', 'id')"
            cursor.execute(f"SELECT setval({sequence}, {1234500 + number})")


@pytest.fixture
def editor(large_ids: None) -> User:
    return User.objects.create_user("ωμέγα", "1@example.org", "9-1-9-1-9-1-9", role=Role.EDITOR, is_staff=True)


@pytest.fixture
def post(editor: User) -> Post:
    """A public post in which every name is Greek, so that ASCII on its pages is ours."""
    post = Post.objects.create(title="Άλφα", content="βήτα", excerpt="γάμμα", author=editor)
    post.publish(at=timezone.now())
    return post


class TestThePages:
    @pytest.mark.parametrize("name", READER)
    def test_of_readers_have_no_unmarked_text(self, client: Client, post: Post, name: str) -> None:
        assert found(client, reverse(name)) == []

    def test_of_a_post_has_none(self, client: Client, post: Post) -> None:
        assert found(client, post.get_absolute_url()) == []

    @pytest.mark.parametrize("name", MEMBER)
    def test_of_an_account_have_none(self, client: Client, editor: User, name: str) -> None:
        client.force_login(editor)
        assert found(client, reverse(name)) == []

    def test_of_the_studio_have_none(self, client: Client, post: Post, editor: User) -> None:
        User.objects.filter(pk=editor.pk).update(is_superuser=True)
        client.force_login(editor)
        # Some answer only a form's question: they are missing, or lead on, without it.
        pages = {name: found(client, reverse(f"studio:{name}"), only={200, 302, 404, 405}) for name in STUDIO}
        assert {name: texts for name, texts in pages.items() if texts} == {}

    @pytest.mark.parametrize("name", ["edit", "post_effects"])
    def test_of_a_post_in_the_studio_have_none(self, client: Client, post: Post, editor: User, name: str) -> None:
        client.force_login(editor)
        assert found(client, reverse(f"studio:{name}", args=[post.pk])) == []

    def test_that_refuse_a_form_have_none(self, client: Client, post: Post) -> None:
        with pseudo_locale():
            for name in ("join", "login", "subscribe", "password_reset"):
                assert unmarked(client.post(reverse(name), {}).content.decode(), NAMES) == []

    def test_that_are_missing_have_none(self, client: Client, db: None) -> None:
        with pseudo_locale():
            assert unmarked(client.get("/nowhere/").content.decode(), NAMES) == []


class TestMail:
    """Mail speaks the language of the publication, which is the pseudo-locale here."""

    @pytest.fixture(autouse=True)
    def speaking(self, settings: Settings) -> Iterator[None]:
        settings.SITE_OVERRIDES = {"language": LANGUAGE}
        with pseudo_locale():
            yield

    def test_about_a_thing_has_no_unmarked_text(self, post: Post, editor: User) -> None:
        comment = post.comment(content="δέλτα", author=editor)
        change = EmailChange.objects.create(
            user=editor, old_email="1@example.org", new_email="2@example.org", password_mark="", asked_at=timezone.now()
        )
        keys = {"move": change.pk, "moving": change.pk, "moved": change.pk, "password": timezone.now().isoformat()}
        keys |= {"noted": "note:1", "submitted": "1/1", "second_factor": f"app_on/{timezone.now().isoformat()}"}
        keys |= {"failed-effects": "20260102T030405-20260102T040405", "late-effects": "20260102T030405"}
        about = {"post": post, "comment": comment, "actor": editor, "recipient": editor}
        mails = {
            name: letter(Notice.objects.create(kind=name, subject_key=str(keys.get(name, name)), **about), [])
            for name in sorted(kinds.KINDS)
        }
        assert {name: words for name, mail in mails.items() if (words := plain(mail))} == {}

    def test_to_readers_has_none(self, post: Post, editor: User) -> None:
        subscriber = Subscriber.objects.create(email="3@example.org", user=editor, consented_at=timezone.now())
        confirmation, greeting = Confirmation(subscriber=subscriber), Greeting(subscriber=subscriber)
        reader = Addressee(email="3@example.org", name="", token=subscriber.token, message_id="<1@example.org>")
        invitation = Invitation(email="3@example.org", role="author", invited_by=editor, expires_at=timezone.now(), pk=1)
        mails = [
            confirmation_letter(confirmation),
            greeting_letter(greeting),
            post_letter(post_context(post.pk), "Άλφα", reader),
        ]
        assert [plain(mail) for mail in (*mails, invitation_letter(invitation))] == [[]] * 4


def plain(mail: Letter) -> list[str]:
    return [*unmarked(mail.html, NAMES), *unmarked(mail.text, NAMES), *unmarked(mail.subject, NAMES)]


def found(client: Client, address: str, *, only: Collection[int] = (200,)) -> list[str]:
    """Return the texts of a page that were never marked, and the numbers that its programs could not read."""
    with pseudo_locale():
        answer = client.get(address)
        assert answer.status_code in only, address
        page = answer.content.decode()
        return [*unmarked(page, NAMES), *(value for value in attributes(page) if GROUPED.search(value))] if page else []


def attributes(page: str) -> list[str]:
    tree = html.fromstring(page)
    seen = {"title", "aria-label", "alt", "content"}
    return [value for element in tree.iter() for name, value in element.attrib.items() if name not in seen]
