"""A client made from the description by openapi-python-client has every operation, and its types fit the answers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from django.test import Client
from django.utils import timezone

from app.accounts.models import ApiToken, User
from app.api.api import api
from app.blog.models import Comment, Post
from app.newsletter.models import Subscriber
from tests.api.client import Program

PACKAGE = "afterword_client"
Module = Callable[[str], ModuleType]


class ThisProcess(httpx.BaseTransport):
    """Hand requests to the site in the transaction of the test; a server would close its connection."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        kind = request.headers.get("content-type", "")
        headers = {"Authorization": request.headers["authorization"]}
        path, body = request.url.raw_path.decode(), request.read()
        answer = Client().generic(request.method, path, body, content_type=kind, headers=headers)
        return httpx.Response(answer.status_code, headers=dict(answer.headers), content=answer.content)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the folder of the client, and what its maker said."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "openapi.json").write_text(json.dumps(api.get_openapi_schema(), default=str))
    (folder / "config.yml").write_text(f"post_hooks: []\npackage_name_override: {PACKAGE}\n")
    command = [str(Path(sys.executable).with_name("openapi-python-client")), "generate", "--meta", "none"]
    places = ["--path", "openapi.json", "--output-path", PACKAGE, "--config", "config.yml"]
    done = subprocess.run([*command, *places], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout + done.stderr


@pytest.fixture
def client(made: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Module]:
    """Return a function that imports a module of the client."""
    monkeypatch.syspath_prepend(str(made[0]))
    yield lambda name: import_module(f"{PACKAGE}.{name}")
    for name in [each for each in sys.modules if each.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture
def signed_in(client: Module) -> Callable[[User], Any]:
    """Return a function that gives a user's client, which talks to the site in this process."""

    def enter(user: User) -> Any:
        token = ApiToken.objects.issue(user, "client")[1]
        transport = ThisProcess()
        return client("client").AuthenticatedClient(
            base_url="http://127.0.0.1", token=token, httpx_args={"transport": transport}, raise_on_unexpected_status=True
        )

    return enter


class TestTheDescription:
    def test_is_understood_whole(self, made: tuple[Path, str]) -> None:
        assert "WARNING" not in made[1].upper(), made[1]
        operations = sum(len(each) for each in api.get_openapi_schema()["paths"].values())
        modules = [path for path in (made[0] / PACKAGE / "api").rglob("*.py") if path.name != "__init__.py"]
        assert len(modules) == operations > 50

    def test_gives_each_name_to_one_schema(self) -> None:
        """Two classes of one name would be described as one of them."""
        named: Counter[str] = Counter()
        for path in Path("app/api").glob("*.py"):
            named.update(re.findall(r"^class (\w+)\(", path.read_text(), re.MULTILINE))
        described = api.get_openapi_schema()["components"]["schemas"]
        assert [name for name in described if named[name] > 1] == []


@pytest.mark.django_db
class TestTheClient:
    def test_writes_publishes_and_moderates(self, client: Module, signed_in: Callable[[User], Any], ann: User) -> None:
        mine, models = signed_in(ann), client("models")
        new = models.NewPost(title="By a client", content="Some *words*.", tags=["notes"])
        post = client("api.posts.app_api_posts_create_post").sync(client=mine, body=new)
        assert (post.title, post.status, post.author.username) == ("By a client", "draft", "ann")
        published = client("api.publication.app_api_publication_publish").sync(
            post.id, client=mine, body=models.PublicationIn(where=models.PublicationInWhereType0.SITE)
        )
        assert published.status == "published"
        comment = Post.objects.get(pk=post.id).comment(content="Hm.", guest_name="Gus")
        [held] = client("api.comments.app_api_moderation_list_to_judge").sync(client=mine)
        assert held.id == comment.pk
        judged = client("api.comments.app_api_moderation_judge").sync(
            held.id, client=mine, body=models.Judgement(status=models.JudgementStatus.APPROVED)
        )
        assert (judged.status, Comment.objects.get().status) == ("approved", "approved")
        owed = client("api.effects.app_api_effects_list_effects").sync(client=mine, about=f"post:{post.id}")
        assert "search.refresh" in {each.task for each in owed}

    def test_reads_a_refusal_as_a_problem(self, client: Module, signed_in: Callable[[User], Any], ann: User) -> None:
        answer = client("api.subscribers.app_api_subscribers_list_subscribers").sync_detailed(client=signed_in(ann))
        assert (answer.status_code, type(answer.parsed).__name__) == (403, "Problem")
        assert answer.parsed.detail == "Your account may not manage subscribers. Ask an editor."

    def test_pages_through_subscribers_and_counts_effects(
        self, client: Module, signed_in: Callable[[User], Any], editor: Program
    ) -> None:
        mine, models = signed_in(User.objects.get(username="edda")), client("models")
        now = timezone.now()
        readers = [Subscriber(email=f"r{number}@example.org", source="page", created_at=now) for number in range(60)]
        Subscriber.objects.bulk_create(readers)
        first = client("api.subscribers.app_api_subscribers_list_subscribers").sync(client=mine)
        rest = client("api.subscribers.app_api_subscribers_list_subscribers").sync(client=mine, after=first.next_)
        assert (len(first.items), len(rest.items), rest.next_) == (50, 10, "")
        wish = models.ActionIn(verb=models.ActionInVerb.RETRY, all_=True, dry_run=True)
        assert client("api.effects.app_api_effect_actions_act").sync(client=mine, body=wish).number == 0
