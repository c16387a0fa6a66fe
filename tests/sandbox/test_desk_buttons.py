"""Each button of the control page does what its lever does, seen in two sandboxes."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.clock import Clock
from sandbox.server import Server
from tests.sandbox.conftest import Json, Receiver
from tests.sandbox.scene import Forms, Scene, scene

NOW = 1_790_000_000_000


@pytest.fixture(scope="module")
def two() -> Iterator[list[Server]]:
    servers = [Server.start(), Server.start()]
    yield servers
    for each in servers:
        each.stop()


@pytest.fixture
def twins(
    two: list[Server], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Scene, Scene]]:
    """Two sandboxes to which the same has happened, at one instant: only levers move the clock."""
    monkeypatch.setattr(Clock, "_real", lambda _: NOW)
    for each in two:
        each.state.reset()
    scenes = [scene(each, receiver) for each in two]
    yield scenes[0], scenes[1]
    for one in scenes:
        one.shop.http.close()


def pull(path: str, pressed: str = "", **filled: Any) -> Any:
    """A lever, the button's own `name=value`, and what was filled in (a string) or meant (JSON)."""
    verb = "DELETE" if path.endswith("/clear") else "POST"
    return pytest.param(verb, path, pressed, filled, id=f"{path} {pressed or filled or ''}".strip())


PULLS = [
    pull("/payment_intents/{unpaid}/approve"),
    pull("/payment_intents/{unpaid}/decline"),
    pull("/payment_intents/{unpaid}/cancel"),
    pull("/refunds/{pending}/succeed"),
    pull("/refunds/{pending}/fail"),
    pull("/refunds/{done}/fail"),
    pull("/refunds", payment_intent="{held}", amount=300, reason="duplicate"),
    pull("/refunds", payment_intent="{paid}", force=True),
    pull("/disputes", payment_intent="{held}"),
    pull("/disputes", payment_intent="{held}", amount=9, reason="fraudulent"),
    pull("/disputes", payment_intent="{held}", status="needs_response"),
    pull("/disputes/{inquiry}/update", "status=needs_response"),
    pull("/disputes/{inquiry}/close", "status=warning_closed"),
    pull("/disputes/{inquiry}/close", "status=won"),
    pull("/disputes/{chargeback}/close", "status=won"),
    pull("/disputes/{chargeback}/close", "status=lost"),
    pull("/deliveries/{delivery}/resend"),
    pull("/deliveries/release", "order=kept"),
    pull("/deliveries/release", "order=reversed"),
    pull("/faults", kind="drop_webhook", type="charge.refund.updated"),
    pull("/faults", kind="duplicate_webhook", times=3),
    pull("/faults", kind="hold_webhook"),
    pull("/faults", kind="error_before", status=503, method="POST", path_prefix="/v1/refunds"),
    pull("/faults", kind="error_after"),
    pull("/faults", kind="timeout_after", seconds=1.5, times=2),
    pull("/faults/clear"),
    pull("/clock/advance", "seconds:json=60"),
    pull("/clock/advance", "seconds:json=600"),
    pull("/clock/advance", "seconds:json=3600"),
    pull("/clock/advance", "seconds:json=86400"),
    *(
        pull("/switches", **{name: value})
        for name, value in (
            ("second_partial", "allow"),
            ("empty_values", None),
            ("minor_units", {"IDR": 2, "SGD": 0}),
            ("stored_5xx", True),
            ("over_refund_status", 402),
            ("read_lag_seconds", 30),
        )
    ),
    pull("/requests/clear"),
    pull("/reset"),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "path", "pressed", "filled"), PULLS)
def test_a_button_does_what_its_lever_does(
    twins: tuple[Scene, Scene], verb: str, path: str, pressed: str, filled: Json
) -> None:
    people, machines = twins
    before = machines.shown()

    sent = press(people, path, pressed, filled)
    body = filled | dict([pressed.split("=")] if pressed else [])
    asked = {name.removesuffix(":json"): _meant(machines, name, body[name]) for name in body}
    lever = path.removesuffix("/clear").format(**machines.ids)
    pulled = machines.shop.http.request(verb, f"/_sandbox{lever}", json=asked)
    machines.shop.settle()
    people.shop.settle()

    assert (pulled.status_code, sent.status_code) == (200, 303), (pulled.text, sent.text)
    place = "" if path == "/reset" else f"#{path.split('/')[1]}"
    assert sent.headers["location"] == f"/_sandbox/{place}"
    after = people.shown()
    assert after == machines.shown()
    assert after != before


def _meant(machines: Scene, name: str, value: Any) -> Any:
    if name.endswith(":json"):
        return json.loads(value)
    return value.format(**machines.ids) if isinstance(value, str) else value


def press(scene: Scene, path: str, pressed: str, filled: Json) -> Any:
    """Find the button on the page, fill in its form, press it."""
    action = f"/_sandbox/page{path}".format(**scene.ids)
    button = tuple(pressed.split("=")) if pressed else ("", "")
    data: dict[str, str] = {}
    typed = "switches" in path
    for name, value in filled.items():
        plain = isinstance(value, str) and not typed
        key = name if plain else f"{name}:json"
        data[key] = value.format(**scene.ids) if plain else json.dumps(value)
    found = [
        form
        for form in Forms(scene.page()).forms
        if form.action == action and button in form.buttons and data.keys() <= form.fields
    ]
    assert found, f"no form for {action} {button} {sorted(data)}"
    assert found[0].method == "post"
    blank = dict.fromkeys(found[0].fields - data.keys(), "")
    return scene.shop.http.post(action, data=blank | data | dict([button] if pressed else []))


def test_no_button_of_the_page_is_untested(server: Server, receiver: Receiver) -> None:
    here = scene(server, receiver)
    tried = {(each.values[1], each.values[2]) for each in PULLS}
    kinds = {(re.sub(r"{[\w ]+}", "{}", str(path)), pressed) for path, pressed in tried}

    there = set()
    for form in Forms(here.page()).forms:
        lever = form.action.removeprefix("/_sandbox/page")
        path = re.sub(r"[a-z]+_\d{19}", "{}", lever)
        there |= {(path, "=".join(button).strip("=")) for button in form.buttons}

    assert there == kinds
