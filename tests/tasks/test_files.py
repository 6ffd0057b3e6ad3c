"""Files of posts, from outside: there until a person deletes the picture, gone soon after."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from app.accounts.models import Role, User
from app.blog.effects import cleanup_files
from app.blog.models import Media, Post
from app.blog.stray_files import remove_stray_files
from owed import owe
from owed.models import Effect
from owed.sweeping import sweep
from owed.testing import drain, owes
from tests.factories import image
from tests.proof.processes import environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.covers("E4", "H11", "M14")]
DIES = """
import os, signal
import django
django.setup()
from django.core.files.storage import FileSystemStorage
from owed.draining import work
remove = FileSystemStorage.delete
def remove_and_die(storage, name):
    remove(storage, name)
    os.kill(os.getpid(), signal.SIGKILL)
FileSystemStorage.delete = remove_and_die
while work():
    pass
"""


def stored(color: str, author: User) -> Media:
    return Media.objects.store(image(color), author)


def showing(author: User, *media: Media) -> Post:
    text = "\n".join(f"![]({each.url})" for each in media)
    return Post.objects.create(title="Pictures", content=text, author=author, status="published")


def answers(*media: Media) -> list[int]:
    answers = [Client().get(f"/media/{each.file.name}") for each in media]
    for answer in answers:
        answer.close()
    return [answer.status_code for answer in answers]


def sweep_files() -> None:
    """Do what the sweep of files does in a month's time."""
    remove_stray_files(timezone.now() + timedelta(days=30))


class TestAFile:
    def test_of_a_deleted_post_stays(self, author: User) -> None:
        picture, cover = stored("red", author), stored("blue", author)
        post = showing(author, picture)
        post.revise(cover=cover)
        post.delete()
        drain()
        assert answers(picture, cover) == [200, 200]
        assert Media.objects.kept().count() == 2

    def test_cut_from_a_post_stays_for_mails_and_feeds_that_link_to_it(self, author: User) -> None:
        picture = stored("red", author)
        post = showing(author, picture)
        drain()
        assert picture.url in Client().get("/rss.xml").content.decode()
        post.revise(content="No picture.")
        drain()
        sweep_files()
        assert answers(picture) == [200]

    def test_shown_by_a_profile_alone_stays(self, author: User) -> None:
        """Case 39: uploaded in the studio, put into "About you"; a day later the page still shows it."""
        picture = stored("red", author)
        client = Client()
        client.force_login(author)
        client.post("/account/", {"bio": f"![me]({picture.url})"})
        sweep_files()
        drain()
        assert picture.checksum in client.get(f"/authors/{author.username}/").content.decode()
        assert answers(picture) == [200]

    def test_of_two_authors_outlives_the_account_of_the_first(self, author: User) -> None:
        other = User.objects.create_user("bob", role=Role.AUTHOR)
        shown, uploaded, own = stored("green", author), stored("lime", author), stored("blue", author)
        cut, about = stored("gray", author), stored("gold", author)
        showing(author, shown, own)
        kept = showing(other, shown, cut)
        kept.revise(content=f"![]({shown.url})")
        type(other.profile).objects.filter(user=other).update(bio=f"![]({about.url})")
        stored("lime", other)
        author.leave()
        drain()
        assert answers(shown, uploaded, cut, about, own) == [200, 200, 200, 200, 404]
        assert set(Media.objects.values_list("pk", "owner")) == {
            (shown.pk, None),
            (uploaded.pk, other.pk),
            (cut.pk, None),
            (about.pk, None),
        }
        kept.delete()
        drain()
        assert answers(shown) == [200]

    def test_stays_when_the_deletion_is_rolled_back(self, author: User) -> None:
        picture = stored("navy", author)
        with pytest.raises(RuntimeError), transaction.atomic():
            picture.discard(by=author)
            raise RuntimeError
        assert not owes("media.cleanup").exists()
        drain()
        assert answers(picture) == [200]

    def test_is_there_until_the_deletion_is_committed(self, author: User) -> None:
        picture = stored("teal", author)
        with transaction.atomic():
            picture.discard(by=author)
            assert default_storage.exists(str(picture.file.name))
        drain()
        assert answers(picture) == [404]


class TestAWorker:
    @pytest.mark.long
    def test_killed_between_two_files_leaves_the_rest_to_the_next(self, author: User) -> None:
        pictures = stored("pink", author), stored("gold", author)
        showing(author, *pictures)
        Effect.objects.all().delete()
        with transaction.atomic():
            Media.objects.update(deleted_at=timezone.now(), deleted_by=author)
            owe(cleanup_files.si(media_ids=[picture.pk for picture in pictures]))
        done = subprocess.run([sys.executable, "-c", DIES], env=environment(), timeout=60, check=False)
        assert done.returncode == -signal.SIGKILL
        assert sorted(answers(*pictures)) == [200, 404]

        with connection.cursor() as cursor:
            cursor.execute("UPDATE effects_effect SET wake_at = clock_timestamp() WHERE state = 'running'")
        sweep()
        drain()
        assert answers(*pictures) == [404, 404]
        assert not Media.objects.kept().exists()
        [effect] = Effect.objects.filter(task="media.cleanup")
        assert (effect.state, effect.attempt) == ("done", 2)
