"""The catalogue of effects: one word in five places, doorways without logic, one file that sends."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from owed import Declaration, registry
from owed.retry import backoff
from worker import queues

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("app", "tasks", "worker", "config")
SENDER = ROOT / "owed/celery.py"
SCALARS = {"int", "str", "float", "bool", "list[int]", "list[str]", "Sequence[str]"}
SENDING = {"delay", "apply_async", "send_task"}
OTHERS = {"__init__", "apps", "checks", "handlers", "receivers", "schedules", "steering"}


def own() -> list[Declaration]:
    """Return the product's effects: those of tests and of other apps' handlers are declared elsewhere."""
    ours = (each for each in registry.declared() if each.place.startswith(("app.", "tasks.")))
    return [each for each in ours if not each.name.startswith("handlers.")]


def doorways() -> dict[str, ast.FunctionDef]:
    modules = {name: functions(ROOT / f"tasks/{name}.py") for name in queues.names()}
    return {f"{name}.{node.name}": node for name, nodes in modules.items() for node in nodes if is_effect(node)}


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef))


def is_effect(node: ast.FunctionDef) -> bool:
    return any(ast.unparse(each).endswith((".runs", ".runs_many")) or is_task(each) for each in node.decorator_list)


def is_task(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "task"


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Yield each call of a method, by the method's name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr, node


def sources() -> list[Path]:
    return [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]


class TestAnEffect:
    @pytest.mark.covers("D9", "D3")
    @pytest.mark.parametrize("effect", own(), ids=lambda effect: effect.name)
    def test_begins_with_its_module_and_queue(self, effect: Declaration) -> None:
        assert effect.name.partition(".")[0] == effect.queue
        assert registry.body(effect).__module__ == f"tasks.{effect.queue}"
        assert queues.route(effect.name, (), {}, {}) == {"queue": effect.queue}

    @pytest.mark.covers("D9")
    def test_is_registered_wherever_it_is_written(self) -> None:
        assert len(doorways()) == len(own())

    @pytest.mark.covers("D9")
    def test_finds_a_module_for_each_queue(self) -> None:
        assert {*queues.names(), *OTHERS} <= {path.stem for path in (ROOT / "tasks").glob("*.py")}
        for name in queues.names():
            assert import_module(f"tasks.{name}").__doc__

    @pytest.mark.covers("X12")
    @pytest.mark.parametrize("name", ["email.deliver", "email.notice", "social.deliver"])
    def test_to_others_goes_on_for_two_days(self, name: str) -> None:
        pauses = [backoff(attempt) for attempt in range(1, registry.get(name).max_attempts)]
        assert 40 < sum(pauses) / 3600 < 52

    @pytest.mark.parametrize("node", doorways().values(), ids=doorways())
    def test_is_a_doorway_of_one_to_six_lines(self, node: ast.FunctionDef) -> None:
        body = node.body[1:] if ast.get_docstring(node) else node.body
        assert 1 <= body[-1].end_lineno - body[0].lineno + 1 <= 6

    @pytest.mark.parametrize("node", doorways().values(), ids=doorways())
    def test_takes_keywords_only(self, node: ast.FunctionDef) -> None:
        """A batch's body takes its one list by position."""
        taken = node.args
        lists = 1 if any(ast.unparse(each).endswith("runs_many") for each in node.decorator_list) else 0
        assert [len(taken.args), taken.posonlyargs, taken.vararg, taken.kwarg] == [lists, [], None, None]

    @pytest.mark.parametrize("node", doorways().values(), ids=doorways())
    @pytest.mark.covers("X11")
    def test_takes_ids_and_small_scalars(self, node: ast.FunctionDef) -> None:
        assert {ast.unparse(each.annotation) for each in [*node.args.args, *node.args.kwonlyargs]} <= SCALARS


class TestSending:
    @pytest.mark.covers("D9", "X2")
    def test_happens_in_one_file(self) -> None:
        found = [
            f"{path.relative_to(ROOT)}: {name}"
            for path in sources()
            if path != SENDER
            for name, _ in calls(path)
            if name in SENDING
        ]
        assert found == []

    @pytest.mark.covers("X2")
    def test_gives_the_broker_no_countdown_and_no_eta(self) -> None:
        timed = [
            ast.unparse(call)
            for name, call in calls(SENDER)
            if name == "send_task"
            for keyword in call.keywords
            if keyword.arg in {"countdown", "eta", "expires", None}
        ]
        assert timed == []
