import pytest
from django.urls import reverse

from app.accounts.models import User
from app.blog.models import Post, Tag
from tests.blog.announcements import counts, names

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    client.force_login(User.objects.create_superuser("root"))
    return client


class TestAdmin:
    @pytest.mark.covers("G5", "H16")
    def test_publishes_fifty_posts_once_each(self, desk, author, said):
        posts = Post.objects.bulk_create([Post(title=f"P{n}", content="-", author=author) for n in range(50)])
        said.clear()
        for _ in range(2):
            data = {"action": "publish", "_selected_action": [post.pk for post in posts]}
            assert desk.post(reverse("admin:blog_post_changelist"), data).status_code == 302

        assert names(said) == ["post_published"] * 50
        assert counts(author) == (50, 50)

    @pytest.mark.covers("G5", "H10")
    def test_withdraws_what_is_public(self, desk, public, draft, said):
        data = {"action": "withdraw", "_selected_action": [public.pk, draft.pk]}
        desk.post(reverse("admin:blog_post_changelist"), data)

        assert names(said) == ["post_withdrawn"]

    @pytest.mark.covers("M1")
    def test_changes_the_words_and_not_the_counts(self, desk, public, author, reader):
        public.like(reader)
        tag = Tag.objects.create(name="News", slug="news")
        data = {
            "title": "New",
            "slug": public.slug,
            "content": "Words",
            "excerpt": "",
            "author": author.pk,
            "category": "",
            "cover": "",
        }
        url = reverse("admin:blog_post_change", args=[public.pk])
        answer = desk.post(url, data | {"tags": [tag.pk], "like_count": 99, "status": "draft"})

        assert answer.status_code == 302
        post = Post.objects.get()
        assert (post.title, post.like_count, post.status, list(post.tags.all())) == ("New", 1, "published", [tag])

    @pytest.mark.parametrize("model", ["post", "comment", "category", "tag", "media", "postslug"])
    def test_shows_lists(self, desk, public, reader, model):
        public.comment(author=reader, content="Nice.")

        assert desk.get(reverse(f"admin:blog_{model}_changelist")).status_code == 200

    def test_deletes_posts_in_bulk(self, desk, public, draft, author, said):
        data = {"action": "delete_selected", "_selected_action": [public.pk, draft.pk], "post": "yes"}
        desk.post(reverse("admin:blog_post_changelist"), data)

        assert names(said) == ["post_deleted"] * 2
        assert counts(author) == (0, 0)
