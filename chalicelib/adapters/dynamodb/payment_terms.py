"""What of a payment never changes and is never searched, packed: its `terms`, and the provider's
`page`.

So an ordinary payment stays under the KB by which DynamoDB charges, three times for each write: the
item, and its places in two lists.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from chalicelib.adapters.dynamodb.item_forms import Read, item_without_nones
from chalicelib.adapters.dynamodb.packing import packed, unpacked
from chalicelib.adapters.dynamodb.shop_items import (
    after_from_item,
    after_to_item,
    line_item_from_item,
    line_item_to_item,
)
from chalicelib.adapters.dynamodb.writes import Item
from chalicelib.domain.catalog import LineItem
from chalicelib.domain.ids import PaymentLinkId
from chalicelib.domain.link_forms import Address, Customer, FieldAnswer, FieldType
from chalicelib.domain.payment_links import AfterCompletion
from chalicelib.domain.payments import NextAction, Payment, ProviderSession

_READ_LATELY = 64


class Terms(NamedTuple):
    """What a payment was made with, under a payment's own names."""

    items: tuple[LineItem, ...]
    payment_method_types: tuple[str, ...]
    secret: str
    payment_link: PaymentLinkId | None
    slug: str | None
    success_url: str | None
    cancel_url: str | None
    client_reference_id: str | None
    customer_email: str | None
    metadata: Mapping[str, str]
    passed_on: Mapping[str, Any]
    customer: Customer | None
    custom_fields: tuple[FieldAnswer, ...]
    utm: Mapping[str, str]
    after_completion: AfterCompletion | None


_terms = attrgetter(*Terms._fields)
_LAST: dict[str, tuple[tuple[Any, ...], bytes]] = {}


def terms_packed(payment: Payment) -> bytes:
    """The item's `terms`."""
    terms = Terms._make(_terms(payment))
    return _packed_once("terms", terms, lambda: _terms_to_item(terms))


def terms_from(data: bytes) -> Terms:
    """What `terms_packed` was given."""
    terms = _terms_from(data)
    _LAST["terms"] = (terms, data)
    return terms


def page_packed(provider: ProviderSession) -> bytes:
    """The item's `page`."""
    return _packed_once("page", (provider,), lambda: _page_to_item(provider))


def provider_from(intent: str, data: bytes) -> ProviderSession:
    """The provider's session of this intent, with the page that `page_packed` was given."""
    provider = _provider_from(intent, data)
    _LAST["page"] = ((provider,), data)
    return provider


def _packed_once(name: str, of: tuple[Any, ...], item: Callable[[], Item]) -> bytes:
    """What was packed or read last is most often asked for again: a payment before and after its
    change, and its event's. `of` are the objects that the item is made of."""
    known = _LAST.get(name)
    if known is not None and all(a is b for a, b in zip(known[0], of, strict=True)):
        return known[1]
    data = packed(item())
    _LAST[name] = (of, data)
    return data


def _terms_to_item(terms: Terms) -> Item:
    return item_without_nones(
        items=[line_item_to_item(item) for item in terms.items],
        payment_method_types=list(terms.payment_method_types),
        secret=terms.secret,
        payment_link=terms.payment_link,
        slug=terms.slug,
        success_url=terms.success_url,
        cancel_url=terms.cancel_url,
        client_reference_id=terms.client_reference_id,
        customer_email=terms.customer_email,
        metadata=dict(terms.metadata),
        passed_on=dict(terms.passed_on) or None,
        customer=_customer(terms.customer),
        custom_fields=[_answer(each) for each in terms.custom_fields] or None,
        utm=dict(terms.utm) or None,
        after_completion=after_to_item(terms.after_completion),
    )


@lru_cache(_READ_LATELY)
def _terms_from(data: bytes) -> Terms:
    """A payment is read again and again while it is paid, and its terms stay what they are."""
    item = unpacked(data)
    return Terms(
        items=tuple(line_item_from_item(line) for line in item["items"]),
        payment_method_types=tuple(item["payment_method_types"]),
        secret=item["secret"],
        payment_link=item.get("payment_link"),
        slug=item.get("slug"),
        success_url=item.get("success_url"),
        cancel_url=item.get("cancel_url"),
        client_reference_id=item.get("client_reference_id"),
        customer_email=item.get("customer_email"),
        metadata=item["metadata"],
        passed_on=item.get("passed_on", {}),
        customer=_customer_from(item.get("customer")),
        custom_fields=tuple(_answer_from(each) for each in item.get("custom_fields", ())),
        utm=item.get("utm", {}),
        after_completion=after_from_item(item.get("after_completion")),
    )


def _page_to_item(provider: ProviderSession) -> Item:
    action = provider.action
    return item_without_nones(
        psp_session=provider.session,
        psp_url=provider.url,
        psp_action={"type": action.type, "key": action.key} if action else None,
    )


@lru_cache(_READ_LATELY)
def _provider_from(intent: str, data: bytes) -> ProviderSession:
    page = unpacked(data)
    action = NextAction(**page["psp_action"]) if "psp_action" in page else None
    return ProviderSession(page.get("psp_session"), intent, page.get("psp_url"), action)


def _customer(customer: Customer | None) -> Item | None:
    if customer is None:
        return None
    address = customer.address
    return item_without_nones(
        name=customer.name,
        phone=customer.phone,
        email=customer.email,
        address=item_without_nones(**asdict(address)) if address else None,
    )


def _customer_from(item: Read | None) -> Customer | None:
    if item is None:
        return None
    address = Address(**item["address"]) if "address" in item else None
    return Customer(
        name=item.get("name"), phone=item.get("phone"), email=item.get("email"), address=address
    )


def _answer(answer: FieldAnswer) -> Item:
    return item_without_nones(
        key=answer.key,
        label=answer.label,
        type=answer.type.value,
        value=answer.value,
        option=answer.option,
    )


def _answer_from(item: Read) -> FieldAnswer:
    return FieldAnswer(
        key=item["key"],
        label=item["label"],
        type=FieldType(item["type"]),
        value=item["value"],
        option=item.get("option"),
    )
