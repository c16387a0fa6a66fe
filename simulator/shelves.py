"""Products of which the first shop has only so many: what is put up, bought and added."""

from collections.abc import Sequence

from chalicelib.domain.money import Money
from chalicelib.usecases.catalog import NewPrice
from simulator.turns import Turn, asked, digest
from simulator.world import World, stream

PIECES = (1, 3)


def shelve(world: World) -> None:
    """None, one or two products with few pieces, each with a link, before anything goes wrong."""
    random = stream(world.setting.seed, "shelves")
    for pieces in PIECES[: int(random.random() * 3)]:
        limit = 2 if random.random() < 0.25 else None
        world.make_link("dana", Money(20_000, "IDR"), limit, pieces)


def from_shelf(turn: Turn) -> Sequence[tuple[str | NewPrice, int]]:
    """The lines of a session over something counted: one piece, two, or one in each of two lines;
    none, when the turn is about something else."""
    shelves, op = turn.world.shelves, turn.op
    if not shelves or turn.shop is not turn.world.shops[0] or op.key % 3:
        return ()
    price = str(shelves[op.pick % len(shelves)].price.id)
    lines: tuple[Sequence[tuple[str | NewPrice, int]], ...] = (
        ((price, 1),), ((price, 1),), ((price, 2),), ((price, 1), (price, 1)),
    )  # fmt: skip
    return lines[op.size % 4]


def restock(turn: Turn) -> bool:
    """A merchant adds a piece, once for each key; False when the turn is about something else."""
    world, op = turn.world, turn.op
    if not world.shelves or turn.shop is not world.shops[0] or op.key % 3:
        return False
    product = str(world.shelves[op.pick % len(world.shelves)].product.id)
    key, fingerprint = f"s{op.key % 30}", digest(product)

    def ask() -> str:
        return str(world.stories.restock(world.asking(turn.shop, key, fingerprint), product, 1).id)

    asked(turn, f"products_update {fingerprint}", key, ask)
    return True
