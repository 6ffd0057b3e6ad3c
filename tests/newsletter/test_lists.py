"""Mailing lists that come from other systems, and go."""

from __future__ import annotations

import csv
import io
import resource
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.utils import timezone
from pytest_django import Settings

from app.newsletter.errors import ListNotReady, NoAddressColumn
from app.newsletter.lists import importing
from app.newsletter.lists.exporting import report_csv, subscribers_csv
from app.newsletter.lists.records import records
from app.newsletter.models import ListImport, Subscriber
from app.newsletter.subscriber_list import Filters
from owed.models import Effect
from owed.testing import drain
from tests.sinks import Sink

pytestmark = [pytest.mark.django_db, pytest.mark.covers("E13")]
GHOST = (
    "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers\r\n"
    '1,ann@example.org,Ann,"VIP, early",true,false,,2020-01-15T10:00:00.000Z,,"friend,early bird",\r\n'
    "2,bob@example.org,,,false,false,,2021-02-03T04:05:06.000Z,,,\r\n"
)
SUBSTACK = (
    "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"
    "ann@example.org,false,,other,false,2020-01-15T10:00:00.000Z,\n"
    "bob@example.org,true,,yearly,true,2021-02-03T04:05:06.000Z,\n"
)
MAILCHIMP = (
    '"Email Address","First Name","Last Name",MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,UNSUB_TIME,LEID,EUID,'
    "NOTES,TAGS\n"
    'ann@example.org,Ann,Lee,2,"2020-01-15 10:00:00",,"2020-01-15 10:05:00",,,1,a,,"""friend"",""early bird"""\n'
    'bob@example.org,Bob,,2,"2021-02-03 04:05:06",,,,"2022-01-01 00:00:00",2,b,,\n'
)
BUTTONDOWN = (
    "email_address,notes,metadata,tags,referrer_url,creation_date,type\n"
    'ann@example.org,,{},"[""friend"", ""early bird""]",,2020-01-15T10:00:00+00:00,regular\n'
    "bob@example.org,,{},,,2021-02-03T04:05:06+00:00,unsubscribed\n"
)
LISTMONK = (
    "uuid,email,name,attributes,status,created_at,updated_at\n"
    "u-1,ann@example.org,Ann,{},enabled,2020-01-15T10:00:00Z,2020-01-15T10:00:00Z\n"
    "u-2,bob@example.org,Bob,{},blocklisted,2021-02-03T04:05:06Z,2021-02-03T04:05:06Z\n"
)


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    options = {"location": tmp_path / "uploads"}
    imports = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    settings.STORAGES = {**django_settings.STORAGES, "imports": imports}


def upload(content: str | bytes) -> ListImport:
    run = ListImport.objects.upload(ContentFile(content.encode() if isinstance(content, str) else content, "list.csv"), by=None)
    importing.look(run)
    return run


def imported(content: str | bytes, *, ask: bool = False) -> ListImport:
    """Import a whole file, and say that the check foretold it."""
    run = upload(content)
    run.choose(run.mapping, consent="They subscribed at the old site.", ask=ask)
    drain()
    run.refresh_from_db()
    assert run.state == "checked", run.error
    foretold = run.counts
    assert not Subscriber.objects.filter(came_with=run).exists()
    run.begin()
    while run.state == "importing":
        importing.go_on(run.pk, now=timezone.now())
        run.refresh_from_db()
    assert (run.counts, run.done, run.file) == (foretold, run.total, "")
    assert sum(run.counts.values()) == run.total
    return run


def states() -> dict[str, str]:
    return dict(Subscriber.objects.order_by("email").values_list("email", "state"))


def reasons(run: ListImport) -> list[tuple[int, str, str]]:
    return list(run.lines.order_by("line").values_list("line", "outcome", "reason"))


class TestAnExportOfAnotherSystem:
    @pytest.mark.parametrize(
        ("content", "system"),
        [
            (GHOST, "Ghost"),
            (SUBSTACK, "Substack"),
            (MAILCHIMP, "Mailchimp"),
            (BUTTONDOWN, "Buttondown"),
            (LISTMONK, "listmonk"),
        ],
    )
    def test_is_known_by_its_columns_and_nobody_who_left_comes_back(self, smtp_sink: Sink, content: str, system: str) -> None:
        run = imported(content)
        drain()
        assert (run.format, run.counts) == (system, {"added": 1, "left": 1})
        assert states() == {"ann@example.org": "confirmed", "bob@example.org": "unsubscribed"}
        ann = Subscriber.objects.get(email="ann@example.org")
        assert ann.created_at == datetime(2020, 1, 15, 10, tzinfo=UTC)
        assert (ann.source, ann.consent_text, ann.came_with) == ("import", "They subscribed at the old site.", run)
        assert smtp_sink.captured == []

    @pytest.mark.parametrize("content", [GHOST, MAILCHIMP, BUTTONDOWN, "email,tags\nann@example.org,friend; early bird\n"])
    def test_keeps_its_tags(self, content: str) -> None:
        imported(content)
        assert Subscriber.objects.get(email="ann@example.org").tags == ["friend", "early bird"]

    @pytest.mark.parametrize(
        ("status", "state"),
        [
            ("cleaned", "bounced"),
            ("Unactivated", "pending"),
            ("undeliverable", "bounced"),
            ("removed", "unsubscribed"),
            ("", "confirmed"),
        ],
    )
    def test_says_by_its_status_who_may_be_mailed(self, status: str, state: str) -> None:
        imported(f"email,status\na@example.org,{status}\n")
        assert states() == {"a@example.org": state}


class TestAFile:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_may_have_any_encoding_and_line_ends(self, encoding: str, end: str) -> None:
        imported(end.join(["email;name", "a@example.org;Zoë", 'b@example.org;"Müller, Jörg"', ""]).encode(encoding))
        assert list(Subscriber.objects.order_by("pk").values_list("name", flat=True)) == ["Zoë", "Müller, Jörg"]

    def test_with_one_line_in_another_encoding_is_read_and_says_so(self) -> None:
        run = imported("email,name\na@example.org,Zoë\n".encode() + "b@example.org,Zoë\n".encode("latin-1"))
        assert [each.name for each in Subscriber.objects.order_by("pk")] == ["Zoë", "Zoë"]
        assert reasons(run) == [(3, "added", "encoding")]

    def test_may_be_a_bare_list_of_addresses(self) -> None:
        run = imported("a@example.org\nb@example.org\n")
        assert (run.has_header, run.mapping, len(states())) == (False, ["email"], 2)

    def test_loses_no_line_to_a_broken_one(self) -> None:
        lines = ["email,name", "a@example.org,A", 'b@example.org,"never closed', *(f"r{n}@example.org,R" for n in range(50))]
        lines += [
            "no address,X",
            ",",
            'c@example.org,"two',
            'lines"',
            'd@example.org,5" tall',
            "x" * 300_000 + "@example.org,L",
        ]
        run = imported("\n".join([*lines, "e@example.org,E"]))
        assert {"a@example.org", "c@example.org", "d@example.org", "e@example.org", "r0@example.org", "r49@example.org"} <= set(
            states()
        )
        assert len(states()) == 54
        assert [each[1:] for each in reasons(run)] == [
            ("unreadable", "quote"), ("unreadable", "bad_address"), ("unreadable", "no_address"), ("unreadable", "too_long"),
        ]  # fmt: skip
        assert run.lines.get(reason="quote").text == 'b@example.org,"never closed'
        assert Subscriber.objects.get(email="c@example.org").name == "two lines"

    def test_without_lines_ends_with_a_sentence(self) -> None:
        run = upload("email,name\n")
        run.choose(["email", "name"], consent="x", ask=False)
        drain()
        run.refresh_from_db()
        assert (run.state, run.error, run.file) == ("failed", "The file has no lines below its header.", "")

    @pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"\x00\x01\x02", b'"', b"\xff\xfe\x00", b"PK\x03\x04" * 100])
    def test_of_anything_is_survived(self, content: bytes) -> None:
        upload(content)
        assert all(each.line for each in records(io.BytesIO(content), ","))


class TestAnImport:
    def test_brings_no_one_back_and_counts_each_line_once(self) -> None:
        Subscriber.objects.create(email="left@example.org", state="unsubscribed")
        Subscriber.objects.create(email="gone@example.org", state="bounced")
        Subscriber.objects.create(email="reads@example.org", state="confirmed", confirmed_at=timezone.now(), consent_text="Own")
        Subscriber.objects.create(email="erased@example.org").erase()
        names = ["LEFT", "gone", "erased", "reads", "new", "NEW", "Erased"]
        run = imported("email,name\n" + "".join(f"{name}@example.org,N\n" for name in names))
        assert run.counts == {"kept_out": 4, "known": 1, "added": 1, "repeated": 1}
        assert states() == {
            "gone@example.org": "bounced", "left@example.org": "unsubscribed", "new@example.org": "confirmed",
            "reads@example.org": "confirmed",
        }  # fmt: skip
        reads = Subscriber.objects.get(email="reads@example.org")
        assert (reads.name, reads.consent_text, reads.source) == ("N", "Own", "")
        assert "erased" not in "".join(report_csv(run)).replace("kept_out,erased", "").lower()

    def test_does_not_unsubscribe_who_reads_here_but_says_so(self) -> None:
        Subscriber.objects.create(email="a@example.org", state="confirmed", confirmed_at=timezone.now())
        run = imported("email,status\na@example.org,unsubscribed\n")
        assert (states(), reasons(run)) == ({"a@example.org": "confirmed"}, [(2, "known", "left_there")])

    def test_asks_each_by_mail_only_where_that_was_chosen(self, smtp_sink: Sink) -> None:
        run = imported("email,status\na@example.org,\nb@example.org,pending\nc@example.org,unsubscribed\n", ask=True)
        drain()
        assert run.counts == {"asked": 2, "left": 1}
        assert sorted(each.message["To"] for each in smtp_sink.captured) == ["a@example.org", "b@example.org"]
        assert "They subscribed at the old site." in smtp_sink.captured[0].body("plain")
        assert states() == {"a@example.org": "pending", "b@example.org": "pending", "c@example.org": "unsubscribed"}

    def test_goes_on_where_a_killed_worker_stopped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(importing, "CHUNK", 10)
        run = upload("email\n" + "".join(f"r{number}@example.org\n" for number in range(95)))
        run.choose(["email"], consent="x", ask=False)
        importing.check(run.pk, now=timezone.now())
        run.refresh_from_db()
        run.begin()
        importing.go_on(run.pk, now=timezone.now(), seconds=0)
        run.refresh_from_db()
        assert (run.done, Subscriber.objects.count(), run.state) == (10, 10, "importing")
        stale = ListImport.objects.get(pk=run.pk)
        importing.go_on(run.pk, now=timezone.now(), seconds=0)
        assert importing._take(stale, [], now=timezone.now()) is False
        importing.go_on(run.pk, now=timezone.now())
        run.refresh_from_db()
        assert (run.state, run.counts, Subscriber.objects.count()) == ("done", {"added": 95}, 95)

    def test_needs_its_column_of_addresses_and_a_check(self) -> None:
        run = upload("email,name\na@example.org,A\n")
        for mapping in ([""], ["email", "email"]):
            with pytest.raises(NoAddressColumn):
                run.choose(mapping, consent="x", ask=False)
        with pytest.raises(ListNotReady):
            run.begin()
        assert not Effect.objects.exists()

    def test_of_an_erased_reader_forgets_them_everywhere(self) -> None:
        run = imported("email,status\nann@example.org,perhaps\nann@example.org,\n")
        assert "ann@example.org" in run.lines.get(reason="unknown_status").text
        Subscriber.objects.get().erase()
        assert "ann@" not in "".join(report_csv(run))

    def test_that_no_one_starts_is_forgotten_after_a_week(self) -> None:
        run = upload("email\na@example.org\n")
        importing.clear(timezone.now() + timedelta(days=6))
        run.refresh_from_db()
        assert run.file
        importing.clear(timezone.now() + timedelta(days=8))
        run.refresh_from_db()
        assert not run.file


class TestAnExport:
    def rows(self, **filters: Any) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO("".join(subscribers_csv(Filters(**filters))))))

    def test_calculates_nothing_and_comes_back_as_it_was(self) -> None:
        odd = '=HYPERLINK("http://x","y")'
        Subscriber.objects.create(email="+tag@example.org", name=odd, state="unsubscribed", tags=["a, b", "c"])
        Subscriber.objects.create(
            email="-b@example.org", name="@sum", state="confirmed", tags=["x;y"], confirmed_at=timezone.now()
        )
        text = "".join(subscribers_csv(Filters()))
        assert not [cell for row in csv.reader(io.StringIO(text)) for cell in row if cell[:1] in tuple("=+-@")]
        before = list(Subscriber.objects.order_by("pk").values_list("email", "name", "state", "tags", "created_at"))
        Subscriber.objects.all().delete()
        assert imported(text).format == "Afterword"
        assert list(Subscriber.objects.order_by("pk").values_list("email", "name", "state", "tags", "created_at")) == before

    def test_keeps_how_often_and_where_and_says_what_it_does_not_know(self) -> None:
        lines = ["email,frequency,time_zone", "a@example.org,Weekly,Asia/Tokyo", "b@example.org,hourly,", "c@example.org,,Mars"]
        run = imported("\n".join(lines))
        found = Subscriber.objects.order_by("email").values_list("frequency", "time_zone")
        assert list(found) == [("weekly", "Asia/Tokyo"), ("each", ""), ("each", "")]
        assert list(run.lines.order_by("line").values_list("line", "reason")) == [(3, "frequency"), (4, "time_zone")]
        written = "".join(subscribers_csv(Filters(frequency="weekly"))).splitlines()
        assert (len(written), written[1].endswith("weekly,Asia/Tokyo")) == (2, True)

    def test_has_what_the_filter_shows_and_no_one_erased(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.newsletter.lists.exporting.PAGE", 3)
        rows = [Subscriber(email=f"r{number}@example.org", tags=["odd"] if number % 2 else []) for number in range(10)]
        Subscriber.objects.bulk_create(rows)
        Subscriber.objects.get(email="r3@example.org").erase()
        assert [row["email"] for row in self.rows(q="r")] == [f"r{number}@example.org" for number in range(10) if number != 3]
        assert len(self.rows(tag="odd")) == 4


@pytest.mark.slow
@pytest.mark.timeout(600)
class TestALongList:
    def test_of_40000_lines_takes_little_memory(self) -> None:
        lines = (f"r{number}@example.org,Reader {number},2020-01-01\n" for number in range(40_000))
        run = upload("email,name,created_at\n" + "".join(lines))
        run.choose(run.mapping, consent="x", ask=False)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        importing.check(run.pk, now=timezone.now())
        run.refresh_from_db()
        run.begin()
        importing.go_on(run.pk, now=timezone.now(), seconds=3600)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert Subscriber.objects.count() == 40_000
        assert grown < 100 * 1024, f"{grown} KiB"  # of kibibytes, as Linux counts
