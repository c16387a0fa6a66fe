"""The merchants of a world, where ids come from, and what answers are kept as."""

from dataclasses import dataclass

from chalicelib.domain.api_keys import ApiKey
from chalicelib.domain.errors import PspRejected
from chalicelib.domain.ids import MerchantId, Millis, Tenant, first_ulid
from chalicelib.domain.merchants import Merchant, Policy
from chalicelib.domain.payments import Payment
from chalicelib.domain.refunds import Refund
from chalicelib.usecases.failures import Answered
from chalicelib.usecases.ports import Clock, Mint

BEGIN = 1_800_000_000_000
CANARY = "whsec_canary"  # how every secret of a webhook begins


class SimMint(Mint):
    """Ids and secrets in the order in which they are asked for; a ULID begins with the time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._born = 0

    def ulid(self) -> str:
        """The next ULID."""
        self._born += 1
        return f"{first_ulid(self._clock())[:10]}{self._born:016d}"

    def secret(self) -> str:
        """The next 32 letters and digits."""
        self._born += 1
        return f"{self._born:024d}secret00"


@dataclass(frozen=True, slots=True)
class Shop:
    """A merchant of the world."""

    tenant: Tenant
    secrets: tuple[str, ...]

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The keys that a request of this merchant may touch."""
        return (f"M#{self.tenant.merchant}",)


def told(outcome: object) -> Answered:
    """The answer that is kept of what came of a request."""
    match outcome:
        case Payment():
            return Answered(200, f"{outcome.id}")
        case Refund():
            return Answered(200, f"{outcome.id} {outcome.status}")
        case PspRejected():
            return Answered(402, str(outcome.details.get("refund", "")))
    return Answered(200, "")


def shop_of(number: int) -> Shop:
    """The merchant of this number, with a secret for each of its endpoints."""
    tenant = Tenant(MerchantId(f"acct_01JS1MSH0P{number:016d}"), False)
    return Shop(tenant, tuple(f"{CANARY}_{number}_{each}_{'0' * 16}" for each in range(2)))


def records_of(tenant: Tenant, policy: Policy) -> tuple[Merchant, ApiKey]:
    """What is kept of a merchant from the start."""
    merchant = Merchant(
        id=tenant.merchant,
        name="Toko Apel",
        created=Millis(BEGIN),
        late_payment_policy=policy,
        duplicate_payment_policy=policy,
    )
    key = ApiKey(tenant=tenant, sha256="f" * 64, last4="SSSS", created=Millis(BEGIN))
    return merchant, key
