"""Threaded servers that leave nothing behind when they are closed."""

import socket
from contextlib import ExitStack, suppress
from socketserver import BaseServer, ThreadingMixIn
from threading import Lock, Thread
from typing import Any

POLL_S = 0.05


class Closing(ThreadingMixIn):
    """Closing cuts the connections that clients keep alive and waits for their threads."""

    daemon_threads = False  # only such threads are waited for
    request_queue_size = 128

    def __init__(self, *given: Any, **named: Any) -> None:
        self._open: set[socket.socket] = set()
        self._lock = Lock()
        super().__init__(*given, **named)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Count the connection."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Count it no longer."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)  # type: ignore[misc]

    def server_close(self) -> None:
        """Stop listening, cut, wait."""
        with self._lock:
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        super().server_close()


def serve(server: BaseServer, stack: ExitStack) -> None:
    """Serve in the background until `stack` closes."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": POLL_S}, daemon=True)
    stack.callback(server.server_close)
    thread.start()
    stack.callback(thread.join)
    stack.callback(server.shutdown)
