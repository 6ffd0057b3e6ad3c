"""`manage.py pictures`."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from app.accounts.models import Role, User
from app.blog.models import Media
from owed.testing import owes
from tests import factories
from tests.factories import image

pytestmark = pytest.mark.django_db


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("pictures", *arguments, stdout=out)
    return out.getvalue()


class TestTheCommand:
    def test_lists_pictures_and_where_each_is_used(self, author: User) -> None:
        used, unused = Media.objects.store(image("red"), author), Media.objects.store(image("blue"), author)
        post = factories.write(author, "T", f"![]({used.url})")
        assert said().splitlines() == [
            f"{unused.pk}\t{unused.size}\tpicture.png\tnot used anywhere",
            f"{used.pk}\t{used.size}\tpicture.png\tpost:{post.pk}",
        ]
        assert said("--unused").splitlines() == said().splitlines()[:1]

    def test_deletes_in_the_name_of_a_user(self, author: User) -> None:
        picture = Media.objects.store(image(), author)
        assert said("--delete", str(picture.pk), "--by", author.username) == f"{picture.pk} is deleted\n"
        assert owes("media.cleanup", about=picture).count() == 1
        assert Media.objects.deleted().get().deleted_by == author
        with pytest.raises(CommandError, match="was deleted already"):
            said("--delete", str(picture.pk), "--by", author.username)

    @pytest.mark.parametrize("by", ["", "nobody", "olaf"])
    def test_deletes_for_no_one_who_may_not(self, author: User, by: str) -> None:
        factories.person("olaf", Role.AUTHOR)
        picture = Media.objects.store(image(), author)
        with pytest.raises(CommandError):
            said("--delete", str(picture.pk), "--by", by)
        assert Media.objects.kept().exists()
