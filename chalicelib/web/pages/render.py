"""Turns views into pages: which template, which words, which address a form may lead to."""

from collections.abc import Mapping, Sequence

from chalicelib.web.pages import previews, texts
from chalicelib.web.pages.safe import host_of
from chalicelib.web.pages.shell import Frame, must_be_ours, page
from chalicelib.web.pages.shell import Page as Page
from chalicelib.web.pages.texts import Language
from chalicelib.web.pages.views import (
    ClosedView,
    ConfirmView,
    MessageView,
    OfferView,
    StatusView,
)

PAY_HOSTS = ("https://*.wooshpay.com",)
_PAYABLE_AGAIN: Mapping[str, str] = {
    "unpaid": "pay_now",
    "failed": "try_again",
    "expired": "try_again",
    "canceled": "try_again",
}


def offer_page(view: OfferView, language: Language, pay_hosts: Sequence[str] = PAY_HOSTS) -> Page:
    """The page of a link that can be paid, with its form.

    `pay_hosts` are the origins to which the form's answer may redirect: browsers hold redirects
    after a form to `form-action` too. Raises ValueError for an address that is not http(s).
    """
    must_be_ours(view.pay_url, view.page_url)
    wallets = previews.wallets_of(view, language)
    return page(
        "offer.html",
        language,
        Frame(view.look, ("'self'", *pay_hosts), own=view.page_url, kept=view.kept),
        view=view,
        form=view.form,
        shop=previews.shop_name(view.shop, language),
        wallets=wallets,
        methods=[texts.method_name(name) for name in view.methods],
        suffix="" if wallets else "_any",
        host=host_of(view.page_url),
        preview=previews.of_offer(view, language),
        indexable=view.indexable,
        search_text=previews.searched(view, language) if view.indexable else None,
    )


def confirm_page(
    view: ConfirmView, language: Language, pay_hosts: Sequence[str] = PAY_HOSTS
) -> Page:
    """Shows what would be paid and asks for one more press; `pay_hosts` and ValueError as for
    `offer_page`."""
    must_be_ours(view.pay_url)
    return page(
        "confirm.html",
        language,
        Frame(view.look, ("'self'", *pay_hosts), own=view.pay_url),
        view=view,
        shop=previews.shop_name(view.shop, language),
    )


def closed_page(view: ClosedView, language: Language) -> Page:
    """The page of a link that exists and cannot be paid: it says why, and what to do.

    Raises ValueError for an address that is not http(s).
    """
    must_be_ours(view.page_url, view.chat_url)
    return page(
        "closed.html",
        language,
        Frame(view.look),
        view=view,
        shop=previews.shop_name(view.shop, language) if view.shop else None,
        title=texts.say(language, f"closed_{view.reason}"),
        preview=previews.of_closed(view, language),
    )


def status_page(view: StatusView, language: Language) -> Page:
    """How a payment stands, and the way on. Raises ValueError for an address not http(s)."""
    returned = view.refund != "none"
    return _payment_page(
        "status.html",
        view,
        language,
        lead=texts.say(language, f"lead_{view.refund if returned else view.state}"),
        waiting=not returned and view.state in ("unpaid", "processing", "review"),
        again=None if returned else _PAYABLE_AGAIN.get(view.state),
        goes_to=host_of(view.onward.url) if view.onward and view.onward.to == "page" else None,
    )


def receipt_page(view: StatusView, language: Language) -> Page:
    """The receipt of a payment as it stands now, to keep and to print. Raises ValueError."""
    return _payment_page("receipt.html", view, language)


def _payment_page(template: str, view: StatusView, language: Language, **values: object) -> Page:
    onward = view.onward.url if view.onward else None
    must_be_ours(view.retry_url, view.page_url, view.status_url, view.receipt_url, onward)
    returned = view.refund != "none"
    unpaid = view.state == "unpaid" and template == "receipt.html"
    state = "preview_unpaid" if unpaid else f"state_{view.state}"
    return page(
        template,
        language,
        Frame(view.look, own=view.page_url),
        view=view,
        shop=previews.shop_name(view.shop, language),
        word=texts.say(language, f"refund_{view.refund}" if returned else state),
        tone="refund" if returned else view.state,
        figure=(view.refunded or view.total) if returned else view.total,
        method=texts.method_name(view.method) if view.method else None,
        host=host_of(view.page_url),
        preview=previews.of_status(view, language),
        **values,
    )


def message_page(view: MessageView, language: Language) -> Page:
    """Says what went wrong, in the words of `view`."""
    return page("message.html", language, Frame(), view=view)


def error_page(code: int, language: Language) -> Page:
    """`message_page` in our own words for an HTTP status; an unforeseen one gets its family's."""
    known = code if f"error_title_{code}" in texts.TEXTS else (500 if code >= 500 else 400)
    title = texts.say(language, f"error_title_{known}")
    text = texts.say(language, f"error_text_{known}")
    return message_page(MessageView(title=title, text=text, code=code), language)
