"""Which errors a route may answer, and what each of them means.

`tests/web/world.py` holds every refusal of a test against this.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.domain import errors
from chalicelib.domain.errors import TautanError
from chalicelib.web.bodies import BodyTooLarge
from chalicelib.web.errors import STATUS

Kind = type[TautanError]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error as a caller meets it."""

    code: str
    type: str
    status: int
    meaning: str
    user_message: str = ""


OUR_FAILURE = Refusal(
    "internal_error", "api_error", 500, "We failed; what was asked may or may not be done."
)
NO_FORM = Refusal(
    "unsupported_media_type",
    "api_error",
    415,
    "The Content-Type is neither JSON nor a form.",
)
NO_METHOD = Refusal(
    "method_not_allowed_error", "api_error", 405, "The path is there, but not for this method."
)
AT_THE_GATE = (  # API Gateway's own words, in our envelope (deploy/api.py)
    Refusal("route_unknown", "api_error", 404, "There is nothing at this path."),
    Refusal(
        "request_refused",
        "api_error",
        400,
        "The request was refused before it came to us; its status says why.",
    ),
    Refusal(
        "not_answered_in_time",
        "api_error",
        504,
        "The answer took too long; what was asked may be done. Ask again with the same "
        "`Idempotency-Key`.",
    ),
)

EVERYWHERE: tuple[Kind, ...] = (
    errors.ParameterInvalid,
    errors.ParameterUnknown,
    errors.ApiKeyMissing,
    errors.ApiKeyInvalid,
    errors.ScopeMissing,
    errors.NotReadyYet,
)
EXPANDED: tuple[Kind, ...] = (errors.ResourceMissing,)
WITH_A_BODY: tuple[Kind, ...] = (
    errors.ParameterMissing,
    errors.AmountNotInteger,
    errors.AmountBelowMinimum,
    errors.AmountAboveWalletLimit,
    errors.ResourceMissing,
    errors.IdempotencyKeyReused,
    errors.IdempotencyKeyInUse,
    BodyTooLarge,
)
PROVIDER: tuple[Kind, ...] = (errors.PspUnavailable, errors.PspRejected)
RARE: tuple[Kind, ...] = (errors.FilterTooRare,)
OF_A_ROUTE: dict[str, tuple[Kind, ...]] = {
    "GET /v1/prices": RARE,
    "GET /v1/checkout/sessions": RARE,
    "GET /v1/events": RARE,
    "POST /v1/payment_links": (errors.SlugTaken,),
    "POST /v1/checkout/sessions": (
        *PROVIDER,
        errors.AnswersInvalid,
        errors.PaymentLinkInactive,
        errors.PaymentLinkLimitReached,
        errors.OutOfStock,
        errors.RateLimited,
    ),
    "POST /v1/checkout/sessions/{id}/expire": (*PROVIDER, errors.PaymentNotOpen),
    "POST /v1/payment_intents": (*PROVIDER, errors.RateLimited),
    "POST /v1/payment_intents/{id}/cancel": (*PROVIDER, errors.PaymentNotOpen),
    "POST /v1/refunds": (
        *PROVIDER,
        errors.SessionNotPaid,
        errors.RefundAlreadyFull,
        errors.RefundAmountExceedsRefundable,
        errors.RefundPartialNotSupported,
        errors.RefundMultipleNotSupported,
        errors.RefundNotSupportedByMethod,
        errors.RefundWindowClosed,
        errors.RefundInProgress,
        errors.RefundBlockedByDispute,
        errors.RefundableAmountChanged,
    ),
}

MEANINGS: dict[Kind, str] = {
    errors.ParameterInvalid: "A parameter does not fit; `param` names it.",
    errors.ParameterMissing: "A parameter that is needed is not there.",
    errors.ParameterUnknown: "There is no parameter of this name.",
    errors.FilterTooRare: "Nothing fits far and wide; `details` has the cursor to go on from.",
    errors.AnswersInvalid: "What a shopper filled in does not fit the link's form.",
    errors.AmountNotInteger: "An amount is not an integer in the currency's smallest unit.",
    errors.AmountBelowMinimum: "An amount is below what the payment method takes.",
    errors.AmountAboveWalletLimit: "An amount is above what the payment method takes.",
    errors.ApiKeyMissing: "No key was presented.",
    errors.ApiKeyInvalid: "The key is not known, or was revoked.",
    errors.ScopeMissing: "A good key that may not do this; the message names the scope.",
    errors.ResourceMissing: "No such object for this merchant and mode.",
    errors.PaymentLinkInactive: "The link is paused or over.",
    errors.PaymentLinkLimitReached: "The link has all the payments it may have, or open sessions "
    "hold what is left.",
    errors.OutOfStock: "The product has no pieces left, or open sessions hold them.",
    errors.RateLimited: "Too many sessions began in a short time.",
    errors.SlugTaken: "Another link has this address.",
    errors.CheckoutSessionExpired: "The session is over.",
    errors.PaymentNotOpen: "The payment is paid or over, so it cannot be ended.",
    errors.SessionNotPaid: "What is not paid cannot be refunded.",
    errors.RefundAlreadyFull: "All of the payment has been refunded.",
    errors.RefundAmountExceedsRefundable: "More than what is still refundable.",
    errors.RefundPartialNotSupported: "The payment method gives back all or nothing.",
    errors.RefundMultipleNotSupported: "The payment method allows one partial refund, and it is "
    "done.",
    errors.RefundNotSupportedByMethod: "The payment method gives nothing back.",
    errors.RefundWindowClosed: "The payment is too old to be refunded.",
    errors.RefundInProgress: "Another refund of the payment is on its way.",
    errors.RefundBlockedByDispute: "The payment is disputed.",
    errors.RefundableAmountChanged: "What is left is not what `expected_remaining` says.",
    errors.IdempotencyKeyReused: "The key was used for another request.",
    errors.IdempotencyKeyInUse: "The first request under this key has not ended.",
    errors.SignatureInvalid: "The provider did not sign these bytes.",
    errors.NotReadyYet: "Not now; the same request will do later.",
    errors.PspUnavailable: "The provider does not answer, or not sensibly.",
    errors.PspRejected: "The provider refused.",
    BodyTooLarge: "A body may have 256 KB at most.",
}


def every() -> list[Refusal]:
    """All errors that the API tells, by status."""
    told = [_told(kind) for kind in STATUS]
    others = (NO_METHOD, NO_FORM, OUR_FAILURE, *AT_THE_GATE)
    return sorted([*told, *others], key=lambda each: each.status)


def of_route(route: str, method: str) -> list[Refusal]:
    """The errors that one route may answer, by status."""
    return sorted(
        dict.fromkeys(_of_route(route, method)),
        key=lambda each: (each.status, each.code),
    )


def _of_route(route: str, method: str) -> Iterator[Refusal]:
    kinds = EVERYWHERE + EXPANDED + OF_A_ROUTE.get(route, ())
    if method == "POST":
        kinds += WITH_A_BODY
    yield from (_told(kind) for kind in kinds)
    yield from (NO_FORM, OUR_FAILURE)


def _told(kind: Kind) -> Refusal:
    return Refusal(kind.code, kind.type, STATUS[kind], MEANINGS[kind], kind.user_message)
