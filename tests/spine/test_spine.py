"""The spine, from outside: publish a post on a running site, and everything that is owed happens in workers."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import feedparser
import pytest

from tests.importer.sites import post as old_post
from tests.spine.site import Person, Receiver, Site
from tests.waiting import wait_until

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("spine")]
READERS = 5
SETTLED = {"done"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("a site"))
    try:
        site.start()
        yield site
        assert site.stop() == 0
        assert site.programs("") == []
    finally:
        if site.process.poll() is None:
            site.stop()


@pytest.fixture(scope="module")
def receiver(site: Site) -> Iterator[Receiver]:
    receiver = Receiver()
    said = site.manage("social_account", "add", "webhook", "Outside", receiver.url)
    receiver.secret = said.rpartition(" ")[2].strip()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def ada(site: Site) -> Iterator[Person]:
    ada = Person(site)
    ada.sign_in("ada", "afterword-demo")
    yield ada
    ada.client.close()


@pytest.fixture(scope="module")
def token(site: Site) -> dict[str, str]:
    return {"Authorization": f"Token {site.manage('api_token', 'ada').split()[-1]}"}


def write(ada: Person, title: str) -> int:
    """Write a draft in the studio and return its id."""
    response = ada.post(
        "/studio/posts/new/", "/studio/posts/new/", title=title, content=f"All about {title}.", slug="", tags="spine"
    )
    assert response.status_code == 302, response.text[-1500:]
    return int(next(part for part in response.headers["location"].split("/") if part.isdecimal()))


def publish(ada: Person, post_id: int) -> float:
    """Press Publish and return how many seconds the answer took."""
    began = time.monotonic()
    response = ada.post(f"/studio/posts/{post_id}/publication", f"/studio/posts/{post_id}/")
    assert response.status_code in {302, 303}, response.text[:500]
    return time.monotonic() - began


def settled(site: Site, post_id: int) -> bool:
    effects = site.effects(f"post:{post_id}")
    return bool(effects) and all(effect["state"] == "done" for effect in effects)


def queued(effect: dict[str, Any]) -> bool:
    """Return whether it was owed at a pace, as an archive's feeds are."""
    due, created = (datetime.fromisoformat(effect[name]) for name in ("due_at", "created_at"))
    return due - created > timedelta(seconds=1.5)


def about(site: Site, title: str) -> list[Any]:
    return [mail for mail in site.mails() if title in mail["Subject"]]


class TestPublishing:
    @pytest.mark.covers("D1", "D18", "D20", "D22", "E6", "E7", "M16", "H16")
    def test_on_the_page_is_followed_by_everything(self, site: Site, ada: Person, receiver: Receiver) -> None:
        title = "Halcyon kingfishers"
        post_id = write(ada, title)
        publish(ada, post_id)
        wait_until(lambda: settled(site, post_id), 60, 0.3)

        mails = about(site, title)
        assert len({mail["To"] for mail in mails}) == len(mails) == READERS
        assert all(mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click" for mail in mails)
        for feed in ("/rss.xml", "/atom.xml"):
            parsed = feedparser.parse(ada.get(feed).content)
            assert not parsed.bozo
            assert title in [entry.title for entry in parsed.entries]
        assert title in [item["title"] for item in ada.get("/feed.json").json()["items"]]
        assert "/posts/halcyon-kingfishers/" in ada.get("/search/?q=kingfishers").text
        assert title in site.home()
        assert [call["data"]["title"] for call in receiver.calls if call["data"]["title"] == title] == [title]
        tasks = {effect["task"] for effect in site.effects(f"post:{post_id}")}
        assert {"email.announce", "email.page", "email.deliver", "feeds.refresh", "search.refresh", "social.deliver"} <= tasks

        listed = site.flower("/api/tasks?limit=500").text
        for task in ("email.announce", "search.refresh", "social.deliver"):
            assert task in listed
        assert "example.org" not in listed

    @pytest.mark.covers("H16", "H17")
    def test_by_the_api_is_the_same_and_happens_once(self, site: Site, ada: Person, token: dict[str, str]) -> None:
        title = "Laconic wagtails"
        made = ada.client.post("/api/v1/posts", json={"title": title, "content": "Short."}, headers=token)
        assert made.status_code == 201, made.text
        post_id = made.json()["id"]
        answers = [ada.client.post(f"/api/v1/posts/{post_id}/publication", headers=token).status_code for _ in range(3)]
        assert answers == [201, 409, 409]
        wait_until(lambda: settled(site, post_id), 60, 0.3)
        assert len(about(site, title)) == READERS
        listed = ada.client.get(f"/api/v1/effects?about=post:{post_id}", headers=token)
        assert "search.refresh" in listed.text

    @pytest.mark.covers("H10")
    def test_is_undone_by_a_withdrawal_and_mails_nobody_again(self, site: Site, ada: Person, token: dict[str, str]) -> None:
        title = "Ephemeral swifts"
        post_id = write(ada, title)
        publish(ada, post_id)
        wait_until(lambda: settled(site, post_id), 60, 0.3)
        url = f"/api/v1/posts/{post_id}/publication"
        assert ada.client.delete(url, headers=token).status_code == 204
        wait_until(
            lambda: (
                title not in ada.get("/rss.xml").text and "/posts/ephemeral-swifts/" not in ada.get("/search/?q=swifts").text
            ),
            30,
            0.3,
        )
        assert title not in site.home()
        assert ada.client.post(url, headers=token).status_code == 201
        wait_until(lambda: settled(site, post_id), 60, 0.3)
        assert len(about(site, title)) == READERS

    @pytest.mark.long
    @pytest.mark.covers("P10", "D20", "H16")
    def test_as_an_import_returns_does_not_stand_behind_what_the_archive_owes(
        self, site: Site, ada: Person, receiver: Receiver
    ) -> None:
        for number in range(120):
            old_post(
                site.folder / "archive", f"{number}.md", title=f"Old {number}", tags=[f"t{number}x{tag}" for tag in range(5)]
            )
        site.manage("import_posts", str(site.folder / "archive"), "--publish")
        title = "Punctual plovers"
        post_id = write(ada, title)
        publish(ada, post_id)
        wait_until(lambda: settled(site, post_id), 60, 0.1)
        assert title in ada.get("/rss.xml").text
        assert len(about(site, title)) == READERS
        listed = site.manage("effects", "list", "--task", "feeds.refresh", "--state", "waiting", "--limit", "1000", "--json")
        assert any(queued(effect) for effect in json.loads(listed)), "the archive's feeds went first"


class TestWithoutWorkers:
    @pytest.mark.covers("D1", "D20", "G13", "D21", "X11")
    def test_a_page_answers_as_ever_and_all_follows_when_they_return(self, site: Site, ada: Person, receiver: Receiver) -> None:
        title = "Patient herons"
        post_id = write(ada, title)
        [worker, *children] = workers(site)
        for pid in [worker, *children]:
            os.kill(pid, signal.SIGSTOP)
        try:
            assert publish(ada, post_id) < 5
            states = {effect["task"]: effect["state"] for effect in site.effects(f"post:{post_id}")}
            assert states["email.announce"] == states["social.share"] == "ready"
            assert about(site, title) == []
            # What is sent first may lie in the socket of a worker that waited for it: the urgent one is not looked for.
            wait_until(lambda: "social.share" in site.broker_holds(), 30, 0.1)
            assert not [word for word in (title, "@", "herons") if word in site.broker_holds()]
            assert ada.get("/").status_code == 200
        finally:
            for pid in [worker, *children]:
                os.kill(pid, signal.SIGCONT)
        wait_until(lambda: settled(site, post_id), 90, 0.5)
        assert len(about(site, title)) == READERS

    @pytest.mark.covers("X5", "D21")
    def test_a_killed_one_is_replaced_and_nothing_is_lost_or_doubled(self, site: Site, ada: Person, receiver: Receiver) -> None:
        title = "Stubborn dippers"
        post_id = write(ada, title)
        before = workers(site)
        publish(ada, post_id)
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda: settled(site, post_id), 150, 0.5)
        assert len(about(site, title)) == READERS
        assert [call["data"]["title"] for call in receiver.calls].count(title) == 1


class TestWithoutABroker:
    @pytest.mark.covers("X2", "D20", "G13")
    def test_a_page_answers_as_ever_and_all_follows_when_it_thaws(self, site: Site, ada: Person, receiver: Receiver) -> None:
        title = "Tacit nightjars"
        post_id = write(ada, title)
        broker = site.server("broker")
        os.kill(broker, signal.SIGSTOP)
        try:
            assert publish(ada, post_id) < 5
            assert site.effects(f"post:{post_id}")
        finally:
            os.kill(broker, signal.SIGCONT)
        wait_until(lambda: settled(site, post_id), 120, 0.5)
        assert len(about(site, title)) == READERS


class TestWithNothingButWebAndDatabase:
    @pytest.mark.covers("D20", "C10", "G13")
    def test_reads_and_publishes_and_all_follows_when_the_others_return(
        self, site: Site, ada: Person, receiver: Receiver
    ) -> None:
        title = "Solitary bitterns"
        post_id = write(ada, title)
        frozen = [*workers(site), site.server("broker"), site.server("cache"), *site.programs("tools.devserver.mailbox")]
        assert len(frozen) >= 5
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        try:
            assert publish(ada, post_id) < 10
            for path in ("/", "/posts/solitary-bitterns/", "/archive/", "/rss.xml", "/search/?q=herons", "/sitemap.xml"):
                assert ada.get(path).status_code == 200, path
            assert title in site.home()
        finally:
            for pid in reversed(frozen):
                os.kill(pid, signal.SIGCONT)
        wait_until(lambda: settled(site, post_id), 120, 0.5)
        assert len(about(site, title)) == READERS


def workers(site: Site) -> list[int]:
    """Return the worker's parent and then its children."""
    found = site.programs("celery -A worker worker")
    assert found
    return found
