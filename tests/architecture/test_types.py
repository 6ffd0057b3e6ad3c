"""What the type checker refuses before anything runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLANTED = """
from app.newsletter import effects as newsletter
from app.search import effects as search
from owed import owe, record


def receiver() -> None:
    record(newsletter.announce.si(post_id=1), about="post:1")
    record(newsletter.anounce.si(post_id=1))  # wrong
    record(newsletter.announce.si(post=1))  # wrong
    record(newsletter.announce.si(post_id="1"))  # wrong
    record(newsletter.announce.si())  # wrong
    owe("email.announce")  # wrong


@newsletter.announce.runs
def good(*, post_id: int) -> None: ...


@newsletter.announce.runs  # wrong
def body(*, post: int) -> None: ...


@search.refresh.runs_many
def many(post_ids: list[int]) -> None: ...


@search.refresh.runs_many  # wrong
def keywords(*, post_ids: list[int]) -> None: ...


good.delay(post_id=1)
good.delay(post=1)  # wrong
many([1])
many(1)  # wrong
"""


@pytest.mark.timeout(300)
@pytest.mark.slow
class TestMypy:
    def test_refuses_a_misspelt_effect_a_wrong_argument_and_a_body_that_does_not_fit(self, tmp_path: Path) -> None:
        planted = tmp_path / "planted.py"
        planted.write_text(PLANTED)
        mypy = [Path(sys.executable).with_name("mypy"), "--no-error-summary", "--hide-error-context", planted]
        done = subprocess.run(mypy, cwd=ROOT, capture_output=True, text=True, check=False)
        refused = {int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line}
        wrong = {number for number, line in enumerate(PLANTED.splitlines(), 1) if line.endswith("# wrong")}
        assert refused == wrong, done.stdout + done.stderr
