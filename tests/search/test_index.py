"""The index's writing side: E2, E3, E16, H3, H4, H10, P1 to P11."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import Role, User
from app.blog.models import Category, Post, Tag
from app.search.analysis import RECIPE
from app.search.catching_up import catch_up
from app.search.drift import differences
from app.search.index import remove_from_search_index, update_search_index, update_search_index_batch
from app.search.models import Document
from app.search.query import search
from app.site.current import change
from owed.models import Effect
from owed.testing import drain, owes
from tests.factories import Publish


def found(text: str) -> set[int]:
    return {result.post.pk for result in search(text).results}


def statements(captured: CaptureQueriesContext) -> list[str]:
    return [query["sql"] for query in captured.captured_queries if "search_document" in query["sql"]]


def indexed() -> dict[int, int]:
    return dict(Document.objects.values_list("post_id", "revision"))


def public() -> dict[int, int]:
    return dict(Post.objects.public().values_list("pk", "revision"))


# As the release before wrote a document.
OLD = """
UPDATE search_document SET recipe = 0, pairs = NULL, vector =
    setweight(to_tsvector('english', title) || to_tsvector('simple', title), 'A') || to_tsvector('english', body)
"""


@pytest.mark.django_db
class TestAnOlderIndex:
    @pytest.fixture
    def old(self, publish: Publish) -> Post:
        post = publish("Small boats", "Sailed along the coasts.", language="de")
        update_search_index(post)
        with connection.cursor() as cursor:
            cursor.execute(OLD)
        return post

    @pytest.mark.parametrize("text", ["boat", "coast -whale", '"small boats"', "sail coast"])
    def test_is_still_found(self, old: Post, text: str) -> None:
        assert found(text) == {old.pk}

    def test_is_written_again_by_upkeep(self, old: Post) -> None:
        assert differences([old.pk]) == {old.pk: "different"}
        catch_up()
        assert differences([old.pk]) == {}
        assert found('"small boats"') == {old.pk}

    def test_is_written_again_although_the_database_refuses_one_document(self, old: Post, publish: Publish) -> None:
        other = publish("Other")
        Document.objects.create(post_id=other.pk, revision=0, published_at=timezone.now(), vector="")
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE search_document ADD CONSTRAINT poison CHECK (recipe = 0 OR post_id <> {old.pk})")
        with pytest.raises(IntegrityError):
            catch_up()
        assert dict(Document.objects.values_list("post_id", "recipe")) == {old.pk: 0, other.pk: RECIPE}

    def test_is_read_again_in_another_language_of_the_site(self, publish: Publish) -> None:
        named, unnamed = publish("Eins", language="de"), publish("Zwei")
        update_search_index_batch([named.pk, unnamed.pk])
        change(language="fr")
        drain()
        assert list(Document.objects.filter(recipe=0).values_list("post_id", flat=True)) == [unnamed.pk]


@pytest.mark.django_db
class TestBatch:
    @pytest.mark.covers("E16", "P7")
    def test_writes_many_distinct_posts_in_one_statement(self, publish: Publish) -> None:
        posts = [publish(f"Post {number}") for number in range(5)]
        ids = [post.pk for post in posts]

        with CaptureQueriesContext(connection) as captured:
            written = update_search_index_batch([*ids, *ids])

        assert written == 5
        assert len(statements(captured)) == 1
        assert indexed() == public()

    @pytest.mark.covers("P7", "P8")
    def test_writes_no_document_twice_at_the_same_revision(self, publish: Publish) -> None:
        post = publish()

        assert [update_search_index_batch([post.pk] * 100) for _ in range(3)] == [1, 0, 0]

    @pytest.mark.covers("P11", "H10")
    def test_takes_what_is_missing_or_not_public_as_a_removal(self, publish: Publish, author: User) -> None:
        stays, withdrawn = publish("stays"), publish("goes")
        draft = Post.objects.create(title="draft", author=author)
        update_search_index_batch([stays.pk, withdrawn.pk])
        withdrawn.withdraw()

        update_search_index_batch([stays.pk, withdrawn.pk, draft.pk, 10**9])

        assert indexed() == {stays.pk: stays.revision}

    def test_of_nothing_asks_the_database_nothing(self, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(0):
            assert update_search_index_batch([]) == 0

    @pytest.mark.covers("E2")
    def test_reads_the_post_as_it_is_now(self, publish: Publish) -> None:
        post = publish("Old words")
        update_search_index(post)
        Post.objects.get(pk=post.pk).revise(title="New words")
        update_search_index(post)

        assert Document.objects.get().title == "New words"

    @pytest.mark.covers("E2")
    def test_takes_text_without_tags_or_entities(self, publish: Publish) -> None:
        post = publish("Fish & chips", 'A <em>salty</em> "meal" & more &lt;b&gt;\n\n<p title="a > hidden">x</p> 5 < 6 !')
        update_search_index(post)

        document = Document.objects.get()
        assert document.title == "Fish & chips"
        assert " ".join(document.body.split()) == 'A salty "meal" & more <b> x 5 < 6 !'

    def test_takes_words_that_have_no_letters(self, publish: Publish) -> None:
        other, post = publish("Other"), publish("\u0640", "\u0640-\u0640 Small \u0640\u0640 boats", language="ar")
        assert update_search_index_batch([other.pk, post.pk]) == 2
        assert found("boats") == {post.pk}

    def test_leaves_no_gap_where_a_word_is_part_of_a_link(self, publish: Publish) -> None:
        update_search_index(publish(content="See [there](/there), *re*invented\n\n- one\n- two"))

        assert " ".join(Document.objects.get().body.split()) == "See there, reinvented one two"

    def test_weighs_title_over_tags_over_body(self, publish: Publish) -> None:
        body = publish("One", "about whales")
        tagged = publish("Two", "nothing")
        tagged.revise(tags=[Tag.objects.create(name="Whales", slug="whales")])
        title = publish("Whales", "nothing")
        update_search_index_batch([body.pk, tagged.pk, title.pk])

        assert [result.post.pk for result in search("whales").results] == [title.pk, tagged.pk, body.pk]

    def test_knows_category_and_excerpt(self, publish: Publish) -> None:
        post = publish(category=Category.objects.create(name="Seafaring", slug="sea"), excerpt="Anchors aweigh")
        update_search_index(post)

        assert found("seafaring") == found("anchor") == {post.pk}

    def test_takes_a_post_as_long_as_posts_may_be(self, publish: Publish) -> None:
        words = " ".join(f"wörd{number:06d}" for number in range(40_000))
        post = publish(content=words)

        assert update_search_index(post) == 1
        assert found("wörd000001") == {post.pk}


@pytest.mark.django_db
class TestRemoval:
    @pytest.mark.covers("E3")
    def test_wins_over_updates_that_come_late(self, publish: Publish) -> None:
        post = publish("Gone soon")
        pk = post.pk
        update_search_index(post)
        post.delete()

        update_search_index_batch([pk])
        update_search_index(pk)

        assert indexed() == {}
        assert found("gone") == set()

    @pytest.mark.covers("E3")
    def test_is_safe_to_do_twice_and_after_the_deletion(self, publish: Publish) -> None:
        post = publish()
        update_search_index(post)

        assert remove_from_search_index(post) == 1
        assert remove_from_search_index(post.pk) == 0
        post.delete()
        assert remove_from_search_index(post) == 0

    def test_takes_many_at_once(self, publish: Publish) -> None:
        posts = [publish(f"Number {number}") for number in range(3)]
        update_search_index_batch(post.pk for post in posts)
        assert remove_from_search_index(post.pk for post in posts[:2]) == 2
        assert set(indexed()) == {posts[2].pk}


@pytest.mark.django_db
class TestDirtySet:
    """What is dirty is rows of the ledger: search.refresh."""

    @pytest.mark.covers("P1", "P3", "H4")
    def test_brings_one_published_post_into_the_index_by_one_write(self, publish: Publish) -> None:
        post = publish("Alone")
        assert owes("search.refresh", about=post).count() == 1

        with CaptureQueriesContext(connection) as captured:
            drain()

        assert len(statements(captured)) == 1
        assert found("alone") == {post.pk}

    @pytest.mark.covers("P4", "P6")
    def test_is_written_in_the_transaction_of_the_change(self, publish: Publish) -> None:
        with transaction.atomic():
            publish("Never was")
            transaction.set_rollback(True)

        assert not owes("search.refresh").exists()
        drain()
        assert indexed() == {}

    @pytest.mark.covers("P5")
    def test_keeps_what_failed(self, publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
        post = publish("Later")
        with monkeypatch.context() as broken:
            broken.setattr("app.search.index.UPSERT", "SELECT broken")
            drain()
        assert owes("search.refresh").count() == 1

        Effect.objects.filter(task="search.refresh").update(state="ready")
        drain()
        assert indexed() == {post.pk: post.revision}

    @pytest.mark.covers("P7", "H3")
    def test_writes_once_for_many_edits(self, publish: Publish) -> None:
        post = publish("Title 0")
        for number in range(1, 30):
            post.revise(title=f"Title {number}")

        with CaptureQueriesContext(connection) as captured:
            drain()

        assert len(statements(captured)) == 1
        assert Document.objects.get().title == "Title 29"

    @pytest.mark.covers("H3")
    def test_is_left_alone_by_views_likes_and_comments(self, publish: Publish) -> None:
        post = publish("Popular")
        drain()
        reader = User.objects.create(username="reader", role=Role.READER)
        post.like(reader)
        post.unlike(reader)
        post.comment(author=reader, content="Indeed.")
        Post.objects.filter(pk=post.pk).update(view_count=100)

        assert not owes("search.refresh").exists()

    @pytest.mark.covers("P9", "P10")
    def test_drains_to_the_end_in_batches_of_a_hundred(self, publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
        sizes: list[int] = []
        monkeypatch.setattr("tasks.search.update_search_index_batch", lambda ids: sizes.append(len(ids)))
        from app.search.effects import refresh
        from owed import gather, record

        with transaction.atomic(), gather():
            for number in range(1050):
                record(refresh.si(post_id=number), about=f"post:{number}")
        drain()

        assert len(sizes) == 11
        assert sum(sizes) == 1050
        assert max(sizes) == 100

    @pytest.mark.covers("H10", "P11")
    def test_takes_withdrawn_and_deleted_posts_out(self, publish: Publish) -> None:
        withdrawn, deleted, stays = publish("Apple one"), publish("Apple two"), publish("Apple three")
        drain()
        assert found("apple") == {withdrawn.pk, deleted.pk, stays.pk}
        withdrawn.withdraw()
        deleted.delete()
        drain()

        assert indexed().keys() == found("apple") == {stays.pk}


@pytest.mark.django_db(transaction=True)
class TestPoison:
    @pytest.mark.covers("E16", "P5")
    def test_is_alone_in_its_failure(self, author: User) -> None:
        """A hundred in one batch, one of which the database refuses to index."""
        fields = {"author": author, "status": "published", "published_at": timezone.now()}
        posts = Post.objects.bulk_create([Post(title=f"Post {number}", **fields) for number in range(100)])
        Effect.objects.exclude(task="search.refresh").delete()
        poison = posts[37].pk
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE search_document ADD CONSTRAINT poison CHECK (post_id <> {poison})")
        try:
            drain()
            assert set(indexed()) == {post.pk for post in posts} - {poison}
            (left,) = owes("search.refresh")
            assert left.args == {"post_id": poison}
            assert left.attempt >= 1
            Effect.objects.filter(pk=left.pk).update(state="ready", max_attempts=left.attempt + 1)
            drain()
            assert Effect.objects.get(pk=left.pk).state == "dead"
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE search_document DROP CONSTRAINT poison")


@pytest.mark.django_db(transaction=True)
class TestTwoWriters:
    @pytest.mark.covers("E2", "E3")
    @pytest.mark.parametrize("end", ["withdrawn", "deleted"])
    def test_leave_what_the_last_commit_says(self, publish: Publish, end: str) -> None:
        """Between the reading of an old revision and its writing, the post goes and its removal reaches the index."""
        post = publish("Old")
        order: list[str] = []
        inside = threading.Event()

        def slow() -> None:
            with transaction.atomic():
                update_search_index_batch([post.pk])
                order.append("slow wrote")
                inside.set()
                _until_waiting()
            connections.close_all()

        def late() -> None:
            inside.wait(10)
            if end == "withdrawn":
                Post.objects.get(pk=post.pk).withdraw()
                update_search_index_batch([post.pk])
            else:
                Post.objects.get(pk=post.pk).delete()
                remove_from_search_index(post.pk)
            order.append("late wrote")
            connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            for job in [pool.submit(slow), pool.submit(late)]:
                job.result(30)

        assert order == ["slow wrote", "late wrote"]
        assert indexed() == {}

    @pytest.mark.covers("E2", "P8")
    def test_agree_with_the_database_after_a_storm(self, author: User) -> None:
        posts = [Post.objects.create(title=f"Post {number}", author=author) for number in range(12)]
        ids = [post.pk for post in posts]
        stop = threading.Event()

        def index() -> None:
            while not stop.is_set():
                update_search_index_batch(random.sample(ids, 6))
            connections.close_all()

        def storm(seed: int) -> None:
            chance = random.Random(seed)
            for _ in range(60):
                _disturb(chance.choice(ids), chance)
            connections.close_all()

        with ThreadPoolExecutor(4) as pool:
            indexers = [pool.submit(index) for _ in range(2)]
            for job in [pool.submit(storm, seed) for seed in (1, 2)]:
                job.result(60)
            stop.set()
            for job in indexers:
                job.result(60)
        update_search_index_batch(ids)

        assert indexed() == public()


def _disturb(pk: int, chance: random.Random) -> None:
    from app.blog.errors import AlreadyPublished, NotPublished, PostGone

    post = Post.objects.filter(pk=pk).first()
    if post is None:
        return
    try:
        match chance.randrange(8):
            case 0:
                post.delete()
            case 1 | 2:
                post.withdraw()
            case 3 | 4:
                post.publish(at=timezone.now())
            case _:
                post.revise(title=f"Title {chance.random()}")
    except (AlreadyPublished, NotPublished, PostGone):
        return


def _until_waiting() -> None:
    """Return when somebody waits for the lock that this transaction holds."""
    from tests.waiting import wait_until

    def waiting() -> bool:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            return bool(cursor.fetchone()[0])

    wait_until(waiting)
