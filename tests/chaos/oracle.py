"""The outside world, in a process of its own: an HTTP and an SMTP server that write down whatever reaches them.

`python -m tests.chaos.oracle LOG [SECONDS_PER_CALL]` prints its two ports. It shares no code with the project: standard library
only. The log is append-only, one JSON object to a line, written before the answer is given.
"""

from __future__ import annotations

import json
import os
import re
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

HEADER = re.compile(rb"^(Subject|Message-ID):\s*(.*)$", re.MULTILINE | re.IGNORECASE)


class Log:
    """What the outside saw, in the order in which it saw it."""

    def __init__(self, path: str, pause: float) -> None:
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.pause = pause

    def append(self, **seen: object) -> None:
        os.write(self.file, (json.dumps({"at": time.time(), **seen}) + "\n").encode())
        # Work that takes no time is never found half done by a kill.
        time.sleep(self.pause)


class Web(BaseHTTPRequestHandler):
    """Takes `POST /<n>` with an Idempotency-Key."""

    log: ClassVar[Log]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.log.append(kind="call", n=self.path.strip("/"), key=self.headers.get("Idempotency-Key", ""))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: object) -> None: ...


class Mail(socketserver.StreamRequestHandler):
    """Takes every message."""

    log: ClassVar[Log]

    def handle(self) -> None:
        try:
            self._say("220 oracle")
            while (line := self.rfile.readline()) and self._answer(line.decode("utf-8", "replace").strip()):
                continue
        except OSError:
            return

    def _answer(self, line: str) -> bool:
        verb = line[:4].upper()
        if verb == "RCPT":
            self.recipient = line.partition("<")[2].partition(">")[0]
        if verb == "DATA":
            self._say("354 go on")
            return self._message()
        self._say("221 bye" if verb == "QUIT" else "250 OK")
        return verb != "QUIT"

    def _message(self) -> bool:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False
            lines.append(line)
        head = b"".join(lines).partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ")
        found = {name.lower().decode(): value.strip().decode() for name, value in HEADER.findall(head)}
        self.log.append(kind="mail", to=self.recipient, subject=found["subject"], message_id=found["message-id"])
        self._say("250 taken")
        return True

    def _say(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 50


def main(path: str, pause: str = "0.005") -> None:
    Web.log = Mail.log = Log(path, float(pause))
    web, mail = ThreadingHTTPServer(("127.0.0.1", 0), Web), MailServer(("127.0.0.1", 0), Mail)
    print(json.dumps({"http": web.server_address[1], "smtp": mail.server_address[1]}), flush=True)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    mail.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
