"""A merchant's webhook endpoints are made, changed and taken away, and events sent once more."""

from dataclasses import replace

import pytest

from chalicelib.domain.errors import (
    IdempotencyKeyReused,
    NotReadyYet,
    ParameterInvalid,
    ResourceMissing,
)
from chalicelib.domain.event_deliveries import DeliveryStatus, EventDelivery
from chalicelib.domain.ids import ulid_of
from chalicelib.domain.webhook_endpoints import MOST_ENDPOINTS, WebhookEndpoint
from chalicelib.usecases.outbox import Untold
from chalicelib.usecases.ports import Slice
from chalicelib.usecases.webhook_endpoints import (
    NewWebhookEndpoint,
    create_webhook_endpoint,
    delete_webhook_endpoint,
    resend_event,
    retrieve_event,
    retrieve_webhook_endpoint,
    roll_secret,
    update_webhook_endpoint,
)
from tests.builders import a_tenant, ulid
from tests.fakes.world import World

NEW = NewWebhookEndpoint(
    url="https://shop.example/hook", enabled_events=("*",), description="ERP", metadata={"a": "1"}
)


def made(world: World, key: str | None = None, what: str = "") -> WebhookEndpoint:
    return create_webhook_endpoint(world.store, world.mint, world.asking(key, what), NEW)


def test_an_endpoint_is_kept_as_it_was_given() -> None:
    world = World()
    endpoint = made(world)
    assert ulid_of(endpoint.id, "we") is not None
    assert (endpoint.url, endpoint.enabled_events) == (NEW.url, ("*",))
    assert (endpoint.description, endpoint.metadata) == ("ERP", {"a": "1"})
    assert (endpoint.created, endpoint.updated) == (world.now, world.now)
    assert retrieve_webhook_endpoint(world.store, world.tenant, endpoint.id) == endpoint
    assert list(world.store.webhook_endpoints(world.tenant, Slice()).items) == [endpoint]
    assert [item["kind"] for item in world.engine.everything()] == ["webhook_endpoint"]


def test_the_same_key_makes_no_second_one_and_keeps_no_answer() -> None:
    world = World()
    first = made(world, "k1")
    with world.still():
        assert made(world, "k1") == first
        with pytest.raises(IdempotencyKeyReused):
            made(world, "k1", "else")
    (claim,) = [item for item in world.engine.everything() if item["kind"] == "idempotency"]
    assert "body" not in claim


def test_there_are_sixteen_at_most() -> None:
    world = World()
    for _ in range(MOST_ENDPOINTS - 1):
        made(world)
    last = made(world, "last")
    with world.still(), pytest.raises(ParameterInvalid) as refused:
        made(world)
    assert refused.value.param == "url"
    with world.still():  # the last of them may be asked for again
        assert made(world, "last") == last
    delete_webhook_endpoint(world.store, world.asking(), last.id)
    made(world)


@pytest.mark.parametrize("id", ["we_", "", "x", f"we_{ulid(1)}", f"evt_{ulid(1)}"])
def test_none_of_that_name_is_there(id: str) -> None:
    world = World()
    made(world)
    with world.still():
        for tell in (
            lambda: retrieve_webhook_endpoint(world.store, world.tenant, id),
            lambda: update_webhook_endpoint(world.store, world.asking(), id, {}, None),
            lambda: roll_secret(world.store, world.asking(), id, 0),
            lambda: delete_webhook_endpoint(world.store, world.asking(), id),
            lambda: retrieve_event(world.store, world.tenant, id),
            lambda: resend_event(world.store, world.asking(), id, id),
        ):
            with pytest.raises(ResourceMissing):
                tell()


def test_another_merchant_has_none_of_them() -> None:
    world = World()
    endpoint = made(world)
    other = world.asking(tenant=a_tenant(number=2))
    with world.still():
        for tell in (
            lambda: update_webhook_endpoint(world.store, other, endpoint.id, {}, None),
            lambda: delete_webhook_endpoint(world.store, other, endpoint.id),
        ):
            with pytest.raises(ResourceMissing):
                tell()


def test_what_is_told_changes_and_metadata_is_merged() -> None:
    world = World()
    before = made(world)
    changes = {"url": "https://b.example", "metadata": {"b": "2", "a": ""}, "description": None}
    after = update_webhook_endpoint(world.store, world.asking(), before.id, changes, None)
    assert after == replace(
        before, url="https://b.example", metadata={"b": "2"}, description=None,
        updated=world.now + 1,
    )  # fmt: skip
    assert retrieve_webhook_endpoint(world.store, world.tenant, before.id) == after


def test_it_is_switched_off_and_on_by_hand_and_counts_as_sound_then() -> None:
    world = World()
    before = made(world)
    failing = replace(before, failing_since=world.now, disabled_reason="failing")
    world.store.update_webhook_endpoint(world.tenant, before, failing)

    def switched(disabled: bool) -> WebhookEndpoint:
        return update_webhook_endpoint(world.store, world.asking(), before.id, {}, disabled)

    assert switched(True).disabled_reason == "failing"
    on = switched(False)
    assert (on.disabled_reason, on.failing_since) == (None, None)
    assert switched(True).disabled_reason == "merchant"


def test_a_secret_is_rolled_once_for_a_key() -> None:
    world = World()
    before = made(world)
    after = roll_secret(world.store, world.asking("k"), before.id, 1000)
    assert (after.secret, after.secret_before_until) == (2, world.now + 1000)
    with world.still():
        assert roll_secret(world.store, world.asking("k"), before.id, 1000) == after
        with pytest.raises(ParameterInvalid):
            roll_secret(world.store, world.asking(), before.id, -1)


def test_one_that_is_deleted_is_gone_and_leaves_the_list() -> None:
    world = World()
    endpoint = made(world)
    delete_webhook_endpoint(world.store, world.asking(), endpoint.id)
    with world.still(), pytest.raises(ResourceMissing):
        delete_webhook_endpoint(world.store, world.asking(), endpoint.id)
    with pytest.raises(ResourceMissing):
        retrieve_webhook_endpoint(world.store, world.tenant, endpoint.id)
    assert list(world.store.webhook_endpoints(world.tenant, Slice()).items) == []
    assert list(world.store.every_webhook_endpoint(world.tenant)) == []
    assert "shop.example" not in repr(world.engine.everything())


def test_an_event_is_sent_once_more_whatever_came_of_it() -> None:
    world = World()
    hints: list[Untold] = []
    world.store._hint = hints.extend
    endpoint = made(world)
    world.product()
    (event,) = world.store.events(world.tenant, Slice()).items
    with world.still(), pytest.raises(NotReadyYet):  # it is about to be told to everybody
        resend_event(world.store, world.asking(), event.id, endpoint.id)
    world.store.keep_first_deliveries(event, [])
    first = resend_event(world.store, world.asking("k"), event.id, endpoint.id)
    with world.still():
        assert resend_event(world.store, world.asking("k"), event.id, endpoint.id) == first
    assert (first.id, first.pending) == (event.id, 1)
    fresh = EventDelivery(
        tenant=world.tenant, event=event.id, endpoint=endpoint.id, type=event.type,
        created=event.created, due_at=world.now,
    )  # fmt: skip
    assert world.store.delivery(world.tenant, event.id, endpoint.id) == fresh
    again = resend_event(world.store, world.asking(), event.id, endpoint.id)
    assert again.pending == 1
    ended = replace(fresh, status=DeliveryStatus.FAILED, attempts=10, due_at=None)
    world.store.keep_delivery(fresh, ended)
    assert retrieve_event(world.store, world.tenant, event.id).pending == 0
    assert resend_event(world.store, world.asking(), event.id, endpoint.id).pending == 1
    assert world.store.delivery(world.tenant, event.id, endpoint.id) == fresh
    hint = Untold(world.tenant, event.id, endpoint.id)
    assert hints == [Untold(world.tenant, event.id), hint, hint, hint]


def test_an_endpoint_that_is_off_is_sent_nothing() -> None:
    world = World()
    endpoint = made(world)
    world.product()
    (event,) = world.store.events(world.tenant, Slice()).items
    update_webhook_endpoint(world.store, world.asking(), endpoint.id, {}, True)
    with world.still(), pytest.raises(ParameterInvalid) as refused:
        resend_event(world.store, world.asking(), event.id, endpoint.id)
    assert refused.value.param == "webhook_endpoint"


def test_a_hint_says_what_it_hints_at() -> None:
    for hint in (
        Untold(a_tenant(), "evt_1"),  # type: ignore[arg-type]
        Untold(a_tenant(livemode=True), "evt_1", "we_1"),  # type: ignore[arg-type]
    ):
        assert Untold.of(hint.message()) == hint
    for wrong in ("", "x", "{}", "[]", "[1,2,3,4]", "null"):
        with pytest.raises(ValueError, match=r"hint|Expecting"):
            Untold.of(wrong)


# --- Telegram chats ------------------------------------------------------------------------------


def test_a_chat_is_an_endpoint_for_what_people_read() -> None:
    world = World()
    narrow = replace(NEW, url="telegram:42", enabled_events=("product.created",))
    with world.still(), pytest.raises(ParameterInvalid) as refused:
        create_webhook_endpoint(world.store, world.mint, world.asking(), narrow)
    assert refused.value.param == "enabled_events"
    chat = create_webhook_endpoint(
        world.store, world.mint, world.asking(), replace(NEW, url="telegram:42")
    )
    assert world.store.webhook_endpoint(world.tenant, chat.id) == chat
    assert (chat.url, chat.enabled_events) == ("telegram:42", ("*",))
    with world.still(), pytest.raises(ParameterInvalid) as refused:
        update_webhook_endpoint(
            world.store, world.asking(), chat.id, {"enabled_events": ("price.created",)}, None
        )
    assert refused.value.param == "enabled_events"
    with world.still(), pytest.raises(ParameterInvalid):
        roll_secret(world.store, world.asking(), chat.id, 0)


def test_an_address_that_becomes_a_chat_must_want_what_a_chat_is_told() -> None:
    world = World()
    hook = create_webhook_endpoint(
        world.store, world.mint, world.asking(), replace(NEW, enabled_events=("price.created",))
    )
    to_chat = {"url": "telegram:42"}
    with world.still(), pytest.raises(ParameterInvalid):
        update_webhook_endpoint(world.store, world.asking(), hook.id, to_chat, None)
    both = {**to_chat, "enabled_events": ("refund.failed",)}
    after = update_webhook_endpoint(world.store, world.asking(), hook.id, both, None)
    assert (after.url, after.enabled_events) == ("telegram:42", ("refund.failed",))
