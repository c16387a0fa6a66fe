"""The API's description: it is what the code says, it holds, and everybody may read it."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from urllib.parse import urljoin

import pytest
from openapi_spec_validator import validate

from chalicelib.domain.api_keys import Scope
from chalicelib.web import schemas
from chalicelib.web.forms import Body
from tests.architecture.test_doors import SCOPES
from tests.web import described
from tests.web.world import World
from tools.openapi import answers, document, fields, page, refusals, routes
from tools.openapi.brackets import pairs
from tools.openapi.examples import Example, recorded
from tools.openapi.routes import Operation, Undescribed, operations
from tools.openapi.wiring import SERVED

OPERATIONS = {each.route: each for each in operations()}
EXAMPLES = recorded()
PAGES = ("/docs", "/docs/errors")


def test_what_is_served_is_what_the_code_says() -> None:
    fresh = {"openapi.json": document.text(), **page.texts()}
    stale = [name for name, text in fresh.items() if (SERVED / name).read_text("utf-8") != text]
    assert stale == [], "make openapi"
    assert {each.name for each in SERVED.iterdir()} == set(fresh)


def test_it_is_openapi() -> None:
    validate(described.description())


def test_every_route_of_merchants_is_described_with_its_scope() -> None:
    assert {route: each.needs.value for route, each in OPERATIONS.items()} == SCOPES
    told = {
        f"{method.upper()} {path}": each["security"]
        for path, by_method in described.description()["paths"].items()
        for method, each in by_method.items()
    }
    assert told == {
        route: [{"bearer": [scope]}, {"basic": [scope]}] for route, scope in SCOPES.items()
    }


def test_a_route_without_a_model_of_its_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(answers.ANSWERS, "GET /v1/refunds")
    with pytest.raises(Undescribed, match=r"answers\.py: ANSWERS has no model for .*/v1/refunds"):
        document.document()


def test_an_answer_of_a_route_that_is_gone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(answers.ANSWERS, "GET /v1/gone", answers.Refund)
    with pytest.raises(Undescribed, match=r"there is no route .*/v1/gone"):
        document.document()


class Filters(Body):
    """A filter more than every list has."""

    status: str | None = None


def test_the_filters_of_a_list_are_found_where_they_are_named() -> None:
    def list_things(call: object) -> object:
        return call, Filters

    vars(list_things).update(needs=Scope.REFUNDS_READ, listed=True)
    found = routes._operation("GET", "/v1/things", list_things)
    assert found == Operation(
        "GET", "/v1/things", "list_things", Scope.REFUNDS_READ, body=None, query=Filters
    )


def test_a_list_that_names_no_filters_has_those_that_every_list_has() -> None:
    assert OPERATIONS["GET /v1/payment_intents"].query is schemas.ListQuery


def test_a_post_that_names_no_model_is_refused() -> None:
    def make_thing(call: object) -> object:
        return call

    vars(make_thing).update(needs=Scope.REFUNDS_WRITE, listed=False)
    with pytest.raises(Undescribed, match="make_thing must name one request model"):
        routes._operation("POST", "/v1/things", make_thing)


def test_every_operation_has_an_example() -> None:
    silent = sorted(set(OPERATIONS) - set(EXAMPLES))
    assert silent == [], "tell them in tools/openapi/examples.py, then: make openapi-examples"
    assert sorted(set(EXAMPLES) - set(OPERATIONS)) == []


@pytest.mark.parametrize("route", EXAMPLES)
def test_an_example_is_as_the_description_says(route: str) -> None:
    example = EXAMPLES[route]
    method, _, _ = route.partition(" ")
    answer = json.dumps(example.answer).encode()
    assert described.wrong_with(method, example.path, 200, {}, answer) == []


@pytest.mark.parametrize(
    ("route", "example"), [(route, each) for route, each in EXAMPLES.items() if each.body]
)
def test_the_request_of_an_example_is_one_that_we_take(route: str, example: Example) -> None:
    model = OPERATIONS[route].body
    assert model is not None
    model.model_validate(example.body, context={"form": False})
    shape = described.operation("POST", example.path)
    assert shape is not None
    told = shape["requestBody"]["content"]["application/json"]["schema"]
    assert list(described.validator(told).iter_errors(example.body)) == []


@pytest.mark.parametrize(
    ("body", "holds"),
    [
        ({"payment_intent": "pi_1", "amount": 5}, True),
        ({"payment_intent": "pi_1", "checkout_session": None, "amount": 5}, True),
        ({"payment_intent": "pi_1", "checkout_session": "cs_1", "amount": 5}, False),
        ({"amount": 5}, False),
        ({"payment_intent": "pi_1"}, False),
        ({"payment_intent": "pi_1", "full": True}, True),
        ({"payment_intent": "pi_1", "amount": 5, "full": True}, False),
        ({"payment_intent": "pi_1", "amount": 0}, False),
        ({"payment_intent": "pi_1", "amount": 5, "colour": "red"}, False),
        ({"payment_intent": "pi_1", "amount": 5, "expand": ["payment_intent"]}, True),
    ],
)
def test_a_request_is_described_as_strictly_as_it_is_taken(
    body: described.Json, holds: bool
) -> None:
    shape = {"$ref": "#/components/schemas/CreateRefund"}
    assert described.validator(shape).is_valid(body) is holds


@pytest.mark.parametrize(
    ("status", "change", "problem"),
    [
        (200, {"colour": "red"}, "colour"),
        (200, {"status": "lost"}, "status: "),
        (200, {"amount": None}, "amount: "),
        (418, {}, "which is not described"),
    ],
)
def test_an_answer_that_is_not_described_is_found_out(
    status: int, change: described.Json, problem: str
) -> None:
    body = json.dumps({**EXAMPLES["GET /v1/refunds/{id}"].answer, **change}).encode()
    (found,) = described.wrong_with("GET", "/v1/refunds/re_1", status, {}, body)
    assert problem in found


def test_every_error_is_explained() -> None:
    codes = [each.code for each in refusals.every()]
    assert len(codes) == len(set(codes)) == len(refusals.STATUS) + 3 + len(refusals.AT_THE_GATE)
    assert set(refusals.MEANINGS) == set(refusals.STATUS)


def test_the_description_is_served_as_it_is(world: World) -> None:
    reply = world.public.get("/openapi.json")
    assert reply.status == 200
    assert reply.text == (SERVED / "openapi.json").read_text("utf-8")
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["cache-control"] == "public, max-age=300"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_nobody_and_runs_nothing(world: World, path: str) -> None:
    reply = world.public.get(path)
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    style = reply.text.partition("<style>")[2].partition("</style>")[0]
    named = b64encode(sha256(style.encode()).digest()).decode()
    policy = reply.headers["content-security-policy"].split("; ")
    assert policy[:2] == ["default-src 'none'", f"style-src 'sha256-{named}'"]
    assert "<script" not in reply.text
    assert " style=" not in reply.text
    led = set(re.findall(r'(?:href|src)="([^"#][^"]*)"', reply.text)) - {"data:,"}
    for base in ("", "/dev"):  # behind API Gateway a stage comes first
        stood = {urljoin(f"https://pay.example{base}{path}", each) for each in led}
        pages = {f"https://pay.example{base}{each}" for each in (*PAGES, "/openapi.json")}
        assert stood <= pages


def test_the_page_has_every_operation_with_its_request_and_errors(world: World) -> None:
    html = world.public.get("/docs").text
    for each in OPERATIONS.values():
        article = html.partition(f'<article id="{each.name}">')[2].partition("</article>")[0]
        assert f"<code>{each.path}</code>" in article
        assert f"<code>{each.needs.value}</code>" in article
        assert "curl -u $KEY:" in article
        assert re.search(r"Other answers: [\d, ]*400, 401, ", article)
        assert f"&#34;object&#34;: &#34;{EXAMPLES[each.route].answer['object']}&#34;" in article


def test_an_errors_address_leads_to_what_it_means(world: World) -> None:
    error = world.public.get("/v1/refunds").error
    assert error["doc_url"] == "/docs/errors#api_key_missing"
    html = world.public.get("/docs/errors").text
    anchors = re.findall(r'<article id="(\w+)">', html)
    assert anchors == [each.code for each in refusals.every()]


def test_rows_name_fields_as_forms_write_them() -> None:
    told = described.description()["components"]["schemas"]
    rows = {each.name: each for each in fields.rows(told["CreateSession"], told)}
    assert rows["line_items[0][price_data][currency]"] == fields.Row(
        "line_items[0][price_data][currency]", "string", True, "", 2
    )
    assert rows["line_items[0][quantity]"].type == "integer, 1 to 10,000"
    assert rows["mode"].type == "payment"
    assert rows["success_url"].type == "string, at most 2,048 characters or null"


def test_a_form_has_brackets_for_what_is_nested_and_nothing_for_null() -> None:
    told = {"a": [{"b": True, "c": None}], "d": 5, "e": {}}
    assert list(pairs(told)) == [("a[0][b]", "true"), ("d", "5")]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "CreateRefund",
            "Give `payment_intent` or `checkout_session`, and not both. "
            "Give `amount` or `full`, and not both.",
        ),
        ("CreateSession", "Give `line_items` or `payment_link`, and not both."),
        ("CreateProduct", ""),
    ],
)
def test_it_is_said_of_which_fields_one_is_given(name: str, told: str) -> None:
    assert fields.alternatives(described.description()["components"]["schemas"][name]) == told


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"name": "Kopi"}, ["name=Kopi"]),
        ({"a": [{"b": True}], "c": 5}, ["'a[0][b]=true'", "c=5"]),
        ({"url": "https://x.example/?a=1&b=2"}, ["'url=https://x.example/%3Fa%3D1%26b%3D2'"]),
    ],
)
def test_an_example_is_written_as_curl_takes_it(body: described.Json, words: list[str]) -> None:
    asked = page._curl("POST", "/v1/products", body)
    assert [
        line.removeprefix("  -d ").removesuffix(" \\") for line in asked.split("\n")[2:]
    ] == words
