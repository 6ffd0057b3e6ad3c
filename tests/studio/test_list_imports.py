"""Bringing a mailing list, in a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from app.newsletter.models import ListImport, Subscriber
from owed.models import Effect, State
from owed.testing import drain
from tests.studio.forms import Person, SignedIn

pytestmark = [pytest.mark.django_db, pytest.mark.covers("E13")]
FILE = b"Email Address;Who;Colour\nann@example.org;Ann;<b>red</b>\nno;<i>X</i>;\n"
CHOSEN = {"column-0": "email", "column-1": "name", "column-2": "", "consent": "At the fair", "ask": ""}


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    options = {"location": tmp_path / "uploads"}
    imports = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    settings.STORAGES = {**django_settings.STORAGES, "imports": imports}


@pytest.fixture
def edith(signed_in: SignedIn) -> Client:
    return signed_in("editor")


def send(client: Client, content: bytes = FILE) -> str:
    """Upload, and return the address of the import."""
    answer = client.post("/studio/subscribers/import/", {"file": SimpleUploadedFile("<i>list.csv", content)})
    address = str(answer["Location"])
    assert address == f"/studio/subscribers/import/{ListImport.objects.latest('pk').pk}/"
    return address


def page(client: Client, address: str, *, htmx: bool = False) -> str:
    return client.get(address, headers={"HX-Request": "true"} if htmx else {}).content.decode()


class TestAList:
    def test_is_mapped_checked_and_imported(self, edith: Client, person: Person) -> None:
        address = send(edith)
        asked = page(edith, address)
        assert "&lt;b&gt;red&lt;/b&gt;" in asked
        assert '<option value="email" selected>' in asked
        assert edith.post(address, CHOSEN)["Location"] == address
        assert 'hx-trigger="every 1s"' in page(edith, address)
        drain()
        seen = page(edith, address, htmx=True)
        assert "<html" not in seen
        assert "2 lines were read and nothing is stored yet." in seen
        assert "Not imported: not an email address" in seen
        assert "no;&lt;i&gt;X&lt;/i&gt;;" in seen
        assert "Columns that are left out: Colour" in " ".join(seen.split())
        assert not Subscriber.objects.exists()
        edith.post(f"{address}start")
        assert "0 of 2 lines imported." in page(edith, address)
        drain()
        assert "2 lines were read. What became of them:" in page(edith, address)
        ann = Subscriber.objects.get()
        assert (ann.name, ann.state, ann.consent_text, ann.added_by) == ("Ann", "confirmed", "At the fair", person("editor"))
        assert "&lt;i&gt;list.csv" in page(edith, f"/studio/subscribers/{ann.pk}/")
        report = b"".join(edith.get(f"{address}report.csv").streaming_content)  # type: ignore[attr-defined]
        assert report.decode().splitlines() == ["line,outcome,reason,text", "3,unreadable,bad_address,no;<i>X</i>;"]

    @pytest.mark.parametrize(
        "wrong", [{"consent": ""}, {"column-0": ""}, {"column-1": "email"}, {"column-2": "x"}, {"ask": "no"}]
    )
    def test_is_not_checked_before_all_is_said(self, edith: Client, wrong: dict[str, str]) -> None:
        address = send(edith)
        assert edith.post(address, {**CHOSEN, **wrong}).status_code == 422
        assert ListImport.objects.get().state == "choosing"

    def test_that_stopped_can_be_tried_again(self, edith: Client) -> None:
        address = send(edith)
        edith.post(address, CHOSEN)
        Effect.objects.update(state=State.DEAD, finished_at=timezone.now())
        assert "It stopped after several tries." in page(edith, address)
        edith.post(f"{address}retry")
        drain()
        assert "Import now" in page(edith, address)

    def test_that_a_worker_just_finished_did_not_stop(self, edith: Client) -> None:
        edith.post(send(edith), CHOSEN)
        as_read_before = ListImport.objects.get()
        drain()
        assert as_read_before.is_working
        assert as_read_before.is_stalled is False

    def test_starts_once_and_says_so(self, edith: Client) -> None:
        address = send(edith)
        for _twice in range(2):
            said = edith.post(f"{address}start", follow=True).content.decode()
            assert "This import cannot be started now" in said

    def test_without_a_file_is_refused(self, edith: Client) -> None:
        assert edith.post("/studio/subscribers/import/", {}).status_code == 422

    @pytest.mark.parametrize("role", ["reader", "author"])
    def test_is_nothing_to_others(self, signed_in: SignedIn, edith: Client, role: str) -> None:
        address, other = send(edith), signed_in(role)
        paths = (address, "/studio/subscribers/import/", f"{address}report.csv", "/studio/subscribers/export.csv")
        assert {other.get(path).status_code for path in paths} == {403}
        assert {other.post(f"{address}{verb}").status_code for verb in ("start", "retry", "")} == {403}


class TestAnExport:
    def test_is_what_the_list_shows(self, edith: Client) -> None:
        for name in ("ann", "bob"):
            Subscriber.objects.create(email=f"{name}@example.org", tags=[f"of-{name}"])
        answer = edith.get("/studio/subscribers/export.csv?tag=of-bob")
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
        assert [line.split(",")[0] for line in lines] == ["email", "bob@example.org"]
        assert "export.csv?tag=of-bob" in page(edith, "/studio/subscribers/?tag=of-bob")
