"""WooshPay's deliveries: whose secret signed them decides whose they are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.adapters.wooshpay.minor_units import MinorUnits
from chalicelib.adapters.wooshpay.signature import verified_by
from chalicelib.adapters.wooshpay.translate import event_of, is_consistent
from chalicelib.domain.errors import NotReadyYet
from chalicelib.domain.ids import MerchantId, Millis, Tenant
from chalicelib.domain.provider_account import is_safe_secret
from chalicelib.usecases.ports import Delivery


@dataclass(frozen=True, slots=True)
class WooshPayWebhooks:
    """`secrets` gives a merchant's webhook secrets by mode (True is live), newest first."""

    secrets: Callable[[MerchantId], Mapping[bool, Sequence[str]]]
    units: MinorUnits

    def authenticate(
        self, merchant: MerchantId, body: bytes, signature: str, now: Millis
    ) -> Delivery:
        """Fails closed: without a usable secret nothing is ever verified."""
        usable = {
            secret: livemode
            for livemode, secrets in self.secrets(merchant).items()
            for secret in filter(is_safe_secret, secrets)
        }
        if not usable:
            raise NotReadyYet("No webhook secret is set for this address.")
        verified = verified_by(list(usable), body, signature, now)
        livemode = usable[verified.secret]
        event = event_of(body, livemode, self.units)
        trusted = verified.fresh and is_consistent(event)
        return Delivery(Tenant(merchant, livemode), event, trusted)
