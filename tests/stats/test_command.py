"""`manage.py statistics`."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from app.blog.models import Post
from app.stats import page_views

pytestmark = pytest.mark.django_db


def run(*options: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("statistics", *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


class TestTheCommand:
    def test_counts_again_and_shows_what_it_counted(self, post: Post) -> None:
        now = timezone.now()
        seen = [page_views.Seen(post.pk, bytes([n]) * 16, now.date(), now, referrer="example.com") for n in range(3)]
        page_views.write(seen)
        assert "?  views" in run()[0]
        out, err = run("--recount", "--days", "3")
        assert err == "3 of 3 days counted again\n"
        assert f"3  views of post {post.pk}, Read me" in out
        assert "3  views from example.com" in out
        lines = run("--post", str(post.pk), "--csv", "--days", "2")[0].splitlines()
        assert lines == ["day,views,likes,comments,delivered", lines[1], f"{now.date()},3,0,0,0"]

    @pytest.mark.parametrize("options", [("--days", "0"), ("--days", "366"), ("--post", "987654")])
    def test_refuses_what_there_is_not(self, options: tuple[str, str]) -> None:
        with pytest.raises(CommandError):
            run(*options)
