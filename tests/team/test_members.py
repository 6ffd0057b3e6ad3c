"""Roles, deactivation and the posts of one who leaves."""

from __future__ import annotations

import pytest
from django.test import Client

from app.accounts.models import ApiToken, LastAdministrator, Profile, User
from app.blog.models import Post
from app.log.models import Entry
from app.members.models import EmailChange
from app.search.models import Document
from app.team import members
from app.team.errors import LastOne
from app.team.models import Invitation
from owed.testing import drain
from tests import factories
from tests.concurrency import at_once
from tests.team.newsroom import PASSWORD, invite, logged

pytestmark = pytest.mark.django_db


def change(client: Client, member: User, role: str) -> int:
    return client.post(f"/studio/team/{member.pk}/role", {"role": role}).status_code


def team_role(member: User) -> str:
    return User.objects.get(pk=member.pk).team_role


class TestARole:
    def test_is_changed_by_an_editor_up_to_author(self, desk: Client, carl: User) -> None:
        assert change(desk, carl, "author") == 302
        assert team_role(carl) == "author"
        assert [change(desk, carl, role) for role in ("editor", "administrator", "", "owner")] == [403] * 4
        assert team_role(carl) == "author"
        [entry] = Entry.objects.all()
        assert (entry.action, entry.subject, entry.detail) == (
            "team.role", f"user:{carl.pk}", {"before": "contributor", "role": "author"},
        )  # fmt: skip

    def test_of_an_editor_is_changed_by_an_administrator(self, desk: Client, admin_desk: Client, ada: User) -> None:
        other = factories.person("emil", "editor")
        assert [change(desk, each, "author") for each in (other, ada)] == [403, 403]
        assert change(admin_desk, other, "administrator") == 302
        assert team_role(other) == "administrator"
        assert User.objects.get(pk=other.pk).is_staff
        change(admin_desk, other, "author")
        other.refresh_from_db()
        assert (other.role, other.is_superuser, other.is_staff) == ("author", False, False)

    def test_is_not_changed_by_its_owner(self, admin_desk: Client, ada: User) -> None:
        assert change(admin_desk, ada, "editor") == 403

    def test_of_a_reader_takes_them_out_of_the_team(self, desk: Client, carl: User) -> None:
        change(desk, carl, "reader")
        assert carl.username not in [person.username for person, _ in desk.get("/studio/team/").context["members"]]

    def test_keeps_who_only_runs_the_site_in_the_admin(self, admin_desk: Client) -> None:
        staff = factories.person("stan", "reader", is_staff=True)
        change(admin_desk, staff, "author")
        staff.refresh_from_db()
        assert (staff.role, staff.is_staff) == ("author", True)


class TestTheLastAdministrator:
    def test_is_neither_demoted_nor_deactivated_nor_can_leave(self, ada: User) -> None:
        with pytest.raises(LastAdministrator):
            ada.change_team_role("editor")
        with pytest.raises(LastAdministrator):
            ada.deactivate()
        mine = Client()
        mine.force_login(ada)
        answer = mine.post("/account/deletion", {"username": "ada"}, follow=True)
        assert b"no other administrator is left" in answer.content
        ada.refresh_from_db()
        assert (ada.is_active, ada.is_superuser) == (True, True)

    def test_can_go_when_there_is_another(self, ada: User) -> None:
        User.objects.create_superuser("ben", "ben@example.org", PASSWORD)
        assert ada.leave()

    @pytest.mark.django_db(transaction=True)
    def test_is_left_where_two_demote_each_other(self, ada: User) -> None:
        ben = User.objects.create_superuser("ben", "ben@example.org", PASSWORD)
        ends = at_once(lambda: members.change_role(ada, "editor"), lambda: members.change_role(ben, "editor"))
        assert sorted(type(end).__name__ for end in ends) == ["LastOne", "NoneType"]
        assert User.objects.filter(is_superuser=True).count() == 1


class TestDeactivation:
    def test_ends_every_session_and_token_for_good(self, desk: Client, anna: User) -> None:
        theirs = Client()
        theirs.force_login(anna)
        token = ApiToken.objects.issue(anna, "script")[1]
        headers = {"Authorization": f"Token {token}"}
        assert theirs.get("/studio/").status_code == 200
        assert Client().get("/api/v1/media", headers=headers).status_code == 200
        desk.post(f"/studio/team/{anna.pk}/deactivation")
        assert theirs.get("/studio/").status_code == 302
        assert Client().post("/login/", {"username": "anna", "password": PASSWORD}).status_code == 422
        desk.post(f"/studio/team/{anna.pk}/deactivation", {"_method": "delete"})
        assert theirs.get("/studio/").status_code == 302
        assert Client().get("/api/v1/media", headers=headers).status_code == 401
        assert Client().post("/login/", {"username": "anna", "password": PASSWORD}).status_code == 302
        assert logged() == ["team.deactivated", "team.reactivated"]

    def test_keeps_posts_and_their_author_page(self, desk: Client, anna: User) -> None:
        post = factories.publish(anna)
        desk.post(f"/studio/team/{anna.pk}/deactivation")
        drain()
        assert Client().get(post.get_absolute_url()).status_code == 200
        assert Client().get("/authors/anna/").status_code == 200
        assert User.objects.filter(pk=anna.pk).exists()

    def test_ends_what_else_would_let_them_in(self, admin_desk: Client, desk: Client, edith: User) -> None:
        invite(desk, "friend@example.org")
        desk.post("/account/address", {"email": "private@example.org", "password": PASSWORD})
        assert EmailChange.objects.filter(closed_at=None).exists()
        admin_desk.post(f"/studio/team/{edith.pk}/deactivation")
        assert Invitation.objects.get().outcome == "revoked"
        assert not EmailChange.objects.filter(closed_at=None).exists()

    def test_is_not_undone_for_one_who_left(self, admin_desk: Client, anna: User) -> None:
        anna.leave()
        assert admin_desk.post(f"/studio/team/{anna.pk}/deactivation", {"_method": "delete"}).status_code == 404
        assert not anna.reactivate()

    def test_is_not_for_oneself_or_a_higher_one(self, desk: Client, edith: User, ada: User) -> None:
        answers = [desk.post(f"/studio/team/{each.pk}/deactivation").status_code for each in (edith, ada)]
        assert answers == [403, 403]

    def test_does_not_end_a_session_of_an_account_that_never_was_deactivated(self, anna: User) -> None:
        assert anna.session_mark == ""
        assert anna.get_session_auth_hash() == super(User, anna).get_session_auth_hash()


class TestATransfer:
    def test_gives_every_post_to_another_with_all_that_follows(
        self, desk: Client, anna: User, carl: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.team.members.A_PART", 2)
        posts = [factories.publish(anna, f"Post {number}") for number in range(4)] + [factories.write(anna, "A draft")]
        drain()
        desk.post(f"/studio/team/{anna.pk}/transfer", {"to": carl.pk})
        drain()
        assert Post.objects.filter(author=carl).count() == 5
        counts = {each.user_id: (each.post_count, each.published_post_count) for each in Profile.objects.all()}
        assert (counts[anna.pk], counts[carl.pk]) == ((0, 0), (5, 4))
        assert "carl" in Client().get(posts[0].get_absolute_url()).content.decode()
        assert Client().get("/authors/anna/").status_code == 200
        [entry] = Entry.objects.filter(action="team.transferred")
        assert entry.detail == {"to": carl.pk, "number": 5}
        assert Document.objects.count() == 4

    def test_leaves_alone_what_is_written_later(self, anna: User, carl: User) -> None:
        factories.write(anna, "Before")
        members.transfer(anna, carl)
        factories.write(anna, "After")
        drain()
        assert [post.title for post in Post.objects.filter(author=anna)] == ["After"]

    def test_needs_someone_who_writes(self, desk: Client, anna: User) -> None:
        factories.write(anna)
        reader = factories.person("rita")
        assert desk.post(f"/studio/team/{anna.pk}/transfer", {"to": reader.pk}).status_code == 404
        answer = desk.post(f"/studio/team/{anna.pk}/transfer", {"to": anna.pk}, follow=True)
        assert b"Choose someone else" in answer.content


def test_last_one_is_a_refusal_that_a_person_reads(ada: User) -> None:
    with pytest.raises(LastOne, match="last administrator"):
        members.deactivate(ada, now=ada.date_joined)
