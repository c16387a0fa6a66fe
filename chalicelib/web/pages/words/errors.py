"""What went wrong."""

from chalicelib.web.pages.words import Words

WORDS: Words = {
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
