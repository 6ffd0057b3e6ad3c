"""WordPress exports that are damaged: one bad place costs no more than itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.importer.readers import read
from app.importer.source import Failed, Found, Notice, Skipped, SourcePost
from tests.importer.sites import failed, item, posts_of, write, wxr

pytestmark = pytest.mark.covers("D13", "X2")
EXPORT = wxr(item("fine") + item("spot SPOT spot", number=2) + item("fine", number=3))
SPOTS = {
    "vertical tab": "\x0b", "NUL": "\0", "reference to a control character": "]]>&#11;<![CDATA[",
    "reference to a surrogate": "]]>&#xD800;<![CDATA[", "raw ampersand": "]]>a & b &<![CDATA[",
    "HTML entity": "]]>&nbsp;&eacute;&hellip;&unknown;<![CDATA[", "noncharacter": "\uffff", "prefix without a namespace":
    "]]><foo:bar>x</foo:bar><![CDATA[", "element that is not closed": "]]><b>x<![CDATA[", "HTML without CDATA":
    "]]><p>a <b>b</b></p><![CDATA[",
}  # fmt: skip


class TestADamagedExport:
    @pytest.mark.parametrize("spot", SPOTS)
    def test_gives_all_posts(self, tmp_path: Path, spot: str) -> None:
        path = write(tmp_path, "blog.xml", EXPORT.replace("SPOT", SPOTS[spot]))
        found = posts_of(path)
        assert [post.slug for post in found] == ["post-1", "post-2", "post-3"]
        assert [found[1].content.count("spot"), found[2].content] == [2, "<p>fine</p>\n"]

    def test_keeps_html_that_was_not_escaped(self, tmp_path: Path) -> None:
        path = write(tmp_path, "blog.xml", EXPORT.replace("SPOT", SPOTS["HTML without CDATA"]))
        assert "<b>b</b>" in posts_of(path)[1].content

    @pytest.mark.parametrize("address", ["http://[", "https://[::1/", "http://a]b/"])
    def test_may_have_an_address_that_nobody_can_parse(self, tmp_path: Path, address: str) -> None:
        export = EXPORT.replace("<channel>", f"<channel><link>{address}</link>", 1)
        path = write(
            tmp_path,
            "blog.xml",
            export.replace("SPOT", f'<a href="{address}">a</a> <img src="{address}"> [embed]{address}[/embed]'),
        )
        assert (failed(path), len(posts_of(path))) == ({}, 3)

    def test_shows_html_entities_as_letters(self, tmp_path: Path) -> None:
        path = write(tmp_path, "blog.xml", EXPORT.replace("<title>Post 2", "<title>Caf&eacute; &amp; &bull; R&D"))
        assert posts_of(path)[1].title == "Café & • R&D"

    @pytest.mark.parametrize(
        "before",
        ["\n", "\n\n \n", "\ufeff", "\ufeff\n", "<br />\n<b>Warning</b>: unlink() in <b>/a.php</b><br />\n", "Notice: x & y\n"],
    )
    def test_may_begin_with_what_a_plugin_printed(self, tmp_path: Path, before: str) -> None:
        assert len(posts_of(write(tmp_path, "blog.xml", before + EXPORT))) == 3

    def test_with_bytes_that_are_not_utf_8_reads_them_as_browsers_do(self, tmp_path: Path) -> None:
        path = write(tmp_path, "blog.xml", EXPORT.replace("SPOT", "caf\u00e9").encode().replace("é".encode(), b"\xe9"))
        assert posts_of(path)[1].content == "<p>spot café spot</p>\n"

    def test_in_another_encoding_is_read_by_its_declaration(self, tmp_path: Path) -> None:
        text = EXPORT.replace("UTF-8", "windows-1251").replace("SPOT", "мир")
        assert posts_of(write(tmp_path, "blog.xml", text.encode("cp1251")))[1].content == "<p>spot мир spot</p>\n"

    def test_counts_what_was_taken_out(self, tmp_path: Path) -> None:
        path = write(tmp_path, "blog.xml", EXPORT.replace("SPOT", "\x0b\x0c"))
        notices = [found.text for found in read(path) if isinstance(found, Notice)]
        assert notices == ["2 characters that XML forbids, taken out"]

    def test_that_is_large_is_cut_into_pieces_at_no_wrong_place(self, tmp_path: Path) -> None:
        words = "a &amp; b &nbsp; <![CDATA[ not &amp; here ]] > ]]> " * 20_000
        path = write(tmp_path, "blog.xml", wxr(item() + f"<ignored>{words}</ignored>" + item(number=2)))
        assert len(posts_of(path)) == 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any")


def all_of(path: Path) -> list[Found]:
    return list(read(path))


class TestAnyBytes:
    @settings(max_examples=150)
    @given(data=st.binary(max_size=400), at=st.integers(0, len(EXPORT)), cut=st.integers(0, 200))
    def test_in_an_export_end_in_words_and_not_in_a_traceback(self, folder: Path, data: bytes, at: int, cut: int) -> None:
        export = EXPORT.encode()
        path = write(folder, "blog.xml", export[:at] + data + export[at + cut :])
        for found in all_of(path):
            assert isinstance(found, SourcePost | Failed | Skipped | Notice)
        assert not any("cannot be read (" in reason for reason in failed(path).values())

    @settings(max_examples=100)
    @given(data=st.binary(max_size=400), suffix=st.sampled_from([".xml", ".json", ".md", ".html"]))
    def test_alone_end_in_words_and_not_in_a_traceback(self, folder: Path, data: bytes, suffix: str) -> None:
        path = write(folder, f"any{suffix}", data)
        assert not any("cannot be read (" in reason for reason in failed(path).values())

    @settings(max_examples=150)
    @given(
        header=st.lists(
            st.tuples(
                st.sampled_from(["title", "date", "author", "tags", "image", "permalink", "categories", "build", "expiryDate"]),
                st.sampled_from(
                    ["x", "[a, {b: c}]", "{a: {b: c}}", "2020-01-01", "false", "~", "[]", "'{{ x }}'", "!!int 3", "- a"]
                ),
            ),
            max_size=6,
        ),
        body=st.binary(max_size=200),
    )
    def test_in_a_post_end_in_words_and_not_in_a_traceback(
        self, folder: Path, header: list[tuple[str, str]], body: bytes
    ) -> None:
        lines = "\n".join(f"{name}: {value}" for name, value in header)
        path = write(folder, "post.md", f"---\n{lines}\n---\n".encode() + body)
        assert not any("cannot be read (" in reason for reason in failed(path).values())

    @settings(max_examples=150)
    @given(
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers()
            | st.text(max_size=8)
            | st.sampled_from(["published", "<p>x</p>", '{"root": {}}']),
            lambda inner: (
                st.lists(inner, min_size=1, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["posts", "id", "title", "html", "lexical", "mobiledoc", "users", "tags"]),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=20,
        )
    )
    def test_of_json_end_in_words_and_not_in_a_traceback(self, folder: Path, data: object) -> None:
        path = write(folder, "ghost.json", json.dumps({"data": data if isinstance(data, dict) else {"posts": [data]}}))
        assert not any("cannot be read (" in reason for reason in failed(path).values())
