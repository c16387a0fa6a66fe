"""What is kept, a page at a time and the oldest first, so that no more than a page is held.

What begins while an export runs comes at its end, where it is still to be read.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from chalicelib.domain.ids import Tenant, session_id
from chalicelib.domain.payments import Payment
from chalicelib.domain.refunds import Refund
from chalicelib.usecases.ports import Found, Slice, Store
from ops.days import Days
from ops.export.columns import Returned

PAGE = 100
T = TypeVar("T")


def payments(store: Store, tenant: Tenant, days: Days) -> Iterator[Payment]:
    """Those that began in these days; one query for a hundred."""
    bounds = days.bounds("cs")
    for page in _pages(lambda part: store.payments(tenant, part), _of_payment, *bounds):
        yield from page


def refunds(store: Store, tenant: Tenant, days: Days) -> Iterator[Returned]:
    """Those that began in these days, with their payments; one query and one read for a hundred."""
    bounds = days.bounds("re")
    for page in _pages(lambda part: store.refunds(tenant, part), _of_refund, *bounds):
        paid = store.payments_by_id(tenant, [refund.payment for refund in page])
        yield from (Returned(refund, paid.get(refund.payment)) for refund in page)


def _of_payment(payment: Payment) -> str:
    return session_id(payment.id)


def _of_refund(refund: Refund) -> str:
    return refund.id


def _pages(
    listed: Callable[[Slice], Found[T]], name: Callable[[T], str], since: str, until: str
) -> Iterator[Sequence[T]]:
    after = since
    while True:
        found = listed(Slice(limit=PAGE, after=after, until=until))
        if found.items:
            yield found.items[::-1]
        if not found.has_more:
            return
        after = name(found.items[0])
