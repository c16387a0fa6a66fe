"""Payment links as merchants make and change them: own slugs, variants, quantities, amounts the
shopper sets, questions, what follows; and every bad one refused by name with nothing written."""

from typing import Any

import pytest

from tests.web.samples import Json
from tests.web.test_bad_input import INVALID, MISSING, UNKNOWN, check_refusal
from tests.web.test_catalog_updates import stock
from tests.web.test_replays import check_replay
from tests.web.test_storefront import payments_of, tap
from tests.web.world import PUBLIC_URL, Merchant, World

LINKS, SESSIONS = "/v1/payment_links", "/v1/checkout/sessions"
LIMIT = "restrictions[completed_sessions][limit]"
TEXT: Json = {
    "key": "print", "label": {"type": "custom", "custom": "Tulisan"}, "type": "text",
    "optional": True,
    "text": {"minimum_length": 2, "maximum_length": 20, "default_value": "Halo"},
}  # fmt: skip
NUMBER: Json = {"key": "number", "label": {"custom": "Nomor"}, "type": "numeric"}
SIZES = [{"label": "Kecil", "value": "s"}, {"label": "Besar", "value": "l"}]
CHOICE: Json = {
    "key": "size", "label": {"custom": "Ukuran"}, "type": "dropdown",
    "dropdown": {"options": SIZES, "default_value": "l"},
}  # fmt: skip


class Shelf:
    """A merchant with a product in two sizes, another product, and a price that shoppers set."""

    def __init__(self, merchant: Merchant) -> None:
        self.api = merchant.api
        self.merchant = merchant
        made = self.api.post("/v1/products", {"name": "Kaos", "inventory": {"available": 9}}).ok()
        self.kaos = made
        self.small = self.priced(unit_amount=20000, product=made["id"])
        self.large = self.priced(unit_amount=35000, product=made["id"])
        self.tea = self.priced(unit_amount=9000, product_data={"name": "Teh"})
        self.gift = self.priced(
            custom_unit_amount={"minimum": 1000}, product_data={"name": "Donasi"}
        )
        self.standing = self.link()

    def priced(self, **more: Any) -> str:
        """The id of a price."""
        return str(self.api.post("/v1/prices", {"currency": "IDR", **more}).ok()["id"])

    def body(self, **changes: Any) -> Json:
        """A link's body; `line` changes its one line."""
        line = {"price": self.small, **changes.pop("line", {})}
        return {"line_items": [line], **changes}

    def link(self, **changes: Any) -> Json:
        """A link."""
        return self.api.post(LINKS, self.body(**changes)).ok()

    def named(self, value: Any) -> Any:
        """A body in which the names of prices stand for their ids."""
        if isinstance(value, dict):
            return {name: self.named(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self.named(part) for part in value]
        return getattr(self, value[1:]) if isinstance(value, str) and value[:1] == "@" else value


@pytest.fixture(scope="module")
def shelf(a: Merchant) -> Shelf:
    return Shelf(a)


# --- what it answers --------------------------------------------------------------------------


def test_a_plain_link_says_of_everything_how_it_is(shelf: Shelf) -> None:
    made = shelf.link()
    assert {name: made[name] for name in made.keys() - {"line_items", "share", "preview"}} == {
        "id": made["id"], "object": "payment_link", "created": made["created"],
        "updated": made["created"], "livemode": False, "active": True, "slug": made["slug"],
        "url": f"{PUBLIC_URL}/l/{made['slug']}", "currency": "IDR",
        "payment_method_types": ["dana"], "expires_at": None, "inactive_message": None,
        "restrictions": None, "late_payment_policy": None, "duplicate_payment_policy": None,
        "collect": dict.fromkeys(("name", "phone", "email", "shipping_address"), "none"),
        "custom_fields": [], "metadata": {},
        "after_completion": {
            "type": "hosted_confirmation", "hosted_confirmation": {"custom_message": None},
        },
    }  # fmt: skip
    (line,) = made["line_items"]["data"]
    assert (line["adjustable_quantity"], line["variants"]) == (None, [])


def test_questions_are_shown_as_they_were_asked(shelf: Shelf) -> None:
    collect = {"name": "required", "phone": "optional"}
    made = shelf.link(custom_fields=[TEXT, NUMBER, CHOICE], collect=collect)
    assert made["custom_fields"] == [
        TEXT,
        {
            "key": "number", "label": {"type": "custom", "custom": "Nomor"}, "type": "numeric",
            "optional": False,
            "numeric": {"minimum_length": None, "maximum_length": None, "default_value": None},
        },
        {
            "key": "size", "label": {"type": "custom", "custom": "Ukuran"}, "type": "dropdown",
            "optional": False, "dropdown": {"options": SIZES, "default_value": "l"},
        },
    ]  # fmt: skip
    assert made["collect"] == {**collect, "email": "none", "shipping_address": "none"}
    assert shelf.api.get(f"{LINKS}/{made['id']}").ok() == made


def test_a_line_shows_what_a_shopper_may_choose(shelf: Shelf) -> None:
    chosen = {"enabled": True, "minimum": 2, "maximum": 5}
    line = {"quantity": 3, "adjustable_quantity": chosen, "variants": [shelf.large, shelf.small]}
    made = shelf.link(line=line)
    (shown,) = made["line_items"]["data"]
    assert (shown["quantity"], shown["amount_total"]) == (3, 60000)
    assert shown["adjustable_quantity"] == chosen
    (variant,) = shown["variants"]
    assert variant == shelf.api.get(f"/v1/prices/{shelf.large}").ok()
    assert shelf.api.get(f"{LINKS}/{made['id']}/line_items").ok() == made["line_items"]
    usual = shelf.link(line={"adjustable_quantity": {"enabled": True}})
    (shown,) = usual["line_items"]["data"]
    assert shown["adjustable_quantity"] == {"enabled": True, "minimum": 1, "maximum": 99}
    fixed = {"enabled": False, "minimum": 2, "maximum": 5}
    (shown,) = shelf.link(line={"adjustable_quantity": fixed})["line_items"]["data"]
    assert shown["adjustable_quantity"] is None


@pytest.mark.parametrize(
    ("after", "shown"),
    [
        ({"type": "chat"}, {"type": "chat"}),
        (
            {"type": "redirect", "redirect": {"url": "https://a.example/?s={CHECKOUT_SESSION_ID}"}},
            None,
        ),
        (
            {"type": "hosted_confirmation", "hosted_confirmation": {"custom_message": "Makasih"}},
            None,
        ),
        (
            {"type": "hosted_confirmation"},
            {
                "type": "hosted_confirmation",
                "hosted_confirmation": {"custom_message": None},
            },
        ),
    ],
)
def test_what_follows_a_payment(shelf: Shelf, after: Json, shown: Json | None) -> None:
    made = shelf.link(after_completion=after)
    assert made["after_completion"] == (shown or after)
    assert shelf.api.get(f"{LINKS}/{made['id']}").ok() == made


def test_a_form_makes_a_link_like_json(shelf: Shelf) -> None:
    form = (
        f"line_items[0][price]={shelf.small}&line_items[0][quantity]=2&slug=kaos-form"
        "&line_items[0][adjustable_quantity][enabled]=true"
        "&line_items[0][adjustable_quantity][maximum]=5"
        f"&line_items[0][variants][0]={shelf.large}&collect[phone]=required"
        "&custom_fields[0][key]=size&custom_fields[0][label][type]=custom"
        "&custom_fields[0][label][custom]=Ukuran&custom_fields[0][type]=dropdown"
        "&custom_fields[0][dropdown][options][0][label]=Kecil"
        "&custom_fields[0][dropdown][options][0][value]=s"
        "&after_completion[type]=redirect&after_completion[redirect][url]=https://a.example/"
    )
    made = shelf.api.form(LINKS, form).ok()
    (line,) = made["line_items"]["data"]
    assert (made["slug"], line["quantity"]) == ("kaos-form", 2)
    assert line["adjustable_quantity"] == {"enabled": True, "minimum": 1, "maximum": 5}
    assert [variant["id"] for variant in line["variants"]] == [shelf.large]
    assert made["collect"]["phone"] == "required"
    assert made["custom_fields"][0]["dropdown"]["options"] == SIZES[:1]
    assert made["after_completion"] == {
        "type": "redirect", "redirect": {"url": "https://a.example/"},
    }  # fmt: skip


# --- slugs ------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", ["abc", "Kaos-Lebaran-2026", "1-2-3", "x" * 64])
def test_a_link_has_the_slug_that_was_asked_for(world: World, shelf: Shelf, slug: str) -> None:
    made = shelf.link(slug=slug)
    assert (made["slug"], made["url"]) == (slug, f"{PUBLIC_URL}/l/{slug}")
    assert world.public.get(f"/l/{slug}").status == 200


SLUGS = (
    "", "ab", "x" * 65, "a b", "a_b", "a.b", "a/b", "-ab", "ab-", "a--b", "käse", "abc\n", "аbс",
    "a%20b", "../abc", 123, ["abc"],
)  # fmt: skip


@pytest.mark.parametrize("slug", SLUGS, ids=repr)
def test_a_slug_that_is_none_is_refused(world: World, shelf: Shelf, slug: Any) -> None:
    with world.untouched():
        check_refusal(shelf.api.post(LINKS, shelf.body(slug=slug)), 400, INVALID, "slug")


def test_a_slug_that_is_taken_is_refused_to_everybody(
    world: World, shelf: Shelf, b: Merchant
) -> None:
    shelf.link(slug="taken")
    price = b.api.post(
        "/v1/prices", {"currency": "IDR", "unit_amount": 500, "product_data": {"name": "x"}}
    ).ok()["id"]
    with world.untouched():
        for api, body in (
            (shelf.api, shelf.body(slug="taken")),
            (b.api, {"line_items": [{"price": price}], "slug": "taken"}),
        ):
            check_refusal(api.post(LINKS, body), 409, "slug_taken", "slug")
            check_refusal(api.post(LINKS, body, "k"), 409, "slug_taken", "slug")
    assert shelf.link(slug="Taken")["slug"] == "Taken"


def test_the_same_key_with_the_same_slug_is_the_same_link(world: World, shelf: Shelf) -> None:
    first = shelf.api.post(LINKS, shelf.body(slug="mine"), "mine")
    assert first.status == 200
    with world.untouched():
        check_replay(shelf.api.post(LINKS, shelf.body(slug="mine"), "mine"), first)


# --- bad links --------------------------------------------------------------------------------

LINE, FIELD = "line_items[0]", "custom_fields[0]"


def adjustable(**changes: Any) -> Json:
    return {"line": {"adjustable_quantity": {"enabled": True, **changes}}}


def field(**changes: Any) -> Json:
    return {"custom_fields": [{**TEXT, **changes}]}


def dropdown(**changes: Any) -> Json:
    return {"custom_fields": [{**CHOICE, "dropdown": {"options": SIZES, **changes}}]}


BAD: dict[str, tuple[Json, str, str | None]] = {
    "unknown": ({"colour": "red"}, UNKNOWN, "colour"),
    "unknown of a line": ({"line": {"colour": "red"}}, UNKNOWN, f"{LINE}[colour]"),
    "sold already": ({"completed": 3}, UNKNOWN, "completed"),
    "uses": ({"uses_remaining": 3}, UNKNOWN, "uses_remaining"),
    "variant of another product": (
        {"line": {"variants": ["@large", "@tea"]}}, INVALID, f"{LINE}[variants][1]"),
    "variant that is none": ({"line": {"variants": ["x"]}}, "resource_missing", None),
    "21 variants": ({"line": {"variants": ["x"] * 21}}, INVALID, f"{LINE}[variants]"),
    "variants as a text": ({"line": {"variants": "@large"}}, INVALID, f"{LINE}[variants]"),
    "two gifts": ({"line": {"price": "@gift", "quantity": 2}}, INVALID, f"{LINE}[price]"),
    "gifts to choose from": (
        {"line": {"price": "@gift", "adjustable_quantity": {"enabled": True}}},
        INVALID, f"{LINE}[price]"),
    "a gift and tea": (
        {"line_items": [{"price": "@gift"}, {"price": "@tea"}]}, INVALID, f"{LINE}[price]"),
    "quantity below": (
        adjustable(minimum=2), INVALID, f"{LINE}[quantity]"),
    "quantity above": (
        {"line": {"quantity": 6, "adjustable_quantity": {"enabled": True, "maximum": 5}}},
        INVALID, f"{LINE}[quantity]"),
    "minimum 0": (adjustable(minimum=0), INVALID, f"{LINE}[adjustable_quantity][minimum]"),
    "maximum 10001": (
        adjustable(maximum=10_001), INVALID, f"{LINE}[adjustable_quantity][maximum]"),
    "wrong way round": (
        adjustable(minimum=5, maximum=2), INVALID, f"{LINE}[adjustable_quantity]"),
    "not said whether": (
        {"line": {"adjustable_quantity": {}}}, MISSING, f"{LINE}[adjustable_quantity][enabled]"),
    "asked how": ({"collect": {"name": "maybe"}}, INVALID, "collect[name]"),
    "asked what": ({"collect": {"birthday": "required"}}, UNKNOWN, "collect[birthday]"),
    "four fields": ({"custom_fields": [
        {**TEXT, "key": f"k{n}"} for n in range(4)]}, INVALID, "custom_fields"),
    "two fields of one key": (
        {"custom_fields": [TEXT, {**NUMBER, "key": "print"}]}, INVALID, "custom_fields"),
    "key with a blank": (field(key="a b"), INVALID, f"{FIELD}[key]"),
    "long key": (field(key="k" * 41), INVALID, f"{FIELD}[key]"),
    "type": (field(type="date"), INVALID, f"{FIELD}[type]"),
    "label": (field(label="Tulisan"), INVALID, f"{FIELD}[label]"),
    "label of 51": (field(label={"custom": "x" * 51}), INVALID, f"{FIELD}[label][custom]"),
    "label unseen": (field(label={"custom": "\u200b"}), INVALID, f"{FIELD}[label][custom]"),
    "text of a number": (field(type="numeric"), INVALID, f"{FIELD}[text]"),
    "length 0": (field(text={"minimum_length": 0}), INVALID, f"{FIELD}[text][minimum_length]"),
    "length 256": (field(text={"maximum_length": 256}), INVALID, f"{FIELD}[text][maximum_length]"),
    "lengths": (
        field(text={"minimum_length": 3, "maximum_length": 2}), INVALID, f"{FIELD}[text]"),
    "no options": (
        {"custom_fields": [{**CHOICE, "dropdown": None}]}, MISSING, f"{FIELD}[dropdown]"),
    "empty options": (dropdown(options=[]), INVALID, f"{FIELD}[dropdown][options]"),
    "option unseen": (
        dropdown(options=[{"label": " ", "value": "s"}]),
        INVALID, f"{FIELD}[dropdown][options][0][label]"),
    "option value": (
        dropdown(options=[{"label": "S", "value": "s m"}]),
        INVALID, f"{FIELD}[dropdown][options][0][value]"),
    "two of one value": (
        dropdown(options=[*SIZES, SIZES[0]]), INVALID, f"{FIELD}[dropdown][options]"),
    "default that is none": (
        dropdown(default_value="m"), INVALID, f"{FIELD}[dropdown][default_value]"),
    "after": ({"after_completion": {"type": "email"}}, INVALID, "after_completion[type]"),
    "redirect to nowhere": (
        {"after_completion": {"type": "redirect"}}, MISSING, "after_completion[redirect]"),
    "redirect and not": (
        {"after_completion": {"type": "chat", "redirect": {"url": "https://a.example/"}}},
        MISSING, "after_completion[redirect]"),
    "redirect to a script": (
        {"after_completion": {"type": "redirect", "redirect": {"url": "javascript:alert(1)"}}},
        INVALID, "after_completion[redirect][url]"),
    "seconds": ({"expires_at": 1_900_000_000}, INVALID, "expires_at"),
    "policy": ({"late_payment_policy": "keep"}, INVALID, "late_payment_policy"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_link_is_refused_by_name_when_it_is_made_and_when_it_is_changed(
    world: World, shelf: Shelf, name: str
) -> None:
    changes, code, param = BAD[name]
    told = shelf.named(changes)
    change = {**told, "line_items": shelf.body(**told)["line_items"]} if "line" in told else told
    change.pop("line", None)
    link = shelf.standing
    status = 404 if code == "resource_missing" else 400
    param = f"{LINE}[variants][0]" if status == 404 else param
    with world.untouched():
        check_refusal(shelf.api.post(LINKS, shelf.body(**told)), status, code, param)
        check_refusal(shelf.api.post(f"{LINKS}/{link['id']}", change), status, code, param)


# --- changes ----------------------------------------------------------------------------------


def changed(shelf: Shelf, link: Json, **told: Any) -> Json:
    """The link after an update."""
    return shelf.api.post(f"{LINKS}/{link['id']}", told).ok()


SOLD = ("line_items", "share", "preview", "updated")


@pytest.mark.parametrize(
    "told",
    [
        {"active": False}, {"inactive_message": "Libur"}, {"expires_at": 1_900_000_000_000},
        {"late_payment_policy": "refund"}, {"duplicate_payment_policy": "accept"},
        {"payment_method_types": ["dana", "bank_transfer_id"]}, {"custom_fields": [TEXT]},
        {"after_completion": {"type": "chat"}}, {"metadata": {"a": "1"}},
        {"collect": {"name": "none", "phone": "required", "email": "optional",
                     "shipping_address": "required"}},
    ],
    ids=lambda told: next(iter(told)),
)  # fmt: skip
def test_a_link_changes_in_what_is_told_and_back_again(shelf: Shelf, told: Json) -> None:
    before = shelf.link()
    (name,) = told
    after = changed(shelf, before, **told)
    same = {key: value for key, value in before.items() if key not in (*SOLD, name)}
    assert {key: after[key] for key in same} == same
    assert after[name] == told[name]
    assert after["line_items"] == before["line_items"]
    assert after["updated"] > before["updated"]
    assert shelf.api.get(f"{LINKS}/{before['id']}").ok() == after
    usual: Json = {
        "active": True, "payment_method_types": ["dana"], "custom_fields": [], "collect": {},
        "metadata": {"a": ""},
    }  # fmt: skip
    back = changed(shelf, before, **{name: usual.get(name)})
    assert {key: back[key] for key in (*same, name)} == {**same, name: before[name]}


def test_a_form_takes_away_by_an_empty_text(shelf: Shelf) -> None:
    link = shelf.link(
        expires_at=1_900_000_000_000, inactive_message="x", late_payment_policy="hold",
        duplicate_payment_policy="hold", after_completion={"type": "chat"}, custom_fields=[TEXT],
    )  # fmt: skip
    names = ("expires_at", "inactive_message", "late_payment_policy", "duplicate_payment_policy",
             "after_completion", "custom_fields")  # fmt: skip
    form = "&".join(f"{name}=" for name in names)
    after = shelf.api.form(f"{LINKS}/{link['id']}", form).ok()
    plain = shelf.link()
    assert {name: after[name] for name in names} == {name: plain[name] for name in names}


def test_new_lines_are_sold_at_the_same_address(world: World, shelf: Shelf) -> None:
    link = shelf.link(slug="same")
    after = changed(shelf, link, line_items=[{"price": shelf.tea, "quantity": 2}])
    assert (after["slug"], after["line_items"]["data"][0]["amount_total"]) == ("same", 18000)
    assert "Teh" in world.public.get("/l/same").text
    session = shelf.api.post(SESSIONS, {"payment_link": link["id"]}).ok()
    assert session["amount_total"] == 18000


@pytest.mark.parametrize("name", ["slug", "currency", "url", "id", "created"])
def test_a_links_address_never_changes(world: World, shelf: Shelf, name: str) -> None:
    link = shelf.standing
    with world.untouched():
        reply = shelf.api.post(f"{LINKS}/{link['id']}", {name: "abc"})
        check_refusal(reply, 400, UNKNOWN, name)


def limited(limit: Any) -> Json:
    return {"restrictions": {"completed_sessions": {"limit": limit}}}


def test_a_limit_is_lowered_to_what_is_sold_and_held_and_no_further(
    world: World, shelf: Shelf
) -> None:
    link = shelf.link(**limited(3))
    for _ in range(2):
        shelf.api.post(SESSIONS, {"payment_link": link["id"]}).ok()
    with world.untouched():
        reply = shelf.api.post(f"{LINKS}/{link['id']}", limited(1))
        check_refusal(reply, 400, INVALID, LIMIT)
    assert reply.error["details"] == {"least": 2}
    told = {"limit": 2, "count": 0, "pending": 2}
    assert changed(shelf, link, **limited(2))["restrictions"] == {"completed_sessions": told}
    refused = shelf.api.post(SESSIONS, {"payment_link": link["id"]})
    check_refusal(refused, 409, "payment_link_limit_reached", None)
    told = {"limit": 4, "count": 0, "pending": 2}
    assert changed(shelf, link, **limited(4))["restrictions"] == {"completed_sessions": told}
    for nothing in ({}, {"restrictions": None}):
        assert changed(shelf, link, **nothing)["restrictions"] == {"completed_sessions": told}


def test_the_same_key_changes_a_link_once(world: World, shelf: Shelf) -> None:
    link = shelf.link()
    at = f"{LINKS}/{link['id']}"
    first = shelf.api.post(at, {"active": False}, "pause")
    assert first.ok()["active"] is False
    with world.untouched():
        check_replay(shelf.api.post(at, {"active": False}, "pause"), first)
        reused = shelf.api.post(at, {"active": True}, "pause")
        check_refusal(reused, 422, "idempotency_key_reused", "Idempotency-Key")


def test_anothers_link_is_not_there(world: World, shelf: Shelf, b: Merchant) -> None:
    link = shelf.standing
    with world.untouched():
        reply = b.api.post(f"{LINKS}/{link['id']}", {"active": False})
        check_refusal(reply, 404, "resource_missing", None)


# --- what a shopper answers -------------------------------------------------------------------


def test_what_a_shopper_tells_is_in_the_session(world: World, shelf: Shelf) -> None:
    line = {"adjustable_quantity": {"enabled": True}, "variants": [shelf.large]}
    collect = {"name": "required", "phone": "required", "shipping_address": "required"}
    link = shelf.link(line=line, collect=collect, custom_fields=[TEXT, CHOICE])
    left = stock(shelf.merchant, shelf.kaos)[0]
    home = {"line1": "Jl. Melati 3", "city": "Bandung", "state": "Jawa Barat",
            "postal_code": "40111"}  # fmt: skip
    told = {
        "quantity_1": "2", "variant_1": shelf.large, "name": "Sari", "phone": "0812 3456 789",
        "field_size": "s", "utm_source": "wa", "client_reference_id": "order-7",
        **{f"address_{name}": value for name, value in home.items()},
    }  # fmt: skip
    assert tap(world, link, **told).status == 303
    session = payments_of(shelf.merchant)[0]
    assert session["amount_total"] == 70000
    assert session["customer_details"] == {
        "name": "Sari", "phone": "+628123456789", "email": None,
        "address": {**home, "village": None, "district": None, "country": "ID"},
    }  # fmt: skip
    assert session["custom_fields"] == [
        {"key": "size", "label": {"type": "custom", "custom": "Ukuran"}, "type": "dropdown",
         "dropdown": {"value": "s"}}
    ]  # fmt: skip
    assert session["utm"] == {
        "source": "wa", "medium": None, "campaign": None, "content": None, "term": None,
    }  # fmt: skip
    assert session["client_reference_id"] == "order-7"
    assert stock(shelf.merchant, shelf.kaos)[0] == left - 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""}, {"name": "a\u202eb"}, {"quantity_1": "100"}, {"quantity_1": "x"},
        {"variant_1": "price_x"}, {"field_size": "m"}, {"field_size": ""}, {"field_print": "a"},
    ],
    ids=str,
)  # fmt: skip
def test_a_wrong_answer_begins_nothing(world: World, shelf: Shelf, wrong: dict[str, str]) -> None:
    line = {"adjustable_quantity": {"enabled": True}, "variants": [shelf.large]}
    link = shelf.link(line=line, collect={"name": "required"}, custom_fields=[TEXT, CHOICE])
    with world.untouched():
        reply = tap(world, link, **{"name": "Sari", "field_size": "s", **wrong})
    assert reply.status not in (303, 500)


def test_a_shopper_gives_what_she_likes(world: World, shelf: Shelf) -> None:
    link = shelf.link(line={"price": shelf.gift})
    with world.untouched():
        for amount in ("", "999", "9999999999999", "1.5"):
            assert tap(world, link, amount=amount).status not in (303, 500)
    assert tap(world, link, amount="Rp25.000").status == 303
    session = payments_of(shelf.merchant)[0]
    assert session["amount_total"] == 25000
    shown = session["line_items"]["data"][0]["price"]
    assert (shown["unit_amount"], shown["custom_unit_amount"]) == (25000, None)
    with world.untouched():
        by_server = {"payment_link": link["id"]}
        check_refusal(shelf.api.post(SESSIONS, by_server), 400, INVALID, "payment_link")
        by_price = {"line_items": [{"price": shelf.gift}]}
        check_refusal(shelf.api.post(SESSIONS, by_price), 400, INVALID, "line_items")
