"""nginx with the shipped configuration before the web process. Needs `nginx` on PATH, or its path in $NGINX."""

from __future__ import annotations

import os
import shutil
import signal
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from tests.architecture.processes import Process, plain_environment
from tests.servers import unused_port
from tests.waiting import wait_until
from tests.web_worker.site import BEGINNINGS, ONE_WORKER, Site, serving, waits
from tools.devserver.server import ROOT

NGINX = os.environ.get("NGINX") or shutil.which("nginx")
pytestmark = pytest.mark.skipif(not NGINX, reason="nginx is not installed here ($NGINX names it)")
LOG = "--access-logfile - --access-logformat '%(m)s %(U)s %(s)s %({x-forwarded-proto}i)s %({x-forwarded-for}i)s'"
NAME = sha256(b"a picture").hexdigest()


class Proxy(Site):
    """nginx before a site: the same clients, another port."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.port, self.tls_port, self.folder, self.site = unused_port(), unused_port(), folder, site
        self.configure()
        command = [str(NGINX), "-c", str(folder / "nginx.conf"), "-e", "stderr", "-g", "daemon off;"]
        self.process = Process(command, plain_environment(), folder / "nginx.log")

    def configure(self) -> None:
        """Write the shipped files with the paths and ports of this machine."""
        (self.folder / "tls").mkdir()
        places = {
            "/var/tmp/": f"{self.folder}/",
            "/tmp/nginx.pid": f"{self.folder}/pid",
            "/etc/nginx/": f"{self.folder}/",
            "/srv/afterword/": f"{self.site.folder}/data/",
            "server web:8000": f"server 127.0.0.1:{self.site.port}",
            "listen 8080": f"listen 127.0.0.1:{self.port}",
            "listen 127.0.0.1:8081": f"listen 127.0.0.1:{unused_port()}",
            "listen 8443": f"listen 127.0.0.1:{self.tls_port}",
            # nginx before 1.25 says it in the line above.
            "    http2 on;\n": "",
        }
        for name, where in (("nginx.conf", ""), ("site.conf", ""), ("tls.conf", "tls/")):
            text = (ROOT / "config/nginx" / name).read_text()
            for shipped, here in places.items():
                text = text.replace(shipped, here)
            (self.folder / where / name).write_text(text)
        (self.folder / "mime.types").write_text("types { image/png png; }")
        (self.folder / "certificates").mkdir()
        make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
        keys = ["-keyout", "certificates/privkey.pem", "-out", "certificates/fullchain.pem"]
        subprocess.run([*make, *keys], cwd=self.folder, check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("nginx")
    folder.chmod(0o755)
    folder.parent.chmod(0o755)
    with serving(tmp_path_factory.mktemp("site"), f"{ONE_WORKER} {LOG}", TRUSTED_PROXIES="1") as site:
        pictures = site.folder / "data" / "media" / "images" / NAME[:2]
        pictures.mkdir(parents=True)
        (pictures / f"{NAME}.png").write_bytes(b"a picture")
        for part in (site.folder, *site.folder.parents):
            # Started by root, nginx reads files as another user. How many folders pytest makes depends on its workers.
            if part.is_relative_to(tmp_path_factory.getbasetemp().parent.parent):
                part.chmod(0o755)
        running = Proxy(site, folder)
        try:
            wait_until(lambda: running.answers() or running.process.ended())
            assert not running.process.ended(), running.process.said()
            yield running
        finally:
            running.process.end(signal.SIGTERM)


class TestBehindNginx:
    @pytest.mark.parametrize("kind", sorted(BEGINNINGS))
    def test_readers_are_served_beside_forty_slow_clients_of_each(self, proxy: Proxy, kind: str) -> None:
        assert len(waits(proxy, kind, 40, 10)) == 10

    def test_a_picture_is_served_by_nginx_and_may_be_kept(self, proxy: Proxy) -> None:
        status, content, headers = proxy.get(f"/media/images/{NAME[:2]}/{NAME}.png")
        assert (status, content, headers["content-type"]) == (200, b"a picture", "image/png")
        assert headers["cache-control"] == "public, max-age=31536000, immutable"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert f"{NAME}.png" not in proxy.site.process.said()

    def test_another_file_may_be_kept_for_an_hour(self, proxy: Proxy) -> None:
        status, _, headers = proxy.get("/media/big.bin")
        assert status == 200, (status, proxy.process.said()[-2000:])
        assert headers["cache-control"] == "public, max-age=3600"
        assert headers["x-content-type-options"] == "nosniff"

    @pytest.mark.parametrize("path", ["/media/../secret", "/media/%2e%2e/secret", "/media../secret", "/media/images/"])
    def test_no_other_folder_is_served(self, proxy: Proxy, path: str) -> None:
        (proxy.site.folder / "data" / "secret").write_text("a secret of the site")
        status, content, _ = proxy.get(path)
        assert status != 200
        assert b"a secret" not in content

    def test_a_large_body_is_refused_but_for_an_export(self, proxy: Proxy) -> None:
        token = "Authorization: Basic eDp4"
        assert first_line(proxy, "/subscribe/", token).startswith(b"HTTP/1.1 413 ")
        assert first_line(proxy, "/api/v1/imports", token, body=b"a" * 40_000_000).startswith(b"HTTP/1.1 401 ")

    @pytest.mark.parametrize("path", ["/subscribe/", "/api/v1/imports"])
    @pytest.mark.parametrize("header", ["Cookie: a=b", "Accept: */*"])
    def test_a_large_body_of_a_stranger_is_refused(self, proxy: Proxy, path: str, header: str) -> None:
        assert first_line(proxy, path, header, length=1_000_000).startswith(b"HTTP/1.1 413 ")

    def test_the_scheme_of_the_reader_reaches_the_site(self, proxy: Proxy) -> None:
        context = ssl.create_default_context(cafile=str(proxy.folder / "certificates" / "fullchain.pem"))
        context.check_hostname = False
        with closing(HTTPSConnection("127.0.0.1", proxy.tls_port, context=context, timeout=30)) as client:
            client.request("GET", "/healthz", headers={"X-Forwarded-Proto": "http"})
            assert client.getresponse().status == 200
        wait_until(lambda: "GET /healthz 200 https 127.0.0.1" in proxy.site.process.said())
        proxy.get("/login/")
        wait_until(lambda: "GET /login/ 200 http 127.0.0.1" in proxy.site.process.said())
        proxy.get("/join/", X_Forwarded_Proto="https", X_Forwarded_For="192.0.2.7")
        wait_until(lambda: "GET /join/ 200 https 192.0.2.7, 127.0.0.1" in proxy.site.process.said())


def first_line(site: Site, path: str, header: str, body: bytes = b"", *, length: int = 40_000_000) -> bytes:
    with site.connect() as client:
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n{header}\r\nContent-Length: {length}\r\n\r\n"
        client.sendall(head.encode() + body)
        return client.recv(65536).partition(b"\r\n")[0]
