"""A ZIP from a stranger writes nothing outside its folder, and no more than it may."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from pytest_django import Settings

from app.importer.source import CannotRead
from app.importer.unpack import extract, source_in
from tests.importer.sites import ghost, item, wxr
from tests.importer.uploads import zipped

pytestmark = pytest.mark.covers("D13", "X2")


def unpack(tmp_path: Path, content: bytes) -> Path:
    extract(BytesIO(content), tmp_path / "site", name="site.zip")
    return tmp_path / "site"


class TestAHostileZip:
    @pytest.mark.parametrize("name", ["../evil.md", "a/../../evil.md", "/evil.md", "..\\evil.md", "C:/evil.md"])
    def test_writes_nothing_outside(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(CannotRead, match="outside its folder"):
            unpack(tmp_path, zipped({name: "x", "ok.md": "x"}))
        assert [each.name for each in tmp_path.rglob("*.md")] == []

    def test_makes_no_links(self, tmp_path: Path) -> None:
        content = zipped({"a.md": "x"}, links={"secret.md": "/etc/passwd", "folder": "/etc"})
        notices = extract(BytesIO(content), tmp_path / "site", name="site.zip")
        assert [each.name for each in (tmp_path / "site").iterdir()] == ["a.md"]
        assert [notice.file for notice in notices] == ["site.zip/secret.md", "site.zip/folder"]

    def test_is_no_bomb(self, tmp_path: Path, settings: Settings) -> None:
        settings.IMPORT_MAX_BYTES = 2**20
        content = zipped({f"{number}.md": b"\0" * 2**20 for number in range(5)})
        assert len(content) < 20_000
        with pytest.raises(CannotRead, match="larger than 4 MB when unpacked"):
            unpack(tmp_path, content)

    @pytest.mark.slow
    def test_is_no_bomb_of_files(self, tmp_path: Path) -> None:
        with pytest.raises(CannotRead, match="more than 100,000 files"):
            unpack(tmp_path, zipped({f"{number}.md": "" for number in range(100_001)}))

    def test_may_not_say_that_it_is_smaller_than_it_is(self, tmp_path: Path, settings: Settings) -> None:
        settings.IMPORT_MAX_BYTES = 1000
        content = bytearray(zipped({"a.md": b"x" * 100_000}))
        central = content.index(b"PK\x01\x02")
        content[central + 24 : central + 28] = (100).to_bytes(4, "little")
        with pytest.raises(CannotRead):
            unpack(tmp_path, bytes(content))
        assert sum(each.stat().st_size for each in tmp_path.rglob("*.md")) <= 4000

    def test_may_have_a_file_where_a_folder_is(self, tmp_path: Path) -> None:
        with pytest.raises(CannotRead, match="cannot be unpacked"):
            unpack(tmp_path, zipped({"a": "x", "a/b.md": "x"}))

    def test_may_have_a_name_that_no_disk_takes(self, tmp_path: Path) -> None:
        with pytest.raises(CannotRead, match="cannot be unpacked"):
            unpack(tmp_path, zipped({"x" * 5000 + ".md": "x"}))

    def test_may_have_a_password(self, tmp_path: Path) -> None:
        content = bytearray(zipped({"a.md": "x"}))
        for start in (content.index(b"PK\x03\x04") + 6, content.index(b"PK\x01\x02") + 8):
            content[start] |= 1
        with pytest.raises(CannotRead, match="password"):
            unpack(tmp_path, bytes(content))


class TestTheSource:
    @pytest.mark.parametrize(
        ("files", "found"),
        [
            ({"a/_posts/x.md": "x", "a/_config.yml": "x", "__MACOSX/a/x": "x", ".DS_Store": "x"}, "a"),
            ({"_posts/x.md": "x", "feed.xml": "<rss/>", "package.json": "{}"}, ""),
            ({"a/b/export.xml": wxr(item()), "a/b/uploads/x.png": "x"}, "a/b/export.xml"),
            ({"blog.json": ghost({}), "content/images/x.png": "x"}, "blog.json"),
            ({"a/only.md": "x"}, "a/only.md"),
        ],
    )
    def test_is_the_export_or_the_folder(self, tmp_path: Path, files: dict[str, str], found: str) -> None:
        folder = unpack(tmp_path, zipped(files))  # type: ignore[arg-type]
        assert source_in(folder) == folder / found

    def test_is_one(self, tmp_path: Path) -> None:
        folder = unpack(tmp_path, zipped({"1.xml": wxr(item()), "2.xml": wxr(item())}))
        with pytest.raises(CannotRead, match="holds 2 exports"):
            source_in(folder)
