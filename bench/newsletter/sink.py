"""`python -m bench.newsletter.sink`: a mail server that takes everything and keeps nothing.

Used where Postfix's smtp-sink is not installed. Prints its port. One process for each connection, as the senders have
processes of their own.
"""

from __future__ import annotations

import os
import signal
import socket

END = b"\r\n.\r\n"


def serve(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(b"220 sink ESMTP\r\n")
    unread, is_text = b"", False
    while received := connection.recv(1 << 18):
        unread += received
        answers = b""
        while True:
            if is_text:
                _, end, rest = unread.partition(END)
                if not end:
                    # What is kept is enough to see an end that was cut in two.
                    unread = unread[-len(END) :]
                    break
                unread, is_text, answers = rest, False, answers + b"250 taken\r\n"
            else:
                line, end, rest = unread.partition(b"\r\n")
                if not end:
                    break
                unread, answers = rest, answers + answer(line[:4].upper())
                if line[:4].upper() == b"DATA":
                    is_text, unread = True, b"\r\n" + unread
        if answers:
            connection.sendall(answers)


def answer(verb: bytes) -> bytes:
    if verb == b"EHLO":
        return b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
    return {b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}.get(verb, b"250 OK\r\n")


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        print(server.getsockname()[1], flush=True)
        while True:
            connection, _ = server.accept()
            if os.fork() == 0:
                serve(connection)
                os._exit(0)
            connection.close()


if __name__ == "__main__":
    main()
