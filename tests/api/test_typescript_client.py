"""A TypeScript client made from the description that the site serves: a program that uses it compiles, and runs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from app.blog.models import Comment, Post
from app.newsletter.models import Subscriber
from app.site.models import SiteSettings
from owed import clock
from tests import factories

SOURCES = Path(__file__).with_name("typescript")
PASSWORD = "a-good-password-7"
STRICT = "--strict --skipLibCheck --module nodenext --target es2022 --outDir out program.ts wrong.ts"
OFFLINE = ("EAI_AGAIN", "ENOTFOUND", "ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH")
MISSING = [name for name in ("node", "npm") if shutil.which(name) is None]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed here: {', '.join(MISSING)}"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the programs and the packages that they need."""
    made = tmp_path_factory.mktemp("typescript")
    shutil.copytree(SOURCES, made, dirs_exist_ok=True)
    done = run(made, "npm install --no-fund --no-audit --no-package-lock --ignore-scripts")
    if any(code in done.stderr for code in OFFLINE):
        pytest.skip("npm could not install the packages: it needs the network")
    assert done.returncode == 0, done.stderr
    return made


def run(folder: Path, command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command.split(), cwd=folder, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )


class TestTheTypeScriptClient:
    def test_is_made_from_what_the_site_serves_compiles_and_works(self, folder: Path, live_server: LiveServer) -> None:
        editor = factories.person("edda", "editor", password=PASSWORD)
        comment = factories.write(editor, status="published").comment(content="Hm.", guest_name="Gus")
        Subscriber.objects.create(email="reader@example.org", source="page", created_at=clock.now())
        where = f"{live_server.url}/api/v1/openapi.json"
        for command in (
            f"npx --no-install openapi-typescript {where} -o afterword.d.ts --default-non-nullable=false",
            f"npx --no-install tsc {STRICT}",
            "node --test out/program.js",
        ):
            done = run(folder, command, SITE=live_server.url, PASSWORD=PASSWORD)
            assert done.returncode == 0, done.stdout + done.stderr
        assert Post.objects.get(title="By a client").status == "published"
        assert Comment.objects.get(pk=comment.pk).status == "approved"
        assert SiteSettings.objects.get().tagline == "Set by a client"
