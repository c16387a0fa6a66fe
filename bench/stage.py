"""The application over moto and the sandbox, and the operations that are measured, once each."""

import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from logging import LogRecord
from typing import Any
from unittest.mock import patch

import httpx
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType

from bench.handlers import handler_of
from bench.meter import Meter
from bench.recording import Asked, Operation, Recording
from bench.requests import BROWSER, REGION, TABLE, environment, gateway_event, url_event
from bench.sizes import Image
from bench.units import indexes_of
from chalicelib import bootstrap
from chalicelib.adapters import aws
from chalicelib.adapters.dynamodb.client import dynamodb_client
from chalicelib.adapters.dynamodb.keys import payment_key
from chalicelib.adapters.dynamodb.table import ensure_table, table_definition
from chalicelib.adapters.dynamodb.values import encode_item
from chalicelib.domain.ids import PaymentId, Tenant
from chalicelib.usecases.create_merchant import create_merchant
from sandbox.server import Server

FORM = "application/x-www-form-urlencoded"
SUCCEEDED = "payment_intent.succeeded"
NOBODY = "http://127.0.0.1:9/hook"  # deliveries are taken from the sandbox's list instead
LISTED = 26  # stored payments: a page of 25, and one more
Json = dict[str, Any]
Event = Mapping[str, Any]


def record() -> Recording:
    """Each operation, the second time that it happens: clients, secrets and keys are there."""
    server = Server.start(0)
    try:
        with staged(server) as stage:
            return stage.recording()
    finally:
        server.stop()


@contextmanager
def staged(server: Server) -> Iterator["Stage"]:
    """A stage with one merchant; what this process knew of another application is forgotten."""
    with patch.dict(os.environ, environment(None, server.url)), mock_aws():
        for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"):
            os.environ.pop(name, None)
        maker = dynamodb_client(REGION)
        ensure_table(maker, TABLE)
        queue = aws.client("sqs", REGION, None, None).create_queue(QueueName="tautan-bench-events")
        os.environ["TAUTAN_EVENT_QUEUE_URL"] = queue["QueueUrl"]
        bootstrap.app.cache_clear()
        meter = Meter(indexes_of(table_definition(TABLE)), _image)
        try:
            with meter.attached(aws._session()), closing(Stage(server, meter, maker)) as stage:
                yield stage
        finally:
            bootstrap.app.cache_clear()
            bootstrap._http().close()
            bootstrap._http.cache_clear()
            server.state.reset()


def _image(key: Image) -> Image | None:
    """An item in moto's own memory."""
    table = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[TABLE]
    item = table.get_item(DynamoType(dict(key["pk"])), DynamoType(dict(key["sk"])))
    return None if item is None else dict(item.to_json()["Attributes"])


def _table() -> list[Image]:
    """Every item in moto's own memory."""
    partitions = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[TABLE].items.values()
    return [dict(item.to_json()["Attributes"]) for found in partitions for item in found.values()]


class Lines(logging.Handler):
    """The lines that were logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: LogRecord) -> None:
        """Keep it."""
        self.lines.append(record.getMessage())


class Stage:
    """The application with a merchant, and whatever an operation needs."""

    def __init__(self, server: Server, meter: Meter, maker: Any) -> None:
        self._maker = maker
        self._log = Lines()
        logging.getLogger("tautan.requests").addHandler(self._log)  # before there is another one
        self.app, self.meter = bootstrap.app(), meter
        self._provider = httpx.Client(base_url=server.url, trust_env=False, timeout=10)
        self._url = server.url
        self._asked: list[Asked] = []
        bootstrap._http().event_hooks = {"response": [self._answered]}
        self._merchant()

    def close(self) -> None:
        """Nothing of it is left in this process."""
        self._provider.close()
        logging.getLogger("tautan.requests").removeHandler(self._log)

    def recording(self) -> Recording:
        """All of them."""
        self.price = self.asks("POST", "/v1/prices", body=_price("Kopi"))["id"]
        self.link = self.asks("POST", "/v1/payment_links", body=self._link())
        operations = [
            self._operation("create link", self._create_link),
            self._operation("open", self._open),
            self._operation("pay", self._pay, status=303),
            self._operation("webhook", self._webhook, self.secret),
            self._operation("webhook again", self._webhook_again, self.secret),
            self._operation("refund", self._refund),
            self._operation("tell", self._tell),
            self._operation("bad signature", self._webhook, "whsec_" + "n" * 32, status=400),
            self._operation("list 25", self._list),
        ]
        found = {operation.name: operation for operation in operations}
        return Recording(found, list(self.meter.calls), list(self._asked), self._url)

    # --- the operations ---------------------------------------------------------------------

    def _create_link(self) -> Event:
        return self._event("POST", "/v1/payment_links", body=self._link())

    def _open(self) -> Event:
        path = {"slug": self.link["slug"]}
        return gateway_event("GET", "/l/{slug}", path=path, headers=BROWSER)

    def _pay(self) -> Event:
        nonce = self.app.mint.ulid()
        return gateway_event(
            "POST",
            "/l/{slug}",
            path={"slug": self.link["slug"]},
            headers={**BROWSER, "Content-Type": FORM},
            body=f"attempt={nonce}".encode(),
        )

    def _webhook(self) -> Event:
        """The event of a payment through the link that has just been made."""
        return self._delivery(self._approved())

    def _webhook_again(self) -> Event:
        delivery = self._delivery(self._approved())
        self._deliver(delivery)
        return delivery

    def _refund(self) -> Event:
        intent = self._approved()
        self._deliver(self._delivery(intent))
        body = {"payment_intent": self._ours(intent), "amount": 5000}
        return self._event("POST", "/v1/refunds", body=body, key=f"refund-{intent}")

    def _list(self) -> Event:
        self._store_payments()
        return self._event("GET", "/v1/payment_intents", query={"limit": "25"})

    def _tell(self) -> Event:
        """The message about an event that has just been written."""
        self._call(self._create_link())
        sent = [call for call in self.meter.calls if call.operation == "SendMessageBatch"]
        bodies = [entry["MessageBody"] for entry in json.loads(sent[-1].request)["Entries"]]
        return {
            "Records": [
                {"body": body, "messageId": str(place), "receiptHandle": "x" * 300}
                for place, body in enumerate(bodies[-1:])
            ]
        }

    # --- what they need ---------------------------------------------------------------------

    def _merchant(self) -> None:
        app = self.app
        made = create_merchant(
            app.store, app.mint, name="Toko Sari", livemode=False, now=app.clock()
        )
        self.id, self.key = made.tenant.merchant, made.secret_key
        self.secret = f"whsec_{app.mint.secret()}"
        account = f"sk_test_bench_{app.mint.secret()}"
        app.secrets.keep_wooshpay_key(made.tenant, account)
        app.secrets.keep_webhook_secrets(made.tenant, [self.secret])
        self._control(
            "/webhook_endpoints",
            account=account,
            secret=self.secret,
            url=NOBODY,
            enabled_events=[SUCCEEDED],
        )

    def _link(self) -> Json:
        return {"line_items": [{"price": self.price, "quantity": 1}]}

    def _session(self) -> Json:
        return self.asks("POST", "/v1/checkout/sessions", body={"payment_link": self.link["id"]})

    def _store_payments(self) -> None:
        """As many as a page needs: copies of one, put past the meter's eyes."""
        made = PaymentId(self._session()["id"].removeprefix("cs_"))
        tenant = Tenant(self.id, livemode=False)
        store: Any = self.app.store
        item = store._engine.get(payment_key(tenant, made))
        for _ in range(LISTED - 1):
            other = self.app.mint.ulid()
            copy = {
                name: value.replace(made, other) if isinstance(value, str) else value
                for name, value in item.items()
            }
            self._maker.put_item(TableName=TABLE, Item=encode_item(copy))

    def _approved(self) -> str:
        """The provider's intent of a session that was approved there."""
        intent: str = self._session()["psp"]["payment_intent"]
        self._control(f"/payment_intents/{intent}/approve")
        self._control("/clock/advance", seconds=0)
        return intent

    def _delivery(self, intent: str) -> Event:
        rows = self._provider.get("/_sandbox/deliveries").json()["data"]
        body = next(
            row["body"] for row in rows if row["type"] == SUCCEEDED and intent in row["body"]
        )
        return url_event(
            f"/webhooks/wooshpay/{self.id}",
            headers={"Content-Type": "application/json", "User-Agent": "WooshPay"},
            body=body.encode(),
        )

    def _deliver(self, delivery: Event) -> None:
        answer = self._call(
            Operation("", delivery, [], [], [], secret=self.secret).now(), "webhook"
        )
        assert json.loads(answer["body"])["outcome"] == "applied", answer

    def _ours(self, intent: str) -> str:
        found = self.asks("GET", "/v1/payment_intents", query={"limit": "1"})["data"][0]
        assert found["psp"]["payment_intent"] == intent
        return str(found["id"])

    def _control(self, path: str, **body: Any) -> None:
        self._provider.post(f"/_sandbox{path}", json=body).raise_for_status()

    def _event(
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        query: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> Event:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        headers |= {"Idempotency-Key": key} if key else {}
        raw = None if body is None else json.dumps(body).encode()
        return gateway_event(method, path, query=query, headers=headers, body=raw)

    def asks(self, method: str, path: str, **asked: Any) -> Json:
        """What the merchant is answered."""
        answer = self._call(self._event(method, path, **asked))
        found: Json = json.loads(answer["body"])
        assert answer["statusCode"] == 200, found
        return found

    # --- how they are recorded --------------------------------------------------------------

    def _call(self, event: Event, operation: str = "") -> Json:
        return handler_of(operation)(event, None) or {}

    def _operation(
        self,
        name: str,
        made: Callable[[], Event],
        secret: str | None = None,
        *,
        status: int = 200,
    ) -> Operation:
        operation = None
        for _ in range(2):
            event, stored = made(), _table()
            called, asked, logged = len(self.meter.calls), len(self._asked), len(self._log.lines)
            answer = self._call(Operation(name, event, [], [], [], secret=secret).now(), name)
            operation = Operation(
                name,
                event,
                self.meter.calls[called:],
                self._asked[asked:],
                self._log.lines[logged:],
                len(answer.get("body", "")),
                stored,
                status,
                secret,
            )
            assert answer.get("statusCode", 200) == status, answer
        assert operation is not None
        return operation

    def _answered(self, response: httpx.Response) -> None:
        response.read()
        request = response.request
        self._asked.append(
            Asked(
                request.method,
                request.url.path,
                dict(request.headers),
                request.content,
                response.status_code,
                response.content,
            )
        )


def _price(name: str) -> Json:
    return {"currency": "IDR", "unit_amount": 20000, "product_data": {"name": name}}
