from __future__ import annotations

import pytest

from app.accounts.models import User
from app.blog.models import Post
from tests import factories
from tests.api.client import Program, person, program_of


@pytest.fixture
def anybody() -> Program:
    return Program()


@pytest.fixture
def ann(db: None) -> User:
    return person("ann", "author")


@pytest.fixture
def author(ann: User) -> Program:
    return program_of(ann)


@pytest.fixture
def other(db: None) -> Program:
    return program_of(person("olaf", "author"))


@pytest.fixture
def contributor(db: None) -> Program:
    return program_of(person("cleo", "contributor"))


@pytest.fixture
def reader(db: None) -> Program:
    return program_of(person("rita"))


@pytest.fixture
def editor(db: None) -> Program:
    return program_of(person("edda", "editor"))


@pytest.fixture
def draft(ann: User) -> Post:
    return factories.write(ann, "A draft")


@pytest.fixture
def published(ann: User) -> Post:
    return factories.write(ann, "Out now", "Read me.", status="published")
