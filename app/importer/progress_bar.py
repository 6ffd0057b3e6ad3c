"""A progress bar on a terminal. Nothing where the output goes into a file or a log."""

from __future__ import annotations

from typing import TextIO

WIDTH = 30


class ProgressBar:
    """Draws on a terminal, stays silent elsewhere."""

    def __init__(self, stream: TextIO, total: int) -> None:
        self.stream, self.total, self.count = stream, total, 0
        self.is_terminal = stream.isatty()

    def advance(self, count: int) -> None:
        """Count this many more."""
        self.count += count
        if self.is_terminal and self.total:
            filled = WIDTH * self.count // self.total
            self.stream.write(f"\r[{'#' * filled}{'-' * (WIDTH - filled)}] {self.count:,}/{self.total:,}")
            self.stream.flush()

    def close(self) -> None:
        if self.is_terminal:
            self.stream.write("\n")
