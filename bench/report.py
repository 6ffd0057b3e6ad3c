"""Tables as Markdown, with the load of the machine beside them."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.timing import Variant


@dataclass
class Table:
    title: str
    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    def markdown(self) -> str:
        lines = [self.heads, tuple("---" for _ in self.heads), *self.rows]
        return "\n".join([f"### {self.title}", "", *(f"| {' | '.join(line)} |" for line in lines), ""])


def ratios(title: str, variants: list[Variant]) -> Table:
    """Compare every variant's median to the first one's."""
    base = variants[0].p50()
    heads = ("variant", "p50 ms", "p99 ms", "ratio of p50")
    rows = [(each.name, f"{each.p50():.2f}", f"{each.p99():.2f}", f"{each.p50() / base:.2f}") for each in variants]
    return Table(title, heads, rows)


FOLDER = Path(__file__).resolve().parent.parent / "var" / "bench"


def summarise(**figures: float) -> None:
    """Keep figures in summary.json, one flat object, beside those of other benchmarks."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / "summary.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**known, **{name: round(value, 3) for name, value in figures.items()}}, indent=2) + "\n")


def publish(name: str, tables: Iterable[Table], folder: Path) -> None:
    """Print the tables and keep them as `<name>.md`."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    head = f"Python {platform.python_version()}, {os.cpu_count()} cores, load average {load}."
    text = "\n".join([*(table.markdown() for table in tables), head, ""])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text(text)
    print(text, flush=True)
