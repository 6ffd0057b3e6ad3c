"""`manage.py reindex`: compare the search index with the posts, and repair it."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from app.blog.models import Post
from app.search.drift import Drift, differences, known_ids
from app.search.index import update_search_index, update_search_index_batch


class Command(BaseCommand):
    help = (
        "Bring the search index in line with the posts, in batches of a transaction each; search works meanwhile. "
        "Writes only what differs, so that a second run goes on where the first was stopped. "
        "Exit code 1: --check found a difference."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("posts", nargs="*", type=int, metavar="POST", help="write these posts' documents again, no others")
        parser.add_argument("--check", action="store_true", help="report differences and change nothing")
        parser.add_argument("--all", action="store_true", help="write every document again, also those that seem right")
        parser.add_argument("--batch", type=int, default=200, metavar="N", help="posts in a transaction (default: 200)")
        parser.add_argument("--after", type=int, default=0, metavar="ID", help="begin behind this post")

    def handle(self, *, posts: list[int], check: bool, batch: int, after: int, **options: Any) -> None:
        if batch < 1:
            raise CommandError("--batch must be at least 1")
        if posts and check:
            raise CommandError("--check takes no posts")
        if posts:
            written = sum(update_search_index(post, again=True) for post in posts)
            self.stdout.write(f"Wrote {written}; {len(posts) - written} not public, and so not in the index.")
            return
        drift = Drift()
        done = 0
        for ids in _batches(after, batch):
            found = differences(ids)
            for kind in found.values():
                drift.add(kind)
            if not check:
                update_search_index_batch(ids if options["all"] else found, again=True)
            done += len(ids)
            self._progress(done, ids[-1])
        self._report(drift, check)

    def _progress(self, done: int, last: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{done} of about {Post.objects.public().count()}, up to post {last} ", ending="")

    def _report(self, drift: Drift, check: bool) -> None:
        if check and drift:
            raise CommandError(f"The index differs: {drift}", returncode=1)
        self.stdout.write("The index matches the posts." if not drift else f"Repaired: {drift}")


def _batches(after: int, size: int) -> Iterator[list[int]]:
    while ids := known_ids(after=after, size=size):
        yield ids
        after = ids[-1]
