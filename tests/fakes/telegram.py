"""Telegram's Bot API on loopback: what was sent to it, and what it answers by chat."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FakeTelegram:
    """`sent` are paths and bodies; a chat is answered 200 unless `answers` has another status."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[int | str, int] = {}

    @property
    def texts(self) -> list[str]:
        """What chats read, in order."""
        return [body["text"] for _, body in self.sent]


@contextmanager
def telegram() -> Iterator[FakeTelegram]:
    """It serves until the end."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            fake.sent.append((self.path, body))
            status = fake.answers.get(body["chat_id"], 200)
            answer = json.dumps({"ok": status == 200, "error_code": status}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        fake = FakeTelegram(f"http://127.0.0.1:{server.server_address[1]}")
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        try:
            yield fake
        finally:
            server.shutdown()
            serving.join()
