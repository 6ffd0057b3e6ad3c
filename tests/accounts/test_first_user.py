"""The first user of an installation, made as docs/howto/deploy.md says."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.test import Client


@pytest.mark.django_db
class TestTheFirstUser:
    def test_may_use_the_studio_and_the_admin(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a-good-password-7")
        call_command("createsuperuser", "--noinput", "--username", "ada", "--email", "ada@example.org")
        client = Client()
        assert client.post("/login/", {"username": "ada", "password": "a-good-password-7"}).status_code == 302
        for path in ("/studio/", "/studio/posts/new/", "/studio/effects/", "/studio/social/", "/admin/"):
            assert client.get(path).status_code == 200, path
