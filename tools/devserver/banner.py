"""What the developer sees when everything is up."""

from __future__ import annotations

from config.env import Env, read
from tools.devserver.procfile import Program

DEMO_USER, DEMO_PASSWORD = "ada", "afterword-demo"  # the demo's, made only while DEBUG is on


def banner(env: Env, programs: list[Program]) -> list[str]:
    """Return the addresses and how to sign in."""
    names = [program.name for program in programs]
    lines = ["Everything is up. Ctrl-C ends it."]
    if "web" in names:
        lines += [f"  site     {env.site_url}/", f"  studio   {env.site_url}/studio/{_demo(env)}"]
    if "web" in names and env.bundled_mail:
        lines += [f"  mailbox  {env.site_url}/studio/mailbox/"]
    if "flower" in names:
        lines += [f"  flower   http://127.0.0.1:{env.flower_port}/   {_flower(env)}"]
    return lines


def _demo(env: Env) -> str:
    return f"   sign in as {DEMO_USER} with {DEMO_PASSWORD}" if env.debug else ""


def _flower(env: Env) -> str:
    name, _, password = env.flower_basic_auth.partition(":")
    if env.flower_basic_auth == read({}).flower_basic_auth:
        return f"sign in as {name} with {password}"
    return "sign in as FLOWER_BASIC_AUTH says"
