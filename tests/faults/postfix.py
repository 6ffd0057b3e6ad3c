"""A real Postfix on loopback between the workers and the readers: it defers, refuses, is away, and passes on the rest."""

from __future__ import annotations

import contextlib
import shutil
import signal
import smtplib
import socketserver
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from config.run_directory import BASE
from tests.chaos.journey import LEFT, OPEN, Broken
from tests.chaos.rig import Rig, rigged, wait_until
from tests.chaos.tables import SUBSCRIBE
from tests.chaos.verdict import lines
from tests.servers import unused_port

READERS = 12
GONE = "r3@example.org"
PATIENCE = 120.0
PUBLISH = """
from django.utils import timezone
from app.accounts.models import Role, User
from app.blog.models import Post
author = User.objects.filter(username="ann").first() or User.objects.create_user("ann", role=Role.AUTHOR)
post = Post(title="{title} is news", content="Some words. " * {words}, author=author)
post.save()
post.publish(at=timezone.now())
"""
BY_TITLE = "SELECT delivery.state, delivery.error FROM newsletter_delivery delivery JOIN blog_post post ON post.id = post_id "
BOUNCED = "SELECT email FROM newsletter_subscriber WHERE state = 'bounced'"
RETRIED = "SELECT count(*) FROM effects_effect WHERE task = 'email.deliver' AND attempt > 1"
TRIED = "SELECT count(*) FROM effects_effect WHERE task = 'email.deliver' AND error LIKE '%no connection%'"
MESSAGE_IDS = "SELECT message_id FROM newsletter_delivery WHERE state = 'sent'"
MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_bind_address = 127.0.0.1
myhostname = mx.afterword.test
mynetworks = 127.0.0.0/8
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
local_transport = error:nobody lives here
default_transport = smtp:[127.0.0.1]:{sink}
disable_dns_lookups = yes
message_size_limit = 50000
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions =
    check_recipient_access inline:{{ {{ {gone} = 550 5.1.1 nobody lives here }} }},
    check_policy_service inet:127.0.0.1:{greylist}, permit_mynetworks, reject
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, kw_only=True)
class Postfix:
    """One instance with a folder of its own; its master runs as root, listens on loopback and speaks to loopback."""

    folder: Path
    port: int
    name: str = "postfix"
    user: None = None
    stop_signal: signal.Signals = signal.SIGTERM

    @property
    def needs(self) -> list[Path]:
        return []

    def prepare(self) -> None:
        """Nothing is left to prepare: `configured` did."""

    def command(self) -> list[str]:
        return [str(program()), "-c", str(self.folder / "etc"), "start-fg"]

    def order(self, word: str) -> None:
        subprocess.run([*self.command()[:-1], word], check=True, capture_output=True, timeout=60)

    def ready(self) -> bool:
        with contextlib.suppress(OSError), smtplib.SMTP("127.0.0.1", self.port, timeout=5) as line:
            return line.noop()[0] == 250
        return False


class Greylist(socketserver.StreamRequestHandler):
    """Postfix's policy protocol: whoever comes for the first time is told to come again."""

    def handle(self) -> None:
        asked: dict[str, str] = {}
        while line := self.rfile.readline().decode():
            if line.strip():
                name, _, asked[name] = line.strip().partition("=")
                continue
            who = asked["recipient"]
            known = who in self.server.seen  # type: ignore[attr-defined]
            self.server.seen.add(who)  # type: ignore[attr-defined]
            self.wfile.write(b"action=dunno\n\n" if known else b"action=450 4.7.1 greylisted\n\n")


def program() -> str | None:
    return shutil.which("postfix", path="/usr/sbin:/usr/local/sbin") or shutil.which("postfix")


def impossible() -> str:
    """Return why this cannot be done here, or nothing."""
    if program() is None:
        return "postfix is not installed"
    return "" if Path("/proc/self").stat().st_uid == 0 else "Postfix's master needs root"


def run() -> str:
    """Return what was seen. Raises Broken."""
    with rigged() as rig, greylist() as policy, folder() as place:
        rig.env["CHAOS_DROP"] = "0"
        with rig.database() as database:
            database.execute(SUBSCRIBE, [READERS])
        postfix = Postfix(folder=place, port=unused_port())
        configure(postfix, sink=urlsplit(rig.env["EMAIL_URL"]).port, greylist=policy)
        rig.env["EMAIL_URL"] = f"smtp://127.0.0.1:{postfix.port}"
        with running(rig, postfix):
            rig.start_worker("chaos1")
            seen = {title: mailed(rig, title, words) for title, words in {"small": 100, "large": 5_000}.items()}
        publish(rig, "away", 100)
        waited = wait_until(lambda: rig.count(TRIED) > 0, PATIENCE)
        with running(rig, postfix):
            seen["away"] = settled(rig, "away")
            return told(rig, seen, waited)


@contextmanager
def running(rig: Rig, postfix: Postfix) -> Iterator[None]:
    """Run it, and end it by its own word: what was started is the script around its master."""
    rig.start_server(postfix)
    try:
        yield
    finally:
        postfix.order("stop")
        rig.processes["postfix"].wait(30)


def mailed(rig: Rig, title: str, words: int) -> Counter[str]:
    publish(rig, title, words)
    return settled(rig, title)


def publish(rig: Rig, title: str, words: int) -> None:
    rig.manage("shell", "--verbosity", "0", "-c", PUBLISH.format(title=title, words=words))


def settled(rig: Rig, title: str) -> Counter[str]:
    """Return the post's deliveries by state and error once nothing is owed."""
    if not wait_until(lambda: rig.count(OPEN) == 0, PATIENCE):
        with rig.database() as database:
            raise Broken({title: [line for (line,) in database.execute(LEFT)]})
    with rig.database() as database:
        rows = database.execute(BY_TITLE + "WHERE post.title LIKE %s", [f"{title}%"]).fetchall()
    return Counter(f"{state} {error}".strip() for state, error in rows)


def told(rig: Rig, seen: dict[str, Counter[str]], waited: bool) -> str:
    """Compare the rows with what reached the readers' side of Postfix. Raises Broken."""
    sent = sum(states["sent"] for states in seen.values())
    wait_until(lambda: len(lines(rig.folder / "oracle.log")) >= sent, PATIENCE)
    arrived = lines(rig.folder / "oracle.log")
    with rig.database() as database:
        ids = {message_id for (message_id,) in database.execute(MESSAGE_IDS)}
        bounced = [email for (email,) in database.execute(BOUNCED)]
    left = READERS - 1
    laws = {
        "greylisted ones are tried again and each has one": seen["small"] == {"sent": left, "failed 550 5.1.1 at rcpt": 1},
        "a mailbox that is not there is remembered": bounced == [GONE],
        "what is too large is failed, not repeated": seen["large"] == {"failed 552 5.3.4 at mail": left},
        "what could not be handed over was tried again": waited and seen["away"] == {"sent": left},
        "nobody has a copy twice": max(Counter((each["subject"], each["to"]) for each in arrived).values()) == 1,
        "every Message-ID arrived as it was stored": Counter(each["message_id"] for each in arrived) == Counter(ids),
    }
    if wrong := [law for law, holds in laws.items() if not holds]:
        raise Broken({"wrong": wrong, "rows": seen, "arrived": len(arrived), "bounced": bounced})
    tries = rig.count(RETRIED)
    return f"{len(arrived)} mails passed it, one for each row that is sent, Message-IDs as stored; {tries} effects were retried"


def configure(postfix: Postfix, **ports: int | None) -> None:
    values = {"folder": postfix.folder, "port": postfix.port, "gone": GONE, **ports}
    for name in ("etc", "queue", "data"):
        (postfix.folder / name).mkdir()
    shutil.chown(postfix.folder / "data", "postfix")
    (postfix.folder / "etc" / "main.cf").write_text(MAIN.format(**values))
    (postfix.folder / "etc" / "master.cf").write_text(MASTER.format(**values))
    postfix.order("check")


@contextmanager
def folder() -> Iterator[Path]:
    """Yield a folder that Postfix's own user may enter."""
    with tempfile.TemporaryDirectory(prefix="afterword-postfix-", dir=BASE) as place:
        Path(place).chmod(0o755)
        yield Path(place)


@contextmanager
def greylist() -> Iterator[int]:
    """Run the policy server and yield its port."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Greylist) as server:
        server.daemon_threads = True
        server.seen = set()  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()
