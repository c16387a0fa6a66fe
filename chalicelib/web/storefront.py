"""The shopper's pages: what is sold, the way to the provider, and how the payment stands.

GET and HEAD read and never write. They work without cookies and without JavaScript, because the
wallet may come back to another browser than the one that left.
"""

from collections.abc import Mapping

from chalice.app import Blueprint

from chalicelib.domain.errors import LinkClosed, PspError, ResourceMissing, TautanError
from chalicelib.domain.ids import session_id
from chalicelib.domain.merchants import Merchant
from chalicelib.domain.payment_links import Closed
from chalicelib.domain.payments import Payment
from chalicelib.domain.status_tokens import parse_status_token, status_token
from chalicelib.usecases.ports import OpenedLink
from chalicelib.usecases.start_checkout import open_link
from chalicelib.web import showing, taps
from chalicelib.web.bodies import parsed
from chalicelib.web.endpoint import Answer, Call, cause_of, public_route
from chalicelib.web.errors import STATUS, retry_after
from chalicelib.web.pages import render, texts
from chalicelib.web.pages.render import Page
from chalicelib.web.visitors import visitor

routes = Blueprint(__name__)


def _page(page: Page, status: int = 200) -> Answer:
    return Answer(page.html, status, page.headers)


def _language(call: Call) -> texts.Language:
    return texts.language_for(call.header("accept-language"))


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
    view = showing.offer(opened, call.app.settings.public_url, attempt=call.app.mint.secret())
    return _page(render.offer_page(view, _language(call), call.app.settings.page_hosts))


@public_route(routes, ["POST"], "/l/{slug}", tell)
def pay_link(call: Call) -> Answer:
    opened = _opened(call)
    link, told = opened.offer.link, _told(call)
    if opened.offer.closed(call.now) is None and not taps.is_meant(call.header, told):
        return _ask_once_more(call, opened, told)
    try:
        payment = call.app.checkout.pay_link(
            opened, told, _attempt(told), cause_of(call, "shopper", link.id), call.address
        )
    except LinkClosed:
        return _closed(call, opened)
    call.note(session=session_id(payment.id))
    return Answer("", 303, {"Location": _next(call, payment), "Referrer-Policy": "no-referrer"})


@public_route(routes, ["GET", "HEAD"], "/s/{token}", tell)
def show_status(call: Call) -> Answer:
    view = showing.status(
        *payment_of(call), call.now, call.app.settings.public_url, _language(call)
    )
    return _page(render.status_page(view, _language(call)))


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


def _closed(call: Call, opened: OpenedLink) -> Answer:
    # Open when it was read, it can only have been sold out since.
    reason = opened.offer.closed(call.now) or Closed.LIMIT_REACHED
    view = showing.closed(opened, reason, call.app.settings.public_url)
    return _page(render.closed_page(view, _language(call)), 410)


def _ask_once_more(call: Call, opened: OpenedLink, told: Mapping[str, str]) -> Answer:
    call.note(outcome="asked_once_more")
    form = call.body if told else b""
    fields = taps.once_more(form, _attempt(told) or call.app.mint.secret())
    view = showing.confirm(opened, call.app.settings.public_url, fields)
    return _page(render.confirm_page(view, _language(call), call.app.settings.page_hosts))


def _told(call: Call) -> dict[str, str]:
    """What the page's form says; nothing, when something else was sent."""
    fields, form = parsed(call.body, call.header("content-type") or "")
    return {name: value for name, value in fields.items() if form and isinstance(value, str)}


def _attempt(told: Mapping[str, str]) -> str | None:
    """The page's own nonce; a form that has none, or a bent one, starts a payment of its own."""
    attempt = told.get("attempt", "")
    return attempt if attempt.isascii() and attempt.isalnum() and len(attempt) <= 64 else None


def _next(call: Call, payment: Payment) -> str:
    """Where the shopper goes: to pay, or, when that is over, to see how it ended."""
    page = payment.provider.url if payment.provider else None
    if page is not None and payment.session_status(call.now) == "open":
        return page
    return f"{call.app.settings.public_url}/s/{status_token(payment)}"
