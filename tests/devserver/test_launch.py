"""How a program becomes another user's, and ends with its starter."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.devserver.running import wait_for
from tools.devserver.server import LAUNCH

NOBODY = 65534
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")


def launched(needs: list[Path], *program: str, user: list[int] | None = None, parent: int | None = None) -> list[str]:
    order = {"user": user, "needs": [str(path) for path in needs], "signal": 15, "parent": parent or os.getpid()}
    return [sys.executable, "-I", str(LAUNCH), json.dumps(order), *program]


@as_root
@pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
class TestAnUnprivilegedProgram:
    LOOK = "import os, sys; f = sys.argv[1]; print(os.getuid(), os.geteuid(), os.getgroups(), os.access(f, 4), open(f).read())"

    def test_reads_what_it_needs_under_closed_folders(self, tmp_path: Path) -> None:
        secret = self.secret(tmp_path)
        looked = subprocess.run(
            launched([secret], sys.executable, "-c", self.LOOK, str(secret), user=[NOBODY, NOBODY]),
            capture_output=True,
            text=True,
            check=True,
        )
        assert looked.stdout.split() == [str(NOBODY), str(NOBODY), "[]", "True", "word"]

    def test_writes_nowhere_but_in_its_own(self, tmp_path: Path) -> None:
        secret = self.secret(tmp_path)
        write = f"open({str(secret)!r}, 'w')"
        tried = subprocess.run(
            launched([secret], sys.executable, "-c", write, user=[NOBODY, NOBODY]), capture_output=True, text=True, check=False
        )
        assert "PermissionError" in tried.stderr
        assert secret.read_text() == "word"

    def test_is_refused_with_advice_where_the_system_forbids(self, tmp_path: Path) -> None:
        secret = self.secret(tmp_path)
        inner = launched([secret], "/bin/true", user=[NOBODY, NOBODY])
        code = (
            f"import sys; sys.path[:0] = [{str(LAUNCH.parent)!r}]; import launch; launch.permitted = lambda: 0; launch.main()"
        )
        refused = subprocess.run([sys.executable, "-c", code, *inner[3:]], capture_output=True, text=True, check=False)
        assert refused.returncode == 1
        assert "set DATA_DIR to a folder that others may enter, or DATABASE_URL" in refused.stderr

    def secret(self, folder: Path) -> Path:
        (folder / "closed").mkdir(mode=0o700)
        secret = folder / "closed" / "secret"
        secret.write_text("word")
        secret.chmod(0o600)
        return secret


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
class TestAChild:
    def test_ends_when_its_starter_is_killed(self, tmp_path: Path) -> None:
        told = tmp_path / "pid"
        starter = (
            "import json, os, subprocess, sys, time\n"
            f"order = json.dumps({{'user': None, 'needs': [], 'signal': 9, 'parent': os.getpid()}})\n"
            f"child = subprocess.Popen([sys.executable, '-I', {str(LAUNCH)!r}, order, '/bin/sleep', '600'])\n"
            f"open({str(told)!r}, 'w').write(str(child.pid)); time.sleep(600)"
        )
        process = subprocess.Popen([sys.executable, "-c", starter])
        wait_for(lambda: told.exists() and told.read_text() != "", "the child")
        child = Path(f"/proc/{told.read_text()}")
        wait_for(lambda: b"sleep" in (child / "cmdline").read_bytes(), "the child's program")

        process.send_signal(signal.SIGKILL)
        process.wait(10)

        wait_for(lambda: not child.exists() or "\nState:\tZ" in (child / "status").read_text(), "the child's end")

    def test_does_not_start_when_its_starter_is_gone(self) -> None:
        late = subprocess.run(launched([], "/bin/echo", "alive", parent=1), capture_output=True, text=True, check=False)
        assert late.stdout == ""
        assert late.returncode == 1
