"""The errors that a caller may see, born without HTTP; `web/errors.py` gives each its status.

TautanError
├── InvalidRequest        the request itself is wrong, and `param` names the field
│   ├── ParameterInvalid · ParameterMissing · ParameterUnknown · AnswersInvalid · FilterTooRare
│   └── AmountNotInteger · AmountBelowMinimum · AmountAboveWalletLimit
├── AuthenticationError   ApiKeyMissing · ApiKeyInvalid
├── ScopeMissing          a good key that may not do this
├── ResourceMissing       no such thing, or another merchant's: one and the same answer
├── LinkClosed            PaymentLinkInactive · PaymentLinkLimitReached · OutOfStock ·
│                         CheckoutSessionExpired
├── RateLimited           too many sessions in a short time: later it will do
├── SlugTaken             a link's address that another link has
├── PaymentNotOpen        it cannot be ended any more
├── RefundRefused         SessionNotPaid · RefundAmountExceedsRefundable · RefundAlreadyFull ·
│                         RefundPartialNotSupported · RefundMultipleNotSupported ·
│                         RefundNotSupportedByMethod · RefundWindowClosed · RefundInProgress ·
│                         RefundBlockedByDispute · RefundableAmountChanged
├── IdempotencyError      IdempotencyKeyReused · IdempotencyKeyInUse
├── SignatureInvalid      a webhook that the provider did not sign
├── NotReadyYet           asked too early: the same request will do later
└── PspError              PspUnavailable (try again) · PspRejected (definitive)
"""

from collections.abc import Mapping
from typing import ClassVar

from chalicelib.domain.money import Money

Detail = str | int | bool | None


class TautanError(Exception):
    """`message` in English for developers, `user_message` in Indonesian for people."""

    code: ClassVar[str]
    type: ClassVar[str] = "invalid_request_error"
    user_message: str = "Permintaan tidak dapat diproses."

    def __init__(
        self,
        message: str,
        *,
        user_message: str | None = None,
        param: str | None = None,
        details: dict[str, Detail] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.details = details or {}
        if user_message is not None:
            self.user_message = user_message


class InvalidRequest(TautanError):
    """The request itself is wrong; nothing was written."""

    user_message = "Ada isian yang belum benar. Periksa lalu coba lagi."


class ParameterInvalid(InvalidRequest):
    code = "parameter_invalid"


class ParameterMissing(InvalidRequest):
    code = "parameter_missing"


class ParameterUnknown(InvalidRequest):
    code = "parameter_unknown"


class FilterTooRare(InvalidRequest):
    """Nothing that was asked for is among what a list looks through at once; `details` has the
    cursor to go on from."""

    code = "filter_too_rare"
    user_message = "Belum ada yang cocok sejauh ini. Persempit waktunya, lalu coba lagi."


class AnswersInvalid(InvalidRequest):
    """What a shopper filled in; `problems` says for each field what is wrong with it."""

    code = "answers_invalid"

    def __init__(self, problems: Mapping[str, str]) -> None:
        first = next(iter(problems))
        super().__init__(f"{first} is {problems[first]}.", param=first, details={**problems})
        self.problems = problems


class AmountNotInteger(InvalidRequest):
    code = "amount_not_integer"
    user_message = "Jumlah harus berupa bilangan bulat, tanpa titik atau koma."


class AmountBelowMinimum(InvalidRequest):
    code = "amount_below_minimum"


class AmountAboveWalletLimit(InvalidRequest):
    code = "amount_above_wallet_limit"


class AuthenticationError(TautanError):
    """We do not know who is asking."""

    type = "authentication_error"
    user_message = "Kunci API tidak dikenali."


class ApiKeyMissing(AuthenticationError):
    code = "api_key_missing"


class ApiKeyInvalid(AuthenticationError):
    code = "api_key_invalid"


class ScopeMissing(TautanError):
    """We know who is asking, and the key may not do this; nothing was written."""

    code = "scope_missing"
    type = "permission_error"
    user_message = "Kunci API ini tidak punya izin untuk permintaan ini."


class ResourceMissing(TautanError):
    """No such thing for this merchant; another merchant's thing gives the same answer."""

    code = "resource_missing"
    user_message = "Data tidak ditemukan."

    def __init__(self, kind: str, id: str, param: str | None = None) -> None:
        super().__init__(f"No such {kind}: '{id[:80]}'", param=param)


class LinkClosed(TautanError):
    """The offer cannot be paid now."""


class PaymentLinkInactive(LinkClosed):
    code = "payment_link_inactive"
    user_message = "Link pembayaran ini sedang tidak aktif."


class PaymentLinkLimitReached(LinkClosed):
    code = "payment_link_limit_reached"
    user_message = "Semua sudah terjual, atau sedang dibayar pembeli lain."


class OutOfStock(LinkClosed):
    code = "out_of_stock"
    user_message = "Stok barang ini sudah habis, atau sedang dibayar pembeli lain."


class SlugTaken(TautanError):
    """Another link has this address already."""

    code = "slug_taken"
    user_message = "Alamat ini sudah dipakai. Pilih yang lain."


class RateLimited(TautanError):
    """Too many sessions have begun; nothing was written."""

    code = "rate_limited"
    type = "rate_limit_error"
    user_message = "Terlalu banyak percobaan. Tunggu sebentar, lalu coba lagi."


class CheckoutSessionExpired(LinkClosed):
    code = "checkout_session_expired"
    user_message = "Sesi pembayaran sudah berakhir. Buka lagi link pembayarannya."


class PaymentNotOpen(TautanError):
    """It is paid, or it has ended, so it cannot be ended."""

    code = "payment_not_open"
    user_message = "Pembayaran ini sudah selesai atau sudah berakhir."


class RefundRefused(TautanError):
    """The refund breaks a rule; nothing was reserved and the provider was not asked."""

    user_message = "Refund tidak dapat dilakukan."


class SessionNotPaid(RefundRefused):
    code = "session_not_paid"
    user_message = "Pembayaran ini belum lunas, jadi belum bisa direfund."


class RefundAlreadyFull(RefundRefused):
    code = "refund_already_full"
    user_message = "Pembayaran ini sudah direfund seluruhnya."


class RefundAmountExceedsRefundable(RefundRefused):
    code = "refund_amount_exceeds_refundable"

    def __init__(self, asked: Money, refundable: Money, pending: Money) -> None:
        super().__init__(
            f"Refund of {asked} is more than the {refundable} still refundable.",
            user_message=f"Jumlah refund melebihi sisa yang bisa dikembalikan ({refundable}).",
            param="amount",
            details={"amount_refundable": refundable.amount, "amount_pending": pending.amount},
        )


class RefundPartialNotSupported(RefundRefused):
    code = "refund_partial_not_supported"


class RefundMultipleNotSupported(RefundRefused):
    code = "refund_multiple_not_supported"


class RefundNotSupportedByMethod(RefundRefused):
    code = "refund_not_supported_by_method"


class RefundWindowClosed(RefundRefused):
    code = "refund_window_closed"


class RefundInProgress(RefundRefused):
    code = "refund_in_progress"
    user_message = "Masih ada refund yang sedang diproses. Tunggu sebentar lalu coba lagi."


class RefundBlockedByDispute(RefundRefused):
    code = "refund_blocked_by_dispute"
    user_message = "Pembayaran ini sedang disengketakan, jadi tidak bisa direfund."


class RefundableAmountChanged(RefundRefused):
    code = "refundable_amount_changed"
    user_message = "Sisa yang bisa direfund sudah berubah. Muat ulang lalu coba lagi."


class IdempotencyError(TautanError):
    """The Idempotency-Key and the request do not go together."""

    type = "idempotency_error"


class IdempotencyKeyReused(IdempotencyError):
    code = "idempotency_key_reused"


class IdempotencyKeyInUse(IdempotencyError):
    code = "idempotency_key_in_use"


class SignatureInvalid(TautanError):
    """Nobody who knows the endpoint's secret signed these bytes."""

    code = "signature_invalid"
    user_message = "Tanda tangan webhook tidak sah."


class NotReadyYet(TautanError):
    """Not now, but the same request will do later."""

    code = "not_ready_yet"
    type = "api_error"


class PspError(TautanError):
    """The payment service provider."""

    type = "psp_error"
    user_message = "Penyedia pembayaran sedang bermasalah. Coba lagi sebentar lagi."


class PspUnavailable(PspError):
    code = "psp_unavailable"


class PspRejected(PspError):
    code = "psp_rejected"
    user_message = "Penyedia pembayaran menolak permintaan ini."
