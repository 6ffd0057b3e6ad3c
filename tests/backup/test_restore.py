"""A copy that was restored from a backup: everything is there, and nothing is sent until a person says so."""

from __future__ import annotations

import tarfile
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from app.accounts.models import User
from app.blog.models import Media, Post
from app.feeds.building import refresh
from app.feeds.models import Document
from app.newsletter.models import Subscriber
from app.social.models import Account, DummyPost
from config.release import seed_once
from owed.models import Effect
from owed.testing import drain
from tests import factories
from tests.sinks import Sink, smtp_sink

__all__ = ["smtp_sink"]


def manage(*words: str) -> str:
    """Run a command, and return all that it says."""
    out = StringIO()
    call_command(*words, stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def site(author: User, media: Path) -> Post:
    """A site in the middle of its work: a new post owed to three readers and a network, one planned, and one overdue."""
    for number in range(3):
        Subscriber.objects.create(email=f"r{number}@example.org", state="confirmed", confirmed_at=timezone.now())
    account = Account(network="dummy", name="Dummy")
    account.secret = "opens it"
    account.save()
    Media.objects.store(factories.image(), owner=author)
    post = factories.publish(author, "New")
    refresh(["site"], timezone.now())
    factories.write(author, "Soon").schedule(publish_at=timezone.now() + timedelta(hours=1))
    factories.write(author, "Missed").schedule(publish_at=timezone.now() - timedelta(days=2))
    return post


@pytest.fixture
def backup(site: Post, tmp_path: Path) -> Path:
    file = tmp_path / "site.backup"
    manage("backup", str(file))
    return file


def sent(sink: Sink) -> list[str]:
    return sorted(each.recipient for each in sink.captured)


READERS = [f"r{number}@example.org" for number in range(3)]


@pytest.mark.django_db(transaction=True)
class TestARestoredCopy:
    @pytest.mark.long
    def test_holds_what_was_owed_until_it_is_released(self, backup: Path, site: Post, smtp_sink: Sink, client: Client) -> None:
        drain()
        assert (sent(smtp_sink), DummyPost.objects.count()) == (sorted(READERS * 2), 2)  # the original goes on
        newest, feed = factories.write(site.author, "After the backup"), Document.objects.get(scope="site", format="atom")
        picture = Media.objects.get()
        default_storage.delete(str(picture.file))
        smtp_sink.captured.clear()

        said = manage("restore", str(backup), "--replace")

        assert "Missed" in said
        assert not Post.objects.filter(title="After the backup").exists()
        assert default_storage.exists(str(picture.file))
        assert client.get(site.get_absolute_url()).status_code == 200
        assert set(Effect.objects.pending().values_list("state", flat=True)) == {"held"}
        manage("effects", "work", "--until-empty")
        assert (sent(smtp_sink), DummyPost.objects.count()) == ([], 0)
        assert Post.objects.get(title="Missed").status == "scheduled"
        assert factories.write(site.author, "Later").pk > newest.pk + 1000
        assert Document.objects.get(scope="site", format="atom").last_modified > feed.last_modified
        self._releases_mailings_alone(smtp_sink)
        self._publishes_no_missed_post()

    def _releases_mailings_alone(self, sink: Sink) -> None:
        foreseen = manage("effects", "release", "--dry-run", "--channel", "mailings")
        assert "mailings: may have been sent before" in foreseen
        assert "1 new post to 3 readers" in foreseen
        assert "network" not in foreseen
        assert Effect.objects.filter(state="held", task="email.announce").count() == 1
        manage("effects", "release", "--channel", "mailings")
        manage("effects", "work", "--until-empty")
        assert (sent(sink), DummyPost.objects.count()) == (READERS, 0)

    def _publishes_no_missed_post(self) -> None:
        whole = manage("effects", "release", "--dry-run")
        assert "publication: too old to be news" in whole
        manage("effects", "drop", "--channel", "sharing", "--reason", "the original did")
        manage("effects", "release")
        manage("effects", "work", "--until-empty")
        assert DummyPost.objects.count() == 0
        missed = Post.objects.get(title="Missed")
        assert missed.status == "scheduled"
        missed.schedule(publish_at=timezone.now() - timedelta(days=2))
        drain()
        assert Post.objects.get(title="Missed").status == "published"  # a person planned it once more

    def test_gets_no_demo(self, backup: Path, tmp_path: Path) -> None:
        manage("restore", str(backup), "--replace")
        seed_once(tmp_path, "postgres://elsewhere")
        assert not User.objects.filter(username="grace").exists()

    @pytest.mark.long
    def test_names_what_it_lacks(self, backup: Path, media: Path, settings: Settings) -> None:
        settings.SECRET_KEY = "another key, and no one kept the first"
        said = manage("restore", str(backup), "--replace")
        assert "SECRET_KEY of the original is not among this installation's keys" in said
        assert "No key opens the secrets of these accounts" in said
        assert "Dummy (dummy)" in said
        default_storage.delete(str(Media.objects.get().file))
        checks = StringIO()
        call_command("check", databases=["default"], stdout=checks, stderr=checks)
        assert "The file of 1 picture is missing" in checks.getvalue()
        assert "effects are held since the restore" in checks.getvalue()
        assert "not-secret" not in backup.read_bytes().decode("latin-1")


@pytest.mark.django_db(transaction=True)
class TestTheCommand:
    def test_refuses_a_database_that_holds_something(self, backup: Path) -> None:
        with pytest.raises(CommandError, match="not empty"):
            manage("restore", str(backup))
        assert Post.objects.filter(title="New").exists()

    def test_refuses_while_others_use_the_database(self, backup: Path) -> None:
        other = connection.copy()
        with other.cursor(), pytest.raises(CommandError, match="other connections use the database"):
            manage("restore", str(backup), "--replace")
        other.close()

    @pytest.mark.parametrize("harm", ["cut", "flipped", "picture", "text", "empty", "missing"])
    def test_refuses_a_file_that_is_not_whole_and_changes_nothing(self, backup: Path, harm: str) -> None:
        before, content = Post.objects.count(), bytearray(backup.read_bytes())
        if harm == "missing":
            backup.unlink()
        elif harm == "cut":
            backup.write_bytes(content[: len(content) // 2])
        elif harm == "empty":
            backup.write_bytes(b"")
        elif harm == "text":
            backup.write_text("A letter.\n" * 300)
        else:
            with tarfile.open(backup) as archive:
                name = next(each for each in archive.getnames() if each.startswith("media/" if harm == "picture" else "data"))
                content[archive.getmember(name).offset_data + 20] ^= 1
            backup.write_bytes(content)
        with pytest.raises(CommandError) as refused:
            manage("restore", str(backup), "--replace")
        assert str(backup) in str(refused.value)
        assert ("media/images/" in str(refused.value)) == (harm == "picture")
        assert Post.objects.count() == before

    def test_leaves_the_database_as_it_is_where_the_dump_cannot_be_loaded(
        self, backup: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        sql = tmp_path / "broken.sql"
        sql.write_text("SELECT 1/0;\n")
        monkeypatch.setattr("app.backup.loading.QUIET", sql)
        with pytest.raises(CommandError, match="division by zero"):
            manage("restore", str(backup), "--replace")
        assert Post.objects.filter(title="New").exists()
        assert not Effect.objects.filter(state="held").exists()

    def test_describes_a_file_and_changes_nothing(self, backup: Path) -> None:
        assert "3 posts" in manage("restore", str(backup), "--check")
        assert not Effect.objects.filter(state="held").exists()


@pytest.mark.django_db(transaction=True)
class TestABackup:
    def test_takes_no_other_file_s_place_unless_asked(self, backup: Path) -> None:
        first = backup.read_bytes()
        with pytest.raises(CommandError, match="is there already"):
            manage("backup", str(backup))
        assert backup.read_bytes() == first
        manage("backup", str(backup), "--replace")
        assert backup.read_bytes() != first
        assert backup.stat().st_mode & 0o077 == 0

    def test_leaves_no_file_where_it_fails(self, site: Post, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="No such file"):
            manage("backup", str(tmp_path / "nowhere" / "site.backup"))
        folder = tmp_path / "backups"
        folder.mkdir()
        stored = Path(default_storage.path(str(Media.objects.get().file)))
        stored.unlink()
        stored.symlink_to(stored)
        with pytest.raises(CommandError, match="symbolic links"):
            manage("backup", str(folder / "site.backup"))
        assert list(folder.iterdir()) == []

    def test_names_a_file_that_goes_while_it_is_made(self, site: Post, tmp_path: Path) -> None:
        stored = Path(default_storage.path(str(Media.objects.get().file)))
        stored.unlink()
        stored.symlink_to(tmp_path / "gone")
        assert f"{stored.name} was deleted meanwhile" in manage("backup", str(tmp_path / "site.backup"))
        said = manage("restore", str(tmp_path / "site.backup"), "--check")
        assert f"Files that were gone while the backup was made: images/{stored.parent.name}/{stored.name}" in said
