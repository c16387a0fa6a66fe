"""Products, prices and links change: what is told and nothing else, once, whoever else is at it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.catalog import MOST_METADATA, CustomAmount, Inventory, Price, Product
from chalicelib.domain.errors import (
    AmountAboveWalletLimit,
    AnswersInvalid,
    IdempotencyKeyReused,
    NotReadyYet,
    ParameterInvalid,
    ResourceMissing,
    SlugTaken,
)
from chalicelib.domain.ids import Millis
from chalicelib.domain.link_forms import Ask, Collect, CustomField, FieldType
from chalicelib.domain.merchants import Policy
from chalicelib.domain.payment_links import AfterCompletion, Offer, Then
from chalicelib.domain.payments import PaymentStatus
from chalicelib.domain.psp_facts import IntentStatus
from chalicelib.usecases.catalog import (
    NewPrice,
    NewProduct,
    StockChange,
    create_price,
    create_product,
    retrieve_price,
    retrieve_product,
    update_price,
    update_product,
)
from chalicelib.usecases.failures import Answered, Replayed
from chalicelib.usecases.payment_links import (
    MOST_PRICES,
    NewLine,
    NewPaymentLink,
    create_payment_link,
    retrieve_payment_link,
    update_payment_link,
)
from chalicelib.usecases.start_checkout import NewSession, open_link
from tests.builders import a_cause, a_merchant, an_api_key, rupiah, ulid
from tests.fakes.world import World, at
from tests.usecases.test_webhook import about

LIMIT = "restrictions[completed_sessions][limit]"


class Shop:
    """A world with a merchant, a product of three kinds, and what changes them."""

    def __init__(self, stock: Inventory | None = None) -> None:
        self.world = World()
        self.store, self.mint = self.world.store, self.world.mint
        self.store.add_merchant(a_merchant(), an_api_key())
        new = NewProduct(name="kaos", inventory=stock, metadata={"a": "1", "b": "2"})
        self.product = create_product(self.store, self.mint, self.world.asking(), new)
        self.small, self.large = self.priced(20_000), self.priced(35_000)

    def priced(self, amount: int, product: str | None = None, **more: Any) -> Price:
        """Another price of the product, or of another one."""
        new = NewPrice(
            unit_amount=rupiah(amount), product=product or self.product.id, metadata={}, **more
        )
        return create_price(self.store, self.mint, self.world.asking(), new)

    def link(self, *lines: NewLine, **more: Any) -> Offer:
        """A link, over the small one unless lines are given."""
        usual: dict[str, Any] = {"payment_method_types": ("dana",), "metadata": {}}
        new = NewPaymentLink(lines=lines or (NewLine(price=self.small.id),), **{**usual, **more})
        return create_payment_link(self.store, self.mint, self.world.asking(), new)

    def on_product(
        self, key: str | None = None, stock: StockChange | None = None, **changes: Any
    ) -> Product:
        """An update of the product."""
        asking = self.world.asking(key, repr((stock, changes)))
        return update_product(self.store, asking, self.product.id, changes, stock)

    def on_link(
        self, id: str, key: str | None = None, lines: tuple[NewLine, ...] = (), **changes: Any
    ) -> Offer:
        """An update of a link."""
        asking = self.world.asking(key, repr((lines, changes)))
        return update_payment_link(self.store, self.mint, asking, id, changes, lines or None)

    def began(self, link: str) -> Any:
        """A session of a link."""
        new = NewSession(payment_link=link, metadata={})
        return self.world.checkout.start(self.world.asking(), new)

    def kept(self, id: str) -> Offer:
        """A link as it is kept."""
        return retrieve_payment_link(self.store, self.world.tenant, id)


# --- products and prices ----------------------------------------------------------------------


def test_what_is_told_of_a_product_changes_and_nothing_else() -> None:
    shop = Shop()
    shop.world.pass_time(5)
    after = shop.on_product(name="Kaos Hitam", url="https://a.example", images=("https://a.b/c",))
    assert after == replace(
        shop.product,
        name="Kaos Hitam",
        url="https://a.example",
        images=("https://a.b/c",),
        updated=shop.world.now,
    )
    assert retrieve_product(shop.store, shop.world.tenant, after.id) == after
    assert shop.on_product(url=None, active=False).url is None
    kept = retrieve_product(shop.store, shop.world.tenant, after.id)
    assert (kept.url, kept.active, kept.name) == (None, False, "Kaos Hitam")


def test_metadata_is_merged_and_an_empty_text_takes_it_away() -> None:
    shop = Shop()
    assert shop.on_product(metadata={"a": "", "c": "3"}).metadata == {"b": "2", "c": "3"}
    assert shop.on_product(metadata={}).metadata == {"b": "2", "c": "3"}
    price = update_price(
        shop.store, shop.world.asking(), shop.small.id, {"metadata": {"size": "S"}}
    )
    assert price.metadata == {"size": "S"}
    link = shop.link(metadata={"x": "1"}).link.id
    assert shop.on_link(link, metadata={"x": "", "y": "2"}).link.metadata == {"y": "2"}
    assert shop.kept(link).link.metadata == {"y": "2"}


def test_metadata_is_never_more_than_fifty_keys() -> None:
    shop = Shop()
    more = {f"k{number}": "v" for number in range(MOST_METADATA - 1)}
    link = shop.link().link.id
    updates: list[Callable[[], object]] = [
        lambda: shop.on_product(metadata=more),
        lambda: shop.on_link(link, metadata={**more, "y": "v", "z": "v"}),
    ]
    for update in updates:
        with shop.world.still(), pytest.raises(ParameterInvalid) as refused:
            update()
        assert refused.value.param == "metadata"


def test_a_price_is_renamed_and_archived_and_its_amount_stays() -> None:
    shop = Shop()
    told = {"nickname": "S", "lookup_key": "kaos-s", "active": False}
    after = update_price(shop.store, shop.world.asking(), shop.small.id, told)
    assert after == replace(
        shop.small, nickname="S", lookup_key="kaos-s", active=False,
        updated=Millis(shop.small.updated + 1),
    )  # fmt: skip
    assert retrieve_price(shop.store, shop.world.tenant, after.id) == after
    told = {"nickname": None, "lookup_key": None}
    after = update_price(shop.store, shop.world.asking(), shop.small.id, told)
    assert (after.nickname, after.lookup_key, after.unit_amount) == (None, None, rupiah(20_000))


def test_each_update_is_later_than_the_one_before_within_one_instant() -> None:
    shop = Shop()
    assert [shop.on_product(name=name).updated for name in "abc"] == [
        shop.world.now + later for later in (1, 2, 3)
    ]
    shop.world.pass_time(10)
    assert shop.on_product(name="d").updated == shop.world.now


@pytest.mark.parametrize("kind", ["product", "price", "payment link"])
@pytest.mark.parametrize("id", ["x", "", f"prod_{ulid()}", f"price_{ulid()}", f"plink_{ulid()}"])
def test_what_is_not_there_is_not_changed(kind: str, id: str) -> None:
    shop = Shop()
    store, asking = shop.store, shop.world.asking("k")
    updates: dict[str, Callable[[], object]] = {
        "product": lambda: update_product(store, asking, id, {"name": "x"}, None),
        "price": lambda: update_price(store, asking, id, {"nickname": "x"}),
        "payment link": lambda: shop.on_link(id, "k", active=False),
    }
    with shop.world.still(), pytest.raises(ResourceMissing) as refused:
        updates[kind]()
    assert refused.value.message == f"No such {kind}: '{id}'"


# --- what is there ----------------------------------------------------------------------------

COUNTED, LOOSE = Inventory(True, 5, 2), Inventory(False, 5, 2)


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        (None, StockChange(available=7), Inventory(True, 7)),
        (None, StockChange(add=7), Inventory(True, 7)),
        (None, StockChange(tracked=False), Inventory(False, 0)),
        (COUNTED, StockChange(available=0), Inventory(True, 0, 2)),
        (COUNTED, StockChange(add=3), Inventory(True, 8, 2)),
        (COUNTED, StockChange(add=-5), Inventory(True, 0, 2)),
        (COUNTED, StockChange(add=0), COUNTED),
        (COUNTED, StockChange(tracked=False), LOOSE),
        (LOOSE, StockChange(tracked=True), COUNTED),
        (LOOSE, StockChange(add=1), Inventory(False, 6, 2)),
        (LOOSE, StockChange(available=9), Inventory(False, 9, 2)),
    ],
)
def test_pieces_are_counted_anew_or_added(
    before: Inventory | None, change: StockChange, after: Inventory
) -> None:
    shop = Shop(before)
    assert shop.on_product(stock=change).inventory == after
    kept = retrieve_product(shop.store, shop.world.tenant, shop.product.id)
    assert (kept.inventory, kept.metadata) == (after, shop.product.metadata)


@pytest.mark.parametrize(("before", "left"), [(COUNTED, 5), (LOOSE, 5), (None, 0)])
def test_no_more_can_go_than_are_there(before: Inventory | None, left: int) -> None:
    shop = Shop(before)
    with shop.world.still(), pytest.raises(ParameterInvalid) as refused:
        shop.on_product(stock=StockChange(add=-6))
    assert refused.value.param == "inventory[add]"
    assert refused.value.message == f"Only {left} are available."


def test_pieces_that_are_added_come_to_those_of_another_at_the_same_time() -> None:
    shop = Shop(COUNTED)
    shop.world.engine.before = at("write", lambda: shop.on_product(stock=StockChange(add=10)))
    assert shop.on_product(stock=StockChange(add=-5)).inventory == Inventory(True, 10, 2)


def test_pieces_that_another_took_meanwhile_cannot_be_taken() -> None:
    shop = Shop(COUNTED)
    shop.world.engine.before = at("write", lambda: shop.on_product(stock=StockChange(add=-1)))
    with pytest.raises(ParameterInvalid, match="Only 4 are available"):
        shop.on_product(stock=StockChange(add=-5))
    kept = retrieve_product(shop.store, shop.world.tenant, shop.product.id)
    assert kept.inventory == Inventory(True, 4, 2)


# --- once, and against others -----------------------------------------------------------------


def test_the_same_key_changes_once_and_finds_what_came_of_it() -> None:
    shop = Shop(COUNTED)
    link = shop.link(limit=3).link.id
    first = shop.on_product("k", StockChange(add=-5))
    renamed = update_price(shop.store, shop.world.asking("k"), shop.small.id, {"nickname": "S"})
    lowered = shop.on_link(link, "k", limit=1)
    with shop.world.still():
        assert shop.on_product("k", StockChange(add=-5)) == first
        again = update_price(shop.store, shop.world.asking("k"), shop.small.id, {"nickname": "S"})
        assert again == renamed
        assert shop.on_link(link, "k", limit=1) == lowered
    with shop.world.still(), pytest.raises(IdempotencyKeyReused):
        shop.on_product("k", StockChange(add=-4))
    with shop.world.still(), pytest.raises(IdempotencyKeyReused):
        shop.on_product("k", StockChange(add=1))


def test_the_same_key_gets_its_answer_though_it_could_not_be_done_any_more() -> None:
    """The last five are gone since: asked for the first time it would be refused."""
    shop = Shop(COUNTED)

    def ask() -> Product:
        asking = replace(
            shop.world.asking("k"), tell=lambda made: Answered(200, str(made.inventory.available))
        )
        return update_product(shop.store, asking, shop.product.id, {}, StockChange(add=-5))

    assert ask().inventory == Inventory(True, 0, 2)
    with shop.world.still(), pytest.raises(Replayed) as replayed:
        ask()
    assert replayed.value.answer == Answered(200, "0")


def test_a_link_that_was_changed_under_this_key_is_found_though_its_price_is_archived_since() -> (
    None
):
    shop = Shop()
    link = shop.link().link.id
    lines = (NewLine(price=shop.large.id),)
    shop.on_link(link, "k", lines)
    update_price(shop.store, shop.world.asking(), shop.large.id, {"active": False})
    with shop.world.still():
        assert [item.price.id for item in shop.on_link(link, "k", lines).items] == [shop.large.id]
    with shop.world.still(), pytest.raises(ParameterInvalid, match="is archived"):
        shop.on_link(link, "other", lines)


@pytest.mark.parametrize("times", [1, 2])
def test_whoever_loses_a_race_changes_what_the_winner_left(times: int) -> None:
    shop = Shop()
    shop.world.engine.before = at(
        "write", lambda: shop.on_product(metadata={"mine": "1"}), times=times
    )
    after = shop.on_product(name="Kaos", metadata={"a": ""})
    assert (after.name, after.metadata) == ("Kaos", {"b": "2", "mine": "1"})
    link = shop.link().link.id
    shop.world.engine.before = at("write", lambda: shop.on_link(link, active=False), times=times)
    changed = shop.on_link(link, inactive_message="Libur")
    assert (changed.link.active, changed.link.inactive_message) == (False, "Libur")
    assert shop.kept(link) == changed


def test_whoever_loses_three_races_may_try_again() -> None:
    shop = Shop()
    shop.world.engine.before = at("write", lambda: shop.on_product(name="theirs"), times=3)
    with pytest.raises(NotReadyYet):
        shop.on_product(name="mine")
    kept = retrieve_product(shop.store, shop.world.tenant, shop.product.id)
    assert kept.name == "theirs"


# --- links ------------------------------------------------------------------------------------

FIELDS = (CustomField(key="print", label="Tulisan", type=FieldType.TEXT),)
CHANGES: dict[str, Any] = {
    "active": False,
    "expires_at": Millis(1_900_000_000_000),
    "inactive_message": "Libur",
    "payment_method_types": ("dana", "bank_transfer_id"),
    "late_payment_policy": Policy.REFUND,
    "duplicate_payment_policy": Policy.ACCEPT,
    "collect": Collect(name=Ask.REQUIRED),
    "custom_fields": FIELDS,
    "after_completion": AfterCompletion(Then.REDIRECT, None, "https://a.example/"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_part_of_a_link_changes_alone(name: str) -> None:
    shop = Shop()
    before = shop.link()
    after = shop.on_link(before.link.id, **{name: CHANGES[name]})
    later = Millis(before.link.updated + 1)
    assert after.link == replace(before.link, **{name: CHANGES[name]}, updated=later)
    assert after.items == before.items
    assert shop.kept(before.link.id) == after


def test_what_may_be_taken_away_is_gone() -> None:
    shop = Shop()
    before = shop.link(**{name: value for name, value in CHANGES.items() if name != "active"})
    gone: dict[str, Any] = dict.fromkeys(
        ("expires_at", "inactive_message", "late_payment_policy", "duplicate_payment_policy",
         "after_completion")
    )  # fmt: skip
    gone |= {"collect": Collect(), "custom_fields": ()}
    after = shop.on_link(before.link.id, **gone).link
    assert after == replace(before.link, **gone, updated=after.updated)
    assert shop.kept(after.id).link == after


def test_new_lines_take_the_place_of_the_old_ones() -> None:
    shop = Shop()
    link = shop.link().link
    lines = (
        NewLine(price=shop.small.id, quantity=2, adjustable=(1, 5), variants=(shop.large.id,)),
    )
    after = shop.on_link(link.id, lines=lines)
    (line,) = after.link.items
    assert (line.price, line.quantity, line.adjustable, line.variants) == (
        shop.small.id, 2, (1, 5), (shop.large.id,),
    )  # fmt: skip
    assert line.id != link.items[0].id
    assert after.total == rupiah(40_000)
    assert after.variants[line.id] == (shop.small, shop.large)
    assert open_link(shop.store, link.slug).offer == after


def test_a_link_that_could_no_longer_be_paid_is_not_changed() -> None:
    shop = Shop()
    link = shop.link().link.id
    other = shop.priced(20_000, shop.world.product().id)
    gift = shop.priced(1_000, custom=CustomAmount(1_000))
    refusals: dict[str, tuple[tuple[NewLine, ...], str]] = {
        "too much": ((NewLine(price=shop.large.id, quantity=10_000),), "line_items"),
        "unknown": ((NewLine(price=f"price_{ulid()}"),), "line_items[0][price]"),
        "another product": (
            (NewLine(price=shop.small.id, variants=(shop.large.id, other.id)),),
            "line_items[0][variants][1]",
        ),
        "unknown variant": (
            (NewLine(price=shop.small.id, variants=("x",)),), "line_items[0][variants][0]"),
        "two of a gift": ((NewLine(price=gift.id, quantity=2),), "line_items[0][price]"),
        "how many gifts": ((NewLine(price=gift.id, adjustable=(1, 2)),), "line_items[0][price]"),
        "a gift or not": (
            (NewLine(price=shop.small.id, variants=(gift.id,)),), "line_items[0][price]"),
        "a gift and more": (
            (NewLine(price=shop.small.id), NewLine(price=gift.id)), "line_items[1][price]"),
    }  # fmt: skip
    for name, (lines, param) in refusals.items():
        kinds = (ParameterInvalid, ResourceMissing, AmountAboveWalletLimit)
        with shop.world.still(), pytest.raises(kinds) as refused:
            shop.on_link(link, lines=lines)
        assert refused.value.param == param, name
    with shop.world.still(), pytest.raises(ParameterInvalid, match="takes PHP"):
        shop.on_link(link, payment_method_types=("gcash",))
    assert shop.on_link(link, lines=(NewLine(price=gift.id),)).total == rupiah(1_000)


def test_a_variant_in_another_currency_is_refused() -> None:
    shop = Shop()
    new = NewPrice(unit_amount=shop.world.price(5, "USD").unit_amount, product=shop.product.id,
                   metadata={})  # fmt: skip
    dollars = create_price(shop.store, shop.mint, shop.world.asking(), new).id
    with shop.world.still(), pytest.raises(ParameterInvalid) as refused:
        shop.link(NewLine(price=shop.small.id, variants=(dollars,)))
    assert refused.value.param == "line_items[0][variants][0]"


def test_a_link_has_as_many_prices_as_can_be_read_at_once() -> None:
    shop = Shop()
    prices = [shop.priced(20_000 + number).id for number in range(MOST_PRICES + 1)]
    each = [prices[at : at + 20] for at in range(0, len(prices), 20)]
    lines = [NewLine(price=some[0], variants=tuple(some[1:])) for some in each]
    with shop.world.still(), pytest.raises(ParameterInvalid) as refused:
        shop.link(*lines)
    assert refused.value.param == "line_items"
    most = [*lines[:-1], replace(lines[-1], variants=lines[-1].variants[:-1])]
    offer = shop.link(*most)
    assert open_link(shop.store, offer.link.slug).offer == offer


# --- how often --------------------------------------------------------------------------------


def uses(offer: Offer) -> tuple[int | None, int | None, int]:
    """The limit, how many are left, how many were sold."""
    return offer.link.limit, offer.link.uses_remaining, offer.link.completed


def test_a_limit_is_raised_and_lowered_but_not_below_what_is_sold_or_held() -> None:
    shop = Shop()
    link = shop.link(limit=3).link.id
    sold, held = shop.began(link), shop.began(link)
    shop.world.psp.pay(sold)
    assert shop.world.told(about(sold)) == "applied"
    assert uses(shop.kept(link)) == (3, 1, 1)
    assert uses(shop.on_link(link, limit=5)) == (5, 3, 1)
    assert uses(shop.on_link(link, limit=2)) == (2, 0, 1)
    with shop.world.still(), pytest.raises(ParameterInvalid) as refused:
        shop.on_link(link, limit=1)
    assert (refused.value.param, refused.value.details) == (LIMIT, {"least": 2})
    assert uses(shop.on_link(link, limit=2)) == (2, 0, 1)
    shop.world.told(about(held, IntentStatus.CANCELED))
    assert uses(shop.kept(link)) == (2, 1, 1)
    assert uses(shop.on_link(link, limit=1)) == (1, 0, 1)


def test_a_link_without_a_limit_may_get_one_for_what_comes() -> None:
    shop = Shop()
    link = shop.link().link.id
    before = shop.began(link)
    assert uses(shop.on_link(link, limit=1)) == (1, 1, 0)
    shop.world.psp.pay(before)
    assert shop.world.told(about(before)) == "applied"
    assert uses(shop.kept(link)) == (1, 1, 0)
    shop.began(link)
    assert uses(shop.kept(link)) == (1, 0, 0)


def test_a_use_that_is_taken_while_the_limit_is_lowered_counts() -> None:
    shop = Shop()
    link = shop.link(limit=3).link.id
    shop.world.engine.before = at("write", lambda: shop.began(link))
    assert uses(shop.on_link(link, limit=1)) != (1, 0, 0)
    assert uses(shop.kept(link)) == (1, 0, 0)
    other = shop.link(limit=1).link.id
    shop.world.engine.before = at("write", lambda: shop.began(other))
    assert shop.on_link(other, active=False).link.active is False
    assert uses(shop.kept(other)) == (1, 0, 0)


# --- who is paying already --------------------------------------------------------------------


def test_later_edits_change_no_running_and_no_paid_session() -> None:
    shop = Shop()
    asks = {"collect": Collect(name=Ask.REQUIRED), "custom_fields": FIELDS}
    link = shop.link(
        limit=5, after_completion=AfterCompletion(Then.CONFIRMATION, "Terima kasih"), **asks
    ).link
    opened = open_link(shop.store, link.slug)
    told = {"name": "Sari", "field_print": "Halo"}
    cause = a_cause(at=shop.world.now)
    paid, running = (shop.world.checkout.pay_link(opened, told, key, cause) for key in ("a", "b"))
    shop.world.psp.pay(paid)
    assert shop.world.told(about(paid)) == "applied"
    before = [shop.world.payment(each.id) for each in (paid, running)]
    changes = {
        **CHANGES,
        "custom_fields": (replace(FIELDS[0], label="Lain"),),
        "metadata": {"x": "1"},
    }
    shop.on_link(link.id, lines=(NewLine(price=shop.large.id),), limit=2, **changes)
    update_price(shop.store, shop.world.asking(), shop.small.id, {"nickname": "x"})
    shop.on_product(name="Lain", active=False)
    assert [shop.world.payment(each.id) for each in (paid, running)] == before
    shop.world.psp.pay(running)
    assert shop.world.told(about(running)) == "applied"
    late = shop.world.payment(running.id)
    assert (late.status, late.amount, late.review) == (PaymentStatus.PAID, rupiah(20_000), None)
    assert late.custom_fields[0].label == "Tulisan"
    assert late.after_completion == AfterCompletion(Then.CONFIRMATION, "Terima kasih")
    assert late.items[0].product.name == "kaos"


def test_the_same_tap_again_gets_its_session_though_the_link_asks_for_more_by_now() -> None:
    shop = Shop()
    link = shop.link().link
    cause = a_cause(at=shop.world.now)
    first = shop.world.checkout.pay_link(open_link(shop.store, link.slug), {}, "a", cause)
    shop.on_link(link.id, collect=Collect(name=Ask.REQUIRED))
    opened = open_link(shop.store, link.slug)
    with shop.world.still():
        again = shop.world.checkout.pay_link(opened, {}, "a", cause)
    assert (again.id, again.provider) == (first.id, first.provider)
    for attempt in ("b", None):
        with shop.world.still(), pytest.raises(AnswersInvalid) as refused:
            shop.world.checkout.pay_link(opened, {}, attempt, cause)
        assert refused.value.details == {"name": "missing"}


# --- addresses --------------------------------------------------------------------------------


def test_a_slug_of_ones_own_is_one_links_only() -> None:
    shop = Shop()
    first = shop.link(slug="kaos-lebaran")
    assert first.link.slug == "kaos-lebaran"
    assert open_link(shop.store, "kaos-lebaran").offer == first
    with shop.world.still(), pytest.raises(SlugTaken) as refused:
        shop.link(slug="kaos-lebaran")
    assert (refused.value.param, refused.value.message) == (
        "slug", "Another link has the slug 'kaos-lebaran'.",
    )  # fmt: skip
    assert shop.link(slug="kaos-Lebaran").link.id != first.link.id
    assert shop.on_link(first.link.id, active=False).link.slug == "kaos-lebaran"


def test_a_link_that_was_made_and_not_heard_of_is_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop()
    write = shop.world.engine.write
    monkeypatch.setattr(shop.world.engine, "write", lambda group: (write(group), write(group)))
    made = shop.link(slug="kaos")
    monkeypatch.undo()
    assert open_link(shop.store, "kaos").offer == made
