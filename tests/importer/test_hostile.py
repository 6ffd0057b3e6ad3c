"""Files that mean harm: named, skipped, and nothing half-done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.blog.models import Media, Post
from app.importer.source import MAX_BYTES
from owed.models import Effect
from tests.importer.sites import failed, png, post, post_of, run_import, write

pytestmark = pytest.mark.covers("D13", "X2")


class TestAHostileHeader:
    def test_cannot_be_a_bomb(self, tmp_path: Path) -> None:
        bomb = "\n".join(
            [
                "a: &a [x,x,x,x,x,x,x,x,x]",
                *(f"{n}: &{n} [*{m},*{m},*{m},*{m}]" for m, n in zip("abcdefgh", "bcdefghi", strict=True)),
            ]
        )
        write(tmp_path, "bomb.md", f"---\n{bomb}\n---\n")
        write(tmp_path, "deep.md", f"---\na: {'[' * 5000}\n---\n")
        write(tmp_path, "deep2.md", f"---\na: {'[' * 50}{']' * 50}\n---\n")
        write(tmp_path, "long.md", f"---\ntitle: {'x' * 70_000}\n---\n")
        write(tmp_path, "toml.md", f"+++\na = {'[' * 5000}\n+++\n")
        reasons = failed(tmp_path)
        assert reasons["bomb.md"] == "front matter uses YAML aliases, which are not read"
        assert reasons["deep.md"].startswith("front matter is ")
        assert reasons["deep2.md"] == "front matter is nested more than 20 deep"
        assert reasons["long.md"] == "front matter of 70,008 characters; at most 65,536 are read"
        assert reasons["toml.md"].startswith("front matter is not TOML")

    def test_builds_no_object(self, tmp_path: Path) -> None:
        write(tmp_path, "a.md", "---\ntitle: !!python/object/apply:os.system ['false']\n---\nWords\n")
        assert post_of(tmp_path).title == "A"

    def test_may_hold_markup_in_every_field(self, tmp_path: Path) -> None:
        script = "<script>alert(1)</script>Hi"
        fields = dict.fromkeys(("title", "excerpt", "category", "author", "image", "slug"), script)
        post(tmp_path, "a.md", script, tags=[script], **fields)
        found = post_of(tmp_path)
        shown = (found.title, found.excerpt, found.tags, found.category, found.authors[0].name)
        assert shown == (script, script, (script,), script, script), "a header is text: what it holds is shown as it is"


class TestALargeFile:
    def test_is_refused_before_it_is_read(self, tmp_path: Path) -> None:
        write(tmp_path, "a.md", b"---\ntitle: a\n---\n" + b"x" * 5_000_000)
        assert failed(tmp_path)["a.md"] == f"5,000,017 bytes; a post may have at most {MAX_BYTES:,}"


class TestALinkOutOfTheTree:
    def test_is_refused_as_a_post_and_as_a_picture(self, tmp_path: Path) -> None:
        outside, site = tmp_path / "outside", tmp_path / "site"
        post(outside, "secret.md", title="Secret")
        write(outside, "secret.png", png())
        post(site, "a.md", "![a](/link.png) ![b](/folder/secret.png)")
        (site / "b.md").symlink_to(outside / "secret.md")
        (site / "link.png").symlink_to(outside / "secret.png")
        (site / "folder").symlink_to(outside)
        (site / "loop.md").symlink_to(site / "loop.md")
        reasons = failed(site)
        assert reasons["b.md"] == "refused: a link that leads out of the folder"
        assert set(reasons) == {"b.md", "loop.md"}
        (site / "b.md").unlink()
        (site / "loop.md").unlink()
        assert [(picture.url, picture.path) for picture in post_of(site).images] == [
            ("/link.png", None),
            ("/folder/secret.png", None),
        ]

    @pytest.mark.parametrize(
        "url",
        [
            "../../secret.png",
            "/../secret.png",
            "/%2e%2e/secret.png",
            "..%2fsecret.png",
            "/a/../../secret.png",
            "/a%00.png",
            "..%5csecret.png",
        ],
    )
    def test_is_refused_in_a_reference(self, tmp_path: Path, url: str) -> None:
        write(tmp_path, "secret.png", png())
        post(tmp_path / "site", "_posts/a.md", f"![a]({url})")
        [picture] = post_of(tmp_path / "site").images
        assert picture.path is None
        assert picture.problem in {"refused: leads out of the folder", "refused: not a plain path", "missing"}

    def test_is_nothing_a_url_can_be(self, tmp_path: Path) -> None:
        post(tmp_path, "a.md", "![a](file:///etc/x.png) ![b](//host/x.png) [c](http://[::1) ![d](data:image/png;base64,x)")
        assert post_of(tmp_path).images == ()


@pytest.mark.django_db
class TestAPostThatCannotBeStored:
    def test_leaves_nothing_of_itself_and_the_others_whole(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from app.blog.models import Post as Model

        write(tmp_path, "boat.png", png())
        for name in "abc":
            post(tmp_path, f"{name}.md", "![x](/boat.png)", title=name, date="2020-01-01")
        announce = Model.announce_publication

        def fail_for_b(self: Model, *args: Any) -> None:
            announce(self, *args)
            if self.title == "b":
                raise OSError(28, "No space left on device")

        monkeypatch.setattr(Model, "announce_publication", fail_for_b)
        report = run_import(tmp_path)
        assert report.failed == {"b.md": "No space left on device"}
        assert sorted(Post.objects.values_list("title", flat=True)) == ["a", "c"]
        assert Post.objects.get(title="a").author.profile.published_post_count == 2
        abouts = set(Effect.objects.values_list("about", flat=True))
        # The picture was uploaded with the first post, and is drawn for those that are left.
        stored = {f"post:{pk}" for pk in Post.objects.values_list("pk", flat=True)}
        assert abouts == stored | {f"media:{pk}" for pk in Media.objects.values_list("pk", flat=True)}

    def test_is_one_that_is_too_long_when_expanded(self, tmp_path: Path) -> None:
        body = "{% youtube x %}\n\n" * (MAX_BYTES // 17 - 10)
        post(tmp_path, "a.md", body)
        post(tmp_path, "b.md")
        report = run_import(tmp_path)
        assert report.failed["a.md"].startswith("The text has ")
        assert Post.objects.get().source == "b.md"

    def test_keeps_its_text_where_only_a_picture_is_refused(self, tmp_path: Path) -> None:
        write(tmp_path, "fake.png", b"<svg onload=alert(1)>")
        write(tmp_path, "huge.png", png(size=(7000, 7000)))
        post(tmp_path, "a.md", "![Fake](/fake.png) ![Huge](/huge.png)", image="/fake.png")
        report = run_import(tmp_path)
        assert report.losses["image"] == [
            "a.md:4: /fake.png (SVG is not accepted: it can run scripts. Export the drawing as PNG and upload that.)",
            "a.md:6: /huge.png (The image has more than 40 megapixels.)",
        ]
        assert Post.objects.get().content == "*\\[Fake\\]* *\\[Huge\\]*\n"
        assert not Media.objects.exists()
