"""`manage.py check --deploy` names what makes a public site unsafe, and nothing where all is well."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import registry, run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from pytest_django import Settings

PAGE = Path(__file__).parents[2] / "docs/howto/deploy.md"
KEY = "kV2u8Zq0tR5wYx1nB7mC4sD9fG6hJ3lP" * 2
SAFE: dict[str, Any] = {
    "DEBUG": False,
    "SITE_URL": "https://news.publisher.net",
    "ALLOWED_HOSTS": ["news.publisher.net"],
    "METRICS_TOKEN": KEY,
    "TRUSTED_PROXIES": 1,
    "SECURE_HSTS_SECONDS": 31_536_000,
    "OUTBOUND_ALLOW": (),
    "MAILBOX_DIR": None,
    "EMAIL_URL": "smtp+tls://news:x7Qm2@mail.publisher.net:587",
    "DKIM_KEYS": (),
    "SECRET_KEY": KEY,
    "SECRET_KEY_FALLBACKS": [],
    "FLOWER_BASIC_AUTH": "operator:nV8rT2wQ5yLk",
    "DEFAULT_FROM_EMAIL": "News <post@publisher.net>",
}
DATABASE = "DATABASES"
WRONG: list[tuple[str, str, Any]] = [
    ("deploy.W001", "SITE_URL", "http://news.publisher.net"),
    ("deploy.W002", "DEBUG", True),
    ("deploy.W003", "DEBUG", True),
    ("deploy.W003", "METRICS_TOKEN", "short"),
    ("deploy.W004", "TRUSTED_PROXIES", 0),
    ("deploy.W005", "SECURE_HSTS_SECONDS", 3600),
    ("deploy.W006", "ALLOWED_HOSTS", ["*"]),
    ("deploy.W006", "ALLOWED_HOSTS", [".publisher.net"]),
    ("deploy.W007", "ALLOWED_HOSTS", ["other.publisher.net"]),
    ("deploy.W008", "OUTBOUND_ALLOW", ("127.0.0.0/8",)),
    ("deploy.W008", "OUTBOUND_ALLOW", ("169.254.0.0/16",)),
    ("deploy.W009", "MAILBOX_DIR", Path("/somewhere")),
    ("deploy.W010", "EMAIL_URL", "smtp://mail.publisher.net:25"),
    ("deploy.W012", "SECRET_KEY", KEY[:49]),
    ("deploy.W012", "SECRET_KEY", "ab" * 40),
    ("deploy.W012", "SECRET_KEY_FALLBACKS", [KEY, "short"]),
    ("deploy.W013", "SECRET_KEY", "change-me-to-fifty-or-more-random-characters-0123456789-abcdef"),
    ("deploy.W013", "EMAIL_URL", "smtp+tls://news:change-me@mail.publisher.net:587"),
    ("deploy.W014", "FLOWER_BASIC_AUTH", "operator:operator"),
    ("deploy.W015", "DEFAULT_FROM_EMAIL", "Afterword <post@afterword.example>"),
    ("deploy.W015", "DEFAULT_FROM_EMAIL", "nonsense"),
]
FINE: list[tuple[str, Any]] = [
    ("METRICS_TOKEN", ""),
    ("TRUSTED_PROXIES", 2),
    ("OUTBOUND_ALLOW", ("10.0.0.0/8",)),
    ("EMAIL_URL", "smtp://127.0.0.1:25"),
    ("EMAIL_URL", "smtps://mail.publisher.net:465"),
]


@pytest.fixture
def safe(settings: Settings) -> Settings:
    for name, value in SAFE.items():
        setattr(settings, name, value)
    return settings


def found() -> dict[str, str]:
    """Return what our checks say, by id, with the hint."""
    messages = run_checks(include_deployment_checks=True)
    return {each.id: f"{each.msg} {each.hint}" for each in messages if each.id and each.id.startswith("deploy.")}


@pytest.mark.usefixtures("safe")
class TestASafeSite:
    def test_has_no_complaint(self) -> None:
        assert found() == {}

    @pytest.mark.parametrize(("name", "value"), FINE)
    def test_may_be_set_up_in_several_ways(self, safe: Settings, name: str, value: Any) -> None:
        setattr(safe, name, value)
        assert found() == {}


class TestAnUnsafeSite:
    @pytest.mark.parametrize(("id", "name", "value"), WRONG)
    def test_is_told_what_to_change(self, safe: Settings, id: str, name: str, value: Any) -> None:
        setattr(safe, name, value)
        assert id in found()
        assert re.search(rf"{name}|DEBUG|EMAIL_URL|SITE_URL", found()[id])

    def test_is_told_of_a_key_that_others_can_read(self, safe: Settings, tmp_path: Path) -> None:
        key = tmp_path / "mail.pem"
        key.write_text("not a key")
        key.chmod(0o644)
        safe.DKIM_KEYS = (f"mail:{key}",)
        assert f"chmod 600 {key}" in found()["deploy.W011"]
        key.chmod(0o600)
        assert "deploy.W011" not in found()

    def test_is_told_of_the_password_of_the_example(self, safe: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(safe.DATABASES["default"], "PASSWORD", "change-me")
        assert "DATABASE_URL" in found()["deploy.W013"]

    def test_does_not_pass_the_command(self, safe: Settings) -> None:
        safe.DEFAULT_FROM_EMAIL = "nonsense"
        with pytest.raises(SystemCheckError, match=r"deploy\.W015"):
            call_command("check", deploy=True, fail_level="WARNING")

    def test_says_nothing_outside_a_deployment(self, safe: Settings) -> None:
        safe.SITE_URL = "http://news.publisher.net"
        assert not [each for each in run_checks() if str(each.id).startswith("deploy.")]


class TestAnExample:
    def test_may_keep_its_placeholders_and_nothing_else(self, safe: Settings) -> None:
        safe.SITE_URL, safe.ALLOWED_HOSTS = "https://afterword.example", ["afterword.example"]
        safe.DEFAULT_FROM_EMAIL = "post@afterword.example"
        assert found() == {}
        safe.TRUSTED_PROXIES = 0
        assert list(found()) == ["deploy.W004"]


class TestThePage:
    def test_lists_every_check(self) -> None:
        listed = re.findall(r"^\| `(deploy\.W\d+)` \|", PAGE.read_text(), re.MULTILINE)
        assert set(listed) == {id for id, _, _ in WRONG} | {"deploy.W011"}

    def test_is_about_checks_that_run_with_deploy_alone(self) -> None:
        ours = [each for each in registry.registry.deployment_checks if each.__module__ == "app.site.deploy_checks"]
        assert len(ours) == 1
