"""Feeds begin empty."""

from __future__ import annotations

import pytest

from app.feeds.models import Document


@pytest.fixture(autouse=True)
def no_documents(request: pytest.FixtureRequest) -> None:
    """Begin without documents: a worker of another test may have built some after that test was over."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        Document.objects.all().delete()
