"""Bad input is told by name, in two languages; nothing is written and nobody is asked."""

import json
from typing import Any

import pytest

from tests.web.samples import SAMPLE, Json, session_of
from tests.web.world import FORM, Merchant, Reply, World

SESSIONS = "/v1/checkout/sessions"
UNIT_AMOUNT = "line_items[0][price_data][unit_amount]"
CURRENCY = "line_items[0][price_data][currency]"
INVALID, MISSING, UNKNOWN = "parameter_invalid", "parameter_missing", "parameter_unknown"
NOT_INTEGER, TOO_SMALL = "amount_not_integer", "amount_below_minimum"
TOO_LARGE = "amount_above_wallet_limit"


def check_refusal(reply: Reply, status: int, code: str, param: str | None) -> None:
    """An error of exactly this kind, told in both languages."""
    assert (reply.status, reply.error["code"], reply.error["param"]) == (status, code, param), (
        reply.text
    )
    assert reply.error["message"].strip()
    assert reply.error["user_message"].strip()
    assert reply.error["message"] != reply.error["user_message"]
    assert reply.error["request_id"] == reply.headers["request-id"]


def raw_session(amount: str) -> bytes:
    """A session's body whose amount is this very text."""
    return json.dumps(session_of("AMOUNT")).replace('"AMOUNT"', amount).encode()


AMOUNTS = [
    ("99", TOO_SMALL, UNIT_AMOUNT),
    ("300000001", TOO_LARGE, UNIT_AMOUNT),
    ("0", TOO_SMALL, UNIT_AMOUNT),
    ("-0", TOO_SMALL, UNIT_AMOUNT),
    ("-1", TOO_SMALL, UNIT_AMOUNT),
    ("-20000", TOO_SMALL, UNIT_AMOUNT),
    ("100000000000000000000", TOO_LARGE, UNIT_AMOUNT),
    ("9223372036854775808", TOO_LARGE, UNIT_AMOUNT),
    ("1000000000001", TOO_LARGE, UNIT_AMOUNT),
    ("1" * 39, NOT_INTEGER, UNIT_AMOUNT),
    ("1" * 5000, NOT_INTEGER, UNIT_AMOUNT),
    ("1.5", NOT_INTEGER, UNIT_AMOUNT),
    ("20000.0", NOT_INTEGER, UNIT_AMOUNT),
    ("1e2", NOT_INTEGER, UNIT_AMOUNT),
    ("1e400", NOT_INTEGER, UNIT_AMOUNT),
    ('"100"', NOT_INTEGER, UNIT_AMOUNT),
    ('"１２"', NOT_INTEGER, UNIT_AMOUNT),
    ('"1_000"', NOT_INTEGER, UNIT_AMOUNT),
    ('""', NOT_INTEGER, UNIT_AMOUNT),
    ("true", NOT_INTEGER, UNIT_AMOUNT),
    ("false", NOT_INTEGER, UNIT_AMOUNT),
    ("null", MISSING, UNIT_AMOUNT),
    ("[20000]", NOT_INTEGER, UNIT_AMOUNT),
    ('{"amount": 20000}', NOT_INTEGER, UNIT_AMOUNT),
    ("NaN", INVALID, "body"),
    ("Infinity", INVALID, "body"),
    ("-Infinity", INVALID, "body"),
    ("020000", INVALID, "body"),
    ("0x4e20", INVALID, "body"),
    ("1_000", INVALID, "body"),
]


@pytest.mark.parametrize(("text", "code", "param"), AMOUNTS, ids=lambda value: str(value)[:24])
def test_an_amount_that_is_not_a_payable_integer(
    world: World, a: Merchant, text: str, code: str, param: str
) -> None:
    with world.untouched():
        check_refusal(a.api.post(SESSIONS, raw_session(text)), 400, code, param)


@pytest.mark.parametrize(("amount", "limit"), [(99, {"minimum": 100}), (300_000_001, None)])
def test_danas_limits_are_named_in_the_message(
    a: Merchant, amount: int, limit: Json | None
) -> None:
    error = a.api.post(SESSIONS, session_of(amount)).error
    assert "dana" in error["message"]
    assert error["details"] == (limit or {"maximum": 300_000_000})


@pytest.mark.parametrize("amount", [100, 300_000_000])
def test_danas_limits_themselves_are_payable(a: Merchant, amount: int) -> None:
    assert a.api.post(SESSIONS, session_of(amount)).ok()["amount_total"] == amount


FORM_AMOUNTS = ["１２", "1_000", "1.5", "1e2", "%2B200", "%20200", "200%0a", "0x64", "true", "NaN"]


@pytest.mark.parametrize("text", FORM_AMOUNTS)
def test_a_forms_amount_is_plain_ascii_digits(world: World, a: Merchant, text: str) -> None:
    body = (
        f"line_items[0][price_data][currency]=IDR&line_items[0][price_data][unit_amount]={text}"
        "&line_items[0][price_data][product_data][name]=Kopi&line_items[0][quantity]=1"
    )
    with world.untouched():
        check_refusal(a.api.form(SESSIONS, body), 400, NOT_INTEGER, UNIT_AMOUNT)


def data(**changes: Any) -> Json:
    """A session whose price data differs from a good one."""
    good = {"currency": "IDR", "unit_amount": 20000, "product_data": {"name": "Kopi"}}
    return {"line_items": [{"price_data": {**good, **changes}, "quantity": 1}]}


def line(**changes: Any) -> Json:
    """A session whose line differs from a good one."""
    return {"line_items": [{**session_of()["line_items"][0], **changes}]}


def nested(depth: int) -> str:
    """A JSON object so many levels deep."""
    return '{"a":' * depth + "1" + "}" * depth


ONE = session_of()["line_items"][0]
DOLLAR = session_of(100)["line_items"][0] | {
    "price_data": {"currency": "USD", "unit_amount": 100, "product_data": {"name": "Kopi"}}
}
SESSION_CASES: dict[str, tuple[Any, str, str | None]] = {
    "unknown currency": (data(currency="XXQ"), INVALID, CURRENCY),
    "empty currency": (data(currency=""), INVALID, CURRENCY),
    "currency in other letters": (data(currency="ＩＤＲ"), INVALID, CURRENCY),
    "long s upper-cases to S": (data(currency="uſd"), INVALID, CURRENCY),
    "currency is a number": (data(currency=360), INVALID, CURRENCY),
    "currency is a list": (data(currency=["IDR"]), INVALID, CURRENCY),
    "no amount": (line(price_data={"currency": "IDR"}), MISSING, UNIT_AMOUNT),
    "dollars with DANA": (
        {**data(currency="USD"), "payment_method_types": ["dana"]}, INVALID, CURRENCY),
    "mixed currencies": ({"line_items": [ONE, DOLLAR]}, INVALID, "line_items"),
    "21 lines": ({"line_items": [ONE] * 21}, INVALID, "line_items"),
    "no line": ({"line_items": []}, MISSING, None),
    "nothing": ({}, MISSING, None),
    "lines and a link": ({**session_of(), "payment_link": "plink_x"}, MISSING, None),
    "quantity 0": (line(quantity=0), INVALID, "line_items[0][quantity]"),
    "quantity -1": (line(quantity=-1), INVALID, "line_items[0][quantity]"),
    "quantity 10001": (line(quantity=10_001), INVALID, "line_items[0][quantity]"),
    "quantity 1.0": (b'{"line_items":[{"price":"x","quantity":1.0}]}', INVALID,
                     "line_items[0][quantity]"),
    "quantity true": (line(quantity=True), INVALID, "line_items[0][quantity]"),
    "quantity text": (line(quantity="1"), INVALID, "line_items[0][quantity]"),
    "product beyond 10^12": (data(unit_amount=10**12), TOO_LARGE, UNIT_AMOUNT),
    "lines together beyond DANA": (
        {"line_items": [line(quantity=10_000)["line_items"][0]] * 20}, TOO_LARGE, "line_items"),
    "unknown parameter": ({**session_of(), "discount": 5}, UNKNOWN, "discount"),
    "unknown nested parameter": (line(colour="red"), UNKNOWN, "line_items[0][colour]"),
    "unknown, nested deeper": (
        data(product_data={"name": "x", "vip": True}), UNKNOWN,
        "line_items[0][price_data][product_data][vip]"),
    "mass assignment: status": (
        {**session_of(), "payment_status": "paid"}, UNKNOWN, "payment_status"),
    "mass assignment: total": ({**session_of(), "amount_total": 1}, UNKNOWN, "amount_total"),
    "mass assignment: merchant": ({**session_of(), "merchant": "acct_1"}, UNKNOWN, "merchant"),
    "other mode": ({**session_of(), "mode": "subscription"}, INVALID, "mode"),
    "unknown method": (
        {**session_of(), "payment_method_types": ["gold"]}, INVALID, "payment_method_types[0]"),
    "no method": ({**session_of(), "payment_method_types": []}, INVALID, "payment_method_types"),
    "method is text": (
        {**session_of(), "payment_method_types": "dana"}, INVALID, "payment_method_types"),
    "product without a name": (
        data(product_data={}), MISSING, "line_items[0][price_data][product_data][name]"),
    "blank name": (
        data(product_data={"name": "  "}), INVALID,
        "line_items[0][price_data][product_data][name]"),
    "name of two lines": (
        data(product_data={"name": "a\nb"}), INVALID,
        "line_items[0][price_data][product_data][name]"),
    "name of 251 letters": (
        data(product_data={"name": "a" * 251}), INVALID,
        "line_items[0][price_data][product_data][name]"),
    "price and price data": (line(price="price_x"), MISSING, "line_items[0]"),
    "e-mail with a header": (
        {**session_of(), "customer_email": "a@b.co\r\nBcc: c@d.co"}, INVALID, "customer_email"),
    "e-mail with markup": (
        {**session_of(), "customer_email": "<b>@shop.co"}, INVALID, "customer_email"),
    "51 metadata": (
        {**session_of(), "metadata": {f"k{n}": "v" for n in range(51)}}, INVALID, "metadata"),
    "metadata value of 501": (
        {**session_of(), "metadata": {"k": "v" * 501}}, INVALID, "metadata[k]"),
    "metadata value is a number": (
        {**session_of(), "metadata": {"k": 1}}, INVALID, "metadata[k]"),
    "metadata value is an object": (
        {**session_of(), "metadata": {"k": {}}}, INVALID, "metadata[k]"),
    "metadata is a list": ({**session_of(), "metadata": ["k"]}, INVALID, "metadata"),
}  # fmt: skip


@pytest.mark.parametrize("name", SESSION_CASES)
def test_a_session_that_makes_no_sense(world: World, a: Merchant, name: str) -> None:
    body, code, param = SESSION_CASES[name]
    with world.untouched():
        check_refusal(a.api.post(SESSIONS, body), 400, code, param)


def test_a_metadata_key_of_41_letters_is_named(world: World, a: Merchant) -> None:
    with world.untouched():
        reply = a.api.post(SESSIONS, {**session_of(), "metadata": {"k" * 41: "v"}})
    assert (reply.status, reply.error["code"]) == (400, INVALID)
    assert reply.error["param"].startswith("metadata[kkk")


TEXTS: dict[str, bytes] = {
    "half an object": b'{"line_items":',
    "not JSON": b"hello",
    "single quotes": b"{'line_items': []}",
    "trailing comma": b'{"mode":"payment",}',
    "a comment": b'{"mode":"payment"} // hi',
    "two objects": b"{}{}",
    "duplicate keys": b'{"mode":"payment","mode":"payment"}',
    "duplicate keys inside": b'{"metadata":{"a":"1","a":"2"}}',
    "duplicate keys by escape": b'{"mode":"payment","mod\\u0065":"payment"}',
    "list at the top": b"[]",
    "text at the top": b'"hi"',
    "number at the top": b"1",
    "null at the top": b"null",
    "33 levels": nested(33).encode(),
    "100000 levels": nested(40_000).encode(),
    "50000 open brackets": b'{"a":' + b"[" * 50_000,
    "lone surrogate": b'{"client_reference_id":"\\ud800"}',
    "not UTF-8": b'{"client_reference_id":"\xff\xfe"}',
    "UTF-16": json.dumps(SAMPLE).encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "control character": b'{"mode":"pay\x00ment"}',
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_body_that_two_parsers_could_read_in_two_ways(
    world: World, a: Merchant, name: str
) -> None:
    with world.untouched():
        check_refusal(a.api.post(SESSIONS, TEXTS[name]), 400, INVALID, "body")


@pytest.mark.parametrize("path", ["/v1/products", "/v1/prices", "/v1/payment_links", SESSIONS])
@pytest.mark.parametrize("body", [b"", b"  \n", b"{}"])
def test_an_empty_body_names_what_is_missing(
    world: World, a: Merchant, path: str, body: bytes
) -> None:
    wanted = {"/v1/products": "name", "/v1/prices": "currency", "/v1/payment_links": "line_items"}
    with world.untouched():
        check_refusal(a.api.post(path, body), 400, MISSING, wanted.get(path))


@pytest.mark.parametrize("path", ["/v1/products", "/v1/refunds", SESSIONS])
def test_300_kilobytes_are_413(world: World, a: Merchant, path: str) -> None:
    body = json.dumps({"name": "x" * 300 * 1024}).encode()
    with world.untouched():
        check_refusal(a.api.post(path, body), 413, "body_too_large", None)


@pytest.mark.parametrize(
    "type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "image/png"]
)
def test_another_content_type_is_415_in_the_same_envelope(
    world: World, a: Merchant, type: str
) -> None:
    with world.untouched():
        reply = a.api.send("POST", "/v1/products", b'{"name":"x"}', {"Content-Type": type})
    assert (reply.status, reply.error["code"]) == (415, "unsupported_media_type")


FORMS = {
    "unknown": ("name=x&colour=red", UNKNOWN, "colour"),
    "not UTF-8": ("name=x&description=%ff", INVALID, "body"),
    "too many fields": ("&".join(f"metadata[k{n}]=v" for n in range(1500)), INVALID, "body"),
    "too deep": ("a" + "[b]" * 12 + "=1", INVALID, "body"),
    "name twice": ("name=x&name=y", INVALID, "name"),
    "prototype": ("name=x&__proto__[admin]=1", UNKNOWN, "__proto__"),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_that_makes_no_sense(world: World, a: Merchant, name: str) -> None:
    body, code, param = FORMS[name]
    with world.untouched():
        check_refusal(a.api.form("/v1/products", body), 400, code, param)


KEYS = ["", "x" * 129, "kunci-é", "a#b", "a b", "a/b", "a\tb", "ключ", "a.b", "'; drop"]


@pytest.mark.parametrize("key", KEYS, ids=ascii)
@pytest.mark.parametrize("path", ["/v1/products", SESSIONS])
def test_a_malformed_idempotency_key(world: World, a: Merchant, key: str, path: str) -> None:
    good = {"name": "Kopi"} if path == "/v1/products" else session_of()
    with world.untouched():
        check_refusal(a.api.post(path, good, key), 400, INVALID, "Idempotency-Key")


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=ten", "limit=1.5", "limit=１"])
@pytest.mark.parametrize("path", ["/v1/products", "/v1/refunds"])
def test_a_list_has_1_to_100_objects_a_page(
    world: World, a: Merchant, path: str, query: str
) -> None:
    with world.untouched():
        check_refusal(a.api.get(f"{path}?{query}"), 400, INVALID, "limit")


def test_a_query_parameter_that_lists_do_not_know(world: World, a: Merchant) -> None:
    with world.untouched():
        check_refusal(a.api.get("/v1/products?status=paid"), 400, UNKNOWN, "status")


@pytest.mark.parametrize("active", ["price", "product"])
def test_an_archived_price_or_product_is_not_sold(world: World, a: Merchant, active: str) -> None:
    product = {"name": "Kopi", "active": active != "product"}
    made = a.api.post(
        "/v1/prices",
        {"currency": "IDR", "unit_amount": 20000, "product_data": product,
         "active": active != "price"},
    ).ok()  # fmt: skip
    for path in (SESSIONS, "/v1/payment_links"):
        with world.untouched():
            reply = a.api.post(path, {"line_items": [{"price": made["id"]}]})
            check_refusal(reply, 400, INVALID, "line_items[0][price]")


@pytest.mark.parametrize(
    ("amount", "code"), [(99, TOO_SMALL), (300_000_001, TOO_LARGE)], ids=["99", "300000001"]
)
def test_a_link_that_dana_could_not_take(world: World, a: Merchant, amount: int, code: str) -> None:
    price = {"currency": "IDR", "unit_amount": amount, "product_data": {"name": "Kopi"}}
    made = a.api.post("/v1/prices", price).ok()
    with world.untouched():
        reply = a.api.post("/v1/payment_links", {"line_items": [{"price": made["id"]}]})
        check_refusal(reply, 400, code, "line_items")


def test_a_form_sent_as_json_and_json_sent_as_a_form(world: World, a: Merchant) -> None:
    with world.untouched():
        check_refusal(a.api.post("/v1/products", b"name=x"), 400, INVALID, "body")
        reply = a.api.send("POST", "/v1/products", b'{"name":"x"}', {"Content-Type": FORM})
        check_refusal(reply, 400, MISSING, "name")


@pytest.mark.parametrize("body", ["=null", "name=Kopi&=1", "=&name=Kopi"])
def test_a_field_without_a_name_is_refused(world: World, a: Merchant, body: str) -> None:
    with world.untouched():
        reply = a.api.form("/v1/products", body)
    assert (reply.status, reply.error["code"]) == (400, "parameter_invalid")
    assert reply.error["message"] == "The form has a field without a name."
