"""The application as it is deployed, on this machine: every function in a process of its own from
the bundle, a gateway before the API, the queue and the schedule by hand."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.config import Config
from chalice.local import LocalChalice

from app import app
from chalicelib import bootstrap
from chalicelib.adapters import aws
from chalicelib.adapters.dynamodb.client import dynamodb_client
from chalicelib.adapters.dynamodb.table import ensure_table
from dev import api_server, engines
from dev.serving import Closing, serve
from dev.settings import HOST, REGION, TABLE, lead_to_stack
from sandbox.server import Server
from tests.bundle.lambdas import Function, running

HANDLERS = {
    "api": "app.app",
    "webhook": "chalicelib.jobs.webhook.webhook",
    "refund": "chalicelib.jobs.refund.refund",
    "deliver": "chalicelib.jobs.deliver.deliver",
    "deliver_again": "chalicelib.jobs.deliver.deliver_again",
    "sweep": "chalicelib.jobs.reconcile.reconcile_sweep",
}
REFUNDS = "tautan-dev-refund"
INVOKED = f"/2015-03-31/functions/{REFUNDS}/invocations"
SCHEDULED = {
    "version": "0",
    "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "123456789012",
    "time": "2026-11-26T08:00:00Z",
    "region": REGION,
    "resources": [f"arn:aws:events:{REGION}:123456789012:rule/tautan-dev-sweep-event"],
    "detail": {},
}


class Gateway(LocalChalice):
    """Takes the application's routes, and has the deployed function answer them."""

    def __init__(self, function: Function) -> None:
        super().__init__("tautan")
        self.routes = app.routes
        self.api.binary_types = app.api.binary_types
        self.function = function

    def __call__(self, event: Mapping[str, Any], context: object) -> Any:
        body = event["body"] or b""
        raw = body if isinstance(body, bytes) else body.encode()
        encoded = {"body": b64encode(raw).decode() or None, "isBase64Encoded": True}
        return self.function({**event, **encoded})  # as for an API whose every type is binary


class _Server(Closing, HTTPServer):
    """Of AWS."""


def _aws(aws_url: str, functions: Mapping[str, Function]) -> type[BaseHTTPRequestHandler]:
    """AWS as the functions see it: their own store, and each other; and the webhook function's
    address, as the provider sees it."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == INVOKED:
                answer = functions["refund"](json.loads(body))
                self._answer(200, json.dumps(answer).encode())
            elif self.path.startswith("/webhooks/"):
                told = functions["webhook"](self._by_url(body))
                said: str = told["body"]
                encoded = told.get("isBase64Encoded")
                self._answer(told["statusCode"], b64decode(said) if encoded else said.encode())
            else:
                headers = {k: v for k, v in self.headers.items() if k.lower() != "connection"}
                passed = httpx.post(aws_url, content=body, headers=headers, trust_env=False)
                self._answer(passed.status_code, passed.content)

        def _by_url(self, body: bytes) -> dict[str, Any]:
            """The event of a Function URL, payload format 2.0."""
            return {
                "version": "2.0",
                "routeKey": "$default",
                "rawPath": self.path,
                "rawQueryString": "",
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "requestContext": {
                    "http": {"method": "POST", "path": self.path, "sourceIp": "203.0.113.7"}
                },
                "body": b64encode(body).decode(),
                "isBase64Encoded": True,
            }

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    return Handler


@dataclass(frozen=True, slots=True)
class Deployed:
    """What is running. `log` is the folder of what the functions have written."""

    api_url: str
    functions: Mapping[str, Function]
    sqs: Any
    queue: str
    log: Path

    def from_queue(self) -> Any:
        """The messages that wait, to their function as SQS gives them; how many there were."""
        found = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        messages = found.get("Messages", [])
        records = [
            {
                "messageId": each["MessageId"],
                "receiptHandle": each["ReceiptHandle"],
                "body": each["Body"],
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:tautan-dev-events",
                "awsRegion": REGION,
            }
            for each in messages
        ]
        if records:
            self.functions["deliver"]({"Records": records})
        for each in messages:
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=each["ReceiptHandle"])
        return len(records)

    def lines(self, function: str) -> list[dict[str, Any]]:
        """What a function has logged of ours."""
        text = (self.log / f"{function}.log").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines() if line.startswith('{"event":')]


@contextmanager
def deployed(task: Path, client: Path, log: Path, patch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    """Everything, until the end."""
    with ExitStack() as stack:
        aws_url = engines.start("moto", stack).aws
        sandbox = Server.start(0)
        stack.callback(sandbox.stop)
        port = engines.free_port()
        functions: dict[str, Function] = {}
        front = _Server((HOST, 0), _aws(aws_url, functions))
        serve(front, stack)
        front_url = f"http://{HOST}:{front.server_port}"
        settings: dict[str, str] = {}
        lead_to_stack(
            settings,
            api_url=f"http://{HOST}:{port}",
            aws_url=front_url,
            dynamodb_url=aws_url,
            psp_url=sandbox.url,
        )
        patient = Config(connect_timeout=30, read_timeout=30)
        sqs = aws.client("sqs", REGION, aws_url, patient)
        queue = str(sqs.create_queue(QueueName="tautan-dev-events")["QueueUrl"])
        settings |= {
            "TAUTAN_EVENT_QUEUE_URL": queue,
            "TAUTAN_WEBHOOK_URL": front_url,
            "TAUTAN_REFUND_FUNCTION": REFUNDS,
        }
        for name, value in settings.items():
            patch.setenv(name, value)
        bootstrap.app.cache_clear()
        stack.callback(bootstrap.app.cache_clear)
        ensure_table(dynamodb_client(REGION, aws_url), TABLE)
        for name, handler in HANDLERS.items():
            writes = log / f"{name}.log"
            function = running(task, client, handler, settings, writes)
            functions[name] = stack.enter_context(function)
        url = api_server.start(Gateway(functions["api"]), port, stack, lambda: None)
        yield Deployed(url, functions, sqs, queue, log)
