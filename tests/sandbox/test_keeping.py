"""What the sandbox knows outlives its server: payments, what is on its way, what is due."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox import keeping
from sandbox.clock import Clock
from sandbox.server import Server
from tests.sandbox.conftest import Receiver, Shop
from tests.sandbox.scene import scene

NOW = 1_790_000_000_000


@contextmanager
def serving(file: Path) -> Iterator[tuple[Server, Shop]]:
    server = Server.start(kept=file)
    shop = Shop(server)
    try:
        yield server, shop
    finally:
        shop.http.close()
        server.stop()


def test_everything_but_planned_faults_comes_back(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Clock, "_real", lambda _: NOW)
    file = tmp_path / "sandbox"
    with serving(file) as (server, shop):
        assert not server.remembers
        one = scene(server, receiver)
        shop.control("/clock/advance", {"seconds": 3})
        server.state.faults.clear()
        before = one.shown()
        one.shop.http.close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with serving(file) as (server, shop):
        assert server.remembers
        one.shop = shop
        assert one.shown() == before


def test_what_was_due_later_still_happens(tmp_path: Path, receiver: Receiver) -> None:
    file = tmp_path / "sandbox"
    receiver.statuses = [500]
    with serving(file) as (_, shop):
        shop.listen(receiver, "payment_intent.succeeded")
        shop.switch(refund_first_status="pending", processing_before_success=True)
        waiting, processing, intent = shop.session(), shop.session(), shop.paid()
        shop.advance(10)
        assert [each["state"] for each in shop.deliveries()] == ["scheduled"]
        refund = shop.refund(intent, 5000, key="once").json()
        shop.control(f"/payment_intents/{processing['payment_intent']}/approve")
    with serving(file) as (_, shop):
        shop.advance(10)
        assert len(shop.deliveries()) == 3  # attempts, at two
        assert shop.intent(processing["payment_intent"])["status"] == "succeeded"
        assert shop.get(f"/v1/refunds/{refund['id']}")["status"] == "succeeded"
        assert shop.refund(intent, 5000, key="once").json() == refund
        shop.advance(24 * 3600)
        assert shop.get(f"/v1/checkout/sessions/{waiting['id']}")["status"] == "expired"
        assert {each["state"] for each in shop.deliveries()} == {"delivered"}
        assert shop.session()["id"] not in {waiting["id"], processing["id"]}


def test_what_other_code_has_left_is_not_understood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sandbox"
    with serving(file) as (_, shop):
        intent = shop.paid()
    assert keeping.load(file) is not None
    monkeypatch.setattr(keeping, "_code", lambda: b"0" * 64)
    with serving(file) as (server, shop):
        assert not server.remembers
        assert shop.http.get(f"/v1/payment_intents/{intent}").status_code == 404
