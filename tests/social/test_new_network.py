"""The network that docs/howto/add-a-network.md adds: the printed file alone, used through the studio and the ledger."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from app.accounts.models import User
from app.blog.models import Post
from app.social import checks, networks
from app.social.models import Account, SocialPost
from owed.testing import drain
from tests.social.fake import Answer, Call, FakeNetwork, Fault, serving

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "add-a-network.md"
BLOCK = re.compile(r"^```python app/social/networks/(\w+)\.py\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class FakeDiscord(FakeNetwork):
    """A channel's webhook: POST ?wait=true, then PATCH and DELETE /messages/<id>."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: dict[str, str] = {}

    def answer(self, call: Call) -> Answer:
        pk = call.path.rpartition("/messages/")[2] if "/messages/" in call.path else str(len(self.messages) + 1)
        if call.method == "DELETE":
            return Answer(status=204 if self.messages.pop(pk, None) else 404)
        self.messages[pk] = json.loads(call.body)["content"]
        return Answer(body={"id": pk})

    def texts(self) -> list[str]:
        return list(self.messages.values())


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[None]:
    """Put the page's file into the folder of the networks, as far as Python is concerned."""
    ((name, code),) = BLOCK.findall(PAGE.read_text())
    (tmp_path / f"{name}.py").write_text(code)
    networks.__path__.append(str(tmp_path))
    networks.discover()
    yield
    networks.__path__.remove(str(tmp_path))
    del networks.NETWORKS[name], sys.modules[f"{networks.__name__}.{name}"]


@pytest.fixture
def discord() -> Iterator[FakeDiscord]:
    with serving(FakeDiscord) as fake:
        yield fake  # type: ignore[misc]


@pytest.fixture
def account(installed: None, discord: FakeDiscord, client: Client, ann: User) -> Account:
    client.force_login(ann)
    typed = {"network": "discord", "name": "Our channel", "endpoint": f"{discord.url}/hook"}
    assert client.post("/studio/social/", typed).status_code == 200
    return Account.objects.get()


class TestANewNetwork:
    def test_has_its_own_form_in_the_studio(self, installed: None, client: Client, ann: User) -> None:
        client.force_login(ann)
        page = client.get("/studio/social/?network=discord").content.decode()
        assert "From Edit channel, Integrations, Webhooks." in page
        assert 'aria-current="true">Discord<' in page

    def test_follows_a_post_from_its_publication_to_its_withdrawal(
        self, account: Account, discord: FakeDiscord, post: Post
    ) -> None:
        drain()
        assert [text.splitlines()[0] for text in discord.texts()] == [post.title]
        post.revise(title="Better ships")
        drain()
        assert [text.splitlines()[0] for text in discord.texts()] == ["Better ships"]
        post.withdraw()
        drain()
        assert (discord.texts(), SocialPost.objects.get().state) == ([], "withdrawn")

    def test_never_posts_twice_on_a_guess(self, account: Account, discord: FakeDiscord, post: Post) -> None:
        discord.faults.append(Fault(match="POST", acts=True))
        SocialPost.objects.update(claimed_at=None)
        drain()
        assert len(discord.texts()) == 1
        assert SocialPost.objects.get().state in ("submitting", "unknown")

    def test_is_a_valid_choice_while_its_file_is_there(self, account: Account) -> None:
        account.full_clean()
        account.network = "pigeon"
        with pytest.raises(ValidationError, match="pigeon"):
            account.full_clean()

    def test_with_a_name_that_does_not_fit_is_reported(self, installed: None, monkeypatch: pytest.MonkeyPatch) -> None:
        assert checks.networks_have_names() == []
        monkeypatch.setitem(networks.NETWORKS, "Two Words", networks.NETWORKS["discord"])
        assert [each.id for each in checks.networks_have_names()] == ["social.E001"]

    def test_needs_no_migration(self, installed: None) -> None:
        field = Account._meta.get_field("network")
        assert field.deconstruct()[3]["choices"].__name__ == "network_choices"
        assert ("discord", "Discord") in list(field.flatchoices)
