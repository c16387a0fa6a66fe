"""The control page for people: what it shows, what it refuses, and whom."""

import re
from threading import Event

import pytest

from sandbox.server import create_app
from sandbox.state import State
from sandbox.switches import Switches
from tests.sandbox.conftest import Receiver, Shop, line
from tests.sandbox.scene import Forms


def test_every_switch_can_be_set(shop: Shop) -> None:
    forms = Forms(shop.http.get("/_sandbox/").text).forms

    settable = [name for form in forms if form.action.endswith("/switches") for name in form.fields]

    assert settable == [f"{name}:json" for name in Switches().values()]


def test_every_lever_has_its_twin() -> None:
    rules = [
        (verb, rule.rule.removeprefix("/_sandbox"))
        for rule in create_app(State(), Event()).url_map.iter_rules()
        if rule.rule.startswith("/_sandbox/")
        for verb in set(rule.methods or ()) & {"POST", "DELETE"}
    ]
    levers = [(verb, path) for verb, path in rules if not path.startswith("/page")]

    twins = sorted(path for _, path in rules if path.startswith("/page"))

    assert twins == sorted(
        f"/page{path}" + ("/clear" if verb == "DELETE" else "") for verb, path in levers
    )


def test_a_delivery_has_a_page_with_its_body_and_signatures(shop: Shop, receiver: Receiver) -> None:
    receiver.statuses = [503]
    shop.listen(receiver, "payment_intent.succeeded")
    shop.paid()
    shop.settle()
    shop.advance(5)
    rows = shop.deliveries()
    assert [(row["attempt"], row["status"]) for row in rows] == [(1, 503), (2, 200)]

    page = shop.http.get(f"/_sandbox/page/deliveries/{rows[0]['id']}")

    assert page.status_code == 200
    for row in rows:
        assert row["signature"] in page.text
    raw = page.text.split('<pre id="raw">')[1].split("</pre>")[0]
    assert raw.replace("&#34;", '"') == rows[0]["body"]
    assert [form.action for form in Forms(page.text).forms] == [
        f"/_sandbox/page/deliveries/{rows[0]['id']}/resend",
        f"/_sandbox/page/events/{rows[0]['event']}/deliver",
    ]
    again = shop.http.post(f"/_sandbox/page/events/{rows[0]['event']}/deliver")
    assert (again.status_code, again.headers["location"]) == (303, "/_sandbox/#deliveries")
    assert len(shop.deliveries()) == 3
    assert shop.http.get("/_sandbox/page/deliveries/dl_1").status_code == 404


def test_what_others_wrote_is_escaped(shop: Shop, receiver: Receiver) -> None:
    evil, shown = "</pre><script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"
    tea = line(20000)
    tea["price_data"]["product_data"]["name"] = evil
    shop.listen(receiver)
    made = shop.session(line_items=[tea], metadata={evil: evil})
    shop.control(f"/payment_intents/{made['payment_intent']}/approve")
    refund = {"payment_intent": made["payment_intent"], "amount": 5, "metadata": {"by": evil}}
    assert shop.post("/v1/refunds", refund, key=evil).status_code == 200
    shop.post("/v1/refunds", {evil: 1})
    shop.http.get(f"/v1/{evil}")
    shop.control("/faults", {"kind": "redirect", "path_prefix": evil, "method": evil})
    shop.control("/faults", {"kind": "drop_webhook", "type": evil})
    shop.settle()
    refused = shop.http.post("/_sandbox/page/refunds", data={"payment_intent": evil})
    delivery = shop.deliveries()[0]["id"]
    pages = [
        shop.http.get("/_sandbox/"),
        shop.http.get(f"/_sandbox/page/deliveries/{delivery}"),
        refused,
    ]

    assert refused.status_code == 404
    for page in pages:
        assert shown in page.text
        assert Forms(page.text).tags & {"script", "iframe", "img"} == set()
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "data", "status", "told"),
    [
        ("/refunds", {"payment_intent": ""}, 400, "Missing parameter: payment_intent"),
        ("/refunds", {"payment_intent": "pi_1"}, 404, "No such payment_intent: &#39;pi_1&#39;"),
        ("/refunds", {"payment_intent": "p", "amount:json": "1."}, 400, "amount can&#39;t be 1."),
        ("/refunds", {"payment_intent": "pi_1", "amount:json": "1.5"}, 400, "must be an integer"),
        ("/switches", {"second_partial:json": '"maybe"'}, 400, "second_partial can&#39;t be"),
        ("/switches", {"minor_units:json": "[" * 9_000}, 400, "minor_units can&#39;t be [["),
        ("/faults", {"kind": "flood"}, 400, "kind must be one of"),
        ("/clock/advance", {"seconds:json": "-1"}, 400, "seconds must be between"),
        ("/deliveries/dl_1/resend", {}, 404, "No such delivery"),
    ],
)  # fmt: skip
def test_a_refusal_is_told_on_the_page_and_changes_nothing(
    shop: Shop, path: str, data: dict[str, str], status: int, told: str
) -> None:
    before = shop.get("/_sandbox/switches")["switches"]

    refused = shop.http.post(f"/_sandbox/page{path}", data=data)

    assert refused.status_code == status
    assert told in refused.text.split('id="problem"')[1].split("</p>")[0]
    assert shop.get("/_sandbox/switches")["switches"] == before
    assert shop.get("/_sandbox/faults")["data"] == []


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example:8001"}, {"Origin": "https://evil.example"}, {"Origin": "null"}],
)
def test_the_page_is_for_this_machine_only(shop: Shop, headers: dict[str, str]) -> None:
    intent = shop.paid()
    paths = ("/_sandbox/", "/_sandbox/page/deliveries/dl_1")

    refused = [shop.http.post("/_sandbox/page/reset", headers=headers)]
    refused += [shop.http.get(path, headers=headers) for path in paths]

    assert [each.status_code for each in refused] == [403] * 3
    assert [intent in each.text for each in refused] == [False] * 3
    assert shop.intent(intent)["status"] == "succeeded"


def test_only_the_newest_are_shown(shop: Shop) -> None:
    made = [shop.session()["payment_intent"] for _ in range(52)]

    page = shop.http.get("/_sandbox/").text

    shown = re.findall(r'<td class="id">(pi_\d+)', page)
    assert shown == list(reversed(made))[:50]
