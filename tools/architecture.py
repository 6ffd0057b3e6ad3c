"""The page "where does my file go": words of the trade, the import contract, and each module in one line."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORDS = Path(__file__).with_name("words.toml")
LEFT_OUT = {"migrations", "tests", "apps.py"}


class WordWithoutFile(SystemExit):
    """A word of tools/words.toml names a file that does not exist."""


@dataclass(frozen=True, kw_only=True)
class Module:
    path: Path
    charter: str

    @property
    def name(self) -> str:
        parts = self.path.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def first_line(self) -> str:
        return self.charter.partition("\n")[0]


def architecture(note: str) -> str:
    """Return the page. Raises WordWithoutFile."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layered = [each for each in contracts if each["type"] == "layers"]
    return "\n".join(
        [
            f"# Architecture\n\nWhere does my file go? {note}\n",
            "## By the words of the trade\n",
            "The file to open first. A path that ends in `/` is a folder with one file for each of its kind.\n",
            table(("word", "file"), [(word, link(path)) for word, path in words().items()]),
            "## Which way imports point\n",
            "A line may import from the lines below it, never from those above; parts of one line do not know each other. "
            "`lint-imports` refuses anything else.\n",
            *(layers(each) for each in layered),
            "Further rules, each a contract in `pyproject.toml`:\n",
            *(f"- {each['name']}." for each in contracts if each not in layered),
            "",
            "## Every module in one line\n",
            *(room for each in layered for room in rooms(each)),
        ]
    )


def words() -> dict[str, str]:
    """Return the word table: a word of the trade, and the path of the file. Raises WordWithoutFile."""
    found: dict[str, str] = tomllib.loads(WORDS.read_text())
    missing = [f"{word!r} ({path})" for word, path in found.items() if not (ROOT / path).exists()]
    if missing:
        raise WordWithoutFile(f"tools/words.toml names files that do not exist: {', '.join(missing)}")
    return dict(sorted(found.items(), key=lambda each: each[0].lower()))


def link(path: str) -> str:
    """Return a link to a file; a folder is only named, as it is not a page of the site."""
    return f"`{path}`" if path.endswith("/") else f"[`{path}`](../{path})"


def layers(contract: dict[str, list[str]]) -> str:
    """Return a contract's layers, top to bottom, as a block of text."""
    title = f"Inside `{contract['containers'][0]}`:" if "containers" in contract else "The top level:"
    return f"{title}\n\n```text\n" + "\n".join(contract["layers"]) + "\n```\n"


def rooms(contract: dict[str, list[str]]) -> Iterator[str]:
    """Yield a section for each package of a contract: its charter and its modules; `app` is laid out by room instead."""
    prefix = f"{contract['containers'][0]}." if "containers" in contract else ""
    for layer in contract["layers"]:
        for name in sorted(each.strip() for each in layer.split("|")):
            package, *rest = modules(prefix + name)
            rows = [(f"`{each.path.relative_to(package.path.parent)}`", each.first_line) for each in rest if each.charter]
            body = "" if prefix + name == "app" else table(("module", "what it is"), rows)
            yield f"### {prefix}{name}\n\n{package.charter}\n\n{body}"


def modules(package: str) -> list[Module]:
    """Return a package's modules, itself first, folders after files."""
    folder = ROOT / package.replace(".", "/")
    paths = [path for path in folder.rglob("*.py") if not LEFT_OUT & set(path.relative_to(folder).parts)]
    paths.sort(key=lambda path: (path.parent, path.name != "__init__.py", path.name))
    return [Module(path=path.relative_to(ROOT), charter=ast.get_docstring(ast.parse(path.read_text())) or "") for path in paths]


def table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines) + "\n"
