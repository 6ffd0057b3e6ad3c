"""The bill of materials: every locked package and every file that was copied in, with a licence that lets us ship it."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tools import sbom

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "app/web/static"


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("sbom") / "sbom.json"
    assert sbom.main([str(file)]) == 0
    return file.read_text()


@pytest.fixture(scope="module")
def bill(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


class TestTheBill:
    def test_is_cyclonedx(self, text: str) -> None:
        assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None

    def test_is_refused_by_the_schema_where_it_is_not(self, text: str) -> None:
        broken = text.replace('"type": "library"', '"type": "book"', 1)
        assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(broken) is not None

    def test_has_each_locked_package_once(self, bill: dict[str, Any]) -> None:
        locked = re.findall(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
        listed = [(each["name"], each["version"]) for each in bill["components"] if each["type"] == "library"]
        assert sorted(listed) == sorted(locked)
        assert len(locked) > 60

    def test_has_each_copied_file_with_its_digest(self, bill: dict[str, Any]) -> None:
        files = {each["name"]: each["hashes"][0]["content"] for each in bill["components"] if each["type"] == "file"}
        copied = [*STATIC.glob("vendor/*.js"), *STATIC.glob("vendor/*.css"), *STATIC.glob("fonts/*.woff2")]
        assert {str(path.relative_to(STATIC)): sha256(path.read_bytes()).hexdigest() for path in copied} == files

    def test_says_what_needs_what(self, bill: dict[str, Any]) -> None:
        needs = {
            each["ref"].partition("@")[0]: [name.partition("@")[0] for name in each["dependsOn"]]
            for each in bill["dependencies"]
        }
        assert "pkg:pypi/celery" in needs["afterword"]
        assert "pkg:pypi/vine" not in needs["afterword"]
        assert "pkg:pypi/vine" in needs["pkg:pypi/amqp"]

    def test_is_the_same_each_time(self, text: str) -> None:
        assert json.dumps(sbom.bill(sbom.parts()), indent=2) + "\n" == text


class TestALicence:
    def test_of_each_part_is_allowed(self) -> None:
        assert [part for part in sbom.parts() if not sbom.is_allowed(part.licence)] == []

    @pytest.mark.parametrize(
        "licence", ["GPL-3.0-only", "AGPL-3.0-or-later", "MIT AND GPL-2.0-only", "SSPL-1.0", "", "Proprietary"]
    )
    def test_that_asks_for_more_is_refused(self, licence: str) -> None:
        assert not sbom.is_allowed(licence)

    @pytest.mark.parametrize("licence", ["MIT", "GPL-2.0-only OR MIT", "Apache-2.0 AND BSD-2-Clause", "(MIT OR Apache-2.0)"])
    def test_that_leaves_a_choice_is_accepted(self, licence: str) -> None:
        assert sbom.is_allowed(licence)

    def test_that_is_refused_ends_the_command(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lock = tmp_path / "requirements.txt"
        lock.write_text("unheard-of==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n    # via afterword (pyproject.toml)\n")
        monkeypatch.setattr(sbom, "LOCK", lock)
        assert sbom.main([str(tmp_path / "sbom.json")]) == 1
        assert "unheard-of 1.0: unknown" in capsys.readouterr().err

    def test_is_listed_for_people(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert sbom.main(["--licences"]) == 0
        listed = capsys.readouterr().out
        assert re.search(r"^\| celery \| [\d.]+ \| BSD-3-Clause \| everywhere \|$", listed, re.MULTILINE)
        assert re.search(r"^\| htmx\.org \| [\d.]+ \| 0BSD \| vendor/htmx\.min\.js \|$", listed, re.MULTILINE)
