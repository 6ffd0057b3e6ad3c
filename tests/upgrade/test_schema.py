"""The comparison of the tables with the models, over tables that were changed by hand."""

from __future__ import annotations

import json
import os

import pytest
from django.db import connection

from app.web import schema
from tests.upgrade.installation import Installation, installation

ASK = """
import django; django.setup()
from django.test import Client
answer = Client().get("/readyz", SERVER_NAME="127.0.0.1")
print(answer.status_code, answer.content.decode())
"""
STATUSES = "ALTER TABLE blog_comment DROP CONSTRAINT comment_status_known"
BEFORE_SPAM = f"{STATUSES}; ALTER TABLE blog_comment ADD CONSTRAINT comment_status_known CHECK (status IN ('held', 'approved'))"


def answer(of: Installation) -> tuple[int, dict[str, object]]:
    """Ask /readyz in a process of its own."""
    said = of.python("-W", "ignore", "-c", ASK, DJANGO_SETTINGS_MODULE="config.settings").stdout.splitlines()[-1]
    status, _, body = said.partition(" ")
    return int(status), json.loads(body)


@pytest.mark.django_db
class TestTheTables:
    def test_fit_after_migrate(self) -> None:
        assert schema.differences() == []
        assert schema.complaint() == ""

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ("DROP TABLE blog_postslug", "the table blog_postslug is missing"),
            ("ALTER TABLE blog_post DROP COLUMN excerpt", "the column blog_post.excerpt is missing"),
            (
                "ALTER TABLE blog_tag ALTER name TYPE varchar(50)",
                "blog_tag.name is character varying(50), not character varying(100)",
            ),
            (
                "ALTER TABLE blog_media ALTER alt TYPE bytea USING alt::bytea",
                "blog_media.alt is bytea, not character varying(500)",
            ),
            (
                "ALTER TABLE blog_category ADD COLUMN must text NOT NULL",
                "blog_category.must must be filled, and this release does not know it",
            ),
            ("ALTER TABLE blog_post ALTER publish_at SET NOT NULL", "blog_post.publish_at does not allow NULL"),
            ("ALTER TABLE blog_tag DROP CONSTRAINT blog_tag_slug_key", "blog_tag.slug is not unique"),
            ("ALTER TABLE blog_like DROP CONSTRAINT like_once", "like_once on blog_like is missing"),
            ("DROP INDEX post_newest", "post_newest on blog_post is missing"),
            (STATUSES, "comment_status_known on blog_comment is missing"),
            (
                BEFORE_SPAM,
                "comment_status_known on blog_comment does not know deleted, spam",
            ),
            (
                "DROP INDEX comment_waiting; CREATE INDEX comment_waiting ON blog_comment (id)",
                "comment_waiting on blog_comment does not know held",
            ),
            (
                "DROP INDEX user_email_once; CREATE UNIQUE INDEX user_email_once ON accounts_user (email) WHERE email <> ''",
                "user_email_once on accounts_user leaves out lower",
            ),
            (
                "DROP INDEX post_of_author; CREATE INDEX post_of_author ON blog_post (author_id)",
                "post_of_author on blog_post leaves out status",
            ),
        ],
    )
    def test_are_named_where_they_lack_something(self, change: str, said: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(change)
        assert schema.differences() == [said]

    def test_may_lack_no_foreign_key(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT conname FROM pg_constraint WHERE conrelid = 'blog_like'::regclass AND contype = 'f' ORDER BY conname"
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f"ALTER TABLE blog_like DROP CONSTRAINT {name}")
        assert sorted(schema.differences()) == [
            "blog_like.post_id lacks its foreign key",
            "blog_like.user_id lacks its foreign key",
        ]

    @pytest.mark.parametrize(
        "change",
        [
            "CREATE TABLE of_a_later_release (id integer)",
            "ALTER TABLE blog_post ADD COLUMN later text NOT NULL DEFAULT ''",
            "ALTER TABLE blog_tag ALTER name TYPE varchar(300)",
            "ALTER TABLE blog_comment DROP CONSTRAINT comment_status_known; ALTER TABLE blog_comment ADD CONSTRAINT"
            " comment_status_known CHECK (status IN ('held', 'approved', 'spam', 'deleted', 'later'))",
        ],
    )
    def test_may_have_what_a_later_release_added(self, change: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(change)
        assert schema.differences() == []

    def test_are_summed_up_when_many_are_missing(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE blog_post CASCADE")
        text = schema.complaint()
        assert text.startswith("The database does not fit this release: ")
        assert "the table blog_post is missing" in text
        assert "more." in text


@pytest.mark.timeout(300)
@pytest.mark.slow
class TestADatabaseOfAnEditedMigration:
    def test_stops_the_release_and_is_not_ready(self) -> None:
        with installation("edited") as edited:
            edited.load()
            edited.manage("migrate", "--verbosity=0")
            assert answer(edited)[0] == 200
            with edited.connect() as connection:
                connection.execute("ALTER TABLE blog_post DROP COLUMN excerpt")
            before = edited.snapshot()

            release = edited.python("-W", "ignore", "-m", "config.release", check=False)
            assert release.returncode == 1
            assert "No migrations to apply" in release.stdout
            assert "the column blog_post.excerpt is missing" in release.stderr
            assert "docs/howto/upgrade.md" in release.stderr
            assert "Traceback" not in release.stderr

            status, report = answer(edited)
            assert status == 503
            assert report["ready"] is False
            assert "the column blog_post.excerpt is missing" in str(report["schema"])
            assert edited.snapshot().rows == before.rows

    def test_is_seen_by_a_role_that_may_only_read_and_in_another_schema(self) -> None:
        with installation("elsewhere") as elsewhere:
            with elsewhere.connect() as connection:
                name = connection.info.dbname
                connection.execute(f"CREATE SCHEMA own; ALTER DATABASE {name} SET search_path = own")
            elsewhere.manage("migrate", "--verbosity=0")
            with elsewhere.connect() as connection:
                role = f"reader_{os.getpid()}"
                connection.execute(f"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA own TO {role}")
                connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA own TO {role}")
            try:
                reading = Installation(url=elsewhere.url.replace("//afterword@", f"//{role}@"))
                assert reading.url != elsewhere.url
                assert answer(reading)[0] == 200
            finally:
                with elsewhere.connect() as connection:
                    connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
