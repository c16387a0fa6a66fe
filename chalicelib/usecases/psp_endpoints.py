"""The merchant's webhook endpoint at WooshPay: registered once, watched, rotated without a loss."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.domain.errors import ResourceMissing
from chalicelib.domain.ids import Millis, Tenant
from chalicelib.domain.provider_account import (
    DELIVERED_FOR_MS,
    EVENTS,
    KEPT_SECRETS,
    PspEndpoint,
    door_of,
    endpoint_problems,
    is_safe_secret,
)
from chalicelib.usecases.ports import Mint, Psps, Vault


@dataclass(frozen=True, slots=True)
class Watched:
    """The endpoints of an account, and what is wrong with those of our address."""

    endpoints: Sequence[PspEndpoint]
    problems: Sequence[str]


@dataclass(frozen=True, slots=True)
class Moved:
    """Whether an endpoint was made, which were removed, and which deliver to an address of before
    until nothing of theirs can be on its way."""

    made: bool
    removed: Sequence[PspEndpoint]
    still: Sequence[PspEndpoint]


@dataclass(frozen=True, slots=True)
class PspEndpoints:
    """What the stories need; each raises PspError."""

    psps: Psps
    vault: Vault
    mint: Mint

    def watched(self, tenant: Tenant, url: str) -> Watched:
        """Every endpoint, and whether ours is as it has to be."""
        endpoints = tuple(self.psps(tenant).webhook_endpoints())
        problems = endpoint_problems(endpoints, url)
        if not any(map(is_safe_secret, self._secrets(tenant))):
            problems.append("no secret is kept, so every delivery is refused")
        return Watched(endpoints, problems)

    def register(self, tenant: Tenant, url: str) -> bool:
        """An endpoint for our address with every event that is taken; False when there is one and
        its secret is kept."""
        ours = [each for each in self.psps(tenant).webhook_endpoints() if each.url == url]
        if ours and self._secrets(tenant):
            return False
        self._add(tenant, url)
        return True

    def move(self, tenant: Tenant, url: str, now: Millis) -> Moved:
        """An endpoint for our address; those of the merchant's door at other addresses go once
        ours has delivered for as long as retries last."""
        made = self.register(tenant, url)
        psp, door = self.psps(tenant), door_of(tenant.merchant)
        found = psp.webhook_endpoints()
        elsewhere = [each for each in found if each.url != url and each.url.endswith(door)]
        newest = max(each.created for each in found if each.url == url)
        if now - newest < DELIVERED_FOR_MS:
            return Moved(made, (), elsewhere)
        for each in elsewhere:
            psp.delete_webhook(each.id)
        return Moved(made, elsewhere, ())

    def rotate(self, tenant: Tenant, url: str) -> Sequence[PspEndpoint]:
        """A second endpoint with a secret of its own; the ones that were there before.

        Both deliver, and both secrets are good, until `finish` removes the older one: what it has
        on its way would be lost with it. Twice the deliveries have one effect.
        """
        before = [each for each in self.psps(tenant).webhook_endpoints() if each.url == url]
        self._add(tenant, url)
        return before

    def finish(
        self, tenant: Tenant, url: str, now: Millis, *, leaked: bool = False
    ) -> Sequence[PspEndpoint]:
        """Remove the older endpoints of our address once the newest has delivered for as long as
        retries last, or at once when their secret has `leaked`; the removed ones."""
        psp = self.psps(tenant)
        ours = [each for each in psp.webhook_endpoints() if each.url == url]
        newest = max(ours, key=lambda each: each.created, default=None)
        early = newest is not None and now - newest.created < DELIVERED_FOR_MS
        if newest is None or (early and not leaked):
            return []
        older = [each for each in ours if each.id != newest.id]
        for each in older:
            psp.delete_webhook(each.id)
        self.vault.keep_webhook_secrets(tenant, self._secrets(tenant)[:1])
        return older

    def found(self, tenant: Tenant, id: str) -> PspEndpoint:
        """One of them; raises ResourceMissing."""
        for each in self.psps(tenant).webhook_endpoints():
            if each.id == id:
                return each
        raise ResourceMissing("webhook endpoint", id)

    def update(self, tenant: Tenant, id: str) -> None:
        """Have everything delivered that is taken; raises ResourceMissing."""
        self.found(tenant, id)
        self.psps(tenant).update_webhook(id, EVENTS)

    def delete(self, tenant: Tenant, id: str) -> None:
        """Have nothing delivered any more, not even what is on its way; raises ResourceMissing."""
        self.found(tenant, id)
        self.psps(tenant).delete_webhook(id)

    def _add(self, tenant: Tenant, url: str) -> None:
        secret = self.psps(tenant).register_webhook(url, EVENTS, self.mint.ulid())
        kept = [secret, *(each for each in self._secrets(tenant) if each != secret)]
        self.vault.keep_webhook_secrets(tenant, kept[:KEPT_SECRETS])

    def _secrets(self, tenant: Tenant) -> list[str]:
        return list(self.vault.webhook_secrets(tenant.merchant).get(tenant.livemode, ()))
