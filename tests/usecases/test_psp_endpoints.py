"""The merchant's endpoint at WooshPay: registered once, watched, rotated without a loss."""

from collections.abc import Mapping, Sequence

import pytest

from chalicelib.domain.errors import PspUnavailable, ResourceMissing
from chalicelib.domain.ids import MerchantId, Tenant
from chalicelib.domain.provider_account import DELIVERED_FOR_MS, EVENTS
from chalicelib.usecases.ports import Vault
from chalicelib.usecases.psp_endpoints import PspEndpoints
from tests.fakes.world import World

URL = "https://tautan.example/webhooks/wooshpay/acct_1"
NO_SECRET = "no secret is kept, so every delivery is refused"


class MemoryVault(Vault):
    """Secrets in memory."""

    def __init__(self) -> None:
        self.secrets: dict[Tenant, list[str]] = {}

    def webhook_secrets(self, merchant: MerchantId) -> Mapping[bool, Sequence[str]]:
        """By mode."""
        return {tenant.livemode: secrets for tenant, secrets in self.secrets.items()}

    def keep_webhook_secrets(self, tenant: Tenant, secrets: Sequence[str]) -> None:
        """Keep, or replace."""
        self.secrets[tenant] = list(secrets)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def vault() -> MemoryVault:
    return MemoryVault()


@pytest.fixture
def stories(world: World, vault: MemoryVault) -> PspEndpoints:
    return PspEndpoints(world.psps, vault, world.mint)


def test_an_endpoint_is_registered_once_with_every_event_that_is_taken(
    world: World, vault: MemoryVault, stories: PspEndpoints
) -> None:
    assert stories.register(world.tenant, URL) is True
    (endpoint,) = world.psp.webhook_endpoints()
    assert (endpoint.url, endpoint.enabled_events, endpoint.enabled) == (URL, EVENTS, True)
    (secret,) = vault.secrets[world.tenant]
    assert stories.register(world.tenant, URL) is False
    assert vault.secrets == {world.tenant: [secret]}
    assert list(world.psp.webhook_endpoints()) == [endpoint]
    assert stories.watched(world.tenant, URL).problems == []


def test_one_whose_secret_is_not_kept_is_registered_anew(
    world: World, vault: MemoryVault, stories: PspEndpoints
) -> None:
    world.psp.register_webhook(URL, EVENTS)
    assert stories.watched(world.tenant, URL).problems == [NO_SECRET]
    assert stories.register(world.tenant, URL) is True
    assert len(vault.secrets[world.tenant]) == 1
    assert stories.watched(world.tenant, URL).problems == ["we_1, we_2 deliver everything 2 times"]


def test_what_is_wrong_is_said(world: World, stories: PspEndpoints) -> None:
    assert stories.watched(world.tenant, URL).problems == [
        f"no endpoint delivers to {URL}", NO_SECRET,
    ]  # fmt: skip
    stories.register(world.tenant, URL)
    world.psp.update_webhook("we_1", EVENTS[1:])
    assert stories.watched(world.tenant, URL).problems == [f"we_1 does not deliver {EVENTS[0]}"]
    stories.update(world.tenant, "we_1")
    assert stories.watched(world.tenant, URL).problems == []


def test_rotating_keeps_both_until_the_older_one_can_have_nothing_on_its_way(
    world: World, vault: MemoryVault, stories: PspEndpoints
) -> None:
    stories.register(world.tenant, URL)
    world.psp.register_webhook("https://elsewhere.example/", EVENTS)
    (old,) = vault.secrets[world.tenant]
    assert [each.id for each in stories.rotate(world.tenant, URL)] == ["we_1"]
    new, kept = vault.secrets[world.tenant]
    assert (kept, new != old) == (old, True)
    early = world.psp.registered["we_3"].created + DELIVERED_FOR_MS - 1
    assert stories.finish(world.tenant, URL, early) == []  # type: ignore[arg-type]
    assert vault.secrets[world.tenant] == [new, old]
    removed = stories.finish(world.tenant, URL, early + 1)  # type: ignore[arg-type]
    assert [each.id for each in removed] == ["we_1"]
    assert vault.secrets[world.tenant] == [new]
    assert list(world.psp.registered) == ["we_2", "we_3"]


def test_a_secret_that_has_leaked_is_forgotten_at_once(
    world: World, vault: MemoryVault, stories: PspEndpoints
) -> None:
    stories.register(world.tenant, URL)
    (old,) = vault.secrets[world.tenant]
    stories.rotate(world.tenant, URL)
    new = vault.secrets[world.tenant][0]
    now = world.psp.registered["we_2"].created
    removed = stories.finish(world.tenant, URL, now, leaked=True)
    assert [each.id for each in removed] == ["we_1"]
    assert (vault.secrets[world.tenant], new != old) == ([new], True)
    assert list(world.psp.registered) == ["we_2"]


def test_two_secrets_are_kept_and_no_more(
    world: World, vault: MemoryVault, stories: PspEndpoints
) -> None:
    for _ in range(3):
        stories.rotate(world.tenant, URL)
    assert len(set(vault.secrets[world.tenant])) == 2


def test_with_nothing_there_there_is_nothing_to_finish(world: World, stories: PspEndpoints) -> None:
    assert stories.finish(world.tenant, URL, world.now) == []


def test_one_that_is_not_there_is_missing_and_nothing_is_changed(
    world: World, stories: PspEndpoints
) -> None:
    stories.register(world.tenant, URL)
    for change in (stories.update, stories.delete, stories.found):
        with pytest.raises(ResourceMissing):
            change(world.tenant, "we_9")
    stories.delete(world.tenant, "we_1")
    assert world.psp.registered == {}


def test_no_answer_keeps_what_is_kept(
    world: World, vault: MemoryVault, stories: PspEndpoints
) -> None:
    stories.register(world.tenant, URL)
    before = list(vault.secrets[world.tenant])

    def down(kind: str) -> None:
        raise PspUnavailable(kind)

    world.psp.before = down
    for change in (stories.rotate, stories.register, stories.watched):
        with pytest.raises(PspUnavailable):
            change(world.tenant, URL)
    assert vault.secrets[world.tenant] == before
