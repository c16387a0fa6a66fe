"""Products, prices and links: made once, found again, and nothing else."""

import pytest

from chalicelib.domain.errors import (
    AmountBelowMinimum,
    IdempotencyKeyReused,
    ParameterInvalid,
    ResourceMissing,
)
from chalicelib.domain.money import Money
from chalicelib.domain.payment_links import Offer
from chalicelib.usecases.catalog import (
    NewPrice,
    NewProduct,
    create_price,
    create_product,
    retrieve_price,
    retrieve_product,
)
from chalicelib.usecases.payment_links import (
    NewLine,
    NewPaymentLink,
    create_payment_link,
    retrieve_payment_link,
)
from tests.builders import a_price, a_product, a_tenant, rupiah, ulid
from tests.fakes.world import World, at

APPLE = NewProduct(name="apple", description="red", images=("https://a.example/i",), metadata={})


def price_of(product: str | NewProduct, amount: Money | None = None) -> NewPrice:
    """A price to be."""
    return NewPrice(unit_amount=amount or rupiah(20_000), product=product, metadata={})


def link_to(*prices: str, quantity: int = 1) -> NewPaymentLink:
    """A link to be, for DANA."""
    return NewPaymentLink(
        lines=[NewLine(price=price, quantity=quantity) for price in prices],
        payment_method_types=("dana",),
        metadata={},
    )


def test_a_product_is_kept_as_it_was_given_and_found_again() -> None:
    world = World()
    product = create_product(world.store, world.mint, world.asking(), APPLE)
    assert product.name == "apple"
    assert (product.description, product.images) == ("red", ("https://a.example/i",))
    assert product.created == product.updated == world.now
    assert retrieve_product(world.store, world.tenant, product.id) == product
    kinds = [item["kind"] for item in world.engine.everything()]
    assert kinds == ["event", "product"]


def test_the_same_key_gives_the_same_product_and_makes_no_second() -> None:
    world = World()
    first = create_product(world.store, world.mint, world.asking("k1"), APPLE)
    with world.still():
        again = create_product(world.store, world.mint, world.asking("k1"), APPLE)
    assert again == first
    assert world.count("product") == 1


def test_the_same_key_for_something_else_is_refused() -> None:
    world = World()
    create_product(world.store, world.mint, world.asking("k1", "a"), APPLE)
    with world.still(), pytest.raises(IdempotencyKeyReused) as refused:
        create_product(world.store, world.mint, world.asking("k1", "b"), APPLE)
    assert refused.value.param == "Idempotency-Key"


def test_a_key_is_a_key_of_its_route_and_tenant() -> None:
    world = World()
    product = create_product(world.store, world.mint, world.asking("k1", "a"), APPLE)
    create_price(world.store, world.mint, world.asking("k1", "b"), price_of(product.id))
    other = world.asking("k1", "c", tenant=a_tenant(number=2))
    live = world.asking("k1", "d", tenant=a_tenant(livemode=True))
    for asking in (other, live):
        create_product(world.store, world.mint, asking, APPLE)
    assert (world.count("product"), world.count("price")) == (3, 1)


@pytest.mark.parametrize(
    "key", ["", " ", "a b", "a#b", "é", "x" * 129, "a\n", "x" * 10_000, "a.b", "\ud800"]
)
def test_a_key_that_is_none_is_refused_by_name(key: str) -> None:
    world = World()
    with world.still(), pytest.raises(ParameterInvalid) as refused:
        create_product(world.store, world.mint, world.asking(key), APPLE)
    assert refused.value.param == "Idempotency-Key"


def test_128_letters_digits_and_dashes_are_a_key() -> None:
    world = World()
    create_product(world.store, world.mint, world.asking("aZ09_-" + "x" * 122), APPLE)
    assert world.count("idempotency") == 1


@pytest.mark.parametrize("tenant", [a_tenant(number=2), a_tenant(livemode=True)])
def test_what_is_anothers_is_as_missing_as_what_never_was(tenant: object) -> None:
    world = World()
    price = world.price()
    link = world.link()
    for retrieve, kind, id in [
        (retrieve_product, "product", price.product),
        (retrieve_price, "price", price.id),
        (retrieve_payment_link, "payment link", link),
    ]:
        never = f"{id[:-1]}Z"
        with pytest.raises(ResourceMissing) as theirs:
            retrieve(world.store, tenant, id)  # type: ignore[operator]
        with pytest.raises(ResourceMissing) as missing:
            retrieve(world.store, world.tenant, never)  # type: ignore[operator]
        assert theirs.value.message == f"No such {kind}: '{id}'"
        assert missing.value.message == f"No such {kind}: '{never}'"
        assert theirs.value.details == missing.value.details == {}


def test_a_price_comes_with_its_new_product_in_one_stroke() -> None:
    world = World()
    price = create_price(world.store, world.mint, world.asking("k"), price_of(APPLE))
    assert retrieve_price(world.store, world.tenant, price.id) == price
    assert retrieve_product(world.store, world.tenant, price.product).name == "apple"
    assert world.engine.calls["write"] == 1
    with world.still():
        assert create_price(world.store, world.mint, world.asking("k"), price_of(APPLE)) == price


def test_a_price_of_a_product_that_stands_does_not_write_it_again() -> None:
    world = World()
    product = world.product()
    price = create_price(world.store, world.mint, world.asking(), price_of(product.id))
    assert price.product == product.id
    assert (world.count("product"), world.count("price")) == (1, 1)


def test_a_price_of_an_unknown_product_is_refused_by_name() -> None:
    world = World()
    with world.still(), pytest.raises(ResourceMissing) as refused:
        create_price(world.store, world.mint, world.asking("k"), price_of(f"prod_{ulid()}"))
    assert refused.value.param == "product"


# --- links ----------------------------------------------------------------------------------


def created(world: World, new: NewPaymentLink, key: str | None = None) -> Offer:
    """The link with its lines."""
    return create_payment_link(world.store, world.mint, world.asking(key), new)


def test_a_link_offers_its_prices_and_its_slug_says_nothing() -> None:
    world = World()
    tea, apple = world.price(1_000), world.price(500)
    new = NewPaymentLink(
        lines=[NewLine(price=tea.id, quantity=3), NewLine(price=apple.id, quantity=2)],
        payment_method_types=("dana",),
        metadata={"a": "b"},
    )
    offer = created(world, new)
    assert offer.total == rupiah(4_000)
    assert [line.quantity for line in offer.items] == [3, 2]
    assert (offer.link.currency, len(offer.link.slug)) == ("IDR", 24)
    assert retrieve_payment_link(world.store, world.tenant, offer.link.id) == offer
    assert offer.link.slug not in offer.link.id


def test_the_same_key_gives_the_same_link() -> None:
    world = World()
    new = link_to(world.price().id)
    first = created(world, new, "k")
    with world.still():
        assert created(world, new, "k") == first


def test_a_race_for_one_key_makes_one_link() -> None:
    world = World()
    new = link_to(world.price().id)
    world.engine.before = at("write", lambda: created(world, new, "k"))
    created(world, new, "k")
    assert (world.count("payment_link"), world.count("slug")) == (1, 1)


def test_a_link_to_an_unknown_price_names_its_line() -> None:
    world = World()
    known, unknown = world.price().id, f"price_{ulid()}"
    with world.still(), pytest.raises(ResourceMissing) as refused:
        created(world, link_to(known, unknown))
    assert refused.value.param == "line_items[1][price]"


@pytest.mark.parametrize("archived", ["product", "price"])
def test_a_link_to_something_archived_names_its_line(archived: str) -> None:
    world = World()
    price = a_price(active=archived != "price")
    world.store.add_price(world.tenant, price, a_product(active=archived != "product"), None)
    with world.still(), pytest.raises(ParameterInvalid, match="is archived") as refused:
        created(world, link_to(price.id))
    assert refused.value.param == "line_items[0][price]"


def test_a_link_that_dana_cannot_take_is_refused() -> None:
    world = World()
    cheap = world.price(99).id
    with world.still(), pytest.raises(AmountBelowMinimum) as refused:
        created(world, link_to(cheap))
    assert refused.value.param == "line_items"
    dollars = world.price(20_000, "USD").id
    with world.still(), pytest.raises(ParameterInvalid, match="takes IDR"):
        created(world, link_to(dollars))


def test_a_link_in_two_currencies_is_refused() -> None:
    world = World()
    prices = (world.price().id, world.price(1, "USD").id)
    with world.still(), pytest.raises(ParameterInvalid, match="one currency"):
        created(world, link_to(*prices))


def test_a_link_of_more_than_a_trillion_is_refused() -> None:
    world = World()
    price = world.price(10**12).id
    with world.still(), pytest.raises(ParameterInvalid, match=r"10\^12"):
        created(world, link_to(price, quantity=2))
