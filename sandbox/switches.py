"""The provider facts that WooshPay's documentation leaves open, each one as a switch.

The default is the documented reading, or the stricter one where the documentation is silent.
"""

from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any

from sandbox.errors import Json, invalid

LARGEST_NUMBER = 10_000


def _notes(meaning: str, source: str, choices: tuple[Any, ...] = ()) -> Json:
    return {"meaning": meaning, "source": source, "choices": choices}


def switch(default: Any, meaning: str, source: str, choices: tuple[Any, ...] = ()) -> Any:
    """A switch: its first position, what it decides, where that is (not) documented."""
    return field(default=default, metadata=_notes(meaning, source, choices))


@dataclass
class Switches:
    """The position of every switch. Change them through :meth:`change`, which checks the values."""

    idempotency_on_refunds: bool = switch(
        True,
        "Idempotency-Key is honoured on POST /v1/refunds",
        "1763752 implies the header by idempotency_error and 409; not stated by resource",
    )
    idempotency_on_sessions: bool = switch(
        True,
        "Idempotency-Key is honoured on POST /v1/checkout/sessions",
        "1763752, as above",
    )
    idempotency_hours: int = switch(
        24, "Hours for which a key is remembered", "assumption: retention is not documented"
    )
    stored_5xx: bool = switch(
        False,
        "A 5xx given after the request was applied is stored and replayed under its key",
        "assumption: not documented",
    )
    error_envelope: str = switch(
        "nested",
        "Shape of an error answer",
        "1763752 shows the fields, not the envelope",
        ("nested", "flat"),
    )
    empty_values: str | None = switch(
        "",
        "What an empty text field holds",
        '1722914 shows "" for customer; older intent samples do too',
        ("", None),
    )
    stringified_json: bool = switch(
        False,
        "next_action, payment_method_types and payment_method_options of an intent are JSON text",
        "older samples of 42631218",
    )
    minor_units: dict[str, int] = field(
        default_factory=lambda: {"IDR": 0},
        metadata=_notes(
            "Decimal places by currency where they differ from ISO 4217",
            "2043383: sample amount 100, minimum 100 IDR; the currency page 2447438 isn't readable",
        ),
    )
    metadata_on_intent: bool = switch(
        True,
        "A session's intent carries payment_intent_data.metadata, else the session's metadata",
        "assumption: integrators rely on it",
    )
    refunded_total_on_intent: bool = switch(
        True, "An intent shows amount_refunded", "assumption: not in the fields of 44642278"
    )
    pending_in_refunded_total: bool = switch(
        True, "amount_refunded counts pending refunds too", "assumption: not documented"
    )
    refunds_enabled: bool = switch(
        True,
        "The account may refund; off answers every refund with 402",
        "one integrator's observation; 402 is documented by 1763752 as 'request failed'",
    )
    refund_first_status: str = switch(
        "succeeded",
        "Status of a refund on creation; a pending one succeeds 10 s later",
        "51369554 shows succeeded; the list of statuses is not documented",
        ("succeeded", "pending"),
    )
    refund_created_unit: str = switch(
        "ms",
        "Unit of a refund's created",
        "51369554 shows seconds, every other object milliseconds",
        ("ms", "s"),
    )
    second_partial: str = switch(
        "reject",
        "Any refund after a partial one, for methods without multiple partial refunds",
        "2043383 marks it unsupported; the answer is not documented",
        ("reject", "allow"),
    )
    over_refund_status: int = switch(
        400,
        "HTTP status when a refund asks for more than remains",
        "51369554 says an error is raised; its status is not documented",
        (400, 402),
    )
    metadata_on_refund: bool = switch(
        True, "GET of a refund shows its metadata", "assumption: 52306151 lists the field"
    )
    metadata_on_refund_event: bool = switch(
        True, "charge.refund.updated carries the refund's metadata", "assumption: no sample seen"
    )
    dashboard_refund_event: bool = switch(
        True, "A refund made in the dashboard sends charge.refund.updated", "assumption"
    )
    processing_before_success: bool = switch(
        False,
        "An approved payment is processing for 10 s before it succeeds",
        "1702652 lists payment_intent.processing; when it occurs is not documented",
    )
    session_expired_event: bool = switch(
        True, "An expiring session sends checkout.session.expired", "1702652 lists it"
    )
    expire_cancels_intent: bool = switch(
        True,
        "An expiring session cancels its intent; off lets an open wallet page pay late",
        "assumption: 312492329 does not say",
    )
    resign_each_attempt: bool = switch(
        True,
        "Each delivery attempt has a fresh t and signature; off repeats the first ones",
        "2653815 is silent; one integrator saw the original t on a retry",
    )
    timestamp_unit: str = switch(
        "s",
        "Unit of t in Wooshpay-Signature",
        "2653815 shows seconds; one integrator saw milliseconds",
        ("s", "ms"),
    )
    secret_encoding: str = switch(
        "verbatim",
        "What part of the endpoint's secret is the HMAC key",
        "2653815 reads as the whole secret; 2517709 shows a base64-looking one",
        ("verbatim", "without_prefix", "base64"),
    )
    event_id_per_endpoint: bool = switch(
        False, "Two endpoints get different ids for one event", "assumption: not documented"
    )
    read_lag_seconds: int = switch(
        0,
        "Seconds after a change of an intent or refund for which GET shows the state before it",
        "assumption: not documented",
    )
    delivery_timeout_seconds: int = switch(
        5, "Seconds an endpoint has to answer", "assumption: 2517709 only says quickly"
    )

    def values(self) -> Json:
        """Every switch by name."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    def described(self) -> Json:
        """Every switch with its default, choices, meaning and source."""
        return {item.name: {"default": _default(item), **item.metadata} for item in fields(self)}

    def change(self, wanted: Json) -> None:
        """Set the named switches, all of them or, when one is wrong, none."""
        known = {item.name: item for item in fields(self)}
        for name, value in wanted.items():
            if name not in known:
                raise invalid(f"No such switch: {name}", name, "sandbox_unknown_switch")
            if not _fits(known[name], value):
                raise invalid(f"{name} can't be {value!r}", name, "sandbox_switch_value")
        for name, value in wanted.items():
            setattr(self, name, value)


def _default(item: "Field[Any]") -> Any:
    if item.default_factory is not MISSING:
        return item.default_factory()
    return item.default


def _fits(item: "Field[Any]", value: Any) -> bool:
    if item.metadata["choices"]:
        return any(value == each and type(value) is type(each) for each in item.metadata["choices"])
    if isinstance(_default(item), dict):
        return isinstance(value, dict) and all(
            len(code) == 3 and code.isupper() and type(places) is int and 0 <= places <= 4
            for code, places in value.items()
        )
    if type(_default(item)) is int:
        # A number whose first position is 0 may be 0; every other one starts at 1.
        return type(value) is int and min(1, _default(item)) <= value <= LARGEST_NUMBER
    return type(value) is bool
