"""The documentation is built without a warning, and holds what it promises."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import import_module
from pathlib import Path

import pytest
from sphinx.util.inventory import InventoryFile

ROOT = Path(__file__).resolve().parents[2]
LEDGER_WORDS = ("effect", "owe", "hint", "claim", "settle", "sweep", "dead letter", "discard", "pause", "attempt")
TRADE_WORDS = (
    "sign-up", "sign-in", "rate limit", "middleware", "pagination", "sitemap", "encryption", "digest", "retry", "heartbeat",
    "outbox", "permissions", "dead letters", "queues", "password reset", "RSS", "webhook", "slug", "Markdown", "settings",
)  # fmt: skip


def app_modules() -> list[str]:
    left_out = {"migrations", "apps.py", "__init__.py"}
    return [str(path.relative_to(ROOT)) for path in (ROOT / "app").rglob("*.py") if not left_out & set(path.parts)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the built site."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet", "-c", "docs"]
    done = subprocess.run(
        [*command, "-d", str(folder / "doctrees"), ".", str(folder / "html")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "html"


@pytest.mark.timeout(300)
@pytest.mark.slow
class TestTheSite:
    def test_has_every_public_name_of_the_ledger(self, site: Path) -> None:
        with (site / "objects.inv").open("rb") as file:
            inventory = InventoryFile.load(file, "", lambda base, uri: uri)
        known = {name for kind, names in inventory.items() if kind.startswith("py:") for name in names}
        assert {f"owed.{name}" for name in import_module("owed").__all__} <= known

    def test_can_be_searched(self, site: Path) -> None:
        index = json.loads((site / "searchindex.js").read_text().removeprefix("Search.setIndex(").removesuffix(")"))
        pages = index["terms"]["sweeper"]
        assert "docs/glossary" in {index["docnames"][each] for each in ([pages] if isinstance(pages, int) else pages)}
        assert (site / "search.html").exists()

    def test_begins_at_its_root(self, site: Path) -> None:
        target = re.search(r"url=([^\"]+)", (site / "index.html").read_text())
        assert target is not None
        assert "<h1>Afterword" in (site / target[1]).read_text()

    def test_has_each_section(self, site: Path) -> None:
        text = (site / "docs" / "index.html").read_text()
        assert [
            each for each in ("Tutorials", "How-to guides", "Reference", "Explanation") if f">{each}</span>" not in text
        ] == []


class TestGeneratedPages:
    def test_are_as_the_code_is(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "tools.reference", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


class TestTheGlossary:
    @pytest.mark.parametrize("word", LEDGER_WORDS)
    def test_says_what_a_word_of_the_ledger_means(self, word: str) -> None:
        entry = re.search(rf"^{word}\n: (.+?)(?:\n\n|\Z)", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE | re.DOTALL)
        assert entry is not None
        assert 2 <= len(re.findall(r"[.;](?:\s|$)", entry[1])) <= 5

    def test_has_no_other_words(self) -> None:
        assert len(re.findall(r"^: ", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)) == len(LEDGER_WORDS)


class TestWhereAFileGoes:
    @pytest.mark.parametrize("word", TRADE_WORDS)
    def test_is_said_for_a_word_of_the_trade(self, word: str) -> None:
        row = re.search(rf"^\| {re.escape(word)} \| \[?`([^`]+)`", (ROOT / "docs/architecture.md").read_text(), re.MULTILINE)
        assert row is not None
        assert (ROOT / row[1]).exists()

    def test_is_refused_for_a_file_that_is_not_there(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from tools import architecture

        words = tmp_path / "words.toml"
        words.write_text('"sign-up" = "app/nowhere.py"\n')
        monkeypatch.setattr(architecture, "WORDS", words)
        with pytest.raises(architecture.WordWithoutFile, match=r"'sign-up' \(app/nowhere\.py\)"):
            architecture.words()

    def test_is_said_of_every_module(self) -> None:
        missing = set(app_modules())
        for section in (ROOT / "docs/architecture.md").read_text().split("\n### app.")[1:]:
            room = section.partition("\n")[0]
            missing -= {f"app/{room}/{name}" for name in re.findall(r"^\| `([^`]+\.py)` \| \S", section, re.MULTILINE)}
        assert sorted(missing) == []


class TestTheLicence:
    def test_is_the_one_that_the_project_declares(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        text = (ROOT / "LICENSE").read_text()
        assert project["license"] == "BSD-3-Clause"
        assert text.startswith("BSD 3-Clause License")
        assert project["authors"] == [{"name": "The Afterword authors"}]
        assert "The Afterword authors" in text

    def test_is_in_the_wheel_of_the_ledger(self, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), "owed"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
            described = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
            assert "License-Expression: BSD-3-Clause\n" in wheel.read(described).decode()
            assert wheel.read(described.replace("METADATA", "licenses/LICENSE")) == (ROOT / "LICENSE").read_bytes()


class TestTheLocks:
    @pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
    def test_name_no_index_and_a_hash_for_each_package(self, name: str) -> None:
        text = (ROOT / name).read_text()
        assert "://" not in text
        assert [
            block for block in re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:] if "--hash=sha256:" not in block
        ] == []
