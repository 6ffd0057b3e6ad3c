"""docker-compose.yml and what it reads: the example environment, the reference of variables, nginx's configuration."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

import pytest
import yaml

from tools.devserver.server import ROOT

FILES = ("docker-compose.yml", "docker-compose.tls.yml")
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
MADE_HERE = {
    "DEBUG",
    "DATA_DIR",
    "MEDIA_DIR",
    "DATABASE_URL",
    "CELERY_BROKER_URL",
    "REDIS_URL",
    "LOG_FORMAT",
    "PORT",
    "FLOWER_PORT",
}
"""Variables whose value in a container is that of the file."""
BUNDLED = {"MAILBOX_PORT"}


def reference() -> set[str]:
    """Return the variables of docs/reference/environment.md."""
    return set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/reference/environment.md").read_text(), re.M))


def example() -> dict[str, str]:
    lines = [shlex.split(line) for line in (ROOT / ".env.example").read_text().splitlines() if line and line[0] != "#"]
    return dict(word.split("=", 1) for line in lines for word in line)


class TestTheContainers:
    @pytest.mark.parametrize("name", [name for name, service in SERVICES.items() if "build" in service])
    def test_are_given_every_variable_of_the_reference(self, name: str) -> None:
        given = SERVICES[name]["environment"]
        assert reference() - BUNDLED - set(given) == set()
        for variable in reference() - BUNDLED - MADE_HERE:
            assert str(given[variable]).startswith(f"${{{variable}:"), variable

    def test_start_from_the_example_environment(self) -> None:
        needed = set(re.findall(r"\${([A-Z_]+):\?", TEXT))
        assert needed
        assert {name for name in needed if not example().get(name)} == set()

    def test_read_nothing_that_the_example_gives_in_vain(self) -> None:
        assert set(example()) - set(re.findall(r"\${([A-Z_]+)", TEXT)) <= MADE_HERE

    def test_keep_in_memory_no_more_than_a_bound(self) -> None:
        for name, service in SERVICES.items():
            for mount in service.get("tmpfs", []):
                assert re.search(r":size=\d+m", mount), (name, mount)

    def test_are_made_of_pinned_images(self) -> None:
        images = [service["image"] for service in SERVICES.values() if "build" not in service]
        assert [image for image in images if not re.search(r":\d", image)] == []


class TestTheProxy:
    def test_is_all_that_reaches_the_web(self) -> None:
        assert SERVICES["web"].get("ports", []) == []
        assert re.search(r"server web:8000;", (ROOT / "config/nginx/nginx.conf").read_text())

    def test_is_given_files_that_exist_and_no_more_than_to_read(self) -> None:
        for mount in SERVICES["nginx"]["volumes"]:
            source, _, mode = mount.partition(":")[0], *mount.rpartition(":")[1:]
            assert mode == "ro" or source == "nginx-temporary", mount
            assert not source.startswith("./") or (ROOT / source).is_file(), mount

    def test_is_counted_as_one_that_names_the_caller(self) -> None:
        assert SERVICES["web"]["environment"]["TRUSTED_PROXIES"] == "${TRUSTED_PROXIES:-1}"
        assert "X-Forwarded-For $proxy_add_x_forwarded_for" in (ROOT / "config/nginx/site.conf").read_text()

    def test_buffers_as_by_default(self) -> None:
        text = (ROOT / "config/nginx/nginx.conf").read_text() + (ROOT / "config/nginx/site.conf").read_text()
        assert "proxy_buffering" not in text
        assert text.count("proxy_request_buffering") == 1
        assert "underscores_in_headers" not in text


class TestTheFileForTls:
    @pytest.mark.long
    @pytest.mark.parametrize("name", FILES)
    def test_keeps_to_the_compose_schema(self, name: str) -> None:
        check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", name]
        checked = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
        assert checked.returncode == 0, checked.stdout

    def test_adds_a_port_and_the_certificates_to_the_proxy(self) -> None:
        added = yaml.safe_load((ROOT / "docker-compose.tls.yml").read_text())["services"]
        assert set(added) == {"nginx"}
        assert added["nginx"]["ports"] == ["${HTTPS_PORT:-443}:8443"]
        assert (ROOT / "config/nginx/tls.conf").is_file()
