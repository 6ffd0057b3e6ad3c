"""Run Afterword: `python -m tools.devserver run | servers | stop | rebuild | url | psql | pg_dump | pg_restore`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from config import env as environment
from config.run_directory import claim, run_dir
from tools.devserver import supervisor
from tools.devserver.aside import put_aside
from tools.devserver.banner import banner
from tools.devserver.lock import Lock, end_holder
from tools.devserver.mailbox import Mailbox
from tools.devserver.ports import check_ports
from tools.devserver.postgres import DATABASE, ROLE, Postgres, binaries
from tools.devserver.procfile import Program, read
from tools.devserver.server import ROOT, Server
from tools.devserver.valkey import broker, cache

ASIDE = ("release", "services")
CLIENTS = ("psql", "pg_dump", "pg_restore")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.devserver", description=__doc__)
    parser.add_argument("command", choices=("run", "servers", "stop", "rebuild", "url", *CLIENTS))
    parser.add_argument("--with-parent", action="store_true", help="end when the starter ends, as make does")
    parser.add_argument("--procfile", type=Path, default=ROOT / "Procfile")
    options, rest = parser.parse_known_args()
    if rest and options.command not in CLIENTS:
        parser.error(f"unknown: {' '.join(rest)}")
    env = environment.read()
    commands: dict[str, Callable[[], None]] = {
        "run": lambda: run(env, read(options.procfile), with_parent=options.with_parent),
        "servers": lambda: run(env, {}),
        "stop": lambda: stop(env),
        "rebuild": lambda: rebuild(env),
        "url": lambda: print(env.database_url),
        **{name: partial(client, env, name, rest) for name in CLIENTS},
    }
    commands[options.command]()


def run(env: environment.Env, entries: dict[str, str], *, with_parent: bool = False) -> None:
    """Start everything and stay until asked to end."""
    programs = [Program(name=name, line=line, port=port(env, name)) for name, line in entries.items() if name not in ASIDE]
    with supervised(env, with_parent=with_parent) as all_of_it:
        try:
            check_ports(env, [program.name for program in programs])
            for server in servers(env):
                all_of_it.start(server)
            if "release" in entries:
                all_of_it.once(Program(name="release", line=entries["release"]))
            all_of_it.start_all(programs)
            for line in banner(env, programs):
                all_of_it.voice.say(line)
            all_of_it.run()
        except supervisor.Stop:
            return


def supervised(env: environment.Env, *, with_parent: bool = False) -> supervisor.Supervisor:
    env.data_dir.mkdir(mode=0o755, parents=True, exist_ok=True)
    return supervisor.Supervisor(env.data_dir, lock(env), with_parent=with_parent)


def servers(env: environment.Env) -> list[Server]:
    """Return those whose address was not given."""
    sockets = claim(run_dir(env.data_dir))
    wanted: list[tuple[bool, Server]] = [
        (env.bundled_database, Postgres(data=env.data_dir / "postgres", sockets=sockets / "pg")),
        (env.bundled_broker, broker(env.data_dir, sockets)),
        (env.bundled_cache, cache(env.data_dir, sockets)),
        (env.bundled_mail, Mailbox(port=env.mailbox_port)),
    ]
    return [server for here, server in wanted if here]


def port(env: environment.Env, name: str) -> int | None:
    return {"web": env.port, "flower": env.flower_port}.get(name)


def stop(env: environment.Env) -> None:
    """End a run from elsewhere, and what a killed one left."""
    held = lock(env)
    if held.held():
        end_holder(held)
    else:
        with supervised(env):
            print("Nothing is running from this folder.")


def rebuild(env: environment.Env) -> None:
    """Put the bundled database aside, so that the next run makes a new one. Deletes nothing."""
    if not env.bundled_database:
        sys.exit("DATABASE_URL is set: that database is yours, and nothing was changed. See docs/howto/upgrade.md.")
    with supervised(env):
        print(put_aside(env.data_dir, env.database_url))


def client(env: environment.Env, name: str, arguments: list[str]) -> None:
    """Open the bundled database in a client of its own version: another one may refuse it."""
    if not env.bundled_database:
        sys.exit(f"DATABASE_URL is set: use your own {name} with it.")
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    program = str(binaries() / name)
    place = ["-h", str(run_dir(env.data_dir) / "pg"), "-U", ROLE, "-d", DATABASE]
    os.execv(program, [program, *place, *arguments])  # noqa: S606


def lock(env: environment.Env) -> Lock:
    return Lock(env.data_dir / "run.lock")


if __name__ == "__main__":
    main()
