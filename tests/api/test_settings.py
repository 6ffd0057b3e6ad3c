"""The settings of the publication by the API."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from app.blog.models import Media
from app.newsletter.models import MailingSettings
from app.site.current import site
from tests import factories
from tests.api.client import Program, person, program_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor() -> Program:
    return program_of(person("edith", "editor"))


class TestSettings:
    def test_are_read_and_changed_in_part(self, editor: Program) -> None:
        assert editor.get("/settings").json["name"] == "Afterword"
        answer = editor.patch("/settings", {"name": "Northern Towns", "navigation": [{"label": "About", "url": "/about/"}]})
        assert (answer.status, answer.json["name"], answer.json["theme"]) == (200, "Northern Towns", "afterword")
        editor.patch("/settings", {"theme": "plain", "reply_to": "desk@example.org"})
        found = editor.get("/settings").json
        assert (found["name"], found["theme"], found["reply_to"]) == ("Northern Towns", "plain", "desk@example.org")
        assert found["navigation"] == [{"label": "About", "url": "/about/"}]
        assert MailingSettings.now().reply_to == "desk@example.org"

    def test_take_a_logo_of_the_library(self, editor: Program) -> None:
        media = Media.objects.store(factories.image(), None)
        assert editor.patch("/settings", {"logo": media.pk}).json["logo"] == media.pk
        assert site().logo == media.file.name
        assert editor.patch("/settings", {"logo": media.pk + 1}).status == 422
        assert editor.patch("/settings", {"logo": None}).json["logo"] is None

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"accent": "red"}, "accent"),
            ({"time_zone": "Mars"}, "time_zone"),
            ({"reply_to": "nobody"}, "reply_to"),
            ({"navigation": [{"label": "x", "url": "javascript:1"}]}, "navigation"),
            ({"colour": "red"}, "colour"),
            ({"theme": "neon"}, "theme"),
        ],
    )
    def test_that_are_wrong_are_refused_by_field(self, editor: Program, body: dict[str, object], field: str) -> None:
        answer = editor.patch("/settings", {"name": "Changed", **body})
        assert (answer.status, list(answer.json["fields"])) == (422, [field])
        assert site().name == "Afterword"

    def test_are_for_editors_alone(self, author: Program, anybody: Program) -> None:
        assert author.get("/settings").status == 403
        assert author.patch("/settings", {"name": "Mine"}).status == 403
        assert anybody.get("/settings").status == 401

    def test_take_code_of_superusers_alone(self, editor: Program) -> None:
        code = {"head_code": "<script>1</script>"}
        assert editor.patch("/settings", code).status == 403
        chief = program_of(person("chief", "editor", is_superuser=True))
        assert chief.patch("/settings", code).json["head_code"] == "<script>1</script>"

    def test_of_the_operator_are_named_and_stay(self, editor: Program, settings: Settings) -> None:
        settings.SITE_NAME = "The Weekly"
        assert editor.get("/settings").json["set_by_operator"] == ["name"]
        assert editor.patch("/settings", {"name": "Other"}).status == 409
        assert editor.patch("/settings", {"tagline": "Letters"}).json["name"] == "The Weekly"
