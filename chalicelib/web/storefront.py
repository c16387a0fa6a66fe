"""The shopper's pages: what is sold, the way to the provider, and how the payment stands.

GET and HEAD read and never write. They work without cookies and without JavaScript, because the
wallet may come back to another browser than the one that left.
"""

from dataclasses import replace

from chalice.app import Blueprint

from chalicelib.domain.errors import (
    InvalidRequest,
    LinkClosed,
    PspError,
    ResourceMissing,
    TautanError,
)
from chalicelib.domain.ids import session_id
from chalicelib.domain.merchants import Merchant
from chalicelib.domain.payment_links import Closed
from chalicelib.domain.payments import Payment
from chalicelib.domain.status_tokens import parse_status_token, status_token
from chalicelib.usecases.ports import OpenedLink
from chalicelib.usecases.start_checkout import open_link
from chalicelib.web import showing, taps
from chalicelib.web.asking import form_of
from chalicelib.web.bodies import parsed
from chalicelib.web.endpoint import Answer, Call, cause_of, public_route
from chalicelib.web.errors import STATUS, retry_after
from chalicelib.web.ordering import Order, filling, opening_order, order_of, prefilled
from chalicelib.web.pages import render, texts
from chalicelib.web.pages.render import Page
from chalicelib.web.pages.texts import Language
from chalicelib.web.reading import Reader
from chalicelib.web.visitors import visitor

routes = Blueprint(__name__)


def _page(page: Page, status: int = 200) -> Answer:
    return Answer(page.html, status, page.headers)


def _query(call: Call) -> dict[str, str]:
    """The query of an address that anyone may have put together: nothing in it is refused."""
    return dict(call.request.query_params or {})


def _asked(call: Call) -> Language | None:
    """The language that the address asks for."""
    return texts.language_named(_query(call).get("lang"))


def _language(call: Call) -> Language:
    return _asked(call) or texts.language_for(call.header("accept-language"))


def tell(call: Call, error: TautanError | None) -> Answer:
    """The page that tells a shopper what went wrong."""
    status = _status(error)
    page = render.error_page(status, _language(call))
    retry = {"Retry-After": "5"} if status == 503 else retry_after(error)
    return Answer(page.html, status, {**page.headers, **retry})


def _status(error: TautanError | None) -> int:
    if error is None:
        return 500
    return 503 if isinstance(error, PspError) else STATUS[type(error)]


@public_route(routes, ["GET", "HEAD"], "/l/{slug}", tell)
def show_link(call: Call) -> Answer:
    opened = _opened(call)
    if opened.offer.closed(call.now) is not None:
        return _closed(call, opened)
    query = _query(call)
    order = opening_order(opened.offer, prefilled(opened.offer, query))
    return _form(call, opened, order, call.app.mint.secret(), filling(query))


@public_route(routes, ["POST"], "/l/{slug}", tell)
def pay_link(call: Call) -> Answer:
    opened, told = _opened(call), _told(call)
    order = order_of(opened.offer, told)
    if opened.offer.closed(call.now) is not None or taps.is_meant(call.header, told):
        return _paying(call, opened, order)
    return (
        _ask_again(call, opened, order) if order.problems else _ask_once_more(call, opened, order)
    )


@public_route(routes, ["GET", "HEAD"], "/s/{token}", tell)
def show_status(call: Call) -> Answer:
    view = showing.status(*payment_of(call), _reader(call), call.app.settings.public_url)
    return _page(render.status_page(view, _language(call)))


@public_route(routes, ["GET", "HEAD"], "/r/{token}", tell)
def show_receipt(call: Call) -> Answer:
    view = showing.receipt(*payment_of(call), _reader(call), call.app.settings.public_url)
    return _page(render.receipt_page(view, _language(call)))


def _reader(call: Call) -> Reader:
    stays = "stay" in _query(call)
    return Reader(call.now, _language(call), asked=_asked(call) is not None, stays=stays)


def payment_of(call: Call) -> tuple[Payment, Merchant]:
    """The payment that the path's token opens, and its shop; raises ResourceMissing."""
    token = parse_status_token(call.path["token"])
    found = call.app.store.payment_with_merchant(token.tenant, token.payment) if token else None
    if token is None or found is None or not token.opens(found[0]):
        raise ResourceMissing("payment", "")
    return found


def _opened(call: Call) -> OpenedLink:
    call.note(**visitor(call.request.method, call.header).facts())
    now = call.now if call.request.method == "POST" else None
    opened = open_link(call.app.store, call.path["slug"], now)
    call.note(payment_link=opened.offer.link.id)
    return opened


def _closed(call: Call, opened: OpenedLink, since: LinkClosed | None = None) -> Answer:
    """Why it cannot be paid: as it was read, or as it has become `since`."""
    told = since.details["inactive_reason"] if since else Closed.LIMIT_REACHED
    reason = opened.offer.closed(call.now) or Closed(str(told))
    language = _language(call)
    view = showing.closed(opened, reason, call.app.settings.public_url, language)
    return _page(render.closed_page(view, language), 410)


def _form(
    call: Call,
    opened: OpenedLink,
    order: Order,
    attempt: str,
    kept: tuple[tuple[str, str], ...] = (),
) -> Answer:
    language, settings = _language(call), call.app.settings
    form = form_of(opened.offer, order, language)
    view = showing.offer(opened, settings.public_url, attempt, order, form)
    view = replace(view, pay_url=_pay_url(call, opened), kept=kept)
    page = render.offer_page(view, language, settings.page_hosts)
    return _page(page, 400 if order.problems else 200)


def _paying(call: Call, opened: OpenedLink, order: Order) -> Answer:
    cause = cause_of(call, "shopper", opened.offer.link.id)
    try:
        payment = call.app.checkout.pay_link(
            opened, order.told, taps.attempt(order.told), cause, call.address
        )
    except LinkClosed as closed:
        return _closed(call, opened, closed)
    except InvalidRequest:
        if not order.problems:
            raise
        return _ask_again(call, opened, order)
    call.note(session=session_id(payment.id))
    return Answer("", 303, {"Location": _next(call, payment), "Referrer-Policy": "no-referrer"})


def _ask_again(call: Call, opened: OpenedLink, order: Order) -> Answer:
    """The page as the shopper filled it in, with what is wrong; nothing is written."""
    call.note(outcome="asked_again")
    return _form(call, opened, order, taps.nonce(order.told) or call.app.mint.secret())


def _ask_once_more(call: Call, opened: OpenedLink, order: Order) -> Answer:
    call.note(outcome="asked_once_more")
    form = call.body if order.told else b""
    fields = taps.once_more(form, taps.nonce(order.told) or call.app.mint.secret())
    view = showing.confirm(opened, _pay_url(call, opened), order, fields)
    return _page(render.confirm_page(view, _language(call), call.app.settings.page_hosts))


def _pay_url(call: Call, opened: OpenedLink) -> str:
    """Where the form goes, in the language that the address asked for."""
    asked = _asked(call)
    address = showing.address(opened, call.app.settings.public_url)
    return f"{address}?lang={asked}" if asked else address


def _told(call: Call) -> dict[str, str]:
    """What the page's form says; nothing, when something else was sent."""
    fields, form = parsed(call.body, call.header("content-type") or "")
    return {name: value for name, value in fields.items() if form and isinstance(value, str)}


def _next(call: Call, payment: Payment) -> str:
    """Where the shopper goes: to pay, or, when that is over, to see how it ended."""
    page = payment.provider.url if payment.provider else None
    if page is not None and payment.session_status(call.now) == "open":
        return page
    asked = _asked(call)
    status = f"{call.app.settings.public_url}/s/{status_token(payment)}"
    return f"{status}?lang={asked}" if asked else status
