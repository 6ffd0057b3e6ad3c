"""The process environment, read in one place, typed, and refused with every problem at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from config import env_values as values
from config import run_directory
from config.env_values import Secret

ROOT = Path(__file__).resolve().parent.parent


class BadEnvironment(SystemExit):
    """The environment cannot be used; the message names each variable and what to do."""


@dataclass(frozen=True, kw_only=True)
class Env:
    """Settings that differ between places. Field names are the variables' names in lower case."""

    debug: Annotated[bool, "on for a machine of your own, off in public; off demands the secrets"]
    secret_key: Annotated[Secret, "signs sessions, tokens and sealed credentials"]
    secret_key_fallbacks: Annotated[tuple[Secret, ...], "earlier keys that still open what they signed, with commas"]
    site_url: Annotated[str, "where readers find the site: http(s)://host[:port]"]
    site_name: Annotated[str, "the publication's name; unset = as the studio's settings have it"]
    site_tagline: Annotated[str, "the line under the name; unset = as the studio's settings have it"]
    site_language: Annotated[str, "the language of pages and mail, such as de; unset = as the studio's settings have it, or en"]
    site_time_zone: Annotated[str, "such as Europe/Berlin; unset = as the studio's settings have it, or UTC"]
    site_code: Annotated[bool, "off = no code of the studio's settings gets into readers' pages"]
    allowed_hosts: Annotated[tuple[str, ...], "host names that the site answers to, with commas"]
    data_dir: Annotated[Path, "where the bundled servers, media, mailbox and Flower keep their files"]
    media_dir: Annotated[Path, "where pictures are kept: one folder for all hosts; unset = media below DATA_DIR"]
    database_url: Annotated[Secret, "postgres://user:password@host:port/name; unset = the bundled PostgreSQL"]
    redis_url: Annotated[Secret, "the cache: redis:// or unix://; unset = the bundled Valkey, apart from the broker"]
    celery_broker_url: Annotated[Secret, "the broker: redis://, redis+socket:// or amqp://; unset = the bundled Valkey"]
    mailbox_port: Annotated[int, "where the bundled mailbox captures mail"]
    email_url: Annotated[Secret, "smtp://, smtps:// or smtp+tls://user:password@host:port; unset = the bundled mailbox"]
    default_from_email: Annotated[str, "the sender of every mail; without a name it has the publication's"]
    bounce_address: Annotated[str, "where mail servers return newsletters, as bounces@example.org; unset = to the sender"]
    bounce_mailbox: Annotated[Secret, "imaps://user:password@host:993/folder, where bounces are read; unset = in no mailbox"]
    mail_window: Annotated[int, "how many mails of a mailing a worker takes at a time; 1 = each with a commit of its own"]
    mail_events: Annotated[Secret, "the provider that reports by webhook: mailgun:signing-key or postmark:user:password"]
    dns_server: Annotated[str, "address:port of the DNS server that the mail check asks; unset = that of the machine"]
    dkim_keys: Annotated[tuple[Secret, ...], "keys that sign mail, with commas: selector:file or selector:base64"]
    dkim_domain: Annotated[str, "the domain that signs mail; unset = that of DEFAULT_FROM_EMAIL"]
    mail_refusals_among: Annotated[int, "how many of the last emails of a mailing are looked at for refusals"]
    mail_refusals_percent: Annotated[int, "a mailing is paused where mail servers refuse more of these for good; 100 = never"]
    flower_basic_auth: Annotated[Secret, "user:password for Flower"]
    port: Annotated[int, "the web server's port"]
    flower_port: Annotated[int, "Flower's port"]
    flower_url: Annotated[str, "where operators find Flower, for links in the studio; unset and DEBUG off = no links"]
    metrics_token: Annotated[Secret, "the bearer token for /metrics and the whole of /readyz; unset and DEBUG off = closed"]
    log_format: Annotated[str, "text for people, json for machines"]
    outbound_allow: Annotated[tuple[str, ...], "networks that webhooks may reach though they are not public, with commas"]
    trusted_proxies: Annotated[int, "how many proxies stand before the site, each adding the caller to X-Forwarded-For"]
    peertube_hosts: Annotated[tuple[str, ...], "PeerTube sites whose videos posts may show in a player, with commas"]
    second_factor_for: Annotated[
        str, "who must sign in with a second factor: administrators, editors or team; unset = who wants to"
    ]
    oidc_issuer: Annotated[str, "the issuer of an OpenID Connect provider that signs people in, https://...; unset = none"]
    oidc_client_id: Annotated[str, "what the provider calls this site"]
    oidc_client_secret: Annotated[
        Secret, "what the provider gave this site as its secret; unset = a public client, with PKCE alone"
    ]
    oidc_name: Annotated[str, "what the button calls the provider; unset = the host of the issuer"]
    oidc_link_by_email: Annotated[
        bool, "on = the provider signs in accounts and invitations that have the verified address; trust it with all of them"
    ]
    oidc_new_accounts: Annotated[
        str, "the role of accounts that the first sign-in makes: reader, contributor or author; unset = it makes none"
    ]
    oidc_second_factor: Annotated[
        tuple[str, ...],
        "values of amr or acr that mean two factors, with commas, such as mfa; always = every sign-in there",
    ]
    import_max_mb: Annotated[int, "how large an upload to import may be, in MB; a ZIP may hold four times as much"]
    notice_quiet: Annotated[
        timedelta, "NOTICE_QUIET_MINUTES: after a notice about a post, the next ones wait so long and go out as one"
    ]
    effects_late_after: Annotated[
        timedelta, "EFFECTS_LATE_AFTER_MINUTES: operators get an email when due work has not begun after this time"
    ]
    announce_within: Annotated[timedelta, "ANNOUNCE_WITHIN_HOURS: posts older than this are not announced"]
    mailing_delay: Annotated[
        timedelta, "MAILING_DELAY_SECONDS: how long a mailing can be stopped before its first email leaves; 0 = not at all"
    ]
    retention: Annotated[timedelta, "EFFECTS_RETENTION_HOURS: how long done effects stay in the ledger"]
    dead_effects_retention: Annotated[
        timedelta, "DEAD_EFFECTS_RETENTION_DAYS: how long dead letters stay, if no one retries them"
    ]
    results_retention: Annotated[timedelta, "RESULTS_RETENTION_DAYS: how long Celery's results stay"]
    celery_results: Annotated[str, "failures = Celery keeps results of hints that failed, all = also of those that succeeded"]
    deliveries_retention: Annotated[
        timedelta,
        "DELIVERIES_RETENTION_DAYS: how long single deliveries stay after their mailing is over; its sums stay always",
    ]
    confirmations_retention: Annotated[
        timedelta, "CONFIRMATIONS_RETENTION_DAYS: how long questions whether a subscription was meant stay after they were sent"
    ]
    notices_retention: Annotated[timedelta, "NOTICES_RETENTION_DAYS: how long notices that were sent or closed stay"]
    log_retention: Annotated[timedelta, "LOG_RETENTION_DAYS: how long the log of who did what stays"]
    shares_retention: Annotated[
        timedelta, "SHARES_RETENTION_DAYS: how long shares stay that were withdrawn, skipped, or went through a removed account"
    ]
    effects_ring_after_seconds: Annotated[float, "after how long a hint that no worker followed is sent again"]
    effects_lease_margin_seconds: Annotated[float, "from its timeout until a dead worker's effect is due again"]

    @property
    def site_overrides(self) -> dict[str, Any]:
        """Return the settings of the publication that variables set beside its name: they win over the studio's."""
        given = {"tagline": self.site_tagline, "language": self.site_language, "time_zone": self.site_time_zone}
        return {name: value for name, value in given.items() if value} | ({} if self.site_code else {"head_code": ""})

    @property
    def bundled_database(self) -> bool:
        return self.database_url == run_directory.database_url(self.data_dir)

    @property
    def bundled_broker(self) -> bool:
        return self.celery_broker_url == run_directory.broker_url(self.data_dir)

    @property
    def bundled_cache(self) -> bool:
        return self.redis_url == run_directory.cache_url(self.data_dir)

    @property
    def bundled_mail(self) -> bool:
        return self.email_url == run_directory.mail_url(self.mailbox_port)


def read(environ: Mapping[str, str] = os.environ) -> Env:
    """Return the environment as values, or raise BadEnvironment that lists every problem."""
    reader = _Reader(environ)
    debug = reader.value("DEBUG", values.boolean, default=True)
    data_dir = reader.value("DATA_DIR", values.directory, default=ROOT / "var")
    port = reader.value("PORT", values.port, default=8000)
    flower_port = reader.value("FLOWER_PORT", values.port, default=5555)
    mailbox_port = reader.value("MAILBOX_PORT", values.port, default=run_directory.MAILBOX_PORT)
    site_url = reader.value("SITE_URL", values.origin, default=f"http://127.0.0.1:{port}")
    env = Env(
        debug=debug,
        data_dir=data_dir,
        media_dir=reader.value("MEDIA_DIR", values.directory, default=data_dir / "media"),
        port=port,
        mailbox_port=mailbox_port,
        site_url=site_url,
        secret_key=reader.secret("SECRET_KEY", debug=debug, default="not-secret-for-this-machine-only-0123456789abcdef"),
        secret_key_fallbacks=reader.value("SECRET_KEY_FALLBACKS", values.secrets, default=()),
        flower_basic_auth=reader.secret("FLOWER_BASIC_AUTH", debug=debug, default="operator:operator"),
        allowed_hosts=reader.value("ALLOWED_HOSTS", values.words, default=_hosts(site_url, debug)),
        database_url=reader.url("DATABASE_URL", values.database, default=run_directory.database_url(data_dir)),
        redis_url=reader.url("REDIS_URL", values.url, default=run_directory.cache_url(data_dir)),
        celery_broker_url=reader.url("CELERY_BROKER_URL", values.url, default=run_directory.broker_url(data_dir)),
        email_url=reader.url("EMAIL_URL", values.mail, default=run_directory.mail_url(mailbox_port)),
        flower_port=flower_port,
        flower_url=reader.value("FLOWER_URL", values.page, default=f"http://127.0.0.1:{flower_port}" if debug else ""),
        metrics_token=reader.url("METRICS_TOKEN", str, default=""),
        log_format=reader.value("LOG_FORMAT", values.one_of("text", "json"), default="text" if debug else "json"),
        outbound_allow=reader.value("OUTBOUND_ALLOW", values.networks, default=("127.0.0.0/8", "::1/128") if debug else ()),
        trusted_proxies=reader.value("TRUSTED_PROXIES", values.whole(0, 9), default=0),
        peertube_hosts=reader.value("PEERTUBE_HOSTS", values.words, default=("framatube.org", "peertube.tv", "tilvids.com")),
        second_factor_for=reader.value("SECOND_FACTOR_FOR", values.one_of("administrators", "editors", "team"), default=""),
        import_max_mb=reader.value("IMPORT_MAX_MB", values.whole(1, 100_000, "a number of MB"), default=500),
        celery_results=reader.value("CELERY_RESULTS", values.one_of("failures", "all"), default="failures"),
        **_oidc(reader),
        **_publication(reader),
        **_mail(reader),
        **_times(reader),
    )
    reader.finish()
    return env


def _oidc(reader: _Reader) -> dict[str, Any]:
    """Return the provider that signs people in."""
    issuer = reader.value("OIDC_ISSUER", values.issuer, default="")
    client_id = reader.value("OIDC_CLIENT_ID", str, default="")
    if issuer and not client_id:
        reader.problems.append("OIDC_CLIENT_ID: missing; set it, as OIDC_ISSUER is set")
    return {
        "oidc_issuer": issuer,
        "oidc_client_id": client_id,
        "oidc_client_secret": reader.url("OIDC_CLIENT_SECRET", str, default=""),
        "oidc_name": reader.value("OIDC_NAME", str, default=""),
        "oidc_link_by_email": reader.value("OIDC_LINK_BY_EMAIL", values.boolean, default=False),
        "oidc_new_accounts": reader.value("OIDC_NEW_ACCOUNTS", values.one_of("reader", "contributor", "author"), default=""),
        "oidc_second_factor": reader.value("OIDC_SECOND_FACTOR", values.words, default=()),
    }


def _publication(reader: _Reader) -> dict[str, Any]:
    """Return what an operator decides about the publication: it wins over the settings in the studio."""
    return {
        "site_name": reader.value("SITE_NAME", str, default=""),
        "site_tagline": reader.value("SITE_TAGLINE", str, default=""),
        "site_language": reader.value("SITE_LANGUAGE", values.language, default=""),
        "site_time_zone": reader.value("SITE_TIME_ZONE", values.zone, default=""),
        "site_code": reader.value("SITE_CODE", values.boolean, default=True),
    }


def _mail(reader: _Reader) -> dict[str, Any]:
    """Return who sends mail, how it is signed, and what its recipients' servers answer."""
    return {
        "default_from_email": reader.value("DEFAULT_FROM_EMAIL", str, default="post@afterword.example"),
        "bounce_address": reader.value("BOUNCE_ADDRESS", values.address, default=""),
        "bounce_mailbox": reader.url("BOUNCE_MAILBOX", values.mailbox, default=""),
        "mail_window": reader.value("MAIL_WINDOW", values.whole(1, 100), default=10),
        "mail_events": reader.url("MAIL_EVENTS", values.provider, default=""),
        "dns_server": reader.value("DNS_SERVER", values.endpoint, default=""),
        "dkim_keys": reader.value("DKIM_KEYS", values.secrets, default=()),
        "dkim_domain": reader.value("DKIM_DOMAIN", str, default=""),
        "mail_refusals_among": reader.value("MAIL_REFUSALS_AMONG", values.whole(1, 10_000), default=50),
        "mail_refusals_percent": reader.value("MAIL_REFUSALS_PERCENT", values.whole(0, 100), default=20),
    }


def _times(reader: _Reader) -> dict[str, Any]:
    """Return how long to wait, and how long to keep what is over."""
    return {
        "effects_ring_after_seconds": reader.value("EFFECTS_RING_AFTER_SECONDS", values.seconds, default=15.0),
        "effects_lease_margin_seconds": reader.value("EFFECTS_LEASE_MARGIN_SECONDS", values.seconds, default=10.0),
        "notice_quiet": reader.value("NOTICE_QUIET_MINUTES", values.period("minutes", 0, 1440), default=timedelta(minutes=10)),
        "effects_late_after": reader.value(
            "EFFECTS_LATE_AFTER_MINUTES", values.period("minutes", 1, 1440), default=timedelta(minutes=15)
        ),
        "announce_within": reader.value("ANNOUNCE_WITHIN_HOURS", values.hours, default=timedelta(hours=24)),
        "mailing_delay": reader.value(
            "MAILING_DELAY_SECONDS", values.period("seconds", 0, 3600), default=timedelta(seconds=30)
        ),
        "retention": reader.value("EFFECTS_RETENTION_HOURS", values.hours, default=timedelta(days=14)),
        "dead_effects_retention": reader.value("DEAD_EFFECTS_RETENTION_DAYS", values.days, default=timedelta(days=365)),
        "results_retention": reader.value("RESULTS_RETENTION_DAYS", values.days, default=timedelta(days=7)),
        "deliveries_retention": reader.value("DELIVERIES_RETENTION_DAYS", values.days, default=timedelta(days=90)),
        "confirmations_retention": reader.value("CONFIRMATIONS_RETENTION_DAYS", values.days, default=timedelta(days=90)),
        "notices_retention": reader.value("NOTICES_RETENTION_DAYS", values.days, default=timedelta(days=365)),
        "log_retention": reader.value("LOG_RETENTION_DAYS", values.days, default=timedelta(days=365)),
        "shares_retention": reader.value("SHARES_RETENTION_DAYS", values.days, default=timedelta(days=90)),
    }


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []

    def value(self, name: str, parse: Callable[[str], Any], *, default: Any) -> Any:
        text = self.environ.get(name, "").strip()
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as error:
            self.problems.append(f"{name}: {error}")
            return default

    def url(self, name: str, parse: Callable[[str], str], *, default: str) -> Secret:
        """Return an address whole as a secret: it may hold a password."""
        return Secret(self.value(name, parse, default=default))

    def secret(self, name: str, *, debug: bool, default: str) -> Secret:
        value = self.value(name, str, default=default if debug else "")
        if not value:
            self.problems.append(f"{name}: missing; set it, as DEBUG is off")
        return Secret(value)

    def finish(self) -> None:
        if self.problems:
            lines = "\n".join(f"  {problem}" for problem in self.problems)
            raise BadEnvironment(f"The environment cannot be used:\n{lines}")


def _hosts(site_url: str, debug: bool) -> tuple[str, ...]:
    host = urlsplit(site_url).hostname or "localhost"
    return (host, "localhost", "127.0.0.1", "[::1]") if debug else (host,)
