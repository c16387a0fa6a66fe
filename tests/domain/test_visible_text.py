"""Which names people can read."""

import pytest

from chalicelib.domain.visible_text import is_visible


@pytest.mark.parametrize(
    "name", ["apple", "Kopi Gayo 250 g", "<script>", "咖啡", "👩‍🍳 Dapur", "!"]
)
def test_what_can_be_seen_on_one_line_is_visible(name: str) -> None:
    assert is_visible(name)


@pytest.mark.parametrize(
    "name",
    ["", "  ", "\u200b", "\u200d\u2060", "a\nb", "a\x7f", "Rp\u202e000.05", "a\u2066b", "\u00a0",
     "a\u2028b", "a\u2029b", "a\ud83d"],
)  # fmt: skip
def test_nothing_to_see_and_what_turns_the_text_around_it_is_not(name: str) -> None:
    assert not is_visible(name)
