from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from app.accounts.models import Profile
from app.blog.models import Post
from tests.blog.announcements import counts

pytestmark = pytest.mark.django_db


def run(*options: str) -> str:
    out = StringIO()
    call_command("repair_counters", *options, stdout=out)
    return out.getvalue()


@pytest.mark.covers("G5")
class TestRepairingCounters:
    def test_says_that_every_count_is_right(self, public):
        assert run() == run("--check") == "every count is right\n"

    def test_reports_and_repairs_each_drift(self, public, draft, author, reader):
        public.like(reader)
        public.comment(author=reader, content="Nice.")
        Post.objects.filter(pk=public.pk).update(like_count=7, comment_count=9)
        Profile.objects.filter(user=author).update(post_count=40, published_post_count=0)
        Profile.objects.filter(user=reader).delete()

        said = run()
        assert f"post:{public.pk} likes 7 -> 1, comments 9 -> 1" in said
        assert f"author:{author.pk} posts 40 -> 2, published posts 0 -> 1" in said
        assert f"author:{reader.pk} has no profile" in said
        public.refresh_from_db()
        assert (public.like_count, public.comment_count, counts(author)) == (1, 1, (2, 1))
        assert run() == "every count is right\n"

    def test_can_report_alone_and_then_exits_with_1(self, public):
        Post.objects.update(like_count=7)

        with pytest.raises(CommandError) as error:
            run("--check")
        assert error.value.returncode == 1
        assert Post.objects.get().like_count == 7
