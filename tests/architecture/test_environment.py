"""The environment as values: secrets are used like any text, and shown nowhere."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import pytest

from config import env
from config.env_values import origin

CANARIES = {
    "DEBUG": "off",
    "SITE_URL": "https://afterword.example",
    "SECRET_KEY": "canary-secret-key",
    "SECRET_KEY_FALLBACKS": "canary-old-key",
    "FLOWER_BASIC_AUTH": "operator:canary-flower",
    "DATABASE_URL": "postgres://ann:canary-database@127.0.0.1/afterword",
    "REDIS_URL": "redis://:canary-cache@127.0.0.1/1",
    "CELERY_BROKER_URL": "amqp://ann:canary-broker@127.0.0.1",
    "EMAIL_URL": "smtp://ann:canary-mail@127.0.0.1:25",
    "MAIL_EVENTS": "mailgun:canary-events",
    "OIDC_CLIENT_SECRET": "canary-of-the-provider",
}
SECRETS: Mapping[str, str] = {name: value for name, value in CANARIES.items() if "canary" in value}


@pytest.mark.covers("X11")
class TestASecret:
    def test_is_not_in_what_the_environment_prints(self, caplog: pytest.LogCaptureFixture) -> None:
        values = env.read(CANARIES)
        logging.getLogger("afterword").error("read %r", vars(values))
        assert "canary" not in repr(values) + repr(vars(values)) + caplog.text
        assert "https://afterword.example" in repr(values)

    def test_is_used_like_any_text(self) -> None:
        values = env.read(CANARIES)
        assert {name: _text(getattr(values, name.lower())) for name in SECRETS} == SECRETS


class TestTheAddressOfTheSite:
    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("HTTPS://News.Example/", "https://news.example"),
            ("https://news.example:443", "https://news.example"),
            ("http://news.example:80", "http://news.example"),
            ("https://news.example:8443", "https://news.example:8443"),
            ("https://Bücher.example", "https://xn--bcher-kva.example"),
            ("http://[::1]:8000", "http://[::1]:8000"),
        ],
    )
    def test_is_kept_as_browsers_write_it(self, typed: str, meant: str) -> None:
        assert origin(typed) == meant

    @pytest.mark.parametrize(
        "typed", ["news.example", "https://", "https://a.example/blog", "https://a.example?b", "https://a:x"]
    )
    def test_is_nothing_else(self, typed: str) -> None:
        with pytest.raises(ValueError, match=r"host|Port"):
            origin(typed)


def _text(value: object) -> str:
    return ",".join(f"{each}" for each in value) if isinstance(value, tuple) else f"{value}"


class TestAProvider:
    @pytest.mark.parametrize(
        ("issuer", "missing"),
        [
            ("https://id.example/", "OIDC_CLIENT_ID"),
            ("http://id.example", "OIDC_ISSUER"),
            ("https://id.example?x", "OIDC_ISSUER"),
        ],
    )
    def test_is_refused_by_name_where_it_cannot_be_used(self, issuer: str, missing: str) -> None:
        with pytest.raises(env.BadEnvironment, match=missing):
            env.read({"OIDC_ISSUER": issuer})

    def test_keeps_its_issuer_to_the_letter(self) -> None:
        assert env.read({"OIDC_ISSUER": "https://id.example/", "OIDC_CLIENT_ID": "x"}).oidc_issuer == "https://id.example/"
