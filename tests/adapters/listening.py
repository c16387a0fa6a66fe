"""Merchants' systems on loopback: each connection is treated as the test says."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from chalicelib.usecases.outbox import Posting

Serve = Callable[[socket.socket], None]
BODY = b'{"id":"evt_1"}'


@contextmanager
def listening(serve: Serve) -> Iterator[int]:
    """The port of a server that gives each connection a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threads: list[threading.Thread] = []
        open_ones: list[socket.socket] = []

        def treat(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                serve(connection)

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                open_ones.append(connection)
                threads.append(threading.Thread(target=treat, args=(connection,)))
                threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for each in open_ones:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)  # whoever waits in it goes on
            for thread in threads:
                thread.join()


def request_on(connection: socket.socket) -> bytes:
    """The request with its body, which is `BODY`."""
    text = b""
    while not text.endswith(b"\r\n\r\n" + BODY):
        more = connection.recv(65_536)
        if not more:
            break
        text += more
    return text


def answering(answer: bytes) -> Serve:
    """Takes the request and says this."""

    def serve(connection: socket.socket) -> None:
        request_on(connection)
        connection.sendall(answer)

    return serve


def posting(port: int, host: str = "127.0.0.1", scheme: str = "http") -> Posting:
    """An event for a server on loopback."""
    return Posting(f"{scheme}://{host}:{port}/hook?a=b", {"webhook-id": "evt_1"}, BODY)
