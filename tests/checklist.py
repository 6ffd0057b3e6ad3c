"""`python -m tests.checklist [G1-G13 X4 ...]`: each id of the acceptance checklist with the tests that cover it."""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
CHECKLIST = TESTS.parent / "docs" / "reference" / "checklist.md"
ROW = re.compile(r"^\| ([A-Z]\d+) \|", re.MULTILINE)
RANGE = re.compile(r"([A-Z])(\d+)(?:-[A-Z]?(\d+))?$")


def main(arguments: list[str]) -> int:
    """Print the wanted ids with their tests. Return 1 while one has none or a test names an unknown id."""
    known, covered = ids(), coverage()
    wanted = [each for word in arguments for each in expand(word)] or known
    for each in wanted:
        tests = covered.get(each, [])
        print(f"{each:4} {len(tests):3} {', '.join(tests[:3])}{' ...' if len(tests) > 3 else ''}".rstrip())
    missing = [each for each in wanted if not covered.get(each)]
    unknown = sorted(set(covered) - set(known))
    print(f"\n{len(wanted) - len(missing)} of {len(wanted)} covered; without a test: {', '.join(missing) or 'none'}")
    if unknown:
        print(f"named by tests and not on the list: {', '.join(unknown)}")
    return 1 if missing or unknown else 0


def ids() -> list[str]:
    """Return the ids in the order of the list."""
    return ROW.findall(CHECKLIST.read_text())


def expand(word: str) -> list[str]:
    """Return the ids of a word such as X4 or G1-G13."""
    match = RANGE.match(word.strip(","))
    if not match:
        raise SystemExit(f"{word!r} is no id and no range of ids")
    letter, first, last = match[1], int(match[2]), int(match[3] or match[2])
    return [f"{letter}{number}" for number in range(first, last + 1)]


def coverage() -> dict[str, list[str]]:
    """Return the names of the tests by id, read from the markers in the files."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        for each, name in _markers(ast.parse(path.read_text()), path):
            found[each].append(name)
    return found


def _markers(tree: ast.Module, path: Path) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "pytestmark" for t in node.targets):
            yield from ((each, path.stem) for each in _named(node.value))
        yield from _decorated(node, path.stem)


def _decorated(node: ast.stmt, prefix: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        name = f"{prefix}::{node.name}"
        yield from ((each, name) for decorator in node.decorator_list for each in _named(decorator))
        if isinstance(node, ast.ClassDef):
            for child in node.body:
                yield from _decorated(child, name)


def _named(expression: ast.expr) -> list[str]:
    """Return the ids in every covers(...) within an expression."""
    return [
        argument.value
        for call in ast.walk(expression)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "covers"
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
