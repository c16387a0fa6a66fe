"""Checkout sessions: create (42654181), expire (312492329), and what payment does to them."""

from functools import partial

from sandbox import intents, render
from sandbox.errors import Json, invalid
from sandbox.methods import METHODS, method_problem
from sandbox.models import PAYABLE, Intent, Session
from sandbox.params import LARGEST_AMOUNT, Fields, milliseconds
from sandbox.state import State

LIFETIME_MS = 86_400_000
MOST_LINES = 100
MOST_PIECES = 1_000_000


def create(state: State, account: str, fields: Fields) -> Session:
    """Check the request and open a session with its intent."""
    _require_payment_mode(fields)
    success_url = fields.required_text("success_url") and fields.url("success_url")
    lines, currency = _lines(state, fields)
    amount = sum(line["amount_total"] for line in lines)
    methods = _methods(state, fields.texts("payment_method_types"), amount, currency)
    metadata = fields.metadata()
    intent_metadata = _intent_metadata(fields, metadata)
    now = state.second()
    session = Session(
        id=state.ids.new("cs"),
        account=account,
        created=now,
        expires_at=_expiry(state, fields),
        currency=currency,
        amount=amount,
        line_items=lines,
        methods=methods,
        success_url=success_url,
        cancel_url=fields.url("cancel_url", bare_host=True),
        intent="",
        metadata=metadata,
        details=_details(fields),
        options=fields.opaque("payment_method_options"),
        shipping=fields.opaque("shipping_address_collection"),
    )
    fields.done()
    wanted = intent_metadata if state.switches.metadata_on_intent else {}
    intent = intents.new(state, account, amount, currency, methods, wanted)
    intent.session, session.intent = session.id, intent.id
    state.sessions[session.id] = session
    intents.announce(state, intent, "created")
    state.at(session.expires_at, partial(_lapse, state, session))
    return session


def _require_payment_mode(fields: Fields) -> None:
    fields.required("mode")
    fields.choice("mode", {"payment"})


def _details(fields: Fields) -> dict[str, str]:
    names = ("customer", "customer_email", "client_reference_id")
    details = {name: fields.text(name) for name in names}
    details["billing_address_collection"] = fields.choice(
        "billing_address_collection", {"auto", "required"}, "auto"
    )
    return details


def _intent_metadata(fields: Fields, metadata: dict[str, str]) -> dict[str, str]:
    data = fields.child("payment_intent_data")
    if data is None:
        return metadata
    data.opaque("billing_details")
    data.opaque("shipping")
    own = data.metadata() if data.has("metadata") else metadata
    data.done()
    return own


def _expiry(state: State, fields: Fields) -> int:
    """Seconds or milliseconds by magnitude, within the next 24 hours (1722914)."""
    wanted = fields.integer("expires_at")
    latest = state.now() + LIFETIME_MS
    if wanted is None:
        return latest
    instant = milliseconds(wanted)
    if not state.now() < instant <= latest + 1000:
        raise fields.wrong("expires_at", "must be within the next 24 hours")
    return instant


def _lines(state: State, fields: Fields) -> tuple[list[Json], str]:
    lines = [_line(state, each) for each in fields.children("line_items", MOST_LINES)]
    currencies = {str(line["currency"]) for line in lines}
    if len(currencies) > 1:
        raise fields.wrong("line_items", "must all have one currency")
    if sum(line["amount_total"] for line in lines) > LARGEST_AMOUNT:
        raise fields.wrong("line_items", "come to too much")
    return lines, currencies.pop()


def _line(state: State, fields: Fields) -> Json:
    if fields.has("price"):
        raise fields.wrong("price", "is unknown; the sandbox keeps no prices, send price_data")
    fields.required("price_data")
    data = fields.child("price_data")
    assert data is not None
    quantity = fields.required_integer("quantity", 1, MOST_PIECES)
    fields.done()
    price = _price(state, data)
    total = price["unit_amount"] * quantity
    return {
        "id": state.ids.new("li"),
        "object": "item",
        "currency": price["currency"],
        "description": price["product"]["name"],
        "price": price,
        "quantity": quantity,
        "amount_subtotal": total,
        "amount_total": total,
    }


def _price(state: State, fields: Fields) -> Json:
    currency = fields.required_text("currency").upper()
    state.places(currency)
    amount = fields.required_integer("unit_amount")
    fields.text("billing_scheme")
    fields.required("product_data")
    product = fields.child("product_data")
    assert product is not None
    price = {
        "id": state.ids.new("price"),
        "object": "price",
        "created": state.second(),
        "livemode": False,
        "active": fields.flag("active", True),
        "currency": currency,
        "nickname": fields.text("nickname") or state.empty(),
        "product": _product(state, product),
        "type": "one_time",
        "unit_amount": amount,
        "billing_scheme": "per_unit",
        "lookup_key": fields.text("lookup_key") or state.empty(),
        "metadata": fields.metadata(),
    }
    fields.done()
    return price


def _product(state: State, fields: Fields) -> Json:
    product: Json = {
        "id": fields.text("id") or state.ids.new("prod"),
        "object": "product",
        "created": state.second(),
        "livemode": False,
        "active": fields.flag("active", True),
        "name": fields.required_text("name"),
        "updated": state.second(),
        "description": fields.text("description") or state.empty(),
        "images": fields.texts("images"),
        "metadata": fields.metadata(),
        "url": fields.url("url") or state.empty(),
    }
    fields.done()
    return product


def _methods(state: State, wanted: list[str], amount: int, currency: str) -> list[str]:
    places = state.places(currency)
    for name in wanted:
        method = METHODS.get(name)
        if method is None or not method.checkout:
            why = "is unknown" if method is None else "is for the Direct API only"
            raise invalid(f"payment_method_types: {name} {why}", "payment_method_types")
        problem = method_problem(method, amount, currency, places)
        if problem:
            raise problem
    fitting = wanted or [
        each.name
        for each in METHODS.values()
        if each.checkout and each.currencies and not method_problem(each, amount, currency, places)
    ]
    if not fitting:
        raise invalid(
            f"No payment method takes {state.money(amount, currency)}",
            "line_items",
            "sandbox_amount_out_of_range",
        )
    return fitting


def expire(state: State, session: Session) -> None:
    """Expire an open session; one that is complete or expired is refused (assumption)."""
    intent = state.intents[session.intent]
    if session.status != "open" or intent.status not in PAYABLE:
        raise invalid(
            f"Only an open session can expire: it is {session.status}, its payment {intent.status}",
            "id",
            "sandbox_session_not_open",
        )
    _close(state, session, intent)


def _lapse(state: State, session: Session) -> None:
    intent = state.intents[session.intent]
    if session.status == "open" and intent.status in PAYABLE:
        _close(state, session, intent)


def _close(state: State, session: Session, intent: Intent) -> None:
    session.status = "expired"
    if state.switches.session_expired_event:
        state.emit(session.account, "checkout.session.expired", render.session(state, session))
    if state.switches.expire_cancels_intent:
        intents.cancel(state, intent, "")


def by_page(state: State, page_id: str) -> Session | None:
    """The session behind a hosted page's address."""
    if not page_id.startswith("cs_test_"):
        return None
    return state.sessions.get("cs_" + page_id.removeprefix("cs_test_"))
