"""Payment links: create, retrieve and update."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from chalicelib.domain.capabilities import Blame, check_payable
from chalicelib.domain.catalog import Price, Product, merged, total_of
from chalicelib.domain.errors import (
    InvalidRequest,
    ParameterInvalid,
    ResourceMissing,
    SlugTaken,
)
from chalicelib.domain.ids import Millis, PaymentLinkId, PriceId, Tenant, ulid_of
from chalicelib.domain.link_forms import NOTHING_ASKED, Collect, CustomField
from chalicelib.domain.merchants import Policy
from chalicelib.domain.payment_links import (
    AfterCompletion,
    LinkItem,
    Offer,
    PaymentLink,
    offer_of,
)
from chalicelib.usecases.asking import Asking
from chalicelib.usecases.catalog import Changes, insisting, later, priced_items, told_before
from chalicelib.usecases.failures import Lost
from chalicelib.usecases.idempotency import once
from chalicelib.usecases.ports import Mint, Store

MOST_PRICES = 75  # a link is read with them, their products and its merchant in one call of 100
Priced = Mapping[PriceId, tuple[Price, Product]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLine:
    """A line to be: the price's id, how many, and what the shopper may choose instead."""

    price: str
    quantity: int = 1
    adjustable: tuple[int, int] | None = None
    variants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPaymentLink:
    """A link to be. `slug` is the merchant's own; None: one that cannot be guessed."""

    lines: Sequence[NewLine]
    slug: str | None = None
    payment_method_types: tuple[str, ...]
    active: bool = True
    expires_at: Millis | None = None
    inactive_message: str | None = None
    limit: int | None = None
    late_payment_policy: Policy | None = None
    duplicate_payment_policy: Policy | None = None
    collect: Collect = NOTHING_ASKED
    custom_fields: tuple[CustomField, ...] = ()
    after_completion: AfterCompletion | None = None
    metadata: Mapping[str, str]


def create_payment_link(store: Store, mint: Mint, asking: Asking, new: NewPaymentLink) -> Offer:
    """A link that every one of its methods can be paid by; once per idempotency key.

    Raises ResourceMissing for an unknown price, InvalidRequest for an amount or currency that a
    method does not take, SlugTaken.
    """
    try:
        priced, items = _items(store, mint, asking.tenant, new.lines)
    except (InvalidRequest, ResourceMissing):  # archived, perhaps, since the same request made it
        made = told_before(store, asking, "payment_links", "", retrieve_payment_link)
        if made is None:
            raise
        return made
    link = PaymentLink(
        id=PaymentLinkId(f"plink_{mint.ulid()}"),
        slug=new.slug or mint.secret()[:24],
        created=asking.now,
        updated=asking.now,
        items=items,
        currency=priced[items[0].price][0].unit_amount.currency,
        payment_method_types=new.payment_method_types,
        active=new.active,
        expires_at=new.expires_at,
        inactive_message=new.inactive_message,
        metadata=new.metadata,
        limit=new.limit,
        uses_remaining=new.limit,
        late_payment_policy=new.late_payment_policy,
        duplicate_payment_policy=new.duplicate_payment_policy,
        collect=new.collect,
        custom_fields=new.custom_fields,
        after_completion=new.after_completion,
    )
    offer = _offer(link, priced)
    claim = asking.claim("payment_links", link.id, offer)
    try:
        return once(
            lambda: store.add_payment_link(asking.tenant, link, claim),
            claim,
            offer,
            lambda id: retrieve_payment_link(store, asking.tenant, id),
        )
    except Lost as lost:
        if "link" in lost.guards:  # a write of our own that we did not hear of
            return offer
        raise SlugTaken(f"Another link has the slug '{link.slug}'.", param="slug") from None


def update_payment_link(
    store: Store,
    mint: Mint,
    asking: Asking,
    id: str,
    changes: Changes,
    lines: Sequence[NewLine] | None,
) -> Offer:
    """The link with these changes; its running and paid sessions stay as they are.

    `limit` may be changed and not taken away. Raises ResourceMissing, InvalidRequest.
    """

    def change() -> Offer:
        before = retrieve_payment_link(store, asking.tenant, id)
        link = replace(
            _changed(before.link, changes), updated=later(asking.now, before.link.updated)
        )
        if lines is None:
            offer = replace(before, link=link)
        else:
            priced, items = _items(store, mint, asking.tenant, lines)
            currency = priced[items[0].price][0].unit_amount.currency
            link = replace(link, items=items, currency=currency)
            offer = _offer(link, priced)
        _must_be_payable(offer)
        claim = asking.claim("payment_links_update", id, offer)
        return once(
            lambda: store.update_payment_link(asking.tenant, before.link, link, claim),
            claim,
            offer,
            lambda id: retrieve_payment_link(store, asking.tenant, id),
        )

    return insisting(
        change,
        lambda: told_before(store, asking, "payment_links_update", id, retrieve_payment_link),
    )


def retrieve_payment_link(store: Store, tenant: Tenant, id: str) -> Offer:
    """Raises ResourceMissing."""
    link = store.payment_link(tenant, PaymentLinkId(id)) if ulid_of(id, "plink") else None
    if link is None:
        raise ResourceMissing("payment link", id)
    return store.offer(tenant, link)


def _changed(before: PaymentLink, changes: Changes) -> PaymentLink:
    told = dict(changes)
    if "metadata" in told:
        told["metadata"] = merged(before.metadata, told["metadata"])
    if "limit" not in told:
        return replace(before, **told)
    spent = 0 if before.limit is None else before.limit - (before.uses_remaining or 0)
    left = told["limit"] - spent
    if left < 0:
        raise ParameterInvalid(
            f"{spent} are sold or held by open sessions already.",
            param="restrictions[completed_sessions][limit]",
            details={"least": spent},
        )
    return replace(before, **told, uses_remaining=left)


def _items(
    store: Store, mint: Mint, tenant: Tenant, lines: Sequence[NewLine]
) -> tuple[Priced, tuple[LinkItem, ...]]:
    """The lines with their prices; raises InvalidRequest, naming the line."""
    asked = [
        (id, f"line_items[{place}]{at}")
        for place, line in enumerate(lines)
        for id, at in (
            (line.price, "[price]"),
            *((id, f"[variants][{number}]") for number, id in enumerate(line.variants)),
        )
    ]
    if len({id for id, _ in asked}) > MOST_PRICES:
        raise ParameterInvalid(f"A link offers {MOST_PRICES} prices at most.", param="line_items")
    priced = priced_items(store, tenant, asked)
    items = []
    for place, line in enumerate(lines):
        price, product = priced[PriceId(line.price)]
        for number, id in enumerate(line.variants):
            other, of = priced[PriceId(id)]
            if of.id != product.id or other.unit_amount.currency != price.unit_amount.currency:
                raise ParameterInvalid(
                    "A variant is another price of the same product and currency.",
                    param=f"line_items[{place}][variants][{number}]",
                )
        custom = any(priced[PriceId(id)][0].custom for id in (line.price, *line.variants))
        if custom and (len(lines) > 1 or line.variants or line.adjustable or line.quantity > 1):
            raise ParameterInvalid(
                "A price that the shopper sets is the only line, once.",
                param=f"line_items[{place}][price]",
            )
        items.append(
            LinkItem(
                id=f"li_{mint.ulid()}",
                price=price.id,
                product=product.id,
                quantity=line.quantity,
                adjustable=line.adjustable,
                variants=tuple(PriceId(id) for id in line.variants),
            )
        )
    return priced, tuple(items)


def _offer(link: PaymentLink, priced: Priced) -> Offer:
    offer = offer_of(
        link,
        {id: price for id, (price, _) in priced.items()},
        {product.id: product for _, product in priced.values()},
    )
    _must_be_payable(offer)
    return offer


def _must_be_payable(offer: Offer) -> None:
    blame = Blame("line_items", "line_items")
    check_payable(total_of(offer.items), offer.link.payment_method_types, blame)
