"""A sandbox of its own for each test, a client for it, and an endpoint that receives webhooks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import create_default_context
from threading import Thread
from time import sleep
from typing import Any

import httpx
import pytest

from sandbox.server import Server

Json = dict[str, Any]
KEY = "sk_test_shop1234"
TLS = create_default_context()

SAMPLE: Json = {
    "cancel_url": "www.wooshpay.com",
    "mode": "payment",
    "success_url": "https://wooshpay.com/",
    "payment_method_types": ["dana"],
    "line_items": [
        {
            "price_data": {
                "currency": "IDR",
                "unit_amount": 20000,
                "nickname": "apple",
                "product_data": {"name": "apple"},
                "billing_scheme": "testscheme",
                "lookup_key": "test_lookup_key",
            },
            "quantity": 1,
        }
    ],
}


def line(amount: Any, quantity: Any = 1, currency: Any = "IDR") -> Json:
    """One line item."""
    price = {"currency": currency, "unit_amount": amount, "product_data": {"name": "tea"}}
    return {"price_data": price, "quantity": quantity}


class Shop:
    """A merchant's client, with the calls that most tests need."""

    def __init__(self, server: Server, key: str = KEY) -> None:
        self.server = server
        self.http = httpx.Client(
            base_url=server.url, auth=(key, ""), trust_env=False, timeout=5, verify=TLS
        )

    def post(self, path: str, body: Any = None, key: str = "") -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return self.http.post(path, json={} if body is None else body, headers=headers)

    def get(self, path: str) -> Any:
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def control(self, path: str, body: Any = None) -> Any:
        answer = self.http.post(f"/_sandbox{path}", json={} if body is None else body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def switch(self, **values: Any) -> None:
        self.control("/switches", values)

    def session(self, **changes: Any) -> Json:
        answer = self.post("/v1/checkout/sessions", SAMPLE | changes)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def paid(self, amount: int = 20000, method: str = "dana", currency: str = "IDR") -> str:
        """The intent of a paid session."""
        made = self.session(
            payment_method_types=[method], line_items=[line(amount, currency=currency)]
        )
        self.control(f"/payment_intents/{made['payment_intent']}/approve")
        return str(made["payment_intent"])

    def refund(self, intent: str, amount: Any = None, key: str = "") -> httpx.Response:
        body: Json = {"payment_intent": intent}
        return self.post("/v1/refunds", body if amount is None else body | {"amount": amount}, key)

    def intent(self, intent: str) -> Json:
        return dict(self.get(f"/v1/payment_intents/{intent}"))

    def listen(self, receiver: "Receiver", *events: str) -> Json:
        body = {"url": receiver.url, "enabled_events": list(events) or ["*"]}
        return dict(self.post("/v1/webhook_endpoints", body).json())

    def settle(self) -> None:
        self.control("/clock/advance", {"seconds": 0})

    def advance(self, seconds: int) -> None:
        self.control("/clock/advance", {"seconds": seconds})

    def deliveries(self) -> list[Json]:
        return list(self.get("/_sandbox/deliveries")["data"])

    def event_types(self) -> list[str]:
        return [each["type"] for each in self.get("/_sandbox/events")["data"]]


@dataclass
class Receiver:
    """An endpoint: what it got, and what it answers."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    delay: float = 0.0
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server.start()
    yield running
    running.stop()


@pytest.fixture
def shop(server: Server) -> Iterator[Shop]:
    one = Shop(server)
    yield one
    one.http.close()


@pytest.fixture
def other_shop(server: Server) -> Iterator[Shop]:
    one = Shop(server, "sk_test_other_shop")
    yield one
    one.http.close()


@pytest.fixture
def make_receiver() -> Iterator[Callable[[], Receiver]]:
    running: list[tuple[ThreadingHTTPServer, Thread]] = []

    def make() -> Receiver:
        receiver = Receiver()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers.items()), raw))
                sleep(receiver.delay)
                status = receiver.statuses.pop(0) if receiver.statuses else 200
                self.send_response(status)
                self.send_header("Location", "/again")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Nothing."""

        http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        http.daemon_threads = False
        thread = Thread(target=http.serve_forever, args=(0.02,))
        thread.start()
        running.append((http, thread))
        receiver.url = f"http://127.0.0.1:{http.server_port}/hook?from=woosh"
        return receiver

    yield make
    for http, thread in running:
        http.shutdown()
        http.server_close()
        thread.join()


@pytest.fixture
def receiver(make_receiver: Callable[[], Receiver]) -> Receiver:
    return make_receiver()
