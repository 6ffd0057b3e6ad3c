from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from app.accounts.models import Profile, Role, User, create_user_profile
from app.accounts.signals import user_registered
from app.blog.models import Post

pytestmark = pytest.mark.django_db


@pytest.fixture
def registered():
    heard = []

    def listen(sender: type, user: User, **kwargs: object) -> None:
        heard.append((sender, user.username, Profile.objects.filter(user=user).exists()))

    user_registered.connect(listen)
    yield heard
    user_registered.disconnect(listen)


def by_command() -> None:
    call_command("createsuperuser", "--no-input", username="ada", email="ada@example.com", stdout=StringIO())


WAYS = {
    "site": lambda: User.objects.register("ada", "ada@example.com", "correct horse battery"),
    "command": by_command,
    "create_user": lambda: User.objects.create_user("ada"),
    "save": lambda: User(username="ada").save(),
    "bulk": lambda: User.objects.bulk_create([User(username="ada")]),
    "get_or_create": lambda: User.objects.get_or_create(username="ada"),
}


class TestNewUsers:
    @pytest.mark.covers("M11", "H26", "H33")
    @pytest.mark.parametrize("way", WAYS)
    def test_have_a_profile_and_are_announced_once(self, way, registered):
        WAYS[way]()
        User.objects.get().save()

        assert registered == [(User, "ada", True)]
        assert Profile.objects.get().user == User.objects.get()
        Post.objects.create(title="At once", content="-", author=User.objects.get(), status="published")
        assert (Profile.objects.get().post_count, Profile.objects.get().published_post_count) == (1, 1)

    @pytest.mark.covers("M11")
    def test_from_the_admin_have_a_profile_too(self, client):
        client.force_login(User.objects.create_superuser("root"))
        data = {"username": "ada", "email": "", "role": "author", "usable_password": "true"}
        passwords = {"password1": "correct horse battery", "password2": "correct horse battery"}
        client.post("/admin/accounts/user/add/", data | passwords)

        assert Profile.objects.get(user__username="ada").user.registered_via == "admin"

    @pytest.mark.covers("H26", "M11")
    def test_remember_how_they_came(self):
        by_command()

        assert (User.objects.get().registered_via, User.objects.get().role) == ("command", "editor")
        assert User.objects.register("bob", "bob@example.com", "correct horse battery").registered_via == "site"

    @pytest.mark.covers("M11", "H29")
    def test_that_are_rolled_back_leave_nothing(self):
        with pytest.raises(RuntimeError), transaction.atomic():
            User.objects.create_user("ada")
            raise RuntimeError

        assert not Profile.objects.exists()

    @pytest.mark.covers("M11")
    def test_are_undone_when_a_receiver_fails(self):
        def fail(**kwargs: object) -> None:
            raise RuntimeError

        user_registered.connect(fail)
        with pytest.raises(RuntimeError):
            User.objects.create_user("ada")
        user_registered.disconnect(fail)
        assert not User.objects.exists()


class TestRegistering:
    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"username": "ADA"}, "__all__"),
            ({"username": "a b<script>"}, "username"),
            ({"username": ""}, "username"),
            ({"username": "x\x00"}, "username"),
            ({"email": "ADA@example.com"}, "__all__"),
            ({"email": "no address"}, "email"),
            ({"email": "a@b.example\nBcc: c@d.example"}, "email"),
            ({"password": "12345"}, "password"),
        ],
    )
    def test_refuses_what_is_taken_or_wrong_by_field(self, values, field):
        User.objects.register("ada", "ada@example.com", "correct horse battery")
        with pytest.raises(ValidationError) as error:
            User.objects.register(
                **{"username": "bob", "email": "bob@example.com", "password": "correct horse battery"} | values
            )

        assert field in error.value.message_dict
        assert User.objects.count() == 1


class TestProfiles:
    @pytest.mark.covers("M11", "E12")
    def test_are_made_once(self):
        user = User.objects.create_user("ada")

        assert create_user_profile(user) == create_user_profile(user.pk) == user.profile

    @pytest.mark.covers("M12", "H1")
    def test_are_saved_without_their_counts(self):
        profile = User.objects.create_user("ada").profile
        Profile.objects.update(post_count=3, published_post_count=2)
        profile.bio = "Hello"
        profile.save()

        profile.refresh_from_db()
        assert (profile.bio, profile.post_count, profile.published_post_count) == ("Hello", 3, 2)

    @pytest.mark.covers("H6")
    def test_that_are_gone_do_not_come_back(self):
        profile = User.objects.create_user("ada").profile
        Profile.objects.all().delete()
        with pytest.raises(DatabaseError), transaction.atomic():
            profile.save()

        assert not Profile.objects.exists()

    @pytest.mark.covers("G5")
    @pytest.mark.parametrize("column", ["post_count", "published_post_count"])
    def test_cannot_count_less_than_nothing(self, column):
        User.objects.create_user("ada")
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE accounts_profile SET {column} = -1")


class TestTheUserModel:
    @pytest.mark.covers("G6")
    def test_is_the_projects_own_from_the_first_migration(self):
        assert settings.AUTH_USER_MODEL == "accounts.User"
        assert User._meta.db_table in connection.introspection.table_names()
        assert "auth_user" not in connection.introspection.table_names()

    @pytest.mark.covers("G6")
    def test_is_imported_from_django_nowhere(self):
        folders = [path for config in apps.get_app_configs() if config.name.startswith("app.") for path in [config.path]]
        sources = [source for folder in folders for source in Path(folder).rglob("*.py")]

        assert len(sources) > 50
        assert [source for source in sources if "auth.models import User\n" in source.read_text()] == []

    @pytest.mark.parametrize("column", ["role", "registered_via"])
    def test_knows_its_roles(self, column):
        User.objects.create_user("ada")
        with pytest.raises(IntegrityError, match="known"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE accounts_user SET {column} = 'x'")

    def test_keeps_addresses_and_names_apart_by_more_than_case(self):
        User.objects.create_user("ada", "ada@example.com")
        for username, email in (("ADA", "other@example.com"), ("bob", "Ada@Example.com")):
            with pytest.raises(IntegrityError), transaction.atomic():
                User.objects.create_user(username, email)
        User.objects.create_user("one")
        User.objects.create_user("two")


class _Piece:
    def __init__(self, author_id: int, status: str = "draft") -> None:
        self.author_id, self.status = author_id, status


class TestRoles:
    @pytest.mark.covers("M4")
    @pytest.mark.parametrize(
        ("role", "write", "edit_own", "edit_own_public", "publish_own", "edit_other", "publish_other"),
        [
            (Role.READER, False, False, False, False, False, False),
            (Role.CONTRIBUTOR, True, True, False, False, False, False),
            (Role.AUTHOR, True, True, True, True, False, False),
            (Role.EDITOR, True, True, True, True, True, True),
        ],
    )
    def test_may_what_they_say(self, role, write, edit_own, edit_own_public, publish_own, edit_other, publish_other):
        user = User.objects.create_user("ada", role=role)
        own, public, other = _Piece(user.pk), _Piece(user.pk, "published"), _Piece(user.pk + 1)

        assert user.can_write() is write
        assert (user.can_edit(own), user.can_edit(public), user.can_edit(other)) == (edit_own, edit_own_public, edit_other)
        assert (user.can_publish(own), user.can_publish(other)) == (publish_own, publish_other)

    def test_end_with_the_account(self):
        user = User.objects.create_user("ada", role=Role.EDITOR, is_active=False)

        piece = _Piece(user.pk)
        assert [user.can_write(), user.can_edit(piece), user.can_publish(piece)] == [False] * 3
