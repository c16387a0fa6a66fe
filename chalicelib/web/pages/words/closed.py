"""A link that cannot be paid."""

from chalicelib.web.pages.words import Words

WORDS: Words = {
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
    "chat_seller": ("Chat penjual", "Chat with the seller"),
    "chat_about": (
        "Halo Kak, tautan pembayaran {item} tidak bisa dibuka ({why}). Masih ada?",
        "Hello, the payment link for {item} cannot be paid ({why}). Is it still available?",
    ),
}
