"""The picture that a chat shows."""

from chalicelib.web.pages.words import Words

WORDS: Words = {
    "card_sold_out": ("HABIS", "SOLD OUT"),
    "card_paused": ("DIJEDA", "PAUSED"),
    "card_closed": ("DITUTUP", "CLOSED"),
    "card_pay": ("Bayar lewat tautan ini", "Pay through this link"),
    "card_live": ("Buka tautan untuk status terkini", "Open the link for the live status"),
}
