"""Conditions, loops and variables of Liquid, evaluated by python-liquid within limits.

Prose never meets the parser: it is put aside behind marks, so that a brace in it is not a syntax error, and a hostile file
costs no more than its tags.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from functools import cache, partial
from typing import Any

from liquid import Environment, Mode
from liquid.exceptions import LiquidError
from liquid.undefined import Undefined

from app.importer.source import MAX_BYTES, CannotRead
from app.importer.template_tags import FILTERS, Arguments, Place

MARK = re.compile("\ufdd4(\\d+)\ufdd5")
LOOP = re.compile(r"\{%[-~]?\s*for\s+\w+\s+in\s+(?P<list>[\w.-]+)")
FILTER = re.compile(r"\|\s*(\w+)")
INTEGER = re.compile(r"-?\d{1,9}")
# What the engine raises for templates that do not fit together, or for filters of values of another kind.
UNFIT = (LiquidError, RecursionError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError)
MOST_ROUNDS, MOST_NODES = 10_000, 5_000
_undefined: ContextVar[list[str]] = ContextVar("undefined", default=[])  # noqa: B039 - only ever replaced


class Limited(Environment):
    block_nesting_limit = 20
    loop_iteration_limit = MOST_ROUNDS
    output_stream_limit = MAX_BYTES
    local_namespace_limit = MAX_BYTES
    keyword_assignment = True
    ternary_expressions = True
    logical_not_operator = True
    logical_parentheses = True
    shorthand_indexes = True


class Named(Undefined):
    """A variable that is not known: shows nothing, and its name is kept for the report."""

    __slots__ = ()

    def __str__(self) -> str:
        token = self.token
        _undefined.get().append(_output_around(token.source, token.start_index) if token else str(self.name))
        return ""


def _output_around(template: str, position: int) -> str:
    """Return the `{{ … }}` that a position is in."""
    begin, end = template.rfind("{{", 0, position + 1), template.find("}}", position)
    return template[begin : end + 2] if 0 <= begin < end else template[position : position + 40]


def evaluate(parts: Sequence[tuple[str, bool]], context: Mapping[str, Any], unknown: list[str]) -> str:
    """Return the parts as one text, with those that are Liquid (the flag) evaluated.

    What is not known is added to `unknown`, as it was written. Where the tags do not fit together each one is taken out
    and named by itself.
    """
    if not any(is_liquid for _, is_liquid in parts):
        return "".join(text for text, _ in parts)
    template = "".join(text if is_liquid else f"\ufdd4{index}\ufdd5" for index, (text, is_liquid) in enumerate(parts))
    if sum(is_liquid for _, is_liquid in parts) > MOST_NODES:
        raise CannotRead(f"has more than {MOST_NODES:,} template tags")
    unknown += _unknown_filters_and_loops(parts, context)
    try:
        rendered = _rendered(template, context, unknown)
    except UNFIT:
        return "".join(_alone(text, context, unknown) if is_liquid else text for text, is_liquid in parts)
    return _filled(rendered, parts)


def _filled(rendered: str, parts: Sequence[tuple[str, bool]]) -> str:
    pieces = [parts[int(piece)][0] if index % 2 else piece for index, piece in enumerate(MARK.split(rendered))]
    if sum(map(len, pieces)) > 2 * MAX_BYTES:
        raise CannotRead("its template tags expand to more text than a post may have")
    return "".join(pieces)


def _rendered(template: str, context: Mapping[str, Any], unknown: list[str]) -> str:
    names: list[str] = []
    token = _undefined.set(names)
    try:
        rendered = _environment().from_string(_as_liquid(template)).render(**typed(context))
    finally:
        _undefined.reset(token)
    unknown += dict.fromkeys(names)
    return rendered


def _as_liquid(template: str) -> str:
    """Write Nunjucks' `set` and `elseif` in Liquid's words."""
    template = re.sub(r"(\{%[-~]?\s*)set\b", r"\1assign", template)
    return re.sub(r"(\{%[-~]?\s*)elseif\b", r"\1elsif", template).replace("{%~", "{%-").replace("~%}", "-%}")


def _alone(source: str, context: Mapping[str, Any], unknown: list[str]) -> str:
    """Evaluate a variable by itself. What is not Liquid at all stays as it is, a tag that fits nowhere goes."""
    try:
        return _rendered(source, context, unknown) if source.startswith("{{") else _named(source, unknown)
    except UNFIT:
        unknown.append(source)
        return source


def _named(source: str, unknown: list[str]) -> str:
    unknown.append(source)
    return ""


def _unknown_filters_and_loops(parts: Sequence[tuple[str, bool]], context: Mapping[str, Any]) -> list[str]:
    found = []
    known = _environment().filters
    loops = " ".join(source for source, is_liquid in parts if is_liquid)
    assigned = set(re.findall(r"\b(?:assign|set|capture|for)\s+(\w+)", loops))
    for source in (source for source, is_liquid in parts if is_liquid):
        loop = LOOP.match(source)
        if loop and loop["list"].partition(".")[0] not in assigned and _missing(context, loop["list"]):
            found.append(source)
        found += [f"| {name}" for name in FILTER.findall(_without_strings(source)) if name not in known]
    return found


def _without_strings(source: str) -> str:
    return re.sub(r"\"[^\"]*\"|'[^']*'", "''", source)


def _missing(context: Mapping[str, Any], path: str) -> bool:
    found: Any = context
    for name in path.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return True
        found = found[name]
    return False


def typed(value: Any) -> Any:
    """Return values of front matter, which are all text, as what a condition takes them for: true, 3, a list."""
    if isinstance(value, Mapping):
        return {key: typed(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [typed(each) for each in value]
    if not isinstance(value, str):
        return value
    if value in {"true", "false"}:
        return value == "true"
    return int(value) if INTEGER.fullmatch(value) else value


@cache
def _environment() -> Environment:
    environment = Limited(tolerance=Mode.STRICT, undefined=Named, strict_filters=False)
    for name in ("include", "render"):
        environment.tags.pop(name, None)
    for name, function in FILTERS.items():
        environment.add_filter(name, partial(_filter, function))
    return environment


def _filter(function: Callable[[str, Arguments, Place], str], value: Any, *given: Any, **named: Any) -> str:
    arguments = Arguments(given=[str(each) for each in given], named={key: str(each) for key, each in named.items()})
    return function("" if value is None else str(value), arguments, Place(in_html=False, people={}, posts={}))
