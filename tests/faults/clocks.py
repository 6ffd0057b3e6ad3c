"""Clocks that are wrong: of the processes by three days, ahead and behind, and of the database by a jump."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.chaos import journey
from tests.chaos.laws import Broken
from tests.chaos.monkey import Monkey
from tests.chaos.rig import Rig, rigged, wait_until
from tools.devserver.postgres import Postgres

SHIM = Path(__file__).with_name("wrong_clock")
AHEAD, BEHIND = "+3d", "-3d"
SEED = 1
SECONDS = 8.0
ON_TIME = 5.0
PLANNED = 6
AGAIN = "SELECT count(*) FROM effects_effect WHERE attempt > 1 AND task <> 'chaos.poison'"
# Of the second web's changes: those of the first wait until the workers are up.
MEDIAN_MS = """
SELECT (1000 * percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM applied.at - intent.at)))::int
FROM chaos_applied applied JOIN chaos_intent intent USING (n) WHERE n LIKE 'g2%'
"""
PUBLISHED = "SELECT title, published_at FROM blog_post WHERE status = 'published' AND title LIKE 'planned%'"
PLAN = f"""
from datetime import timedelta
from app.accounts.models import User
from app.blog.models import Post
from owed import clock
for n in range({PLANNED}):
    post = Post(title=f"planned{{n}}-{{clock.now().timestamp()}} x", content="x", author=User.objects.get(username="chaos"))
    post.save()
    at = clock.now() + timedelta(seconds=4 + n)
    post.schedule(publish_at=at)
    print(f"{{post.title}}|{{at.isoformat()}}")
"""


def impossible() -> str:
    """Return why this cannot be done here, or nothing."""
    return "" if shutil.which("faketime") else "faketime is not installed"


def run() -> str:
    """Return what was seen. Raises Broken."""
    try:
        return f"{processes()}; {database()}"
    finally:
        sweep()


def processes() -> str:
    """Let a worker live in three days, the other three days ago, and the web first here, then there."""
    with rigged() as rig:
        rig.env["CHAOS_DROP"] = "0"
        rig.own |= {"chaos1": faked(AHEAD), "chaos2": faked(BEHIND), "load": faked(AHEAD)}
        journey.begin(rig, SEED, posts=True)
        time.sleep(SECONDS)
        rig.stop("load")
        rig.own["load"] = faked(BEHIND)
        rig.start_again("load")
        time.sleep(SECONDS)
        rig.stop("load")
        monkey = Monkey(rig, SEED)
        journey.settled(rig, monkey.done)
        again, median, late = rig.count(AGAIN), rig.count(MEDIAN_MS) / 1000, lateness(rig)
        if again or median > ON_TIME or not all(0 <= each <= ON_TIME for each in late):
            raise Broken({"run again": again, "median late s": median, "planned posts, late s": late})
        rig.start_again("load")
        monkey.rage(SECONDS)
        rig.stop("load")
        verdict = journey.settled(rig, monkey.done)
        faults = sum(verdict["faults"].values())
        return (
            f"processes three days ahead and behind: committed {verdict['committed']}, lost 0, doubled 0, stale 0; "
            f"none run again before the {faults} faults, median {median} s late; {len(late)} planned posts, none early "
            f"and none over {max(late):.1f} s late"
        )


def lateness(rig: Rig) -> list[float]:
    """Plan posts from webs ahead and behind, and return by how many seconds each was published after its time."""
    said = [rig.manage("shell", "--verbosity", "0", "-c", PLAN, **faked(offset)) for offset in (AHEAD, BEHIND)]
    planned = dict(line.split("|") for line in "".join(said).splitlines())
    with rig.database() as database:
        wait_until(lambda: len(database.execute(PUBLISHED).fetchall()) == len(planned), 30)
        published = dict(database.execute(PUBLISHED).fetchall())
    if missing := set(planned) - set(published):
        raise Broken({"never published": missing})
    return [(published[title] - datetime.fromisoformat(at)).total_seconds() for title, at in planned.items()]


def database() -> str:
    """Let the database's clock jump an hour ahead under load, and a minute back."""
    with rigged(prepare=with_a_clock) as rig:
        journey.begin(rig, SEED, posts=True)
        for offset in ("+3600", "+3540"):
            time.sleep(SECONDS / 2)
            (rig.folder / "clock").write_text(offset)
        time.sleep(SECONDS / 2)
        rig.stop("load")
        ahead = rig.count("SELECT extract(epoch FROM clock_timestamp())::bigint") - time.time()
        if ahead < 1800:
            raise Broken({"the database's clock": "did not jump"})
        verdict = journey.settled(rig, {})
        return (
            f"a database whose clock jumped an hour ahead and a minute back: committed {verdict['committed']}, lost 0, "
            f"doubled 0, stale 0, unknown {verdict['unknown']}, at rest after {verdict['drain_s']} s"
        )


@dataclass(frozen=True, kw_only=True)
class Timed(Postgres):
    """PostgreSQL whose clock is set by a file. The library comes in last: it wants to belong to the server's user."""

    clock: Path

    def command(self) -> list[str]:
        by_file = {"FAKETIME_TIMESTAMP_FILE": self.clock, "FAKETIME_CACHE_DURATION": 1}
        own = {name: value for name, value in faked("").items() if value} | by_file
        return ["/usr/bin/env", *(f"{name}={value}" for name, value in own.items()), *super().command()]


def with_a_clock(rig: Rig) -> None:
    clock = rig.folder / "clock"
    clock.write_text("+0")
    rig.postgres = Timed(data=rig.postgres.data, sockets=rig.postgres.sockets, clock=clock)


def faked(offset: str) -> Mapping[str, str]:
    """Return the environment of a process whose clock on the wall is wrong by so much; what measures spans stays right."""
    answer = subprocess.run(
        ["faketime", "-m", "-f", "+0", "printenv", "LD_PRELOAD"], capture_output=True, text=True, check=True, timeout=30
    )
    library = answer.stdout.strip()
    return {"LD_PRELOAD": library, "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "PYTHONPATH": str(SHIM)}


def sweep() -> None:
    """Remove the memory that the library leaves behind where a process was killed."""
    for file in Path("/dev/shm").glob("*faketime_s*_*"):
        if not Path(f"/proc/{file.name.rpartition('_')[2]}").exists():
            file.unlink(missing_ok=True)
