"""A shop's own colour: whatever it is, what has to be read can be read, in light and dark."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.web.pages.assets import style
from chalicelib.web.pages.colors import (
    GROUNDS,
    READABLE,
    SEEN,
    Accent,
    accent,
    contrast,
    mixed,
    style_of,
)
from tests.web.test_pages_render import colours
from tests.web.test_pages_render import contrast as counted

COLORS = st.from_regex(r"\A#[0-9a-f]{6}\Z")


def check(made: Accent, dark: bool) -> None:
    card, page = GROUNDS[dark]
    assert contrast(made.on_brand, made.brand) >= READABLE
    assert contrast(made.on_brand, made.press) >= READABLE
    for ground in (card, page, made.tint):
        assert contrast(made.link, ground) >= READABLE
    assert contrast(made.edge, card) >= SEEN


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@given(color=COLORS)
def test_every_colour_can_be_read(dark: bool, color: str) -> None:
    made = accent(color, dark=dark)
    assert made.brand == color
    check(made, dark)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_so_can_the_corners_of_the_cube(dark: bool) -> None:
    ends = ("00", "33", "77", "80", "ff")
    for color in (f"#{r}{g}{b}" for r in ends for g in ends for b in ends):
        check(accent(color, dark=dark), dark)


@pytest.mark.parametrize(
    ("color", "dark", "made"),
    [
        ("#ee4d2d", False,
         Accent("#ee4d2d", "#000000", "#f16d52", "#ee4d2d", "#c74025", "#fdf0ee")),
        ("#ffd400", False,
         Accent("#ffd400", "#000000", "#ffdb2d", "#846e00", "#846e00", "#fffbea")),
        ("#0b1f4b", True,
         Accent("#0b1f4b", "#ffffff", "#09193d", "#7b869d", "#7b869d", "#171d28")),
        ("#ffffff", False,
         Accent("#ffffff", "#000000", "#ffffff", "#707070", "#707070", "#ffffff")),
    ],
)  # fmt: skip
def test_a_colour_stays_itself_where_it_can(color: str, dark: bool, made: Accent) -> None:
    assert accent(color, dark=dark) == made


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_grounds_are_those_of_the_style_sheet(dark: bool) -> None:
    sheet = colours(dark)
    assert GROUNDS[dark] == (sheet["card"], sheet["bg"])


@given(COLORS, COLORS)
def test_contrast_is_counted_as_everywhere(one: str, other: str) -> None:
    assert contrast(one, other) == pytest.approx(counted(one, other))
    assert contrast(one, other) == contrast(other, one) >= 1


def test_mixing() -> None:
    assert mixed("#000000", "#ffffff", 0) == "#000000"
    assert mixed("#000000", "#ffffff", 50) == "#7f7f7f"
    assert mixed("#000000", "#ffffff", 100) == "#ffffff"


def test_the_style_names_each_colour_that_ours_does() -> None:
    told = style_of("#EE4D2D")
    light, dark = re.findall(r":root \{(.*?)\}", told)
    names = set(re.findall(r"--([\w-]+):", light))
    assert names == set(re.findall(r"--([\w-]+):", dark))
    assert names <= set(colours(False))
    assert "@media (prefers-color-scheme: dark)" in told
    assert style(("style",), "#ee4d2d").endswith(told)


@pytest.mark.parametrize(
    "color",
    [None, "", "red", "#fff", "#ggffff", "#ffffff;}", "#ffffff\n", "</style><script>", "#ＦＦffff",
     "#1234567"],
)  # fmt: skip
def test_what_is_no_colour_changes_nothing(color: str | None) -> None:
    assert style_of(color) == ""
    assert style(("style",), color) == style(("style",), None)
