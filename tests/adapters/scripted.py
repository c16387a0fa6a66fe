"""WooshPay's client over a scripted API."""

import base64

import httpx
import respx

from chalicelib.adapters.wooshpay.client import WooshPay
from chalicelib.adapters.wooshpay.http import http_client
from chalicelib.adapters.wooshpay.minor_units import MinorUnits
from tests.builders import a_tenant

BASE = "https://apitest.wooshpay.com"
KEY = "sk_test_12345678"
BROKEN = [
    httpx.ConnectTimeout("x"), httpx.ReadTimeout("x"), httpx.WriteTimeout("x"),
    httpx.PoolTimeout("x"), httpx.ConnectError("x"), httpx.ReadError("x"),
    httpx.RemoteProtocolError("x"), httpx.DecodingError("x"),
]  # fmt: skip


def psp(**places: int) -> WooshPay:
    """The client under test."""
    return WooshPay(http_client(), BASE, KEY, a_tenant(), MinorUnits(places))


def sent(api: respx.MockRouter) -> httpx.Request:
    """The one request that was sent."""
    (call,) = api.calls
    return call.request


def check_headers(request: httpx.Request, idempotency_key: str) -> None:
    """What every POST carries."""
    assert request.method == "POST"
    basic = base64.b64encode(f"{KEY}:".encode()).decode()
    assert request.headers["Authorization"] == f"Basic {basic}"
    assert request.headers["Idempotency-Key"] == idempotency_key
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Accept"] == "application/json"
    assert request.headers["User-Agent"] == "tautan"
    assert "Cookie" not in request.headers
