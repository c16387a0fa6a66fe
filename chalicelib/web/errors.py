"""Errors as the API tells them: one table gives the HTTP status, one function the envelope."""

from collections.abc import Mapping
from typing import Any

from chalicelib.domain import errors
from chalicelib.domain.errors import TautanError
from chalicelib.web.bodies import BodyTooLarge

DOCS = "/docs/errors"

STATUS: Mapping[type[TautanError], int] = {
    errors.ParameterInvalid: 400,
    errors.ParameterMissing: 400,
    errors.ParameterUnknown: 400,
    errors.AnswersInvalid: 400,
    errors.FilterTooRare: 400,
    errors.AmountNotInteger: 400,
    errors.AmountBelowMinimum: 400,
    errors.AmountAboveWalletLimit: 400,
    errors.ApiKeyMissing: 401,
    errors.ApiKeyInvalid: 401,
    errors.ScopeMissing: 403,
    errors.ResourceMissing: 404,
    errors.PaymentLinkInactive: 409,
    errors.PaymentLinkLimitReached: 409,
    errors.OutOfStock: 409,
    errors.RateLimited: 429,
    errors.SlugTaken: 409,
    errors.CheckoutSessionExpired: 409,
    errors.PaymentNotOpen: 409,
    errors.SessionNotPaid: 409,
    errors.RefundAlreadyFull: 409,
    errors.RefundAmountExceedsRefundable: 409,
    errors.RefundPartialNotSupported: 409,
    errors.RefundMultipleNotSupported: 409,
    errors.RefundNotSupportedByMethod: 409,
    errors.RefundWindowClosed: 409,
    errors.RefundInProgress: 409,
    errors.RefundBlockedByDispute: 409,
    errors.RefundableAmountChanged: 412,
    errors.IdempotencyKeyReused: 422,
    errors.IdempotencyKeyInUse: 409,
    errors.SignatureInvalid: 400,
    errors.NotReadyYet: 503,
    errors.PspUnavailable: 503,
    errors.PspRejected: 402,
    BodyTooLarge: 413,
}

RETRY_SOON = frozenset({errors.RefundInProgress, errors.IdempotencyKeyInUse})


def retry_after(error: TautanError | None) -> dict[str, str]:
    """The header that says when to try again, where that helps."""
    if error is None:
        return {}
    if "retry_after" in error.details:
        return {"Retry-After": str(error.details["retry_after"])}
    soon = STATUS[type(error)] == 503 or type(error) in RETRY_SOON
    return {"Retry-After": "5"} if soon else {}


def envelope(error: TautanError, request_id: str) -> dict[str, Any]:
    """The error as the API tells it."""
    return {
        "error": {
            "type": error.type,
            "code": error.code,
            "message": error.message,
            "user_message": error.user_message,
            "param": error.param,
            "doc_url": f"{DOCS}#{error.code}",
            "request_id": request_id,
            "details": error.details,
        }
    }


def plain_envelope(code: str, message: str, user_message: str, request_id: str) -> dict[str, Any]:
    """An error that is not the caller's and not of the domain."""
    return {
        "error": {
            "type": "api_error",
            "code": code,
            "message": message,
            "user_message": user_message,
            "param": None,
            "doc_url": f"{DOCS}#{code}",
            "request_id": request_id,
            "details": {},
        }
    }
