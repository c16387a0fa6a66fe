"""Every sentence on the pages, in Indonesian first and in English; and which of them to use."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

Language = Literal["id", "en"]

LOCALES: Mapping[Language, str] = {"id": "id_ID", "en": "en_US"}

_LONGEST_HEADER = 1000
_INDONESIAN = ("id", "in")  # older Android browsers still send "in"
_WEIGHT = re.compile(r"\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*", re.IGNORECASE | re.ASCII)

_METHODS: Mapping[str, str] = {
    "dana": "DANA",
    "ovo": "OVO",
    "bank_transfer_id": "Transfer Bank",
    "gcash": "GCash",
    "truemoney": "TrueMoney",
    "promptpay": "PromptPay",
    "paynow": "PayNow",
    "pix": "Pix",
    "upi": "UPI",
    "spei": "SPEI",
    "9pay": "9Pay",
    "alipay": "Alipay",
    "wechat_pay": "WeChat Pay",
    "ideal": "iDEAL",
    "bancontact": "Bancontact",
    "eps": "EPS",
    "bank_transfer_uk": "Bank Transfer",
    "mobile_money": "Mobile Money",
}

TEXTS: Mapping[str, tuple[str, str]] = {
    "or": ("atau", "or"),
    "no_shop": ("Penjual", "Seller"),
    "no_item": ("Barang", "Item"),
    # the offer
    "pay_to": ("Pembayaran untuk", "Payment to"),
    "your_order": ("Pesanan Anda", "Your order"),
    "and_more": ("{name} dan {count} lainnya", "{name} and {count} more"),
    "read_more": ("Keterangan barang", "About this item"),
    "each": ("{quantity} × {price}", "{quantity} × {price}"),
    "total": ("Total", "Total"),
    "pay": ("Bayar {amount}", "Pay {amount}"),
    "pay_with": ("Bayar dengan", "Pay with"),
    "never_asked": (
        "Kami tidak pernah meminta OTP atau PIN.",
        "We never ask for your OTP or PIN.",
    ),
    "where_pin": (
        "Isi PIN hanya di aplikasi atau halaman resmi {wallets}.",
        "Enter your PIN only in the official {wallets} app or page.",
    ),
    "where_pin_any": (
        "Isi PIN hanya di aplikasi atau halaman resmi dompet Anda.",
        "Enter your PIN only in your wallet's official app or page.",
    ),
    "compare_host": (
        "Cocokkan dengan alamat di peramban Anda:",
        "Compare with the address in your browser:",
    ),
    "preview_offer": ("Bayar dengan {wallets} ke {shop}", "Pay {shop} with {wallets}"),
    "preview_offer_any": ("Bayar ke {shop}", "Pay {shop}"),
    "search_offer": ("{item} seharga {total} dari {shop}.", "{item} for {total} from {shop}."),
    # a tap that may not have been a person's
    "confirm_title": ("Lanjut ke pembayaran?", "Go on to the payment?"),
    "confirm_text": (
        "Tekan sekali lagi untuk membuka halaman pembayaran. Belum ada yang ditagih.",
        "Press once more to open the payment page. Nothing has been charged.",
    ),
    "confirm": ("Lanjut bayar", "Continue to payment"),
    # a link that cannot be paid
    "closed_paused": ("Tautan ini sedang dijeda", "This link is paused"),
    "closed_expired": ("Tautan ini sudah kedaluwarsa", "This link has expired"),
    "closed_archived": ("Tautan ini sudah ditutup", "This link is closed"),
    "closed_limit_reached": ("Sudah habis", "Sold out"),
    "closed_out_of_stock": ("Stok habis", "Out of stock"),
    "why_out_of_stock": (
        "Semua sudah terjual, atau sedang dibayar pembeli lain.",
        "All are sold, or being paid for by another buyer.",
    ),
    "why_limit_reached": (
        "Semua sudah terjual, atau sedang dibayar pembeli lain.",
        "All are sold, or being paid for by another buyer.",
    ),
    "why_paused": (
        "Penjual sedang menghentikan pembayaran untuk sementara.",
        "The seller has stopped taking payments for now.",
    ),
    "why_expired": ("Batas waktu pembayaran sudah lewat.", "The time to pay is over."),
    "why_archived": (
        "Barang ini tidak dijual lagi lewat tautan ini.",
        "This item is no longer sold through this link.",
    ),
    "seller_says": ("Pesan dari penjual", "Message from the seller"),
    "ask_seller": (
        "Hubungi penjual lewat chat untuk meminta tautan baru.",
        "Message the seller in your chat to ask for a new link.",
    ),
    # a payment
    "state_paid": ("LUNAS", "PAID"),
    "state_unpaid": ("MENUNGGU PEMBAYARAN", "WAITING FOR PAYMENT"),
    "state_processing": ("DIPROSES", "PROCESSING"),
    "state_failed": ("GAGAL", "FAILED"),
    "state_expired": ("KEDALUWARSA", "EXPIRED"),
    "state_canceled": ("DIBATALKAN", "CANCELED"),
    "state_review": ("SEDANG DIPERIKSA", "UNDER REVIEW"),
    "refund_partial": ("DIKEMBALIKAN SEBAGIAN", "PARTIALLY REFUNDED"),
    "refund_full": ("DIKEMBALIKAN", "REFUNDED"),
    "preview_unpaid": ("BELUM DIBAYAR", "NOT PAID YET"),
    "lead_paid": (
        "Pembayaran sudah diterima. Terima kasih!",
        "The payment has arrived. Thank you!",
    ),
    "lead_unpaid": (
        "Pembayaran belum kami terima. Jika Anda sudah membayar, tunggu sebentar: "
        "jangan bayar dua kali.",
        "We have not received the payment yet. If you have already paid, wait a moment: "
        "do not pay twice.",
    ),
    "lead_processing": (
        "Pembayaran sedang diproses. Jangan bayar lagi.",
        "The payment is being processed. Do not pay again.",
    ),
    "lead_failed": (
        "Pembayaran tidak berhasil. Jika saldo Anda terpotong, hubungi penjual sebelum "
        "membayar lagi.",
        "The payment did not go through. If money left your wallet, contact the seller before "
        "paying again.",
    ),
    "lead_expired": (
        "Batas waktu pembayaran ini sudah lewat.",
        "The time for this payment is over.",
    ),
    "lead_canceled": ("Pembayaran ini dibatalkan.", "This payment was canceled."),
    "lead_review": (
        "Pembayaran Anda sedang diperiksa. Jangan bayar lagi; penjual akan menghubungi Anda.",
        "Your payment is being checked. Do not pay again; the seller will contact you.",
    ),
    "lead_partial": (
        "Sebagian uang sudah dikembalikan ke dompet asal.",
        "Part of the money was returned to the wallet that it came from.",
    ),
    "lead_full": (
        "Uang sudah dikembalikan ke dompet asal.",
        "The money was returned to the wallet that it came from.",
    ),
    "out_of": ("dari {total}", "of {total}"),
    "details": ("Rincian", "Details"),
    "paid_amount": ("Dibayar", "Paid"),
    "refunded": ("Dikembalikan", "Refunded"),
    "paid_at": ("Waktu pembayaran", "Paid at"),
    "reference": ("Nomor referensi", "Reference"),
    "pay_now": ("Bayar sekarang", "Pay now"),
    "try_again": ("Coba bayar lagi", "Try to pay again"),
    "live": (
        "Halaman ini memperbarui diri setiap 3 detik.",
        "This page refreshes itself every 3 seconds.",
    ),
    "check_again": ("Periksa lagi", "Check again"),
    "not_a_picture": (
        "Tangkapan layar bisa dipalsukan.",
        "Screenshots can be faked.",
    ),
    "open_to_see": (
        "Status yang benar hanya yang tampil saat tautan ini dibuka.",
        "Only what this link shows when you open it is true.",
    ),
    "preview_status": ("{item}. Buka untuk status terkini.", "{item}. Open for the live status."),
    # the picture that a chat shows
    "card_sold_out": ("HABIS", "SOLD OUT"),
    "card_paused": ("DIJEDA", "PAUSED"),
    "card_closed": ("DITUTUP", "CLOSED"),
    "card_pay": ("Bayar lewat tautan ini", "Pay through this link"),
    "card_live": ("Buka tautan untuk status terkini", "Open the link for the live status"),
    # errors
    "error_title_400": ("Permintaan tidak dapat dibaca", "We could not read that request"),
    "error_text_400": (
        "Buka kembali tautan dari penjual, lalu coba sekali lagi.",
        "Open the seller's link again and try once more.",
    ),
    "error_title_404": ("Tautan tidak ditemukan", "Link not found"),
    "error_text_404": (
        "Periksa apakah alamatnya lengkap, atau minta penjual mengirim tautannya lagi.",
        "Check that the address is complete, or ask the seller to send the link again.",
    ),
    "error_title_429": ("Terlalu banyak percobaan", "Too many attempts"),
    "error_text_429": (
        "Tunggu sebentar, lalu coba lagi.",
        "Wait a moment, then try again.",
    ),
    "error_title_500": ("Ada gangguan di sistem kami", "Something went wrong on our side"),
    "error_text_500": (
        "Tunggu beberapa menit, lalu buka tautan ini lagi.",
        "Wait a few minutes, then open this link again.",
    ),
    "error_title_503": (
        "Layanan pembayaran sedang terganggu",
        "The payment service is not available right now",
    ),
    "error_text_503": (
        "Tunggu beberapa menit, lalu buka tautan ini lagi.",
        "Wait a few minutes, then open this link again.",
    ),
    "code": ("Kode {code}", "Code {code}"),
}


def say(language: Language, key: str, **values: object) -> str:
    """The sentence `key` in `language`; `values` are put in as they are, never read as patterns."""
    indonesian, english = TEXTS[key]
    return (english if language == "en" else indonesian).format(**values)


def method_name(method: str) -> str:
    """What people call the payment method `method`; an unknown one is shown as it is."""
    return _METHODS.get(method, method)


def either(names: Sequence[str], language: Language) -> str:
    """`names` as alternatives: "DANA", "DANA atau OVO", "DANA, OVO atau GCash"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {say(language, 'or')} {names[-1]}"


def language_for(accept_language: str | None) -> Language:
    """English only when the header prefers it to Indonesian; Indonesian in all other cases."""
    weights: dict[str, float] = {}
    for part in (accept_language or "")[:_LONGEST_HEADER].split(","):
        tag, _, weight = part.partition(";")
        name = tag.strip().lower().partition("-")[0]
        weights[name] = max(weights.get(name, 0.0), _weight(weight))
    anything = weights.get("*", 0.0)
    indonesian = max((weights[name] for name in _INDONESIAN if name in weights), default=anything)
    return "en" if weights.get("en", 0.0) > indonesian else "id"


def _weight(text: str) -> float:
    if not text.strip():
        return 1.0
    match = _WEIGHT.fullmatch(text)
    return float(match.group(1)) if match else 0.0
