"""The whole application in this process: a table in memory (or moto's), moto's secrets, the
sandbox, Chalice's client.

A test asks as a merchant does (`Api`), as the provider does (`World.deliver`), or as API Gateway
does (`World.event`), and can prove that a request left no trace (`World.untouched`).
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from ssl import create_default_context
from typing import Any

import httpx
import pytest
from chalice.test import Client
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from app import app as chalice_app
from chalicelib import bootstrap
from chalicelib.adapters.dynamodb.client import dynamodb_client
from chalicelib.adapters.dynamodb.packing import unpacked
from chalicelib.adapters.dynamodb.table import ensure_table
from chalicelib.adapters.dynamodb.values import encode_item
from chalicelib.adapters.dynamodb.writes import Key
from chalicelib.bootstrap import App
from chalicelib.domain.ids import Tenant
from chalicelib.usecases.create_merchant import create_merchant
from sandbox.server import Server
from simulator.memory_engine import MemoryEngine
from tests.web import described
from tests.web.policed import police
from tests.web.samples import Json, session_of

REGION = "ap-southeast-3"
TABLE = "tautan-web-test"
PUBLIC_URL = "https://pay.example.com"
NOBODY = "http://127.0.0.1:9/hook"  # deliveries are taken from the sandbox's list instead
TAKEN = ("payment_intent.succeeded", "charge.refund.updated", "checkout.session.expired")
FORM = "application/x-www-form-urlencoded"
TLS = create_default_context()


@dataclass(frozen=True)
class Reply:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @cached_property
    def text(self) -> str:
        return self.body.decode()

    @cached_property
    def json(self) -> Json:
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found

    @property
    def error(self) -> Json:
        return dict(self.json["error"])

    def ok(self) -> Json:
        """The JSON of an answer that must be 200."""
        assert self.status == 200, self.text
        return self.json


@dataclass(frozen=True)
class Api:
    """Asks as a merchant; `authorization` None asks as nobody."""

    world: "World"
    authorization: str | None

    def send(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Reply:
        """One request through Chalice's own gateway."""
        mine = {} if self.authorization is None else {"Authorization": self.authorization}
        given = {"Content-Type": "application/json", **mine, **(headers or {})}
        got = self.world.client.http.request(method, path, headers=given, body=body)
        found = {name.lower(): value for name, value in got.headers.items()}
        reply = Reply(got.status_code, found, got.body or b"")
        assert described.wrong_with(method, path, reply.status, found, reply.body) == []
        return reply

    def post(self, path: str, body: Any, key: str | None = None) -> Reply:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.send("POST", path, raw, {} if key is None else {"Idempotency-Key": key})

    def form(self, path: str, body: str) -> Reply:
        return self.send("POST", path, body.encode(), {"Content-Type": FORM})

    def get(self, path: str) -> Reply:
        return self.send("GET", path)


@dataclass(frozen=True)
class Merchant:
    """A shop with its keys and its client."""

    tenant: Tenant
    secret_key: str
    wooshpay_key: str
    webhook_secret: str
    api: Api

    @property
    def id(self) -> str:
        return self.tenant.merchant

    @property
    def door(self) -> str:
        """Where the provider delivers this merchant's webhooks."""
        return f"/webhooks/wooshpay/{self.id}"


class World:
    """The application, its table, the provider, and the levers that tests need."""

    def __init__(
        self,
        client: Client,
        server: Server,
        provider: httpx.Client,
        memory: MemoryEngine | None,
        patch: pytest.MonkeyPatch,
    ) -> None:
        self.client = client
        self.server = server
        self.provider = provider
        self.app: App = bootstrap.app()
        self.public = Api(self, None)
        self._numbers = count(1)
        self._memory = memory
        if memory is not None:
            self.app.store._engine = memory  # type: ignore[attr-defined]
        police(patch, self.app)
        if memory is not None:
            return
        self._reader = dynamodb_client(REGION)  # a meter on the app's client does not count it
        ensure_table(self._reader, TABLE)

    @property
    def dynamodb(self) -> Any:
        """The botocore client that the application itself uses."""
        return self.app.store._engine.client  # type: ignore[attr-defined]

    def merchant(self, *, livemode: bool = False, connected: bool = True) -> Merchant:
        """A new merchant; `connected` keeps its WooshPay key and webhook secret."""
        number = next(self._numbers)
        made = create_merchant(
            self.app.store,
            self.app.mint,
            name=f"Toko {number}",
            livemode=livemode,
            now=self.app.clock(),
        )
        merchant = Merchant(
            tenant=made.tenant,
            secret_key=made.secret_key,
            wooshpay_key=f"sk_test_wooshpay_{number}_{self.app.mint.secret()}",
            webhook_secret=f"whsec_{self.app.mint.secret()}",
            api=Api(self, f"Bearer {made.secret_key}"),
        )
        if connected:
            self.app.secrets.keep_wooshpay_key(made.tenant, merchant.wooshpay_key)
            self.app.secrets.keep_webhook_secrets(made.tenant, [merchant.webhook_secret])
            self.control(
                "/webhook_endpoints",
                account=merchant.wooshpay_key,
                secret=merchant.webhook_secret,
                url=NOBODY,
                enabled_events=list(TAKEN),
            )
        return merchant

    # --- the provider -----------------------------------------------------------------------

    def control(self, path: str, **body: Any) -> Json:
        """One lever of the sandbox."""
        answer = self.provider.post(f"/_sandbox{path}", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def asked(self) -> list[Json]:
        """What the application has asked the provider since the log was last cleared."""
        with self.server.state.lock:
            return [each.shown() for each in self.server.state.requests]

    def forget(self) -> None:
        """Clear the provider's log of requests."""
        with self.server.state.lock:
            self.server.state.requests.clear()

    def delivery(self, intent: str, type: str) -> tuple[bytes, str]:
        """Body and signature of the newest event of this type about an intent or its refunds."""
        self.control("/clock/advance", seconds=0)
        rows = self.provider.get("/_sandbox/deliveries").json()["data"]
        found = [
            row
            for row in rows
            if row["type"] == type and row["signature"] and intent in row["body"]
        ]
        assert found, f"the sandbox has sent no {type} about {intent}"
        return found[-1]["body"].encode(), found[-1]["signature"]

    def knock(self, merchant: Merchant, body: bytes, signature: str | None) -> Reply:
        """A delivery at the merchant's door."""
        headers = {} if signature is None else {"Wooshpay-Signature": signature}
        return self.public.send("POST", merchant.door, body, headers)

    def deliver(self, merchant: Merchant, session: Json, type: str) -> Reply:
        """The sandbox's own event, carried to the door by hand."""
        intent = session["psp"]["payment_intent"]
        return self.knock(merchant, *self.delivery(intent, type))

    def event_about(self, session: Json, type: str, **changes: Any) -> bytes:
        """An event as the provider would make it, about a session's intent."""
        intent = {
            "id": session["psp"]["payment_intent"],
            "object": "payment_intent",
            "status": "succeeded",
            "amount": session["amount_total"],
            "amount_received": session["amount_total"],
            "currency": session["currency"],
            "livemode": False,
            "metadata": {"tautan_payment": session["id"]},
            "payment_method_types": ["dana"],
            **changes,
        }
        event = {
            "id": f"evt_{self.app.mint.ulid()}",
            "object": "event",
            "type": type,
            "created": self.app.clock(),
            "livemode": False,
            "data": {"object": intent},
        }
        return json.dumps(event).encode()

    def unpaid(self, merchant: Merchant, amount: int = 20000) -> Json:
        """A checkout session that waits for its shopper."""
        return merchant.api.post("/v1/checkout/sessions", session_of(amount)).ok()

    def paid(self, merchant: Merchant, amount: int = 20000) -> Json:
        """A checkout session that was paid in the sandbox, and whose webhook has arrived."""
        session = self.unpaid(merchant, amount)
        self.control(f"/payment_intents/{session['psp']['payment_intent']}/approve")
        outcome = self.deliver(merchant, session, "payment_intent.succeeded").ok()
        assert outcome["outcome"] == "applied"
        return self.read(merchant, session)

    def read(self, merchant: Merchant, session: Json) -> Json:
        """The session as it stands now."""
        return merchant.api.get(f"/v1/checkout/sessions/{session['id']}").ok()

    def link(self, merchant: Merchant, name: str = "Kopi", **changes: Any) -> Json:
        """A payment link over one line of Rp20.000."""
        price = {"currency": "IDR", "unit_amount": 20000, "product_data": {"name": name}}
        made = merchant.api.post("/v1/prices", price).ok()
        body = {"line_items": [{"price": made["id"]}], **changes}
        return merchant.api.post("/v1/payment_links", body).ok()

    # --- what API Gateway does --------------------------------------------------------------

    def event(self, method: str, resource: str, /, **changes: Any) -> Reply:
        """A hand-made proxy event; `resource` is the route's template."""
        headers = changes.pop("headers", {})
        event = {
            "requestContext": {
                "httpMethod": method,
                "resourcePath": resource,
                "identity": {"sourceIp": "127.0.0.1"},
            },
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in (headers or {}).items()},
            "pathParameters": None,
            "multiValueQueryStringParameters": None,
            "stageVariables": None,
            "body": None,
            "isBase64Encoded": False,
            **changes,
        }
        got = chalice_app(event, None)
        headers = {name.lower(): value for name, value in got["headers"].items()}
        return Reply(got["statusCode"], headers, (got["body"] or "").encode())

    # --- what is kept -----------------------------------------------------------------------

    @property
    def _items(self) -> dict[Any, dict[Any, Any]]:
        """The table in moto's own memory: a Scan of a hundred items takes it 50 ms."""
        found: dict[Any, dict[Any, Any]]
        found = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[TABLE].items
        return found

    def dump(self) -> list[str]:
        """Every item of the table, as text."""
        if self._memory is not None:
            found = self._memory.everything()
            return [json.dumps(item, sort_keys=True, default=unpacked) for item in found]
        items = [item for found in self._items.values() for item in found.values()]
        return sorted(
            json.dumps(item.to_json(), sort_keys=True, default=unpacked) for item in items
        )

    def item(self, pk: str, sk: str) -> Json:
        """One item as DynamoDB holds it, types and all."""
        if self._memory is not None:
            kept = self._memory.get(Key(pk, sk))
            assert kept is not None
            return encode_item(kept)
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        found = self._reader.get_item(TableName=TABLE, Key=key, ConsistentRead=True)
        return dict(found["Item"])

    @contextmanager
    def tidied(self) -> Iterator[None]:
        """Items that are made inside go again: moto copies its whole table for each transaction."""
        if self._memory is not None:
            kept = {(item["pk"], item["sk"]) for item in self._memory.everything()}
            yield
            for item in self._memory.everything():
                if (item["pk"], item["sk"]) not in kept:
                    self._memory.remove(Key(str(item["pk"]), str(item["sk"])))
            return
        before = {partition: set(found) for partition, found in self._items.items()}
        yield
        items = self._items  # a transaction that fails leaves another table behind
        for partition in list(items):
            for sort in set(items[partition]) - before.get(partition, set()):
                del items[partition][sort]
            if not items[partition]:
                del items[partition]

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """What happens inside writes nothing and asks the provider nothing."""
        self.forget()
        before = self.dump()
        yield
        assert self.dump() == before, "something was written"
        assert self.asked() == [], "the provider was asked"


@contextmanager
def running(server: Server, *, moto: bool = False) -> Iterator[World]:
    """A world of its own: an empty table, an application that was just started."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setenv("TAUTAN_TABLE", TABLE)
        patch.setenv("TAUTAN_PUBLIC_URL", PUBLIC_URL)
        patch.setenv("TAUTAN_STAGE", "dev")
        patch.setenv("WOOSHPAY_API_BASE", server.url)
        for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_REGION"):
            patch.delenv(name, raising=False)
        bootstrap.app.cache_clear()
        http = httpx.Client(base_url=server.url, trust_env=False, timeout=10, verify=TLS)
        try:
            with http, Client(chalice_app) as client:
                yield World(client, server, http, None if moto else MemoryEngine(), patch)
        finally:
            bootstrap.app.cache_clear()
            bootstrap._http().close()
            bootstrap._http.cache_clear()
            server.state.reset()
