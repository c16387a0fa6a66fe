"""One sandbox with something for every button of its control page, and that page's forms."""

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from sandbox.server import Server
from tests.sandbox.conftest import Receiver, Shop

Button = tuple[str, str]


@dataclass
class Form:
    """A form of the page: where it goes, its fields and its buttons."""

    action: str
    method: str
    fields: set[str] = field(default_factory=set)
    buttons: list[Button] = field(default_factory=list)


class Forms(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        if tag == "form":
            self.forms.append(Form(given["action"], given["method"]))
        elif tag in {"input", "select"}:
            self.forms[-1].fields.add(given["name"])
        elif tag == "button":
            self.forms[-1].buttons.append((given.get("name", ""), given.get("value", "")))


@dataclass
class Scene:
    """One sandbox with something for every button; `ids` names what the levers are about."""

    shop: Shop
    ids: dict[str, str]

    def page(self) -> str:
        return self.shop.http.get("/_sandbox/").text

    def shown(self) -> str:
        """All that it knows, with ids in the order of their appearance and without secrets."""
        state = self.shop.server.state
        lists = ("events", "deliveries", "requests", "faults", "switches", "health")
        told = [self.shop.get(f"/_sandbox/{each}") for each in lists]
        told += [self.shop.get(f"/_sandbox/payments/{each}") for each in state.intents]
        told += [vars(each) for each in state.disputes.values()]
        told.append(sorted(state.deliveries, key=lambda id: state.deliveries[id].order))
        text = re.sub(r",v1=\w+|secret_\w+|http://127\.0\.0\.1:\d+", "", json.dumps(told))
        seen: dict[str, int] = {}
        return re.sub(r"[a-z]+_\d{19}", lambda id: str(seen.setdefault(id[0], len(seen))), text)


def scene(server: Server, receiver: Receiver) -> Scene:
    shop = Shop(server)
    shop.listen(receiver, "payment_intent.succeeded", "charge.refund.updated")
    ids = {"unpaid": shop.session()["payment_intent"], "paid": shop.paid()}
    ids["done"] = shop.refund(ids["paid"], 5000).json()["id"]
    for name, status in (("inquiry", "warning_needs_response"), ("chargeback", "needs_response")):
        body = {"payment_intent": shop.paid(), "status": status}
        ids[name] = shop.control("/disputes", body)["id"]
    shop.switch(refund_first_status="pending")
    ids["pending"] = shop.refund(shop.paid(), 700).json()["id"]
    shop.control("/faults", {"kind": "hold_webhook", "times": 2})
    ids["held"], ids["held too"] = shop.paid(), shop.paid()
    shop.control("/faults", {"kind": "redirect", "path_prefix": "/v1/never"})
    shop.settle()
    ids["delivery"] = shop.deliveries()[0]["id"]
    ids["event"] = shop.deliveries()[0]["event"]
    return Scene(shop, ids)
