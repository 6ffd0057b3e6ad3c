"""What a process writes down of each message just before its last dot, and of the answer just after it.

A plain write survives the death of the process, not that of the machine. Where a process died at work, its journal tells which
messages of those it had taken were never begun, which were answered, and which one is in doubt. One file for each process that
sends, locked for as long as it lives; `recovery` reads what is left.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

BOOT = Path("/proc/sys/kernel/random/boot_id")
SUFFIX = ".journal"
Key = tuple[int, int]
"""A row's id, and which of its attempts."""


class Journal:
    """The journal of one process, or of one thread where several send. Raises OSError where the disk does not take it."""

    def __init__(self, folder: Path, *, boot: str) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.name = uuid.uuid4().hex
        self.path = folder / f"{self.name}{SUFFIX}"
        new = folder / f"{self.name}.new"
        self._file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        # Locked before it has the name under which others look for the journals of the dead.
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._header = f"{boot}\n".encode()
        os.write(self._file, self._header)
        new.rename(self.path)

    def takes(self, ids: Sequence[int]) -> None:
        """Write down which rows this process is about to take."""
        self._write(f"T {' '.join(map(str, ids))}\n")

    def begins(self, pk: int, attempt: int) -> None:
        """Write down that the message is all but sent: the last dot comes next."""
        self._write(f"B {pk} {attempt}\n")

    def answered(self, pk: int, attempt: int, code: int, status: str = "") -> None:
        self._write(f"A {pk} {attempt} {code} {status}\n")

    def forget(self) -> None:
        """Remove what the database knows by now."""
        os.ftruncate(self._file, len(self._header))

    def close(self) -> None:
        """Let go of the file and leave what is in it to be read."""
        os.close(self._file)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        self.close()

    def _write(self, line: str) -> None:
        written = line.encode()
        if os.write(self._file, written) != len(written):
            raise OSError("the disk took a part of a line")


@dataclass(frozen=True, kw_only=True)
class Record:
    """What the journal of a dead process tells."""

    name: str
    is_whole: bool
    """False where the machine stopped since: what was written last may be missing."""
    taken: frozenset[int]
    begun: frozenset[Key]
    answers: dict[Key, tuple[int, str]] = field(default_factory=dict)


def boot_id() -> str:
    """Return what tells one run of this machine from another; nothing where the system does not say."""
    with suppress(OSError):
        return BOOT.read_text().strip()
    return ""


class Journals:
    """The journals in one folder: those that this process writes, and those that others left."""

    def __init__(self) -> None:
        self._free: list[Journal] = []
        self._lock = Lock()

    @contextmanager
    def writing(self, folder: Path) -> Iterator[Journal | None]:
        """Yield a journal of this process; None where none can be kept here. After an error it is left to be read."""
        journal = self._take(folder)
        try:
            yield journal
        except BaseException:
            if journal:
                journal.close()
            raise
        if journal:
            journal.forget()
            with self._lock:
                self._free.append(journal)

    def close(self) -> None:
        """Remove those of this process that are not in use."""
        with self._lock:
            free, self._free = self._free, []
        for journal in free:
            journal.remove()

    def disown(self) -> None:
        """Let a forked child have journals of its own."""
        self._lock = Lock()
        free, self._free = self._free, []
        for journal in free:
            journal.close()

    def _take(self, folder: Path) -> Journal | None:
        with self._lock:
            for journal in self._free:
                if journal.path.parent == folder and journal.path.exists():
                    self._free.remove(journal)
                    return journal
        if not (boot := boot_id()):
            return None
        try:
            return Journal(folder, boot=boot)
        except OSError:
            return None


def left_behind(folder: Path) -> Iterator[Record]:
    """Yield what each dead process of this folder wrote; its file is removed once the caller asks for the next."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        with suppress(FileNotFoundError), path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            # Another may have read and removed it between the opening and the lock.
            if os.fstat(file.fileno()).st_nlink:
                yield _read(path.stem, file.read())
                path.unlink()


def _read(name: str, content: bytes) -> Record:
    # A line without its end was not written to the end, and what it announces had not happened yet.
    header, *lines = content.decode("ascii", "replace").split("\n")[:-1] or [""]
    taken: set[int] = set()
    begun: set[Key] = set()
    answers: dict[Key, tuple[int, str]] = {}
    for kind, *words in (line.split() for line in lines if line):
        if kind == "T":
            taken |= set(map(int, words))
        elif kind == "B":
            begun.add((int(words[0]), int(words[1])))
        elif kind == "A":
            answers[int(words[0]), int(words[1])] = (int(words[2]), " ".join(words[3:]))
    is_whole = bool(header) and header == boot_id()
    return Record(name=name, is_whole=is_whole, taken=frozenset(taken), begun=frozenset(begun), answers=answers)


JOURNALS = Journals()
os.register_at_fork(after_in_child=JOURNALS.disown)
