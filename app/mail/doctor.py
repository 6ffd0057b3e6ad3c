"""The mail check: what large mail providers ask of a sender, as it can be seen from here."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from django.conf import settings

from app.mail import spf
from app.mail.addresses import domain_of
from app.mail.conversation import Conversation
from app.mail.dkim_keys import BadKey, DkimKey, signing_domain, signing_keys
from app.mail.errors import Rejected, Unreachable
from app.mail.lookup import Dns, Unanswered
from app.mail.server import Server
from app.mail.verdicts import Level, Subject, Verdict

PATIENCE = 15.0  # seconds for the mail server
RENEW_WITHIN = timedelta(days=14)
Check = Callable[[Dns], Iterable[Verdict]]


def examine_dns(dns: Dns) -> list[Verdict]:
    """Return a verdict, or several, on each subject of which DNS knows."""
    checks: list[tuple[Subject, Check]] = [
        (Subject.SPF, _spf), (Subject.DKIM, _dkim), (Subject.DMARC, _dmarc), (Subject.PTR, _ptr), (Subject.BOUNCES, _bounces),
    ]  # fmt: skip
    return [verdict for subject, check in checks for verdict in _answered(subject, check, dns)]


def examine_server() -> list[Verdict]:
    """Return a verdict on the mail server and its encryption. Signs in there, and sends no mail."""
    return list(_server())


def sender_domain() -> str:
    return domain_of(settings.DEFAULT_FROM_EMAIL)


def envelope_domain() -> str:
    """Return the domain of the return path, whose SPF record counts."""
    return domain_of(settings.BOUNCE_ADDRESS) if settings.BOUNCE_ADDRESS else sender_domain()


def _answered(subject: Subject, check: Check, dns: Dns) -> list[Verdict]:
    try:
        return list(check(dns))
    except Unanswered:
        return [Verdict(subject=subject, level=Level.UNKNOWN, code="unanswered", facts={"name": envelope_domain()})]


def _server() -> Iterator[Verdict]:
    server = Server.from_url(settings.EMAIL_URL)
    if settings.MAILBOX_DIR:
        yield Verdict(subject=Subject.SERVER, level=Level.WARNING, code="captured")
        return
    conversation = Conversation(server, give_up_at=time.monotonic() + PATIENCE)
    try:
        conversation.begin()
        yield from _secured(server, conversation.sock)
    except Unreachable as error:
        yield _bad(Subject.SERVER, "unreachable", host=server.host, phase=error.phase)
    except Rejected as error:
        yield _bad(Subject.SERVER, "refused", host=server.host, answer=str(error))
    finally:
        conversation.leave()


def _secured(server: Server, connection: socket.socket | None) -> Iterator[Verdict]:
    if not isinstance(connection, ssl.SSLSocket):
        is_local = connection is not None and ip_address(connection.getpeername()[0]).is_loopback
        if is_local:
            yield _good(Subject.SERVER, "local")
        else:
            yield _bad(Subject.SERVER, "clear", host=server.host)
        return
    yield _good(Subject.SERVER, "encrypted", host=server.host, protocol=connection.version() or "TLS")
    ends = ssl.cert_time_to_seconds(str((connection.getpeercert() or {}).get("notAfter", "")))
    day = datetime.fromtimestamp(ends, UTC)
    if day < datetime.now(UTC) + RENEW_WITHIN:
        facts = {"host": server.host, "day": f"{day:%Y-%m-%d}"}
        yield Verdict(subject=Subject.SERVER, level=Level.WARNING, code="expires", facts=facts)


def _spf(dns: Dns) -> Iterator[Verdict]:
    domain, host = envelope_domain(), Server.from_url(settings.EMAIL_URL).host
    found = spf.records(dns, domain)
    if len(found) != 1:
        yield _bad(Subject.SPF, "spf_twice" if found else "spf_missing", domain=domain)
        return
    try:
        read = spf.evaluate(dns, domain, found[0], _public_addresses(dns, host))
    except spf.BadRecord as error:
        yield _bad(Subject.SPF, "spf_broken", domain=domain, why=str(error))
        return
    if read.is_open:
        yield _bad(Subject.SPF, "spf_open", domain=domain)
    elif read.passes:
        yield _good(Subject.SPF, "spf_good", domain=domain, host=host)
    else:
        yield Verdict(subject=Subject.SPF, level=Level.WARNING, code="spf_others", facts={"domain": domain, "host": host})


def _dkim(dns: Dns) -> Iterator[Verdict]:
    try:
        keys = signing_keys()
    except BadKey as error:
        yield _bad(Subject.DKIM, "dkim_unreadable", why=str(error))
        return
    if not keys:
        yield Verdict(subject=Subject.DKIM, level=Level.WARNING, code="dkim_none")
    for key in keys:
        yield _published(dns, key)


def _published(dns: Dns, key: DkimKey) -> Verdict:
    domain = signing_domain()
    name = f"{key.selector}._domainkey.{domain}"
    found = dns.texts(name)
    if not found:
        return _bad(Subject.DKIM, "dkim_missing", selector=key.selector, name=name)
    if _tags(key.record).get("p") not in [_tags(each).get("p") for each in found]:
        return _bad(Subject.DKIM, "dkim_other", selector=key.selector, name=name)
    return _good(Subject.DKIM, "dkim_good", selector=key.selector, domain=domain)


def _dmarc(dns: Dns) -> Iterator[Verdict]:
    domain = sender_domain()
    found = _policy(dns, domain)
    if len(found) != 1:
        yield _bad(Subject.DMARC, "dmarc_twice" if found else "dmarc_missing", domain=domain)
        return
    policy = _tags(found[0]).get("p", "").lower()
    if policy not in {"none", "quarantine", "reject"}:
        yield _bad(Subject.DMARC, "dmarc_broken", domain=domain)
        return
    signer = signing_domain() if settings.DKIM_KEYS else ""
    if not any(_are_aligned(domain, other) for other in (envelope_domain(), signer)):
        yield _bad(Subject.DMARC, "dmarc_unaligned", domain=domain, envelope=envelope_domain(), signer=signer or "–")
        return
    yield _good(Subject.DMARC, "dmarc_good", domain=domain, policy=policy)


def _policy(dns: Dns, domain: str) -> list[str]:
    """Return the DMARC records of a domain, or of the nearest one above it that has any."""
    labels = domain.split(".")
    for at in range(max(1, len(labels) - 1)):
        found = [each for each in dns.texts("_dmarc." + ".".join(labels[at:])) if _tags(each).get("v") == "DMARC1"]
        if found:
            return found
    return []


def _ptr(dns: Dns) -> Iterator[Verdict]:
    host = Server.from_url(settings.EMAIL_URL).host
    addresses = _public_addresses(dns, host)
    if not addresses:
        yield Verdict(subject=Subject.PTR, level=Level.UNKNOWN, code="ptr_hidden", facts={"host": host})
    for address in addresses:
        names = dns.names(address)
        facts = {"address": address, "host": host, "name": names[0] if names else ""}
        leads_back = any(address in dns.addresses(name) for name in names)
        yield (
            _good(Subject.PTR, "ptr_good", **facts)
            if leads_back
            else _bad(Subject.PTR, "ptr_other" if names else "ptr_missing", **facts)
        )


def _bounces(dns: Dns) -> Iterator[Verdict]:
    if not settings.BOUNCE_ADDRESS:
        yield Verdict(subject=Subject.BOUNCES, level=Level.WARNING, code="bounces_unset")
        return
    domain = envelope_domain()
    exchanges = dns.exchanges(domain)
    takes_mail = exchanges != ["."] if exchanges else bool(dns.addresses(domain))
    yield (_good if takes_mail else _bad)(Subject.BOUNCES, "bounces_good" if takes_mail else "bounces_nowhere", domain=domain)


def _public_addresses(dns: Dns, host: str) -> list[str]:
    try:
        found = [str(ip_address(host))]
    except ValueError:
        found = dns.addresses(host)
    return [each for each in found if ip_address(each).is_global]


def _are_aligned(domain: str, other: str) -> bool:
    """Return whether one is the other or below it. Which domains belong to one organisation is not asked any further."""
    return bool(other) and (f".{domain}".endswith(f".{other}") or f".{other}".endswith(f".{domain}"))


def _tags(record: str) -> dict[str, str]:
    pairs = (each.partition("=") for each in record.split(";"))
    return {name.strip().lower(): "".join(value.split()) for name, _, value in pairs}


def _good(subject: Subject, code: str, **facts: str) -> Verdict:
    return Verdict(subject=subject, level=Level.GOOD, code=code, facts=facts)


def _bad(subject: Subject, code: str, **facts: str) -> Verdict:
    return Verdict(subject=subject, level=Level.BAD, code=code, facts=facts)
