"""Each address of the site lets in whom tools/routes.toml names, by each method: not more people, and not fewer."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from app.api.api import api
from tests.access.asking import Asker, by_cells
from tests.access.bodies import described
from tools.routes import Classification, Route, routes, written

ADD = "not classified; add to [routes] of tools/routes.toml"
STARTS = ("/admin/", "/studio/", "/api/", "/")
ALL = {"guest": "all", "member": "all"}
SIGNED_IN = {"guest": "-", "member": "all"}


def part(route: Route) -> str:
    """Return the part of the site that a route belongs to."""
    return next(start for start in STARTS if route.address.startswith(start))


def differences(said: Classification, route: Route, asker: Asker) -> list[str]:
    """Ask at one address; return what is not as it is written, each with what to do."""
    found = []
    for cells, methods in by_cells(asker.cells(route)).items():
        seen = dict(zip(said.roles, cells, strict=True))
        missing = [method for method in methods if (method, route.address) not in said.routes]
        if missing:
            found.append(
                f"not classified; add to [routes] of tools/routes.toml:\n    {said.line(missing, route.address, seen)}"
            )
        for method in set(methods) - set(missing):
            meant = said.cells(method, route.address)
            wrong = {role: f"{seen[role]} instead of {meant[role]}" for role in said.roles if seen[role] != meant[role]}
            found += [f"{method} {route.address}: {role} may {what}" for role, what in wrong.items()]
    return found


class TestARoute:
    @pytest.mark.long
    @pytest.mark.django_db
    @pytest.mark.timeout(600)
    @pytest.mark.covers("M4")
    @pytest.mark.parametrize("start", [pytest.param("/admin/", marks=pytest.mark.slow), "/studio/", "/api/", "/"])
    def test_lets_in_whom_the_classification_names(self, start: str, monkeypatch: pytest.MonkeyPatch) -> None:
        # The description takes half a second to make, and is asked for by everyone.
        made = described()
        monkeypatch.setattr(api, "get_openapi_schema", lambda **kwargs: made)
        said = written()
        asker = Asker(said)
        found = [each for route in routes() if part(route) == start for each in differences(said, route, asker)]
        report = "\n".join([*found, *asker.notes])
        assert not report, f"\n{report}"  # as a message it is shown whole

    def test_is_classified_and_every_line_is_about_one(self) -> None:
        said, addresses = written(), {route.address for route in routes()}
        unknown = {address for _, address in said.routes if address not in addresses}
        assert unknown == set(), "remove these lines from tools/routes.toml"
        missing = addresses - {address for _, address in said.routes}
        lines = "\n".join(f'"GET,POST {address}" = "superusers"' for address in sorted(missing))
        assert lines == "", "add to [routes] of tools/routes.toml, and see with `-m slow` whether it is right"

    def test_says_of_objects_that_addresses_have(self) -> None:
        addresses = [route.address for route in routes()]
        assert [start for start in written().objects if not any(each.startswith(start) for each in addresses)] == []

    @pytest.mark.django_db
    def test_of_the_admin_leads_strangers_to_the_sign_in(self) -> None:
        asker, client = Asker(written()), Client()
        open_to_all = []
        for route in routes():
            if part(route) == "/admin/" and route.address not in {"/admin/login/", "/admin/logout/"}:
                answer = client.get(asker.path(route.address, "stranger"))
                if not answer.get("Location", "").startswith("/admin/login/"):
                    open_to_all.append(route.address)
        assert open_to_all == []


class TestTheClassification:
    """What a person reads when a route is new, or opens to more people than it did."""

    def classification(self, tmp_path: Path, routes: str) -> Classification:
        file = tmp_path / "routes.toml"
        file.write_text(
            f'roles = ["guest", "member"]\n[classes]\npublic = "all all"\nmembers = "- all"\n[objects]\n[routes]\n{routes}\n'
        )
        return written(file)

    def test_gives_the_line_for_a_new_route(self, tmp_path: Path) -> None:
        said = self.classification(tmp_path, "")
        assert said.line(["POST", "GET"], "/new/", SIGNED_IN) == '"GET,POST /new/" = "members"'

    def test_asks_for_a_class_where_none_fits(self, tmp_path: Path) -> None:
        line = self.classification(tmp_path, "").line(["GET"], "/new/", {"guest": "all", "member": "-"})
        assert line.startswith('"GET /new/" = "NEW"')
        assert line.endswith("add one: all -")

    def test_tells_more_and_less_than_is_written(self, tmp_path: Path) -> None:
        class Seen:
            def cells(self, route: Route) -> dict[str, dict[str, str]]:
                return {"GET": ALL, "POST": SIGNED_IN, "PUT": ALL}

        said = self.classification(tmp_path, '"GET /x/" = "members"\n"POST /x/" = { who = "public", body = { a = "<post>" } }')
        found = differences(said, Route("/x/", lambda request: None), Seen())  # type: ignore[arg-type]
        assert sorted(found) == [
            "GET /x/: guest may all instead of -",
            "POST /x/: guest may - instead of all",
            'not classified; add to [routes] of tools/routes.toml:\n    "PUT /x/" = "public"',
        ]

    def test_of_an_unknown_class_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(KeyError):
            self.classification(tmp_path, '"GET /x/" = "pubic"').cells("GET", "/x/")
