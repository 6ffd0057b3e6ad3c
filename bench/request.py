"""What six durable effects cost the whole authenticated request that publishes a post."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from bench import stage
from bench.report import Table, ratios
from bench.timing import Step, Variant, compare


def run(scale: float) -> list[Table]:
    owed = stage.effects_per_publication()
    board = stage.Switchboard()
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(stage.author())
    variants = [
        Variant("the request, switchboard disconnected", lambda: _fresh(client), board.off),
        Variant(f"{owed} effects in the ledger, waker rings", lambda: _fresh(client), board.on),
        Variant(f"on_commit + {stage.EFFECTS} x delay(), plain Celery", lambda: _fresh(client), board.plain),
    ]
    try:
        compare(variants, count=int(120 * scale))
    finally:
        board.on()
    return [ratios("Publish as a whole request: sign-in, view, transaction, redirect", variants)]


def _fresh(client: Client) -> Step:
    with stage.quiet():
        url = reverse("studio:publication", args=[stage.draft().pk])

    def step() -> None:
        client.cookies.pop("messages", None)  # as the next page would take them: unread, they pile up and are signed again
        response = client.post(url)
        assert response.status_code in {302, 303}, response.status_code

    return step
