"""The pairs whose every schedule is told: what stands before, and the two who then meet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.ids import session_id
from chalicelib.domain.money import Money
from chalicelib.domain.refund_rules import RefundRequest
from chalicelib.domain.refunds import RefundKeys
from chalicelib.usecases.catalog import NewPrice, NewProduct
from chalicelib.usecases.failures import Replayed
from chalicelib.usecases.start_checkout import NewSession
from simulator.deliveries import Delivery
from simulator.scheduler import Actor
from simulator.shapes import Intent
from simulator.world import STORE_OR_RULE, Known, World

Scene = Callable[[World, list[Actor]], None]  # fills the list with the two actors


@dataclass(frozen=True, slots=True)
class Pair:
    """Two stories that meet."""

    name: str
    scene: Scene
    switches: Mapping[str, Any] = field(default_factory=dict)
    keys: RefundKeys = RefundKeys.HONOURED


def _spawn(world: World, actors: list[Actor], story: str, run: Callable[[], object]) -> None:
    def act() -> None:
        try:
            run()
        except STORE_OR_RULE as error:
            world.scheduler.note(f"refused: {type(error).__name__}")
        except Replayed as replayed:
            world.scheduler.note(f"answered again {replayed.answer.body}")

    prefixes = () if story == "sweep" else world.shops[0].prefixes
    actor = Actor(f"{story}{len(actors)}", story, prefixes)
    actors.append(world.scheduler.spawn(actor, act))


def _sold(world: World, *, paid: bool = True) -> Known:
    return world.sell(world.shops[0], "paynow", Money(100, "SGD"), paid=paid)


def _asks(world: World, known: Known, amount: int, key: str) -> Callable[[], object]:
    wanted = RefundRequest(amount=amount, metadata={})
    asking = world.asking(world.shops[0], key, f"{amount}")
    return lambda: world.stories.refund(asking, session_id(known.id), wanted)


def _hears(world: World, delivery: Delivery) -> Callable[[], object]:
    def hear() -> None:
        world.post.attempt(delivery, world.receive)

    return hear


def _refund_refund(world: World, actors: list[Actor]) -> None:
    known = _sold(world)
    for key in ("a", "b"):
        _spawn(world, actors, "refund", _asks(world, known, 60, key))


def _same_key(world: World, actors: list[Actor]) -> None:
    known = _sold(world)
    for _ in range(2):
        _spawn(world, actors, "refund", _asks(world, known, 60, "a"))


def _refund_webhook(world: World, actors: list[Actor]) -> None:
    """The answer of the first attempt got lost; it is asked again while the event comes."""
    known = _sold(world)
    _in_doubt(world, known)
    _spawn(world, actors, "refund", _asks(world, known, 60, "a"))
    _spawn(world, actors, "webhook", _hears(world, world.post.all[-1]))


def _in_doubt(world: World, known: Known) -> None:
    """A refund that was carried out, and nobody heard."""
    provider = world.provider
    carry_out = provider.refund

    def lost(account: str, key: str, asked: dict[str, Any]) -> Any:
        carry_out(account, key, asked)
        raise TimeoutError

    provider.refund = lost  # type: ignore[method-assign]
    try:
        _asks(world, known, 60, "a")()
    except TimeoutError:
        pass
    finally:
        provider.refund = carry_out  # type: ignore[method-assign]
    world.scheduler.now += 61_000  # past its lease, and nobody is told yet


def _webhook_webhook(world: World, actors: list[Actor]) -> None:
    known = _sold(world, paid=False)
    world.provider.pay(world.intent_of(known))
    for delivery in world.post.all[-2:]:
        _spawn(world, actors, "webhook", _hears(world, delivery))


def _webhook_sweep(world: World, actors: list[Actor]) -> None:
    known = _sold(world)
    _in_doubt(world, known)
    _spawn(world, actors, "webhook", _hears(world, world.post.all[-1]))
    _spawn(world, actors, "sweep", lambda: world.stories.sweep("req-sweep"))


def _refund_sweep(world: World, actors: list[Actor]) -> None:
    known = _sold(world)
    _in_doubt(world, known)
    _spawn(world, actors, "refund", _asks(world, known, 60, "a"))
    _spawn(world, actors, "sweep", lambda: world.stories.sweep("req-sweep"))


def _checkout_webhook(world: World, actors: list[Actor]) -> None:
    """The shopper pays as soon as there is a page, before its names are kept."""
    line = NewPrice(
        unit_amount=Money(100, "SGD"),
        product=NewProduct(name="apple", metadata={}),
        metadata={},
    )
    new = NewSession(lines=[(line, 1)], payment_method_types=("paynow",), metadata={})
    asking = world.asking(world.shops[0], "a", "a")
    watched = world.provider.touched

    def paid_at_once(intent: Intent) -> None:
        watched(intent)
        if len(actors) == 1:
            world.provider.touched = watched
            world.provider.pay(intent)
            _spawn(world, actors, "webhook", _hears(world, world.post.all[-1]))

    world.provider.touched = paid_at_once
    _spawn(world, actors, "checkout", lambda: world.stories.checkout(asking, new))


PAIRS = (
    Pair("refund/refund", _refund_refund, {"guards_refunds": False}),
    Pair("refund/refund, one key", _same_key, {"guards_refunds": False}),
    Pair("refund/webhook", _refund_webhook),
    Pair("webhook/webhook", _webhook_webhook, {"two_endpoints": True}),
    Pair(
        "webhook/webhook, two ids",
        _webhook_webhook,
        {"two_endpoints": True, "id_per_endpoint": True},
    ),
    Pair("webhook/sweep", _webhook_sweep),
    Pair("refund/sweep", _refund_sweep),
    Pair("checkout/webhook", _checkout_webhook),
)
