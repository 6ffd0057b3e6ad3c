"""`python -m tools.reference [--check]`: write the generated pages of docs, or say which are out of date."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_type_hints

import django

import owed
from owed.scheduling import Plan
from tools.architecture import architecture, modules, table

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs"
NOTE = "Written by `python -m tools.reference` from the code; `make check` compares."


def main(arguments: list[str]) -> int:
    """Write the pages; with --check, return 1 and name those that differ."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    stale = []
    for name, page in PAGES.items():
        text, path = page(), FOLDER / name
        if "--check" not in arguments:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            stale.append(name)
    if stale:
        print(f"out of date: {', '.join(stale)}; run python -m tools.reference", file=sys.stderr)
    return 1 if stale else 0


def effects() -> str:
    """Return the catalogue of effects."""
    from owed import registry

    rows = [
        (
            f"`{spec.name}`",
            spec.kind,
            ", ".join(f"`{name}`" for name in spec.parameters) or "-",
            f"{spec.timeout:g}",
            str(spec.batch),
            f"{spec.debounce:g}",
            str(spec.max_attempts),
            str(spec.priority),
            (spec.takes.__doc__ or "").partition("\n")[0],
        )
        for spec in registry.declared()
        if spec.queue != "test"
    ]
    heads = ("effect", "kind", "takes", "timeout, s", "batch", "debounce, s", "tries", "priority", "what it does")
    return page("Effects", "Every effect by name. Its queue is the first word; times in seconds.", heads, rows)


def environment() -> str:
    """Return the table of variables."""
    from config.env import Env

    hints = get_type_hints(Env, include_extras=True)
    rows = []
    for name, hint in hints.items():
        variable, meaning = variable_of(name, hint.__metadata__[0])
        rows.append((f"`{variable}`", meaning))
    return page(
        "Environment",
        "Read in config/env.py and nowhere else; every problem is reported at once.",
        ("variable", "meaning"),
        rows,
    )


def variable_of(name: str, text: str) -> tuple[str, str]:
    """Return a variable's name, which the text begins with where it has a unit in it, and what it means."""
    variable, colon, meaning = text.partition(": ")
    return (variable, meaning) if colon and variable.isupper() else (name.upper(), text)


def schedule() -> str:
    """Return what runs by the clock."""
    from owed import scheduling

    rows = [(f"`{plan.task}`", plan.why, _when(plan)) for plan in scheduling.declared()]
    lead = "What beat records, each time once; [change, pause or run it](../../owed/docs/howto/schedules.md)."
    return page("Schedule", lead, ("effect", "why", "when"), rows)


def _when(plan: Plan) -> str:
    return f"`{plan.cron}`" if plan.cron else f"every {plan.every} s"


def routes() -> str:
    """Return who gets an answer at each address."""
    from tools import routes

    return routes.page(NOTE)


def ledger() -> str:
    """Return the page from which Sphinx reads the ledger's docstrings: the package itself, its testing kit, then the rest."""
    names = [each.name for each in modules("owed") if each.charter and ".management" not in each.name]
    names.sort(key=lambda name: (name != "owed", name != "owed.testing", name))
    lead = "A project needs what `owed` itself offers; the other modules are there for a closer look."
    return f"# The ledger in Python\n\n{lead} {NOTE}\n\n" + "\n".join(map(docstrings_of, names))


def docstrings_of(module: str) -> str:
    """Return the directive for a module. What the package names is documented there, and only there: a name has one home."""
    options = [":members:"]
    named = [name for name in owed.__all__ if getattr(getattr(owed, name), "__module__", "") == module]
    if module == "owed":
        # Without the option Sphinx leaves out what another file defined.
        options.append(":imported-members:")
    elif named:
        options.append(f":exclude-members: {', '.join(named)}")
    return f"## {module}\n\n```{{eval-rst}}\n.. automodule:: {module}\n" + "".join(f"   {each}\n" for each in options) + "```\n"


def page(title: str, lead: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    return f"# {title}\n\n{lead} {NOTE}\n\n{table(heads, rows)}"


PAGES: dict[str, Callable[[], str]] = {
    "architecture.md": lambda: architecture(NOTE),
    "reference/effects.md": effects,
    "reference/environment.md": environment,
    "reference/ledger.md": ledger,
    "reference/routes.md": routes,
    "reference/schedule.md": schedule,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
