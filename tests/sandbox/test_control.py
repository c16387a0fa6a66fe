"""The control plane and the server itself."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any

import httpx
import pytest

from sandbox.server import Server
from tests.sandbox.conftest import KEY, SAMPLE, Receiver, Shop


def test_requests_are_logged_newest_last(shop: Shop) -> None:
    shop.post("/v1/checkout/sessions", SAMPLE, "key")
    shop.http.get("/v1/refunds/re_1")

    first, second = shop.get("/_sandbox/requests")["data"]

    assert first["at"] > 10**12
    assert {name: first[name] for name in ("method", "path", "idempotency_key", "status")} == {
        "method": "POST",
        "path": "/v1/checkout/sessions",
        "idempotency_key": "key",
        "status": 200,
    }
    assert first["body"] == SAMPLE
    assert (second["path"], second["body"], second["status"]) == ("/v1/refunds/re_1", None, 404)
    assert KEY not in shop.http.get("/_sandbox/requests").text
    shop.http.delete("/_sandbox/requests")
    assert shop.get("/_sandbox/requests")["data"] == []


def test_totals_of_a_payment(shop: Shop) -> None:
    intent = shop.paid()
    refund = shop.refund(intent, 5000).json()

    assert shop.get(f"/_sandbox/payments/{intent}") == {
        "payment_intent": intent,
        "status": "succeeded",
        "method": "dana",
        "currency": "IDR",
        "amount": 20000,
        "amount_received": 20000,
        "refunded": 5000,
        "pending": 0,
        "failed": 0,
        "remaining": 15000,
        "refunds": [refund],
    }
    assert shop.http.get("/_sandbox/payments/pi_1").status_code == 404


def test_switches_are_listed_with_their_source(shop: Shop) -> None:
    answer = shop.get("/_sandbox/switches")

    assert answer["switches"]["second_partial"] == "reject"
    assert answer["switches"]["minor_units"] == {"IDR": 0}
    assert answer["about"]["second_partial"]["choices"] == ["reject", "allow"]
    assert "2043383" in answer["about"]["second_partial"]["source"]
    assert all(each["meaning"] and each["source"] for each in answer["about"].values())


@pytest.mark.parametrize(
    "wrong",
    [
        {"unknown": 1},
        {"second_partial": "maybe"},
        {"stored_5xx": 1},
        {"over_refund_status": 400.0},
        {"over_refund_status": "402"},
        {"empty_values": "-"},
        {"idempotency_hours": 0},
        {"idempotency_hours": True},
        {"minor_units": {"idr": 0}},
        {"minor_units": {"IDR": True}},
        {"minor_units": []},
    ],
)
def test_a_wrong_switch_changes_nothing(shop: Shop, wrong: dict[str, Any]) -> None:
    before = shop.get("/_sandbox/switches")

    body = {"error_envelope": "flat"} | wrong

    assert shop.http.post("/_sandbox/switches", json=body).status_code == 400
    assert shop.get("/_sandbox/switches") == before


def test_reset_forgets_everything(shop: Shop) -> None:
    shop.switch(error_envelope="flat")
    shop.control("/faults", {"kind": "delay", "seconds": 0, "times": 9})
    intent = shop.paid()
    shop.advance(86_400)

    shop.control("/reset")

    assert shop.http.get(f"/v1/payment_intents/{intent}").status_code == 404
    assert shop.event_types() == []
    assert shop.get("/_sandbox/faults")["data"] == []
    assert shop.get("/_sandbox/switches")["switches"]["error_envelope"] == "nested"
    assert shop.paid() != intent


def test_the_clock_moves_forward_only(shop: Shop) -> None:
    before = shop.get("/_sandbox/health")["now"]

    assert 0 <= shop.control("/clock/advance", {"seconds": 3600})["now"] - before - 3_600_000 < 2000
    assert shop.get("/_sandbox/health")["status"] == "ok"
    for wrong in ({}, {"seconds": -1}, {"seconds": 1.5}, {"seconds": 10**9}):
        assert shop.http.post("/_sandbox/clock/advance", json=wrong).status_code == 400


def test_the_control_plane_refuses_other_origins(shop: Shop) -> None:
    for headers in ({"Host": "evil.example:8001"}, {"Origin": "https://evil.example"}):
        assert shop.http.post("/_sandbox/reset", headers=headers).status_code == 403


def test_the_overview_is_for_people(shop: Shop) -> None:
    intent = shop.paid()

    page = shop.http.get("/_sandbox/")

    assert page.headers["Content-Type"].startswith("text/html")
    for text in ("SANDBOX", intent, "Rp20.000", "second_partial"):
        assert text in page.text


def test_a_busy_port_is_an_error(server: Server) -> None:
    with pytest.raises(OSError, match="Address already in use"):
        Server.start(int(server.url.rpartition(":")[2]))


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com"])  # noqa: S104
def test_it_serves_loopback_only(host: str) -> None:
    with pytest.raises(OSError, match="loopback only"):
        Server.start(0, host)


def test_stopping_leaves_no_thread_behind() -> None:
    before = set(threading.enumerate())
    server = Server.start()
    shop = Shop(server)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        shop.listen(Receiver(url=f"http://127.0.0.1:{silent.getsockname()[1]}/"))
        shop.control("/faults", {"kind": "timeout_after"})
        with pytest.raises(httpx.ReadTimeout):
            shop.http.post("/v1/checkout/sessions", json=SAMPLE, timeout=0.2)
        address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        with socket.create_connection(address):
            started = time.monotonic()
            server.stop()
            assert time.monotonic() - started < 2
    shop.http.close()

    assert set(threading.enumerate()) - before == set()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(address)


def test_it_runs_on_its_own_until_told_to_stop() -> None:
    command = [sys.executable, "-m", "sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = line.split(" on ")[1].split(" ")[0]
        assert httpx.get(f"{url}/_sandbox/health", trust_env=False).json()["status"] == "ok"
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(5) == 0


def test_a_busy_port_ends_the_command_with_a_reason(server: Server) -> None:
    port = server.url.rpartition(":")[2]

    ended = subprocess.run(
        [sys.executable, "-m", "sandbox", "--port", port],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith(f"sandbox: cannot serve on 127.0.0.1:{port}: ")
