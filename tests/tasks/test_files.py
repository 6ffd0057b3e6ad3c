"""Files of posts, from outside: there as long as a post shows them, gone soon after."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.test import Client

from app.accounts.models import Role, User
from app.blog.models import Media, Post
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


class TestAFile:
    def test_of_two_posts_goes_with_the_second(self, author: User) -> None:
        picture = stored("red", author)
        first, second = showing(author, picture), showing(author, picture)
        seen = []
        for post in (first, second):
            post.delete()
            drain()
            seen += answers(picture)
        assert seen == [200, 404]
        assert not Media.objects.exists()

    def test_of_two_authors_outlives_the_account_of_the_first(self, author: User) -> None:
        other = User.objects.create_user("bob", role=Role.AUTHOR)
        shared, own = stored("green", author), stored("blue", author)
        showing(author, shared, own)
        kept = showing(other, shared)
        author.leave()
        drain()
        assert answers(shared, own) == [200, 404]
        kept.revise(content="No picture.")
        drain()
        assert answers(shared) == [404]

    def test_stays_when_the_deletion_is_rolled_back(self, author: User) -> None:
        picture = stored("navy", author)
        post = showing(author, picture)
        with pytest.raises(RuntimeError), transaction.atomic():
            post.delete()
            raise RuntimeError
        assert not owes("media.cleanup").exists()
        drain()
        assert answers(picture) == [200]

    def test_is_there_until_the_deletion_is_committed(self, author: User) -> None:
        picture = stored("teal", author)
        with transaction.atomic():
            showing(author, picture).delete()
            assert default_storage.exists(str(picture.file.name))


class TestAWorker:
    def test_killed_between_two_files_leaves_the_rest_to_the_next(self, author: User) -> None:
        pictures = stored("pink", author), stored("gold", author)
        showing(author, *pictures).delete()
        Effect.objects.exclude(task="media.cleanup").delete()
        done = subprocess.run([sys.executable, "-c", DIES], env=environment(), timeout=60, check=False)
        assert done.returncode == -signal.SIGKILL
        assert sorted(answers(*pictures)) == [200, 404]
        assert Media.objects.count() == 2

        with connection.cursor() as cursor:
            cursor.execute("UPDATE effects_effect SET wake_at = clock_timestamp() WHERE state = 'running'")
        sweep()
        drain()
        assert answers(*pictures) == [404, 404]
        assert not Media.objects.exists()
        [effect] = Effect.objects.filter(task="media.cleanup")
        assert (effect.state, effect.attempt) == ("done", 2)
