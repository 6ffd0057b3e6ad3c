"""Which tests run which lines of some files: a plugin (`-p tests.line_map`) for `tests.generated_mutants`.

$LINE_MAP_OF names the files, parted by colons, from the root of the tree; $LINE_MAP the file to write.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

QUICKEST = 15
TOGETHER = 60.0
"""Seconds that the tests for one fault may take, as they did without it."""


@dataclass
class LineMap:
    """Tests by file and line, and how many seconds each test took."""

    lines: dict[str, dict[int, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    seconds: dict[str, float] = field(default_factory=dict)

    def tests_of(self, path: str, first: int, last: int) -> tuple[str, ...]:
        """Return the quickest tests that run one of these lines; of a line that runs at import, those that run the file."""
        lines = self.lines.get(path, {})
        found = {test for number in range(first, last + 1) for test in lines.get(number, ())}
        found = found or {test for tests in lines.values() for test in tests}
        chosen: list[str] = []
        for test in sorted(found, key=lambda each: (self.seconds[each], each))[:QUICKEST]:
            if not chosen or sum(self.seconds[each] for each in [*chosen, test]) <= TOGETHER:
                chosen.append(test)
        return tuple(chosen)

    def dump(self, file: Path) -> None:
        lines = {path: {number: sorted(tests) for number, tests in found.items()} for path, found in self.lines.items()}
        file.write_text(json.dumps({"lines": lines, "seconds": self.seconds}))

    def add(self, file: Path) -> None:
        """Add what another process found."""
        found = json.loads(file.read_text())
        self.seconds |= found["seconds"]
        for path, lines in found["lines"].items():
            for number, tests in lines.items():
                self.lines[path][int(number)] |= set(tests)


class Recorder:
    """Notes lines while a test runs."""

    def __init__(self, paths: list[str]) -> None:
        self.found = LineMap()
        self._names = {str(Path(path).resolve()): path for path in paths}
        self._test = ""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[Any]:
        self._test, began = item.nodeid, time.monotonic()
        before = sys.gettrace()
        threading.settrace(self._call)
        sys.settrace(self._call)
        try:
            return (yield)
        finally:
            sys.settrace(before)
            threading.settrace(None)  # type: ignore[arg-type]
            self.found.seconds[self._test] = time.monotonic() - began

    def pytest_sessionfinish(self) -> None:
        self.found.dump(Path(os.environ["LINE_MAP"]))

    def _call(self, frame: FrameType, event: str, argument: Any) -> Any:
        path = self._names.get(frame.f_code.co_filename)
        if path is None:
            return None
        lines, test = self.found.lines[path], self._test

        def note(frame: FrameType, event: str, argument: Any) -> Any:
            if event == "line":
                lines[frame.f_lineno].add(test)
            return note

        return note


def pytest_configure(config: pytest.Config) -> None:
    if "LINE_MAP" in os.environ:
        config.pluginmanager.register(Recorder(os.environ["LINE_MAP_OF"].split(":")))
