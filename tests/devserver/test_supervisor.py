"""`make run` from outside: processes, signals, files, messages."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis

from config import run_directory
from tests.devserver.running import Run, wait_for
from tools.devserver import orphans

SLEEPERS = 'one: python -c "import time; print(1, flush=True); time.sleep(600)"\ntwo: sh -c "sleep 601 & sleep 602"\n'
Maker = Callable[..., Run]

pytestmark = [pytest.mark.covers("D15"), pytest.mark.timeout(240)]


class TestARun:
    def test_ends_every_process_on_ctrl_c(self, supervised: Maker) -> None:
        run = supervised()
        run.start(SLEEPERS)
        wait_for(lambda: len(run.children()) >= 4, "mailbox, two programs, a grandchild")

        assert run.end(signal.SIGINT) == 0

        assert run.children() == []
        assert "ending: programs first, servers last" in run.said()

    def test_ends_every_process_on_a_plain_kill(self, supervised: Maker) -> None:
        run = supervised()
        run.start(SLEEPERS)
        assert run.end(signal.SIGTERM) == 0
        assert run.children() == []

    def test_names_the_speaker_of_each_line(self, supervised: Maker) -> None:
        run = supervised()
        run.start(SLEEPERS)
        run.await_said("one        | 1")

    def test_starts_again_what_died_and_says_so(self, supervised: Maker) -> None:
        run = supervised()
        run.start(SLEEPERS)
        record = run.folder / "data" / "processes.json"
        first = orphans.recall(record)["one"]

        os.kill(first, signal.SIGKILL)

        run.await_said("one        | ended by itself (SIGKILL)")
        wait_for(lambda: orphans.recall(record).get("one") not in (None, first), "another process")

    @pytest.mark.long
    def test_gives_up_on_what_never_stays_up_with_its_last_lines(self, supervised: Maker) -> None:
        run = supervised()
        run.start('bad: sh -c "echo no such luck; exit 3"\n', until="bad does not stay up")
        assert run.process
        assert run.process.wait(60) == 1
        assert "no such luck" in run.said().split("bad does not stay up")[1]

    def test_signals_a_program_alone_and_not_its_children(self, supervised: Maker) -> None:
        run = supervised()
        child = "import signal,time; signal.signal(15, lambda *a: print('child was hit', flush=True)); time.sleep(600)"
        parent = (
            "import signal,subprocess,sys,time; child = subprocess.Popen([sys.executable, sys.argv[1]]);"
            "signal.signal(15, lambda *a: (time.sleep(0.5), child.kill(), sys.exit(0)));"
            "print('parent is up', flush=True); time.sleep(600)"
        )
        (run.folder / "child.py").write_text(child)
        (run.folder / "parent.py").write_text(parent)
        run.start(f'pair: python "{run.folder}/parent.py" "{run.folder}/child.py"\n')
        run.await_said("parent is up")

        run.end()

        assert "child was hit" not in run.said()


class TestASecondRun:
    def test_is_told_who_is_running_and_how_to_end_it(self, supervised: Maker) -> None:
        run = supervised()
        run.start(SLEEPERS)
        assert run.process

        answer = run.ask("run", "--procfile", str(run.procfile))

        assert answer.returncode == 1
        assert f"still running from this folder (pid {run.process.pid}); `make stop` ends it" in answer.stderr

    @pytest.mark.long
    def test_is_not_needed_after_make_stop(self, supervised: Maker) -> None:
        run = supervised()
        run.start(SLEEPERS)
        assert run.ask("stop").returncode == 0
        assert run.process
        assert run.process.wait(5) == 0
        assert run.children() == []
        assert "Nothing is running" in run.ask("stop").stdout

    def test_starts_after_a_kill_9_and_leaves_nothing(self, supervised: Maker) -> None:
        run = supervised()
        run.start(SLEEPERS)
        before = run.children()
        run.end(signal.SIGKILL)

        run.start(SLEEPERS)

        assert not set(before) & set(run.children())
        run.end()
        assert run.children() == []

    @pytest.mark.long
    def test_ends_orphans_that_outlived_the_kill(self, supervised: Maker) -> None:
        run = supervised()
        deaf = "python -c \"import signal,time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)\""
        run.start(f"deaf: {deaf}\n")
        run.await_said("deaf       | deaf")
        run.end(signal.SIGKILL)
        (left,) = [pid for name, pid in orphans.recall(run.folder / "data" / "processes.json").items() if name == "deaf"]

        run.start(SLEEPERS)

        assert f"deaf (pid {left}) is left from a run that was killed" in run.said()
        assert not orphans.alive(left)


class TestTheBundledServers:
    @pytest.mark.long
    def test_keep_their_data_through_ctrl_c_and_kill_9(self, supervised: Maker) -> None:
        run = supervised(bundled=True)
        sockets = run_directory.run_dir(run.folder / "data")
        run.start(SLEEPERS)
        self.write(sockets)
        assert run.end() == 0
        assert run.children() == []

        run.start(SLEEPERS)
        self.read(sockets)
        run.end(signal.SIGKILL)

        run.start(SLEEPERS)
        self.read(sockets)
        run.end()
        assert run.children() == []

    def write(self, sockets: Path) -> None:
        with psycopg.connect(host=str(sockets / "pg"), user="afterword", dbname="afterword", autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (word text)")
            connection.execute("INSERT INTO kept VALUES ('here')")
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
        with redis.Redis(unix_socket_path=str(sockets / "broker.sock")) as broker:
            assert broker.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert broker.config_get("appendonly") == {"appendonly": "yes"}
            broker.rpush("queue", "hint")
        with redis.Redis(unix_socket_path=str(sockets / "cache.sock")) as cache:
            assert cache.config_get("maxmemory-policy") == {"maxmemory-policy": "allkeys-lru"}

    def read(self, sockets: Path) -> None:
        with psycopg.connect(host=str(sockets / "pg"), user="afterword", dbname="afterword") as connection:
            assert connection.execute("SELECT word FROM kept").fetchall() == [("here",)]
        with redis.Redis(unix_socket_path=str(sockets / "broker.sock")) as broker:
            assert broker.lrange("queue", 0, -1) == [b"hint"]

    @pytest.mark.long
    def test_live_under_closed_folders_with_a_space_in_their_name(self, supervised: Maker, tmp_path: Path) -> None:
        closed = tmp_path / "not for others"
        closed.mkdir(mode=0o700)
        run = supervised(closed, bundled=True)
        run.start(SLEEPERS)
        assert run.end() == 0
        assert closed.stat().st_mode & 0o777 == 0o700
        assert not run_directory.run_dir(closed / "data").exists()

    def test_refuse_the_data_of_another_major_version_with_the_way_out(self, supervised: Maker) -> None:
        run = supervised(bundled=True)
        old = run.folder / "data" / "postgres"
        old.mkdir(parents=True)
        (old / "PG_VERSION").write_text("15\n")
        run.start(SLEEPERS, until="was made by PostgreSQL 15")
        assert "pg_dumpall" in run.said()
        assert run.children() == []


class TestATakenPort:
    def test_is_named_with_its_setting_before_anything_starts(self, supervised: Maker) -> None:
        with socket.create_server(("127.0.0.1", 0)) as web, socket.create_server(("127.0.0.1", 0)) as mail:
            ports = {"PORT": web.getsockname()[1], "MAILBOX_PORT": mail.getsockname()[1]}
            run = supervised(**{name: str(port) for name, port in ports.items()})
            run.procfile.write_text("web: sleep 600\n")
            answer = run.ask("run", "--procfile", str(run.procfile))
        assert answer.returncode == 1
        for name, port in ports.items():
            assert f"Port {port} is taken by another program. Set {name}" in answer.stderr
        assert "mailbox    |" not in answer.stdout


@pytest.mark.covers("D10")
class TestABadEnvironment:
    def test_is_refused_with_every_problem_at_once(self, supervised: Maker) -> None:
        answer = supervised(DEBUG="off", PORT="many", DATABASE_URL="mysql://nowhere/at-all", SECRET_KEY="").ask("run")
        assert answer.returncode == 1
        for name in ("SECRET_KEY", "FLOWER_BASIC_AUTH", "PORT", "DATABASE_URL"):
            assert f"  {name}: " in answer.stderr
        assert "Traceback" not in answer.stderr
