"""The shop's head and what every page shares."""

from chalicelib.web.pages.words import Words

WORDS: Words = {
    "or": ("atau", "or"),
    "no_shop": ("Penjual", "Seller"),
    "no_item": ("Barang", "Item"),
    "other_language": ("English", "Indonesia"),
}
