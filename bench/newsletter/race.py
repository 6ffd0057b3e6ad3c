"""The same post to the same readers: by a worker of ours, by Django's send_messages, and as raw octets, in turns.

The worker has two processes and keeps its durable state; it is stopped while its deliveries are written, and timed from
the moment it continues until each is sent. Django sends over one connection. The raw octets are built before, and travel over
two pipelined connections: no sender can be faster than that.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from statistics import median

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.utils import timezone

from app.blog.models import Post
from app.mail.compiled import Addressee, Compiled
from app.mail.message import Letter
from app.newsletter import effects
from app.newsletter.announcing import PAGE, expand, send_publication_notifications
from app.newsletter.editions import Version, compile_version
from app.newsletter.letters import post_context, post_letter
from app.newsletter.models import Delivery, Subscriber
from bench.report import Table, summarise
from bench.stage import Switchboard, author, quiet
from bench.workers import contenders
from bench.workers.contenders import LOG, ROOT, Workers
from owed.waker import waker

ROUNDS = 3
READERS = 5000
RENDERED = 200
PARAGRAPH = "A paragraph of an ordinary length, with *some* emphasis and a [link](https://example.org/page).\n\n"
OURS, DJANGO, RAW = "Afterword's worker, two processes", "Django's send_messages", "raw octets, two connections"


def run(scale: float) -> Iterator[Table]:
    """Measure three rounds, yield the tables, and keep the ratios in summary.json."""
    number = max(100, round(READERS * scale))
    LOG.parent.mkdir(parents=True, exist_ok=True)
    LOG.write_bytes(b"")
    subscribe(number)
    with ExitStack() as stack:
        port = sink(stack)
        settings.EMAIL_URL = url = f"smtp://127.0.0.1:{port}"
        options = ["-Q", effects.deliver.queue, "-c", "2", "-n", "mail@%h", "--loglevel", "WARNING"]
        worker = Workers(stack, ["-m", "celery", "-A", "worker", "worker", *options], EMAIL_URL=url)
        size = len(compiled(post()).parcel_for(reader(0), at=timezone.now()).wire)
        senders = raw_senders(stack, port, size)
        steps = {OURS: lambda: mailed(worker), DJANGO: lambda: by_django(port, number), RAW: lambda: raw(senders, number)}
        mailed(worker)
        rates = measure(steps, number)
    rendering = rendered(max(20, round(RENDERED * min(scale, 1))))
    summarise(
        newsletter_x_send_messages=ratio(rates, OURS, DJANGO),
        newsletter_x_sink=ratio(rates, OURS, RAW),
        rendering_x_django=median(rendering),
    )
    heads = ("sender", "mails a second", "x send_messages", "x the sink's ceiling")
    rows = [
        (name, f"{median(runs):,.0f}", f"{ratio(rates, name, DJANGO):.2f}", f"{ratio(rates, name, RAW):.2f}")
        for name, runs in rates.items()
    ]
    yield Table(f"{number:,} mails of {size:,} octets, {ROUNDS} interleaved rounds: medians", heads, rows)
    yield Table("A reader's copy", ("ways", "x Django's"), [("spliced", f"{median(rendering):,.0f}")])


def measure(steps: dict[str, Callable[[], float]], number: int) -> dict[str, list[float]]:
    """Return the mails a second of each, by round."""
    rates: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(ROUNDS):
        for name in random.sample(list(steps), len(steps)):
            rates[name].append(number / steps[name]())
    return rates


def ratio(rates: dict[str, list[float]], name: str, other: str) -> float:
    """Return the median over the rounds of one's rate relative to the other's."""
    return median(mine / others for mine, others in zip(rates[name], rates[other], strict=True))


def subscribe(number: int) -> None:
    now = timezone.now()
    made = [{"email": reader(n).email, "state": Subscriber.State.CONFIRMED, "confirmed_at": now} for n in range(number)]
    Subscriber.objects.bulk_create([Subscriber(**each) for each in made], batch_size=1000)


def reader(number: int) -> Addressee:
    return Addressee(
        email=f"r{number}@example.org", name="", token=f"token{number:027}", message_id=f"<{number}@afterword.example>"
    )


def post() -> Post:
    """Return a public post whose mail has some 46 KB, and of which nothing is owed."""
    switchboard = Switchboard()
    switchboard.off()
    try:
        with quiet():
            written = Post(title=f"Bench {time.time_ns()}", content=PARAGRAPH * 115, author=author())
            written.save()
        written.publish(at=timezone.now())
    finally:
        switchboard.on()
    return written


def mailed(worker: Workers) -> float:
    """Mail a new post to all. Return the seconds from the first moment of the worker to the last mail."""
    worker.signal(signal.SIGSTOP)
    send = send_publication_notifications(post())
    assert send
    after = 0
    while expand(send.pk, after=after) == PAGE:
        after = Delivery.objects.filter(send=send).order_by("-subscriber_id").values_list("subscriber_id", flat=True)[0] or 0
    waker.wait_idle(60)
    began = time.monotonic()
    worker.signal(signal.SIGCONT)
    while Delivery.objects.filter(send=send, state__in=["pending", "submitting"]).exists():
        if time.monotonic() - began > contenders.PATIENCE:
            raise SystemExit(f"The mailing did not end within {contenders.PATIENCE:g} s; see {LOG}.")
        time.sleep(0.01)
    seconds = time.monotonic() - began
    if send.balance()["sent"] != send.balance()["candidates"]:
        raise SystemExit(f"Not all was sent: {send.balance()}; see {LOG}.")
    return seconds


def by_django(port: int, number: int) -> float:
    """Send the same text and HTML to all over one connection."""
    letter = letter_of(post())
    messages = [message(letter, reader(n)) for n in range(number)]
    began = time.monotonic()
    connection = get_connection("django.core.mail.backends.smtp.EmailBackend", host="127.0.0.1", port=port)
    connection.send_messages(messages)
    return time.monotonic() - began


def compiled(public: Post) -> Compiled:
    return compile_version(
        Version(post_id=public.pk, guid=public.guid, updated_at=public.updated_at, status=public.status, subject="", preview="")
    )


def letter_of(public: Post) -> Letter:
    return post_letter(post_context(public.pk), public.title, reader(0))


def message(letter: Letter, to: Addressee) -> EmailMultiAlternatives:
    headers = {**letter.headers, "Message-ID": to.message_id}
    written = EmailMultiAlternatives(letter.subject, letter.text, letter.sender, [to.email], headers=headers)
    written.attach_alternative(letter.html, "text/html")
    return written


def rendered(number: int) -> list[float]:
    """Return how many times as fast as Django we make a reader's copy, by CPU time, in each of three rounds."""
    public = post()
    spliced, letter, now = compiled(public), letter_of(public), timezone.now()
    ratios = []
    for _ in range(ROUNDS):
        django = cpu(lambda n: message(letter, reader(n)).message().as_bytes(), number)
        ratios.append(django / cpu(lambda n: spliced.parcel_for(reader(n), at=now), 20 * number))
    return ratios


def cpu(step: Callable[[int], object], number: int) -> float:
    """Return the CPU seconds of one."""
    began = time.process_time()
    for n in range(number):
        step(n)
    return (time.process_time() - began) / number


def sink(stack: ExitStack) -> int:
    """Start Postfix's smtp-sink, or our own, and return its port."""
    if found := shutil.which("smtp-sink"):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = int(probe.getsockname()[1])
        # It refuses to run as root.
        as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
        process = subprocess.Popen([found, *as_nobody, f"127.0.0.1:{port}", "100"])
        stack.callback(process.wait)
        stack.callback(process.terminate)
        await_port(port)
        return port
    command = [sys.executable, "-m", "bench.newsletter.sink"]
    ours = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    stack.callback(ours.wait)
    stack.callback(ours.terminate)
    assert ours.stdout
    return int(ours.stdout.readline())


def await_port(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("smtp-sink does not answer.")


def raw_senders(stack: ExitStack, port: int, size: int) -> list[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "bench.newsletter.raw", str(port), str(size)]
    senders = [subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for each in senders:
        stack.callback(each.wait)
        stack.callback(each.terminate)
    return senders


def raw(senders: list[subprocess.Popen[str]], number: int) -> float:
    began = time.monotonic()
    for each in senders:
        assert each.stdin
        each.stdin.write(f"{number // len(senders)}\n")
        each.stdin.flush()
    for each in senders:
        assert each.stdout
        each.stdout.readline()
    return time.monotonic() - began
