"""The same load and the same faults on Celery alone, and on ours, as a table."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from tests.chaos import journey
from tests.chaos.laws import Broken
from tests.chaos.rig import OUTBOX
from tools.devserver.server import ROOT

TABLE = ROOT / "var" / "bench" / "scoreboard.md"
ENGINES = {
    "plain": "Celery, `delay_on_commit`",
    "acks_late": "Celery, `delay_on_commit`, `acks_late`, `reject_on_worker_lost`, visibility timeout 5 s",
    "outbox": "django-celery-outbox, with its relay, `acks_late`, `reject_on_worker_lost`, visibility timeout 5 s",
    "ours": "Afterword's ledger",
}
PACKAGE = "django-celery-outbox"
HEAD = """| engine | committed | lost | doubled | stale | repeated calls, same key | lateness p99 | publish p99 |
|---|---|---|---|---|---|---|---|
"""
HOW = """
`python -m tests.chaos --scoreboard --seconds {seconds:g} --seed {seed}`: about 20 transactions a second for {seconds:g} s
(a write, a call with a key, or an index of 50 subjects; 10 % rolled back; no poison, which the second engine would redeliver
for ever), two workers with two children each, faults by seed. "Doubled" counts writes done twice and calls that reached the
outside under two keys; Celery alone is given the change's own name as key. Lateness is from the change to the write, of
what was written at all; publish is from the begin of the transaction to the answer, without the first 20 of each thread of a
new process. Faults: {faults}.

{left_out}
"""


def write(seconds: float, seed: int) -> None:
    """Run each engine, print the table and keep it."""
    left_out = install_outbox()
    verdicts = {}
    for engine in ENGINES:
        if engine != "outbox" or not left_out:
            verdicts[engine] = measured(engine, seconds, seed)
            print(line(engine, verdicts[engine]), flush=True)
    faults = ", ".join(f"{number} x {fault}" for fault, number in sorted(verdicts["ours"]["faults"].items()))
    rows = "\n".join(line(engine, verdict) for engine, verdict in verdicts.items())
    text = HEAD + rows + "\n" + HOW.format(seconds=seconds, seed=seed, faults=faults, left_out=left_out)
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text(text.rstrip() + "\n")
    print(f"\n{text}\nwritten to {TABLE.relative_to(ROOT)}")


def measured(engine: str, seconds: float, seed: int) -> dict[str, Any]:
    try:
        return journey.run(seconds, seed, engine=engine, posts=False, dropped=0)
    except Broken as broken:
        return broken.verdict


def line(engine: str, verdict: dict[str, Any]) -> str:
    counts = [verdict[name] for name in ("committed", "lost", "doubled", "stale", "repeats")]
    cells = [ENGINES[engine], *counts, f"{verdict['late_p99_s']:.1f} s", f"{verdict['publish_p99_ms']:.0f} ms"]
    return "| " + " | ".join(map(str, cells)) + " |"


def install_outbox() -> str:
    """Install the package beside the project, where that is possible. Return why it is left out, or nothing."""
    if (OUTBOX / "django_celery_outbox").exists():
        return ""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(OUTBOX), PACKAGE]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{PACKAGE} is left out: {type(error).__name__} while it was installed."
    return f"{PACKAGE} is left out: it could not be installed here." if done.returncode else ""
