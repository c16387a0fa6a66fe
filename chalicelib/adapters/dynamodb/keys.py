"""Every key of the one table. No other file spells them (a test greps for the prefixes).

Access pattern                          Key or index
the merchant, a key of it               M#<merchant>            MERCHANT | KEY#<sha256>
product, price, link by id              M#<merchant>#<mode>#…   PRODUCT | PRICE | LINK
a link by its public slug               SLUG#<slug>             SLUG → all it shows
a payment and its ledger                …#PAY#<ulid>            PAY | LG#<seq>
a refund                                …#RF#<refund>           RF
an idempotency key                      …#IDEM#<scope>#<key>    IDEM
an event of the provider                …#EVT#<event>           EVT
a payment by the provider's intent      …#PSP#<intent>          PSP → payment
a refund by the provider's refund       …#PSP#<refund>          PSP → refund
a discrepancy                           …#DISC#<id>             DISC
an event of ours                        …#EVENT#<event>         EVENT
a merchant's webhook endpoints          …#ENDPOINTS             WE#<endpoint>
an event on its way to an endpoint      …#EVENT#<event>         TO#<endpoint>
how many sessions began in a window     …#RATE#<what>#… (RATE#address#<digest>#…)   RATE
a link's open sessions, in shards       …#OPEN#<link>#<shard>   OPEN
a link's failures in an hour            …#FAILED#<link>#<hour>  FAILED
a lease, and when its holder was done   LEASE#<name>            LEASE
lists, newest first                     index `list`: lp = …#<kind>s, ls = id
every merchant                          index `list`: lp = merchants, ls = id
what of a kind belongs together         index `set`: sp = …#<kind>s#<what>, ss = id
  active or archived products, links      <what> = active | archived
  a product's prices, a link's sessions,
  a payment's refunds                     <what> = of#<id>
  prices by lookup key                    <what> = key#<key>, on the price's second item, LOOKUP
what is due, the longest due first      index `due`: dp = DUE#<shard>, ds = <time>#<kind>#…#<id>
what is to be told, the longest first   index `due`: dp = TELL#<shard>, ds = <time>#…#<event>#…

Everything of a merchant starts with its id and mode, which come from a credential. A payment is a
partition of its own, so neither a busy merchant nor a viral link makes a hot one.
"""

from zlib import crc32

from chalicelib.adapters.dynamodb.writes import Key
from chalicelib.domain.ids import (
    EventId,
    MerchantId,
    Millis,
    PaymentId,
    PaymentLinkId,
    PriceId,
    ProductId,
    RefundId,
    Tenant,
    WebhookEndpointId,
)
from chalicelib.domain.rates import Counted
from chalicelib.usecases.outbox import Untold
from chalicelib.usecases.ports import Due, DueKind

LEDGER = "LG#"
API_KEY = "KEY#"
MERCHANTS = "merchants"
ENDPOINT = "WE#"
DUE = "DUE#"
TELL = "TELL#"
OPEN_SHARDS = 8
DUE_SHARDS = 4  # a partition of an index takes 1,000 writes a second


def _scope(tenant: Tenant) -> str:
    return f"M#{tenant.merchant}#{'live' if tenant.livemode else 'test'}"


def merchant_key(id: MerchantId) -> Key:
    """A merchant."""
    return Key(f"M#{id}", "MERCHANT")


def api_key_key(tenant: Tenant, sha256: str) -> Key:
    """An API key, by its fingerprint."""
    return Key(f"M#{tenant.merchant}", f"{API_KEY}{sha256}")


def product_key(tenant: Tenant, id: ProductId) -> Key:
    """A product."""
    return Key(f"{_scope(tenant)}#PRODUCT#{id}", "PRODUCT")


def price_key(tenant: Tenant, id: PriceId) -> Key:
    """A price."""
    return Key(f"{_scope(tenant)}#PRICE#{id}", "PRICE")


def lookup_key(tenant: Tenant, id: PriceId) -> Key:
    """A price once more, for the set of its lookup key."""
    return Key(price_key(tenant, id).pk, "LOOKUP")


def payment_link_key(tenant: Tenant, id: PaymentLinkId) -> Key:
    """A payment link."""
    return Key(f"{_scope(tenant)}#LINK#{id}", "LINK")


def slug_key(slug: str) -> Key:
    """What a public slug stands for."""
    return Key(f"SLUG#{slug}", "SLUG")


def payment_key(tenant: Tenant, id: PaymentId) -> Key:
    """A payment."""
    return Key(f"{_scope(tenant)}#PAY#{id}", "PAY")


def ledger_key(tenant: Tenant, id: PaymentId, seq: int) -> Key:
    """The `seq`-th entry of a payment's ledger; twelve digits, so that they sort."""
    return Key(payment_key(tenant, id).pk, f"{LEDGER}{seq:012d}")


def refund_key(tenant: Tenant, id: RefundId) -> Key:
    """A refund."""
    return Key(f"{_scope(tenant)}#RF#{id}", "RF")


def idempotency_key(tenant: Tenant, scope: str, key: str) -> Key:
    """An idempotency key of a route."""
    return Key(f"{_scope(tenant)}#IDEM#{scope}#{key}", "IDEM")


def event_key(tenant: Tenant, id: EventId) -> Key:
    """An event of ours."""
    return Key(f"{_scope(tenant)}#EVENT#{id}", "EVENT")


def delivery_key(tenant: Tenant, event: EventId, endpoint: WebhookEndpointId) -> Key:
    """An event on its way to an endpoint."""
    return Key(event_key(tenant, event).pk, f"TO#{endpoint}")


def webhook_endpoint_key(tenant: Tenant, id: WebhookEndpointId) -> Key:
    """A webhook endpoint; those of a merchant are read together."""
    return Key(f"{_scope(tenant)}#ENDPOINTS", f"{ENDPOINT}{id}")


def psp_event_key(tenant: Tenant, event: str) -> Key:
    """An event of the provider."""
    return Key(f"{_scope(tenant)}#EVT#{event}", "EVT")


def intent_key(tenant: Tenant, intent: str) -> Key:
    """The provider's payment intent."""
    return Key(f"{_scope(tenant)}#PSP#{intent}", "PSP")


def psp_refund_key(tenant: Tenant, psp_refund: str) -> Key:
    """The provider's refund."""
    return Key(f"{_scope(tenant)}#PSP#{psp_refund}", "PSP")


def discrepancy_key(tenant: Tenant, id: str) -> Key:
    """A discrepancy."""
    return Key(f"{_scope(tenant)}#DISC#{id}", "DISC")


def count_key(tenant: Tenant, of: Counted) -> Key:
    """A count of one window; an address is nobody's own."""
    place = f"RATE#{of.name}#{of.subject}#{of.window}#{of.shard}"
    return Key(place if of.name == "address" else f"{_scope(tenant)}#{place}", "RATE")


def open_sessions_key(tenant: Tenant, link: PaymentLinkId, payment: PaymentId) -> Key:
    """The count of a link's open sessions that this payment is in."""
    shard = crc32(payment.encode()) % OPEN_SHARDS
    return Key(f"{_scope(tenant)}#OPEN#{link}#{shard}", "OPEN")


def failures_key(tenant: Tenant, link: PaymentLinkId, window: int) -> Key:
    """How many payments of a link failed in an hour."""
    return Key(f"{_scope(tenant)}#FAILED#{link}#{window}", "FAILED")


def lease_key(name: str) -> Key:
    """A lease."""
    return Key(f"LEASE#{name}", "LEASE")


def due_place(due: Due) -> tuple[str, str]:
    """Where something that is due stands in the due index: its partition and its place there."""
    mode = "live" if due.tenant.livemode else "test"
    whose = f"{due.tenant.merchant}#{mode}"
    shard = crc32(due.id.encode()) % DUE_SHARDS
    return f"{DUE}{shard}", f"{due.at:015d}#{due.kind}#{whose}#{due.id}"


def due_partitions() -> list[str]:
    """Every partition of the due index."""
    return [f"{DUE}{shard}" for shard in range(DUE_SHARDS)]


def untold_place(untold: Untold, at: Millis) -> tuple[str, str]:
    """Where something that is to be told stands in the due index, apart from what is about money:
    a merchant's slow endpoint keeps no payment waiting."""
    mode = "live" if untold.tenant.livemode else "test"
    shard = crc32(untold.event.encode()) % DUE_SHARDS
    whom = f"#{untold.endpoint}" if untold.endpoint else ""
    place = f"{at:015d}#{untold.tenant.merchant}#{mode}#{untold.event}{whom}"
    return f"{TELL}{shard}", place


def untold_partitions() -> list[str]:
    """Every partition of the due index that holds what is to be told."""
    return [f"{TELL}{shard}" for shard in range(DUE_SHARDS)]


def untold_at_place(place: str) -> Untold:
    """What `untold_place` put there."""
    _, merchant, mode, event, *whom = place.split("#")
    endpoint = WebhookEndpointId(whom[0]) if whom else None
    return Untold(Tenant(MerchantId(merchant), mode == "live"), EventId(event), endpoint)


def due_before(now: Millis) -> str:
    """The bound below which everything due at `now`, or before, stands."""
    return f"{now + 1:015d}"


def due_at_place(place: str) -> Due:
    """What `due_place` put there."""
    at, kind, merchant, mode, id = place.split("#", 4)
    return Due(DueKind(kind), Tenant(MerchantId(merchant), mode == "live"), id, Millis(int(at)))


def list_partition(tenant: Tenant, kind: str) -> str:
    """The partition of the list index that holds a merchant's things of one kind."""
    return f"{_scope(tenant)}#{kind}s"


def active_set(tenant: Tenant, kind: str, active: bool) -> str:
    """The partition of the set index with those that are active, or those that are not."""
    return f"{list_partition(tenant, kind)}#{'active' if active else 'archived'}"


def set_of(tenant: Tenant, kind: str, owner: str) -> str:
    """The partition of the set index with what belongs to one other thing."""
    return f"{list_partition(tenant, kind)}#of#{owner}"


def lookup_set(tenant: Tenant, key: str) -> str:
    """The partition of the set index with the prices of one lookup key."""
    return f"{list_partition(tenant, 'price')}#key#{key}"
