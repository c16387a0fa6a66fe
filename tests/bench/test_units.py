"""DynamoDB's rules on known cases."""

from typing import Any

import pytest

from bench.units import ALL, KEYS_ONLY, Index, Units, got, indexes_of, queried, refused, written
from chalicelib.adapters.dynamodb.table import table_definition

LIST = Index("list", ("lp", "ls"), ALL)
DUE = Index("due", ("dp", "ds"), KEYS_ONLY)


def an_item(size: int, **more: str) -> Any:
    """An item of so many bytes, with these attributes."""
    given = {"pk": "p", "sk": "s", **more}
    rest = size - sum(len(name) + len(text) for name, text in given.items()) - len("x")
    assert rest >= 0
    return {name: {"S": text} for name, text in {**given, "x": "." * rest}.items()}


LISTED = {"lp": "L", "ls": "1"}


@pytest.mark.parametrize(
    ("before", "after", "single", "transacted"),
    [
        (None, an_item(400, **LISTED), Units(writes=2), Units(writes=2, entries=1)),
        (None, an_item(1024, **LISTED), Units(writes=2), Units(writes=2, entries=1)),
        (None, an_item(1025, **LISTED), Units(writes=4), Units(writes=4, entries=2)),
        (None, an_item(2400, **LISTED), Units(writes=6), Units(writes=6, entries=3)),
        (None, an_item(400), Units(writes=1), Units(writes=2)),
        # The larger of the two.
        (an_item(2400), an_item(400), Units(writes=3), Units(writes=6)),
        # What does not change in an index is not written there.
        (an_item(400, **LISTED), an_item(400, **LISTED), Units(writes=1), Units(writes=2)),
        (
            an_item(400, **LISTED),
            an_item(500, **LISTED),
            Units(writes=2),
            Units(writes=2, entries=1),
        ),
        # Out of an index, and from one place in it to another.
        (an_item(400, **LISTED), an_item(400), Units(writes=2), Units(writes=2, entries=1)),
        (
            an_item(400, lp="L", ls="1"),
            an_item(400, lp="L", ls="2"),
            Units(writes=3),
            Units(writes=2, entries=2),
        ),
    ],
)
def test_a_write_pays_for_the_item_and_its_places(
    before: Any, after: Any, single: Units, transacted: Units
) -> None:
    assert written(before, after, [LIST], transacted=False) == single
    assert written(before, after, [LIST], transacted=True) == transacted


def test_an_index_of_keys_pays_for_the_keys_and_only_when_they_change() -> None:
    due = {"dp": "D", "ds": "1"}
    before, after = an_item(2400, **due), an_item(2300, **due)
    assert written(None, before, [DUE], transacted=False) == Units(writes=3 + 1)
    assert written(before, after, [DUE], transacted=False) == Units(writes=3)


def test_two_puts_in_a_transaction_are_four_units_and_two_entries() -> None:
    """Eight when a transaction doubles index entries, six when it does not."""
    put = written(None, an_item(400, **LISTED), [LIST, DUE], transacted=True)
    both = put + put
    assert (both, both.most_writes, both.fewest_writes) == (Units(writes=4, entries=2), 8, 6)


def test_a_refused_write_pays_for_the_item_as_it_stands() -> None:
    assert refused(None, transacted=False) == Units(writes=1)
    assert refused(an_item(2400, **LISTED), transacted=False) == Units(writes=3)
    assert refused(an_item(2400), transacted=True) == Units(writes=6)


def test_a_read_is_by_four_kilobytes_and_half_when_it_may_be_late() -> None:
    assert got(an_item(4096), consistent=True) == Units(reads=1)
    assert got(an_item(4097), consistent=True) == Units(reads=2)
    assert got(an_item(400), consistent=False) == Units(reads=0.5)
    assert got(None, consistent=True) == Units(reads=1)


def test_a_query_adds_up_before_it_rounds() -> None:
    page = [an_item(950) for _ in range(25)]
    assert queried(page, consistent=False) == Units(reads=3)
    assert queried(page, consistent=True) == Units(reads=6)
    assert queried([], consistent=False) == Units(reads=0.5)


def test_the_tables_own_indexes_are_known() -> None:
    assert indexes_of(table_definition("t")) == (LIST, Index("set", ("sp", "ss"), ALL), DUE)
