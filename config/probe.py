"""Ask a process on this machine whether it is well, as a proxy would: `python -m config.probe 8000 /healthz`.

Without a path it is enough that the port takes connections.
"""

from __future__ import annotations

import http.client
import os
import socket
import sys
from urllib.parse import urlsplit

from config.env_values import origin


def main() -> None:
    """Exit 0 when the answer is a 200, or the port is open where no path is given."""
    port = int(sys.argv[1])
    if len(sys.argv) == 2:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        return
    path = sys.argv[2]
    host = urlsplit(origin(os.environ.get("SITE_URL") or f"http://127.0.0.1:{port}")).netloc
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path, headers={"Host": host, "X-Forwarded-Proto": "https"})
    status = connection.getresponse().status
    sys.exit(None if status == 200 else f"{path} answered {status}")


if __name__ == "__main__":
    main()
