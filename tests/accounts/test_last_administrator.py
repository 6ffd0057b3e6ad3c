"""One administrator is always left, also in Django's admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from app.accounts.models import User

pytestmark = pytest.mark.django_db
LAST = "This is the last administrator. Make someone else one first."


@pytest.fixture
def ada(client: Client) -> User:
    """Return the only administrator, who is signed in."""
    ada = User.objects.create_superuser("ada", "ada@example.org", "reading-glasses-7")
    client.force_login(ada)
    return ada


def change(client: Client, user: User, **fields: Any) -> Any:
    """Save the form of the admin, without the flags that are not named."""
    form = {"username": user.username, "role": user.role, "date_joined_0": "2026-01-01", "date_joined_1": "10:00"}
    return client.post(f"/admin/accounts/user/{user.pk}/change/", {**form, **fields})


class TestTheAdmin:
    @pytest.mark.parametrize("flags", [{"is_staff": "on", "is_active": "on"}, {"is_staff": "on", "is_superuser": "on"}, {}])
    def test_does_not_demote_the_last_one_or_switch_them_off(self, client: Client, ada: User, flags: dict[str, str]) -> None:
        assert LAST in change(client, ada, **flags).content.decode()
        ada.refresh_from_db()
        assert (ada.is_active, ada.is_superuser) == (True, True)

    def test_changes_the_rest_of_them(self, client: Client, ada: User) -> None:
        flags = {"is_staff": "on", "is_active": "on", "is_superuser": "on"}
        assert change(client, ada, first_name="Ada", **flags).status_code == 302

    def test_demotes_one_where_another_is_left(self, client: Client, ada: User) -> None:
        ben = User.objects.create_superuser("ben", "ben@example.org", "reading-glasses-7")
        assert change(client, ben, is_active="on").status_code == 302
        assert not User.objects.get(pk=ben.pk).is_superuser

    def test_deletes_no_one_alone_or_with_others(self, client: Client, ada: User) -> None:
        path, chosen = f"/admin/accounts/user/{ada.pk}/delete/", {"action": "delete_selected", "post": "yes"}
        assert "Cannot delete user" in client.get(path).content.decode()
        assert client.post(path, {"post": "yes"}).status_code == 403
        assert client.post("/admin/accounts/user/", {**chosen, "_selected_action": [ada.pk]}).status_code == 403
        assert User.objects.get() == ada
