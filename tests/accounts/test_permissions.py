"""Who may do what: docs/reference/permissions.md, cell by cell, through the verb, the query, the studio and the API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import Client

from app.accounts.models import ApiToken, User
from app.blog.media_deletion import fingerprint
from app.blog.models import Category, Comment, Media, Post
from app.newsletter.models import Subscriber
from app.social.models import Account
from tests import factories

pytestmark = pytest.mark.django_db

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "permissions.md"
PEOPLE: dict[str, dict[str, Any]] = {
    "reader": {"role": "reader"},
    "contributor": {"role": "contributor"},
    "author": {"role": "author"},
    "editor": {"role": "editor"},
    "staff": {"role": "reader", "is_staff": True},
    "superuser": {"role": "reader", "is_superuser": True},
    "closed": {"role": "editor", "is_staff": True, "is_superuser": True},
}


def cells() -> Iterator[tuple[str, str, str]]:
    """Yield (action, kind of person, what the page says)."""
    table = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    people = rows[0][1:]
    for action, *says in (row for row in rows[1:] if len(row) == len(people) + 1):
        yield from ((action, person, cell) for person, cell in zip(people, says, strict=True))


@dataclass
class Someone:
    user: User | None
    studio: Client
    token: str = ""

    def api(self, method: str, path: str, body: Any = None) -> bool:
        headers = {"Authorization": f"Token {self.token}"} if self.token else {}
        data = {} if body is None else {"data": body, "content_type": "application/json"}
        return is_allowed(getattr(self.studio.__class__(), method)(f"/api/v1{path}", headers=headers, **data))

    def page(self, method: str, path: str, **data: str) -> bool:
        return is_allowed(getattr(self.studio, method)(f"/studio/{path}", data))

    def may(self, ask: Callable[[User], bool]) -> bool:
        return self.user is not None and ask(self.user)


def is_allowed(response: HttpResponse) -> bool:
    return response.status_code < 400 and not response.headers.get("Location", "").startswith("/login")


def user(name: str, **fields: Any) -> User:
    made = User(username=name, email=f"{name}@secret.example", **fields)
    made.set_unusable_password()
    made.save()
    return made


@pytest.fixture
def someone() -> Callable[[str], Someone]:
    def find(kind: str) -> Someone:
        if kind == "guest":
            return Someone(None, Client())
        person = user(kind, **PEOPLE[kind])
        client = Client()
        client.force_login(person)
        token = ApiToken.objects.issue(person, "test")[1]
        if kind == "closed":
            User.objects.filter(pk=person.pk).update(is_active=False)
            person.refresh_from_db()
        return Someone(person, client, token)

    return find


def written(author: User | None, status: str) -> Post:
    post = Post(author=author or user(f"stranger-{User.objects.count()}", role="author"), title="T", content="x", status=status)
    post.save()
    return post


def reads(who: Someone, post: Post) -> list[bool]:
    visible = Post.objects.visible_to(who.user or AnonymousUser()).filter(pk=post.pk).exists()
    verb = [who.user.can_see(post)] if who.user else []
    if who.user and not who.user.is_active:
        assert not who.api("get", f"/posts/{post.pk}")  # the token of a closed account is refused whatever it asks for
        who = replace(who, token="")
    return [*verb, visible, who.api("get", f"/posts/{post.pk}")]


def writes(who: Someone, post: Post) -> list[bool]:
    listed = who.user is not None and User.objects.writers().filter(pk=who.user.pk).exists()
    return [
        who.may(lambda user: user.can_write()),
        listed,
        who.page("get", "posts/new/"),
        who.api("post", "/posts", {"title": "New"}),
    ]


def changes(who: Someone, post: Post) -> list[bool]:
    page = who.page("get", f"posts/{post.pk}/")
    return [who.may(lambda user: user.can_edit(post)), page, who.api("patch", f"/posts/{post.pk}", {"title": "Changed"})]


def publishes(who: Someone, post: Post) -> list[bool]:
    """Through the verb the state decides nothing; a page and the API need a draft."""
    other = written(post.author, "draft")
    return [
        who.may(lambda user: user.can_publish(post)),
        who.page("post", f"posts/{written(post.author, 'draft').pk}/publication"),
        who.page("get", f"posts/{written(post.author, 'draft').pk}/publish/"),
        who.page("get", f"posts/{other.pk}/audience"),
        who.api("post", f"/posts/{other.pk}/publication", {}),
    ]


def moderates(who: Someone, post: Post) -> list[bool]:
    comment = Comment.objects.create(post=post, guest_name="Guest", content="Hm.")
    listed = who.user is not None and Comment.objects.moderated_by(who.user).filter(pk=comment.pk).exists()
    return [who.may(lambda user: user.can_moderate(post)), listed, who.page("post", f"comments/{comment.pk}", status="spam")]


def deletes_pictures(who: Someone, post: Post) -> list[bool]:
    """The picture is uploaded by the author of the post; the post does not show it."""
    picture, other = (Media.objects.store(factories.image("red", (4, Media.objects.count() + 1)), post.author) for _ in "12")
    return [
        who.may(lambda user: user.can_delete_picture(picture)),
        who.page("get", f"media/{picture.pk}/"),
        who.page("post", f"media/{picture.pk}/deletion", seen=fingerprint([])),
        Media.objects.deleted().filter(pk=picture.pk).exists(),
        who.api("delete", f"/media/{other.pk}"),
    ]


def watches(who: Someone, post: Post) -> list[bool]:
    return [
        who.may(lambda user: user.can_watch(post)),
        who.page("get", f"posts/{post.pk}/effects/"),
        who.api("get", f"/effects?about=post:{post.pk}"),
    ]


def imports(who: Someone, post: Post) -> list[bool]:
    return [who.may(lambda user: user.can_import()), who.page("get", "import/"), who.api("get", "/imports")]


def keeps_the_list(who: Someone, post: Post) -> list[bool]:
    reader = Subscriber.objects.create(email=f"r{post.pk}@secret.example")
    pages = [
        who.page("get", f"subscribers/{path}")
        for path in ("", "new/", "mailings/", f"{reader.pk}/", f"{reader.pk}/export.json")
    ]
    pages.append(who.page("post", f"subscribers/{reader.pk}/unsubscription"))
    calls = [who.api("get", "/subscribers"), who.api("get", f"/subscribers/{reader.pk}")]
    return [who.may(lambda user: user.can_manage_subscribers()), *pages, *calls, who.api("delete", f"/subscribers/{reader.pk}")]


def manages_the_team(who: Someone, post: Post) -> list[bool]:
    member = user(f"carl-{post.pk}", role="contributor")
    return [
        who.may(lambda user: user.can_manage_team()),
        who.may(lambda user: user.can_manage(member)),
        who.page("get", "team/"),
        who.page("post", f"team/{member.pk}/role", role="author"),
        who.page("post", "team/", email=f"n{post.pk}@secret.example", role="author"),
        who.api("get", "/team"),
        who.api("put", f"/team/{member.pk}/role", {"role": "contributor"}),
        who.api("post", "/team/invitations", {"email": f"m{post.pk}@secret.example", "role": "contributor"}),
    ]


def administrates(who: Someone, post: Post) -> list[bool]:
    member = user(f"edith-{post.pk}", role="editor")
    return [
        who.may(lambda user: user.can_manage(member)),
        who.may(lambda user: user.can_grant("administrator")),
        who.may(lambda user: user.can_reset_second_factor(member)),
        who.page("post", f"team/{member.pk}/role", role="editor"),
        who.page("post", "team/", email=f"n{post.pk}@secret.example", role="editor"),
        who.api("put", f"/team/{member.pk}/role", {"role": "editor"}),
        who.api("put", f"/team/{member.pk}/deactivation"),
        who.api("post", "/team/invitations", {"email": f"m{post.pk}@secret.example", "role": "administrator"}),
    ]


def keeps_topics(who: Someone, post: Post) -> list[bool]:
    made = [Category.objects.create(name=f"C{post.pk}-{n}", slug=f"c{post.pk}-{n}") for n in range(2)]
    return [
        who.may(lambda user: user.can_manage_topics()),
        who.page("get", "topics/"),
        who.page("get", f"topics/category/{made[0].pk}/"),
        who.page("post", f"topics/category/{made[0].pk}/deletion"),
        who.api("post", "/topics/tag", {"name": f"t{post.pk}"}),
        who.api("patch", f"/topics/category/{made[1].pk}", {"name": f"D{post.pk}"}),
        who.api("delete", f"/topics/category/{made[1].pk}"),
    ]


def discusses(who: Someone, post: Post) -> list[bool]:
    return [
        who.may(lambda user: user.can_discuss(post)),
        who.page("get", f"posts/{post.pk}/review/"),
        who.page("post", f"posts/{post.pk}/review/notes", text="Hm."),
        who.page("post", f"posts/{post.pk}/review/submission", text="Please."),
        who.api("get", f"/posts/{post.pk}/review"),
        who.api("get", f"/posts/{post.pk}/notes"),
        who.api("post", f"/posts/{post.pk}/notes", {"text": "Hm."}),
        who.api("post", f"/posts/{post.pk}/review", {}),
    ]


def reads_the_log(who: Someone, post: Post) -> list[bool]:
    return [who.may(lambda user: user.can_see_log()), who.page("get", "log/"), who.api("get", "/log")]


def keeps_the_site(who: Someone, post: Post) -> list[bool]:
    pages = [who.page("get", path) for path in ("settings/", "settings/look/", "settings/redirects/", "pages/", "pages/new/")]
    pages.append(who.page("post", "settings/comments/", comments="everyone"))
    calls = [who.api("get", "/pages"), who.api("get", "/settings"), who.api("patch", "/settings", {"tagline": "Letters"})]
    return [who.may(lambda user: user.can_manage_site()), *pages, *calls]


def operates(who: Someone, post: Post) -> list[bool]:
    pages = [who.page("get", path) for path in ("effects/", "conservation/", "notices/")]
    return [who.may(lambda user: user.is_operator), *pages, who.api("get", "/effects"), who.api("get", "/effects?about=user:1")]


ACTIONS: dict[str, tuple[Callable[[Someone, Post], list[bool]], tuple[str, ...]]] = {
    "Read a public post": (reads, ("published",)),
    "Read an unpublished post": (reads, ("draft",)),
    "Write a post": (writes, ("draft",)),
    "Change or delete a post": (changes, ("draft", "published")),
    "Publish, schedule, withdraw or mail a post": (publishes, ("draft", "published")),
    "Moderate the comments on a post": (moderates, ("published",)),
    "Delete a picture": (deletes_pictures, ("draft",)),
    "See what followed from a post, and retry it": (watches, ("draft", "published")),
    "Import from another system, and undo it": (imports, ("draft",)),
    "See, add, import, export and erase subscribers": (keeps_the_list, ("published",)),
    "See the team, invite contributors and authors, change those": (manages_the_team, ("draft",)),
    "Invite editors and administrators, change those, remove a lost second factor": (administrates, ("draft",)),
    "Make, rename, merge and delete categories and tags": (keeps_topics, ("draft",)),
    "Read and write the team's notes on a post, and submit it": (discusses, ("draft",)),
    "Read the log of who did what": (reads_the_log, ("draft",)),
    "Change the settings of the publication, its pages and redirects": (keeps_the_site, ("draft",)),
    "See all effects and mailings, the audit, the mailbox": (operates, ("published",)),
}


def expected(cell: str, *, own: bool, status: str) -> bool:
    return cell == "all" or (own and (cell == "own" or (cell == "own until public" and status != "published")))


class TestThePage:
    def test_has_a_row_for_each_action_and_a_column_for_each_kind_of_person(self) -> None:
        assert {action for action, _, _ in cells()} == set(ACTIONS)
        assert {person for _, person, _ in cells()} == {"guest", *PEOPLE}

    @pytest.mark.covers("M4")
    @pytest.mark.parametrize(("action", "person", "cell"), list(cells()))
    def test_is_what_every_face_does(self, someone: Callable[[str], Someone], action: str, person: str, cell: str) -> None:
        ask, statuses = ACTIONS[action]
        who = someone(person)
        for status in statuses:
            for own in (True, False) if who.user else (False,):
                if action == "Write a post" and not own:
                    continue
                answers = ask(who, written(who.user if own else None, status))
                assert answers == [expected(cell, own=own, status=status)] * len(answers), (status, own)


class TestEditors:
    @pytest.mark.parametrize("kind", PEOPLE)
    def test_are_listed_as_the_verb_says(self, someone: Callable[[str], Someone], kind: str) -> None:
        person = someone(kind).user
        assert person is not None
        assert User.objects.editors().filter(pk=person.pk).exists() == person.edits_everything

    @pytest.mark.parametrize("kind", PEOPLE)
    def test_share_every_post_through_their_network_accounts(self, someone: Callable[[str], Someone], kind: str) -> None:
        person = someone(kind).user
        assert person is not None
        account = Account.objects.create(network="dummy", name="theirs", owner=person)
        post = written(None, "draft")
        assert (account in Account.objects.sharing(post)) == person.edits_everything
