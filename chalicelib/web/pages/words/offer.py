"""The page of a link that can be paid, and the question before it."""

from chalicelib.web.pages.words import Words

WORDS: Words = {
    "pay_to": ("Pembayaran untuk", "Payment to"),
    "your_order": ("Pesanan Anda", "Your order"),
    "and_more": ("{name} dan {count} lainnya", "{name} and {count} more"),
    "read_more": ("Keterangan barang", "About this item"),
    "each": ("{quantity} × {price}", "{quantity} × {price}"),
    "total": ("Total", "Total"),
    "pay": ("Bayar {amount}", "Pay {amount}"),
    "pay_open": ("Bayar", "Pay"),
    "opening": ("Membuka {wallets}…", "Opening {wallets}…"),
    "the_payment": ("pembayaran", "the payment"),
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
    "price_from": ("mulai {least}", "from {least}"),
    "search_offer": ("{item} seharga {total} dari {shop}.", "{item} for {total} from {shop}."),
    "confirm_title": ("Periksa pesanan Anda", "Check your order"),
    "confirm_text": (
        "Tekan sekali lagi untuk membuka halaman pembayaran. Belum ada yang ditagih.",
        "Press once more to open the payment page. Nothing has been charged.",
    ),
    "confirm": ("Lanjut bayar", "Continue to payment"),
}
