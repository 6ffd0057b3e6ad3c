from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from app.blog.errors import AlreadyPublished, NotPublished, NotScheduled, PostGone
from app.blog.models import Post
from tests.blog.announcements import counts, names, publish

pytestmark = pytest.mark.django_db


class TestPublishing:
    @pytest.mark.covers("H16", "M12")
    def test_makes_the_post_public_counts_it_and_says_so_once(self, draft, author, said):
        publish(draft)

        assert names(said) == ["post_published"]
        assert Post.objects.public().get() == draft
        assert counts(author) == (1, 1)

    @pytest.mark.covers("H17")
    def test_twice_is_refused_with_its_own_error(self, draft, said):
        publish(draft)

        with pytest.raises(AlreadyPublished):
            publish(Post.objects.get())
        assert names(said) == ["post_published"]

    @pytest.mark.covers("H22")
    def test_a_deleted_post_is_refused_and_stays_away(self, draft):
        Post.objects.all().delete()

        with pytest.raises(PostGone):
            publish(draft)
        assert not Post.objects.exists()

    @pytest.mark.covers("H10", "M15")
    def test_again_after_a_withdrawal_keeps_the_first_time(self, draft, said):
        first = timezone.now() - timedelta(days=3)
        draft.publish(at=first)
        draft.withdraw()
        publish(draft)

        draft.refresh_from_db()
        assert draft.published_at == first
        assert names(said) == ["post_published", "post_withdrawn", "post_published"]

    @pytest.mark.covers("M8")
    def test_begins_the_activity_at_its_time(self, draft):
        at = timezone.now() - timedelta(days=3)
        draft.publish(at=at)

        assert draft.last_activity == at

    @pytest.mark.covers("M15")
    def test_leaves_the_time_of_the_last_edit(self, draft):
        before = draft.updated_at
        publish(draft)

        draft.refresh_from_db()
        assert draft.updated_at == before

    @pytest.mark.covers("M4")
    def test_of_an_unknown_status_is_refused_by_the_database(self, draft):
        with pytest.raises(IntegrityError, match="post_status_known"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE blog_post SET status = 'x'")

    @pytest.mark.covers("M4")
    def test_without_a_time_is_refused_by_the_database(self, draft):
        with (
            pytest.raises(IntegrityError, match="post_published_has_time"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("UPDATE blog_post SET status = 'published'")

    @pytest.mark.covers("G5", "H16")
    def test_many_posts_are_published_once_each_and_counted(self, author, said):
        posts = Post.objects.bulk_create([Post(title=f"Post {n}", content="-", author=author) for n in range(50)])
        publish(posts[0])

        assert Post.objects.all().publish(at=timezone.now()) == 49
        assert Post.objects.all().publish(at=timezone.now()) == 0
        assert names(said).count("post_published") == 50
        assert counts(author) == (50, 50)


class TestSettingTheStatus:
    @pytest.mark.covers("H16", "H18")
    def test_to_published_and_saving_publishes_once(self, draft, author, said):
        draft.status = "published"
        draft.save()
        draft.save()
        draft.title = "Another"
        draft.save()

        assert names(said) == ["post_published", "post_revised"]
        assert draft.published_at is not None
        assert counts(author) == (1, 1)

    @pytest.mark.covers("H16")
    def test_of_a_new_post_goes_the_same_way(self, author, said):
        old = timezone.now() - timedelta(days=1000)
        post = Post.objects.create(title="Old", content="-", author=author, status="published", published_at=old)

        assert names(said) == ["post_created", "post_published"]
        assert (post.status, post.published_at) == ("published", old)
        assert counts(author) == (1, 1)

    @pytest.mark.covers("H17")
    def test_on_two_copies_publishes_once_and_tells_the_second(self, draft, said):
        first, second = Post.objects.get(), Post.objects.get()
        first.status = second.status = "published"
        first.save()

        with pytest.raises(AlreadyPublished):
            second.save()
        assert names(said) == ["post_published"]

    @pytest.mark.covers("H10", "M12")
    @pytest.mark.parametrize("status", ["withdrawn", "draft"])
    def test_away_from_published_withdraws(self, public, author, said, status):
        public.status = status
        public.save()

        assert names(said) == ["post_withdrawn"]
        assert Post.objects.get().status == "withdrawn"
        assert counts(author) == (1, 0)


class TestWithdrawing:
    @pytest.mark.covers("H10", "M12")
    def test_hides_the_post_and_says_so(self, public, author, said):
        public.withdraw()

        assert names(said) == ["post_withdrawn"]
        assert not Post.objects.public().exists()
        assert counts(author) == (1, 0)

    @pytest.mark.covers("H10")
    def test_what_is_not_public_is_refused(self, draft, said):
        with pytest.raises(NotPublished):
            draft.withdraw()
        assert said == []


class TestScheduling:
    @pytest.mark.covers("H20", "H16")
    def test_publishes_when_the_time_has_come_and_once(self, draft, said):
        at = timezone.now() + timedelta(minutes=1)
        draft.schedule(publish_at=at)

        assert Post.objects.publish_due(at - timedelta(seconds=1)) == 0
        assert Post.objects.publish_due(at) == 1
        assert Post.objects.publish_due(at) == 0
        assert names(said) == ["post_scheduled", "post_published"]
        assert Post.objects.get().published_at == at

    @pytest.mark.covers("H20")
    def test_a_new_post_by_its_status(self, author):
        at = timezone.now() + timedelta(days=1)
        post = Post.objects.create(title="Later", content="-", author=author, status="scheduled", publish_at=at)

        assert (post.status, post.publish_at) == ("scheduled", at)

    @pytest.mark.covers("H20")
    def test_can_be_moved_and_called_off(self, draft):
        at = timezone.now()
        draft.schedule(publish_at=at)
        draft.publish_at = at + timedelta(hours=1)
        draft.save()
        assert not Post.objects.due(at).exists()

        draft.unschedule()
        assert Post.objects.publish_due(at + timedelta(days=1)) == 0
        with pytest.raises(NotScheduled):
            draft.unschedule()

    def test_a_published_post_is_refused(self, public):
        with pytest.raises(AlreadyPublished):
            public.schedule(publish_at=timezone.now())
