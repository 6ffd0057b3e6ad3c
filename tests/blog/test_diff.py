"""The difference of two texts holds both of them, is small where little changed, and never takes long."""

from __future__ import annotations

import random
import time

import pytest

from app.blog.diff import Block, blocks

HALF_A_MEGABYTE = 512 * 1024


def said(found: list[Block]) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for block in found if not block.is_same for piece in block.pieces]


def halves(found: list[Block]) -> tuple[str, str]:
    pieces = [piece for block in found for piece in block.pieces]
    sides = ("added", "removed")
    old, new = ("".join(piece.text for piece in pieces if piece.kind != other) for other in sides)
    return old, new


class TestADifference:
    def test_names_the_words_that_changed(self) -> None:
        found = blocks("Same.\nThe quick brown fox.\n", "Same.\nThe slow brown fox.\n")
        assert said(found) == [("same", "The "), ("removed", "quick"), ("added", "slow"), ("same", " brown fox.\n")]

    def test_of_a_line_that_was_added_leaves_the_others_alone(self) -> None:
        assert said(blocks("one\ntwo\n", "one\nand a half\ntwo\n")) == [("added", "and a half\n")]

    def test_of_equal_texts_is_none(self) -> None:
        assert said(blocks("one\ntwo", "one\ntwo")) == []

    def test_takes_signs_of_chinese_as_words(self) -> None:
        assert said(blocks("我爱你", "我恨你")) == [("same", "我"), ("removed", "爱"), ("added", "恨"), ("same", "你")]

    @pytest.mark.parametrize("seed", range(20))
    def test_holds_both_texts(self, seed: int) -> None:
        chance = random.Random(seed)
        signs = "ab c\n\r\x0b\u2028\u00e9.我"
        old, new = ("".join(chance.choices(signs, k=chance.randrange(300))) for _ in range(2))
        assert halves(blocks(old, new)) == (old, new)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("a\n" * (HALF_A_MEGABYTE // 2), "a\n" * (HALF_A_MEGABYTE // 2 - 7)),
            ("a\nb\n" * (HALF_A_MEGABYTE // 4), "b\na\nb\n" * (HALF_A_MEGABYTE // 6)),
            ("x y " * (HALF_A_MEGABYTE // 4), "y x x " * (HALF_A_MEGABYTE // 6)),
        ],
        ids=["same lines", "two lines", "one long line"],
    )
    def test_of_the_longest_texts_takes_seconds(self, old: str, new: str) -> None:
        begun = time.process_time()
        assert halves(blocks(old, new)) == (old, new)
        assert time.process_time() - begun < 20
