"""`python -m bench.newsletter.raw PORT SIZE`: as many prebuilt messages as each line of stdin says, over one connection."""

from __future__ import annotations

import socket
import sys

ENVELOPE = b"MAIL FROM:<post@afterword.example>\r\nRCPT TO:<r@example.org>\r\nDATA\r\n"


def main(port: int, size: int) -> None:
    message = b"Subject: Hi\r\n\r\n" + (b"x" * 74 + b"\r\n") * (size // 76)
    with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rb") as answers:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answers.readline()
        connection.sendall(b"EHLO bench\r\n")
        while answers.readline()[3:4] == b"-":
            pass
        for line in sys.stdin:
            for number in range(int(line)):
                connection.sendall(ENVELOPE if number == 0 else b".\r\n" + ENVELOPE)
                for _ in range(3 if number == 0 else 4):
                    answers.readline()
                connection.sendall(message)
            connection.sendall(b".\r\n")
            answers.readline()
            print("done", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
